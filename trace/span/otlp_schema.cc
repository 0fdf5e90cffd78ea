#include "trace/span/otlp_schema.h"

#include <iterator>

namespace roentgen::storage {
namespace {

using enum OtlpType;

constexpr bool kMany = true;

extern const OtlpMessage kAnyValue;
extern const OtlpMessage kKeyValue;

constexpr OtlpField kArrayFields[] = {
    {"values", 1, kMessage, kMany, &kAnyValue}};
constexpr OtlpMessage kArray = {.fields = kArrayFields};

constexpr OtlpField kKeyValueListFields[] = {
    {"values", 1, kMessage, kMany, &kKeyValue}};
constexpr OtlpMessage kKeyValueList = {.fields = kKeyValueListFields};

constexpr OtlpField kAnyValueFields[] = {
    {"stringValue", 1, kString},
    {"boolValue", 2, kBool},
    {"intValue", 3, kInt64},
    {"doubleValue", 4, kDouble},
    {"arrayValue", 5, kMessage, false, &kArray},
    {"kvlistValue", 6, kMessage, false, &kKeyValueList},
    {"bytesValue", 7, kBytes},
    {"stringValueStrindex", 8, kInt32}};
constexpr OtlpMessage kAnyValue = {.fields = kAnyValueFields, .one_of = true};

constexpr OtlpField kKeyValueFields[] = {
    {"key", 1, kString},
    {"value", 2, kMessage, false, &kAnyValue},
    {"keyStrindex", 3, kInt32}};
constexpr OtlpMessage kKeyValue = {.fields = kKeyValueFields};

constexpr OtlpField kEntityRefFields[] = {
    {"schemaUrl", 1, kString},
    {"type", 2, kString},
    {"idKeys", 3, kString, kMany},
    {"descriptionKeys", 4, kString, kMany}};
constexpr OtlpMessage kEntityRef = {.fields = kEntityRefFields};

constexpr OtlpField kResourceFields[] = {
    {"attributes", 1, kMessage, kMany, &kKeyValue},
    {"droppedAttributesCount", 2, kUint32},
    {"entityRefs", 3, kMessage, kMany, &kEntityRef}};

constexpr OtlpField kScopeFields[] = {
    {"name", 1, kString},
    {"version", 2, kString},
    {"attributes", 3, kMessage, kMany, &kKeyValue},
    {"droppedAttributesCount", 4, kUint32}};

constexpr OtlpField kEventFields[] = {
    {"timeUnixNano", 1, kFixed64},
    {"name", 2, kString},
    {"attributes", 3, kMessage, kMany, &kKeyValue},
    {"droppedAttributesCount", 4, kUint32}};
constexpr OtlpMessage kEvent = {.fields = kEventFields};

constexpr OtlpField kLinkFields[] = {
    {"traceId", 1, kId},
    {"spanId", 2, kId},
    {"traceState", 3, kString},
    {"attributes", 4, kMessage, kMany, &kKeyValue},
    {"droppedAttributesCount", 5, kUint32},
    {"flags", 6, kFixed32}};
constexpr OtlpMessage kLink = {.fields = kLinkFields};

constexpr std::string_view kStatusCodes[] = {
    "STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"};
constexpr OtlpField kStatusFields[] = {
    {"message", 2, kString}, {"code", 3, kEnum, false, nullptr, kStatusCodes}};
constexpr OtlpMessage kStatus = {.fields = kStatusFields};

constexpr std::string_view kSpanKinds[] = {
    "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER",
    "SPAN_KIND_CLIENT",      "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"};
constexpr OtlpField kSpanFields[] = {
    {"traceId", 1, kId},
    {"spanId", 2, kId},
    {"traceState", 3, kString},
    {"parentSpanId", 4, kId},
    {"name", 5, kString},
    {"kind", 6, kEnum, false, nullptr, kSpanKinds},
    {"startTimeUnixNano", 7, kFixed64},
    {"endTimeUnixNano", 8, kFixed64},
    {"attributes", 9, kMessage, kMany, &kKeyValue},
    {"droppedAttributesCount", 10, kUint32},
    {"events", 11, kMessage, kMany, &kEvent},
    {"droppedEventsCount", 12, kUint32},
    {"links", 13, kMessage, kMany, &kLink},
    {"droppedLinksCount", 14, kUint32},
    {"status", 15, kMessage, false, &kStatus},
    {"flags", 16, kFixed32}};
static_assert(std::size(kSpanFields) == kOtlpFieldsMax);

constexpr OtlpField kScopeSpansFields[] = {
    {.name = "scope",
     .number = 1,
     .type = kMessage,
     .message = &kScopeMessage,
     .old_name = "instrumentationLibrary"},
    {"spans", 2, kMessage, kMany, &kSpanMessage},
    {"schemaUrl", 3, kString}};

constexpr OtlpField kResourceSpansFields[] = {
    {"resource", 1, kMessage, false, &kResourceMessage},
    {"scopeSpans", 2, kMessage, kMany, &kScopeSpansMessage},
    {"schemaUrl", 3, kString},
    {"instrumentationLibrarySpans", kOldScopeSpansField, kMessage, kMany,
     &kScopeSpansMessage}};

constexpr OtlpField kTracesDataFields[] = {
    {"resourceSpans", 1, kMessage, kMany, &kResourceSpansMessage}};

}  // namespace

constexpr OtlpMessage kTracesDataMessage = {.fields = kTracesDataFields,
                                            .holds_spans = true};
constexpr OtlpMessage kResourceSpansMessage = {.fields = kResourceSpansFields,
                                               .holds_spans = true};
constexpr OtlpMessage kScopeSpansMessage = {.fields = kScopeSpansFields,
                                            .holds_spans = true};
constexpr OtlpMessage kResourceMessage = {.fields = kResourceFields};
constexpr OtlpMessage kScopeMessage = {.fields = kScopeFields};
constexpr OtlpMessage kSpanMessage = {.fields = kSpanFields};

}  // namespace roentgen::storage

// Messages of OTLP traces as tables: what reader and writer of OTLP JSON know
// of them.
//
// Names are those of JSON, numbers those of the wire.
//
// Format: opentelemetry.proto.trace.v1, .resource.v1 and .common.v1 of the
// OpenTelemetry protocol.
//
// Threads: constants.
#ifndef ROENTGEN_TRACE_SPAN_OTLP_SCHEMA_H_
#define ROENTGEN_TRACE_SPAN_OTLP_SCHEMA_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace roentgen::storage {

enum class OtlpType : uint8_t {
  kString,
  kBytes,  // base64 in JSON.
  kId,     // Bytes that are hex digits in JSON.
  kBool,
  kEnum,  // Numbers in JSON, though some write names.
  kInt32,
  kUint32,
  kFixed32,
  kInt64,  // 64 bits are decimal texts in JSON.
  kFixed64,
  kDouble,
  kMessage
};

struct OtlpMessage;

struct OtlpField {
  std::string_view name;
  uint32_t number = 0;
  OtlpType type = OtlpType::kString;
  bool repeated = false;
  const OtlpMessage* message = nullptr;          // Of kMessage.
  std::span<const std::string_view> names = {};  // Of kEnum, by number.
  std::string_view old_name = {};  // What it was called once; empty: the same.
};

struct OtlpMessage {
  std::span<const OtlpField> fields;  // By ascending number.
  // Of the fields at most one is set, and then written also when it is 0.
  bool one_of = false;
  bool holds_spans = false;  // It is around spans.
};

// Of ResourceSpans: the ScopeSpans of SDKs that called scopes instrumentation
// libraries. Some send both, and mean the same by both.
inline constexpr uint32_t kOldScopeSpansField = 1000;

// Of Span, ResourceSpans and ScopeSpans, our own: what came, in one of which
// texts were mended (span_text.h). Readers that do not know it skip it.
inline constexpr uint32_t kOriginalField = 60'000;

inline constexpr size_t kOtlpFieldsMax = 16;

// TracesData has the bytes of an ExportTraceServiceRequest.
extern const OtlpMessage kTracesDataMessage;
extern const OtlpMessage kResourceSpansMessage;
extern const OtlpMessage kScopeSpansMessage;
extern const OtlpMessage kResourceMessage;
extern const OtlpMessage kScopeMessage;
extern const OtlpMessage kSpanMessage;

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_SPAN_OTLP_SCHEMA_H_

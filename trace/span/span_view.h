// A span as it came over the wire, read without copying.
//
//   SpanView span;  // One per thread; keeps its buffers.
//   if (!ReadSpan(bytes, span)) return Refuse();
//   for (const AttributeView& a : span.attributes) ...
//
// All of the bytes are checked, nested values too; fields that are not known
// are skipped. Of fields given twice the last wins, as in Protobuf.
//
// Format: opentelemetry.proto.trace.v1 and .common.v1 of the OpenTelemetry
// protocol, in Protobuf's wire format.
//
// Threads: pure; a view belongs to one thread.
#ifndef ROENTGEN_TRACE_SPAN_SPAN_VIEW_H_
#define ROENTGEN_TRACE_SPAN_SPAN_VIEW_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trace/model/record.h"

namespace roentgen::storage {

struct AnyValueView {
  enum class Kind : uint8_t {
    kEmpty,
    kString,
    kBool,
    kInt,
    kDouble,
    kArray,
    kMap,
    kBytes
  };
  Kind kind = Kind::kEmpty;
  bool boolean = false;
  int64_t integer = 0;
  double number = 0;
  // The text or the bytes; of an array or a map, its message: elements are
  // read with ReadArray and ReadAttributes (field 1 of both).
  std::string_view bytes;
};

struct AttributeView {
  std::string_view key;
  AnyValueView value;
};

struct EventView {
  uint64_t time_ns = 0;
  std::string_view name;
  std::string_view message;  // Attributes: ReadAttributes(message, 3, ...).
};

struct LinkView {
  std::string_view trace_id;  // As given; 16 bytes in a valid link.
  std::string_view span_id;
  std::string_view trace_state;
  std::string_view message;  // Attributes: ReadAttributes(message, 4, ...).
};

// Values of Span.kind that have a meaning.
enum class SpanKind : uint8_t {
  kUnspecified = 0,
  kInternal = 1,
  kServer = 2,
  kClient = 3,
  kProducer = 4,
  kConsumer = 5
};

// As Jaeger spells it: "server", ...; empty: unspecified, or none of them.
std::string_view SpanKindName(uint64_t kind);

// Values of Status.code.
inline constexpr uint64_t kStatusOk = 1;
inline constexpr uint64_t kStatusError = 2;

struct SpanView {
  std::string_view trace_id;  // As given; 16 bytes in a valid span.
  std::string_view span_id;
  std::string_view trace_state;
  std::string_view parent_span_id;  // Empty or 8 bytes in a valid span.
  std::string_view name;
  uint64_t kind = 0;
  uint64_t start_ns = 0;  // Unix time.
  uint64_t end_ns = 0;
  std::vector<AttributeView> attributes;
  std::vector<EventView> events;
  std::vector<LinkView> links;
  std::string_view status_message;
  uint64_t status_code = 0;
  uint32_t flags = 0;
  // Every string is valid UTF-8.
  bool valid_text = true;
  // Where the first of the attributes is that nest deeper than
  // limits::kAttributeDepthMax: "events[0].attributes". Empty: nowhere.
  std::string too_deep;

  void Clear();
};

// False when `bytes` are no span, and when it nests too deep: `span.too_deep`
// tells these apart, and all but what is too deep was read then.
bool ReadSpan(std::string_view bytes, SpanView& span);

// A field of a span, read by itself: spans that share it read it once.
struct SpanField {
  std::string_view whole;  // With its tag.
  // Of a field 9, which most are.
  bool is_attribute = false;
  AttributeView attribute;
  bool valid_text = true;
};
bool ReadSpanField(std::string_view whole, SpanField& field);
// Puts it into a span, as if it came next in its bytes.
bool AddSpanField(const SpanField& field, SpanView& span);

// Appends the attributes that stand in repeated field `field` of `message`.
bool ReadAttributes(std::string_view message, uint32_t field,
                    std::vector<AttributeView>& out);
// Appends the elements of an array value.
bool ReadArray(std::string_view array, std::vector<AnyValueView>& out);

// Resource and scope of a context.
struct ContextView {
  // The last one named so; empty when absent or no string.
  std::string_view service_name;
  std::vector<AttributeView> resource_attributes;
  std::string_view resource_schema_url;
  std::string_view scope_name;
  std::string_view scope_version;
  std::vector<AttributeView> scope_attributes;
  std::string_view scope_schema_url;
  bool valid_text = true;
  // Attributes nest deeper than limits::kAttributeDepthMax.
  bool too_deep = false;
};
// False also when it nests too deep, as ReadSpan.
bool ReadContext(const SpanContext& context, ContextView& out);
// Bytes that a context takes where its spans are seen as segments, about:
// names of attributes are kept in several forms. `view` is of the context.
size_t MappedBytesOf(const SpanContext& context, const ContextView& view);

// The value of the last attribute with that key; null when there is none.
const AnyValueView* FindAttribute(const std::vector<AttributeView>& attributes,
                                  std::string_view key);

// Ids of a valid span.
TraceId TraceIdOf(const SpanView& span);
EntityId EntityIdOf(std::string_view span_id);
// A parent id that is empty or all zeros is none.
bool HasParent(const SpanView& span);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_SPAN_SPAN_VIEW_H_

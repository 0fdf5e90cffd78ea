#include "trace/span/span_view.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <string>

#include "base/limits.h"
#include "simdjson.h"
#include "trace/span/wire_fields.h"

namespace roentgen::storage {
namespace {

using Kind = AnyValueView::Kind;

constexpr uint32_t kAttributes = 9;  // Field of Span.

uint64_t WordAt(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, 8);
  return word;
}

// Most texts are ASCII, and short: eight bytes at a time cost less than a call.
bool IsText(std::string_view s) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  const char* at = s.data();
  const char* const end = at + s.size();
  uint64_t seen = 0;
  if (s.size() >= 8) {
    for (; end - at > 8; at += 8) seen |= WordAt(at);
    seen |= WordAt(end - 8);
  } else {
    for (; at != end; ++at) seen |= static_cast<unsigned char>(*at);
  }
  return (seen & kHighBits) == 0 || simdjson::validate_utf8(s.data(), s.size());
}

// Walks messages and keeps what is asked for; texts that are not UTF-8 are
// noticed on the way.
class Walker {
 public:
  bool valid_text() const { return valid_text_; }
  // Some attribute nests too deep; what is below its limit was not looked at.
  bool too_deep() const { return too_deep_; }

  std::string_view Text(const FieldReader& in) {
    if (!IsText(in.bytes())) valid_text_ = false;
    return in.bytes();
  }

  bool Value(std::string_view message, int depth, AnyValueView& value) {
    if (depth > limits::kAttributeDepthMax) {
      too_deep_ = true;
      return true;
    }
    if (IsShortText(message)) {
      Set(Kind::kString, message.substr(2), value);
      if (!IsText(value.bytes)) valid_text_ = false;
      return true;
    }
    FieldReader in(message);
    while (in.Next()) {
      const bool bytes = in.type() == WireType::kBytes;
      const bool varint = in.type() == WireType::kVarint;
      switch (in.field()) {
        case 1:
          if (bytes) Set(Kind::kString, Text(in), value);
          break;
        case 2:
          if (varint) Set(Kind::kBool, {}, value).boolean = in.number() != 0;
          break;
        case 3:
          if (varint) {
            Set(Kind::kInt, {}, value).integer =
                static_cast<int64_t>(in.number());
          }
          break;
        case 4:
          if (in.type() == WireType::kFixed64) {
            Set(Kind::kDouble, {}, value).number =
                std::bit_cast<double>(in.number());
          }
          break;
        case 5:
          if (bytes && !CheckArray(in.bytes(), depth + 1)) return false;
          if (bytes) Set(Kind::kArray, in.bytes(), value);
          break;
        case 6:
          if (bytes && !CheckAttributes(in.bytes(), 1, depth + 1)) return false;
          if (bytes) Set(Kind::kMap, in.bytes(), value);
          break;
        case 7:
          if (bytes) Set(Kind::kBytes, in.bytes(), value);
          break;
        default:
          break;
      }
    }
    return in.ok();
  }

  bool Attribute(std::string_view message, int depth, AttributeView& out) {
    if (const size_t key = ShortKey(message); key > 0) {
      out.key = message.substr(2, key - 2);
      const std::string_view value = message.substr(key + 2);
      if (IsShortText(value)) {
        Set(Kind::kString, value.substr(2), out.value);
        // What is between the two texts are bytes below 128.
        if (!IsText(message)) valid_text_ = false;
        return true;
      }
      if (!IsText(out.key)) valid_text_ = false;
      return Value(value, depth, out.value);
    }
    FieldReader in(message);
    while (in.Next()) {
      if (in.type() != WireType::kBytes) continue;
      if (in.field() == 1) out.key = Text(in);
      if (in.field() == 2 && !Value(in.bytes(), depth, out.value)) return false;
    }
    return in.ok();
  }

  bool CheckAttributes(std::string_view message, uint32_t field, int depth) {
    FieldReader in(message);
    AttributeView ignored;
    while (in.Next()) {
      if (in.Is(field, WireType::kBytes) &&
          !Attribute(in.bytes(), depth, ignored)) {
        return false;
      }
    }
    return in.ok();
  }

  bool Span(std::string_view bytes, SpanView& span) {
    FieldReader in(bytes);
    while (in.Next()) {
      const bool ok = in.type() == WireType::kBytes ? BytesField(in, span)
                                                    : NumberField(in, span);
      if (!ok) return Damaged(span);
    }
    span.valid_text = valid_text_;
    return in.ok() ? !too_deep_ : Damaged(span);
  }

 private:
  // Most attributes are a key and a value, each of less than 128 bytes: where
  // the value's field begins in such a one, else 0.
  static size_t ShortKey(std::string_view message) {
    if (message.size() < 4 || message[0] != 0x0A) return 0;
    const size_t key = static_cast<uint8_t>(message[1]) + size_t{2};
    if (key >= 128 + 2 || key + 2 > message.size() || message[key] != 0x12) {
      return 0;
    }
    const size_t value = static_cast<uint8_t>(message[key + 1]);
    return value < 128 && key + 2 + value == message.size() ? key : 0;
  }

  // What most values are: field 1 and nothing else, of less than 128 bytes.
  static bool IsShortText(std::string_view message) {
    return message.size() >= 2 && message[0] == 0x0A &&
           static_cast<uint8_t>(message[1]) == message.size() - 2 &&
           message.size() - 2 < 128;
  }

  static AnyValueView& Set(Kind kind, std::string_view bytes,
                           AnyValueView& value) {
    value = {};
    value.kind = kind;
    value.bytes = bytes;
    return value;
  }

  bool CheckArray(std::string_view message, int depth) {
    FieldReader in(message);
    AnyValueView ignored;
    while (in.Next()) {
      if (in.Is(1, WireType::kBytes) && !Value(in.bytes(), depth, ignored)) {
        return false;
      }
    }
    return in.ok();
  }

  // Always false: damage outweighs depth.
  static bool Damaged(SpanView& span) {
    span.too_deep.clear();
    return false;
  }

  static bool NumberField(const FieldReader& in, SpanView& span) {
    const bool fixed64 = in.type() == WireType::kFixed64;
    if (in.field() == 6 && in.type() == WireType::kVarint) {
      span.kind = in.number();
    }
    if (in.field() == 7 && fixed64) span.start_ns = in.number();
    if (in.field() == 8 && fixed64) span.end_ns = in.number();
    if (in.field() == 16 && in.type() == WireType::kFixed32) {
      span.flags = static_cast<uint32_t>(in.number());
    }
    return true;
  }

  bool BytesField(const FieldReader& in, SpanView& span) {
    switch (in.field()) {
      case 1:
        span.trace_id = in.bytes();
        return true;
      case 2:
        span.span_id = in.bytes();
        return true;
      case 3:
        span.trace_state = Text(in);
        return true;
      case 4:
        span.parent_span_id = in.bytes();
        return true;
      case 5:
        span.name = Text(in);
        return true;
      case kAttributes:
        if (!Attribute(in.bytes(), 0, span.attributes.emplace_back())) {
          return false;
        }
        NoteDepth("attributes", span.attributes.size(), "", span);
        return true;
      case 11:
        if (!Event(in.bytes(), span.events.emplace_back())) return false;
        NoteDepth("events", span.events.size(), ".attributes", span);
        return true;
      case 13:
        if (!Link(in.bytes(), span.links.emplace_back())) return false;
        NoteDepth("links", span.links.size(), ".attributes", span);
        return true;
      case 15:
        return Status(in.bytes(), span);
      default:
        return true;
    }
  }

  // Says in the span which one of `list` is the first that nests too deep, if
  // the last one read does.
  void NoteDepth(const char* list, size_t size, const char* inner,
                 SpanView& span) const {
    if (!too_deep_ || !span.too_deep.empty()) [[likely]]
      return;
    span.too_deep = list + ("[" + std::to_string(size - 1) + "]") + inner;
  }

  bool Event(std::string_view message, EventView& event) {
    event.message = message;
    FieldReader in(message);
    while (in.Next()) {
      if (in.Is(1, WireType::kFixed64)) event.time_ns = in.number();
      if (in.Is(2, WireType::kBytes)) event.name = Text(in);
    }
    return in.ok() && CheckAttributes(message, 3, 0);
  }

  bool Link(std::string_view message, LinkView& link) {
    link.message = message;
    FieldReader in(message);
    while (in.Next()) {
      if (in.type() != WireType::kBytes) continue;
      if (in.field() == 1) link.trace_id = in.bytes();
      if (in.field() == 2) link.span_id = in.bytes();
      if (in.field() == 3) link.trace_state = Text(in);
    }
    return in.ok() && CheckAttributes(message, 4, 0);
  }

  // Of messages given twice the parts are merged, as Protobuf does.
  bool Status(std::string_view message, SpanView& span) {
    FieldReader in(message);
    while (in.Next()) {
      if (in.Is(2, WireType::kBytes)) span.status_message = Text(in);
      if (in.Is(3, WireType::kVarint)) span.status_code = in.number();
    }
    return in.ok();
  }

  bool valid_text_ = true;
  bool too_deep_ = false;
};

bool ReadScope(std::string_view message, Walker& walker, ContextView& out) {
  FieldReader in(message);
  while (in.Next()) {
    if (in.type() != WireType::kBytes) continue;
    if (in.field() == 1) out.scope_name = walker.Text(in);
    if (in.field() == 2) out.scope_version = walker.Text(in);
    if (in.field() == 3 &&
        !walker.Attribute(in.bytes(), 0, out.scope_attributes.emplace_back())) {
      return false;
    }
  }
  return in.ok();
}

bool ReadResource(std::string_view message, Walker& walker, ContextView& out) {
  FieldReader in(message);
  while (in.Next()) {
    if (in.Is(1, WireType::kBytes) &&
        !walker.Attribute(in.bytes(), 0,
                          out.resource_attributes.emplace_back())) {
      return false;
    }
  }
  return in.ok();
}

}  // namespace

std::string_view SpanKindName(uint64_t kind) {
  constexpr std::string_view kNames[] = {"",       "internal", "server",
                                         "client", "producer", "consumer"};
  return kind < std::size(kNames) ? kNames[kind] : std::string_view();
}

void SpanView::Clear() {
  trace_id = span_id = trace_state = parent_span_id = name = {};
  kind = start_ns = end_ns = status_code = 0;
  attributes.clear();
  events.clear();
  links.clear();
  status_message = {};
  flags = 0;
  valid_text = true;
  too_deep.clear();
}

bool ReadSpan(std::string_view bytes, SpanView& span) {
  span.Clear();
  return Walker().Span(bytes, span);
}

bool ReadSpanField(std::string_view whole, SpanField& field) {
  field = {};
  field.whole = whole;
  FieldReader in(whole);
  if (!in.Next() || in.whole().size() != whole.size()) return false;
  if (!in.Is(kAttributes, WireType::kBytes)) return true;
  Walker walker;
  if (!walker.Attribute(in.bytes(), 0, field.attribute) || walker.too_deep()) {
    return false;
  }
  field.is_attribute = true;
  field.valid_text = walker.valid_text();
  return true;
}

bool AddSpanField(const SpanField& field, SpanView& span) {
  if (field.is_attribute) {
    span.attributes.push_back(field.attribute);
    span.valid_text &= field.valid_text;
    return true;
  }
  const bool valid_text = span.valid_text;
  const bool read = Walker().Span(field.whole, span);
  span.valid_text &= valid_text;
  return read;
}

bool ReadAttributes(std::string_view message, uint32_t field,
                    std::vector<AttributeView>& out) {
  Walker walker;
  FieldReader in(message);
  while (in.Next()) {
    if (in.Is(field, WireType::kBytes) &&
        !walker.Attribute(in.bytes(), 0, out.emplace_back())) {
      return false;
    }
  }
  return in.ok() && !walker.too_deep();
}

bool ReadArray(std::string_view array, std::vector<AnyValueView>& out) {
  Walker walker;
  FieldReader in(array);
  while (in.Next()) {
    if (in.Is(1, WireType::kBytes) &&
        !walker.Value(in.bytes(), 0, out.emplace_back())) {
      return false;
    }
  }
  return in.ok() && !walker.too_deep();
}

bool ReadContext(const SpanContext& context, ContextView& out) {
  out = {};
  Walker walker;
  FieldReader resource(context.resource_spans);
  while (resource.Next()) {
    if (resource.type() != WireType::kBytes) continue;
    if (resource.field() == 1 && !ReadResource(resource.bytes(), walker, out)) {
      return false;
    }
    if (resource.field() == 3) {
      out.resource_schema_url = walker.Text(resource);
    }
  }
  FieldReader scope(context.scope_spans);
  while (scope.Next()) {
    if (scope.type() != WireType::kBytes) continue;
    if (scope.field() == 1 && !ReadScope(scope.bytes(), walker, out)) {
      return false;
    }
    if (scope.field() == 3) out.scope_schema_url = walker.Text(scope);
  }
  const AnyValueView* name =
      FindAttribute(out.resource_attributes, "service.name");
  if (name != nullptr && name->kind == Kind::kString) {
    out.service_name = name->bytes;
  }
  out.valid_text = walker.valid_text();
  out.too_deep = resource.ok() && scope.ok() && walker.too_deep();
  return resource.ok() && scope.ok() && !walker.too_deep();
}

size_t MappedBytesOf(const SpanContext& context, const ContextView& view) {
  // Measured: 1,300 bytes of a context that says next to nothing, 110,000 of
  // one with 300 attributes in 9,000 bytes.
  constexpr size_t kBytesOfEach = 1'000;
  constexpr size_t kBytesPerAttribute = 350;
  return kBytesOfEach +
         2 * (context.resource_spans.size() + context.scope_spans.size() +
              context.profile.size()) +
         kBytesPerAttribute *
             (view.resource_attributes.size() + view.scope_attributes.size());
}

const AnyValueView* FindAttribute(const std::vector<AttributeView>& attributes,
                                  std::string_view key) {
  const auto found =
      std::find_if(attributes.rbegin(), attributes.rend(),
                   [&](const AttributeView& a) { return a.key == key; });
  return found == attributes.rend() ? nullptr : &found->value;
}

TraceId TraceIdOf(const SpanView& span) {
  return TraceId::FromBytes(span.trace_id);
}

EntityId EntityIdOf(std::string_view span_id) {
  uint64_t big_endian = 0;
  if (span_id.size() == 8) {
    return EntityId{__builtin_bswap64(WordAt(span_id.data()))};
  }
  for (char c : span_id) {
    big_endian = big_endian << 8 | static_cast<uint8_t>(c);
  }
  return EntityId{big_endian};
}

bool HasParent(const SpanView& span) {
  return EntityIdOf(span.parent_span_id).value != 0;
}

}  // namespace roentgen::storage

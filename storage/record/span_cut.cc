#include "storage/record/span_cut.h"

#include <cstring>

#include "storage/span/wire_fields.h"

namespace roentgen::storage {
namespace {

// Fields of opentelemetry.proto.trace.v1.Span that are cut out.
constexpr uint32_t kTraceId = 1;
constexpr uint32_t kSpanId = 2;
constexpr uint32_t kParent = 4;
constexpr uint32_t kStart = 7;
constexpr uint32_t kEnd = 8;

uint64_t ReadBigEndian(std::string_view bytes) {
  uint64_t v;
  std::memcpy(&v, bytes.data(), 8);
  return __builtin_bswap64(v);
}

void AppendId(uint32_t field, EntityId id, std::string& out) {
  AppendTag(field, WireType::kBytes, out);
  AppendVarint(8, out);
  AppendBigEndian(id.value, out);
}

// Whether the field is as short as it can be: tag and length take a byte each.
bool IsPlain(const FieldReader& in, WireType type, size_t bytes) {
  return in.type() == type && in.whole().size() == bytes;
}

}  // namespace

std::optional<SpanColumns> CutSpan(const TraceId& trace_id,
                                   std::string_view span, std::string& rest) {
  const size_t rest_begin = rest.size();
  SpanColumns columns;
  uint32_t seen = 0;  // Bits of the fields that are cut.
  uint32_t last = 0;
  FieldReader in(span);
  const auto cut = [&]() -> bool {
    // Returns whether the field may stand there.
    if (in.field() < last) return false;
    const bool repeated = in.field() == last;
    last = in.field();
    switch (in.field()) {
      case kTraceId:
        return !repeated && IsPlain(in, WireType::kBytes, 18) &&
               in.bytes() == trace_id.AsBytes();
      case kSpanId:
        columns.id.value = 0;
        if (repeated || !IsPlain(in, WireType::kBytes, 10) ||
            in.bytes().size() != 8) {
          return false;
        }
        columns.id.value = ReadBigEndian(in.bytes());
        return true;
      case kParent:
        if (repeated || !IsPlain(in, WireType::kBytes, 10) ||
            in.bytes().size() != 8) {
          return false;
        }
        columns.parent = EntityId{ReadBigEndian(in.bytes())};
        return true;
      case kStart:
        columns.start_ns = in.number();
        return !repeated && IsPlain(in, WireType::kFixed64, 9);
      case kEnd:
        columns.end_ns = in.number();
        return !repeated && IsPlain(in, WireType::kFixed64, 9);
      default:
        rest.append(in.whole());
        return true;
    }
  };
  bool plain = true;
  while (plain && in.Next()) {
    plain = cut();
    if (in.field() <= kEnd) seen |= 1U << in.field();
  }
  constexpr uint32_t kNeeded =
      1U << kTraceId | 1U << kSpanId | 1U << kStart | 1U << kEnd;
  if (!plain || !in.ok() || (seen & kNeeded) != kNeeded) {
    rest.resize(rest_begin);
    return std::nullopt;
  }
  return columns;
}

bool RestoreSpan(const TraceId& trace_id, const SpanColumns& columns,
                 std::string_view rest, std::string& span) {
  span.reserve(span.size() + rest.size() + 56);
  AppendTag(kTraceId, WireType::kBytes, span);
  AppendBytes(trace_id.AsBytes(), span);
  AppendId(kSpanId, columns.id, span);
  // What stood before the parent, before the times, and after them.
  bool parent_due = columns.parent.has_value();
  bool times_due = true;
  const auto append_due = [&](uint32_t field) {
    if (parent_due && field > kParent) {
      AppendId(kParent, *columns.parent, span);
      parent_due = false;
    }
    if (times_due && field > kEnd) {
      AppendFixed64Field(kStart, columns.start_ns, span);
      AppendFixed64Field(kEnd, columns.end_ns, span);
      times_due = false;
    }
  };
  const char* copied = rest.data();
  FieldReader in(rest);
  while (times_due && in.Next()) {
    if (in.field() <= (parent_due ? kParent : kEnd)) continue;
    const char* begin = in.whole().data();
    span.append(copied, static_cast<size_t>(begin - copied));
    copied = begin;
    append_due(in.field());
  }
  if (!in.ok()) return false;
  span.append(copied, static_cast<size_t>(rest.data() + rest.size() - copied));
  append_due(UINT32_MAX);
  return true;
}

}  // namespace roentgen::storage

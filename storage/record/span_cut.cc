#include "storage/record/span_cut.h"

#include <cstring>

#include "base/wire.h"
#include "trace/span/wire_fields.h"

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

bool IsId(const FieldReader& in) {
  return IsPlain(in, WireType::kBytes, 10) && in.bytes().size() == 8;
}

}  // namespace

std::optional<SpanColumns> CutSpan(const TraceId& trace_id,
                                   std::string_view span,
                                   std::vector<std::string_view>& rest) {
  using Parent = SpanColumns::Parent;
  rest.clear();
  SpanColumns columns;
  uint32_t seen = 0;  // Bits of the fields that are cut.
  uint32_t last = 0;
  FieldReader in(span);
  // Whether the field may stand there.
  const auto take = [&]() -> bool {
    if (in.field() < last) return false;
    const bool repeated = in.field() == last;
    last = in.field();
    switch (in.field()) {
      case kTraceId:
        return !repeated && IsPlain(in, WireType::kBytes, 18) &&
               in.bytes() == trace_id.AsBytes();
      case kSpanId:
        if (repeated || !IsId(in)) return false;
        columns.id.value = ReadBigEndian(in.bytes());
        return true;
      case kParent:
        if (repeated) return false;
        if (IsPlain(in, WireType::kBytes, 2)) {
          columns.parent = Parent::kEmpty;
          return true;
        }
        if (!IsId(in)) return false;
        columns.parent = Parent::kGiven;
        columns.parent_id.value = ReadBigEndian(in.bytes());
        return true;
      case kStart:
        columns.start_ns = in.number();
        return !repeated && IsPlain(in, WireType::kFixed64, 9);
      case kEnd:
        columns.end_ns = in.number();
        return !repeated && IsPlain(in, WireType::kFixed64, 9);
      default:
        rest.push_back(in.whole());
        return true;
    }
  };
  while (in.Next()) {
    if (!take()) return std::nullopt;
    if (in.field() <= kEnd) seen |= 1U << in.field();
  }
  constexpr uint32_t kNeeded =
      1U << kTraceId | 1U << kSpanId | 1U << kStart | 1U << kEnd;
  if (!in.ok() || (seen & kNeeded) != kNeeded) return std::nullopt;
  return columns;
}

void RestoreSpan(const TraceId& trace_id, const SpanColumns& columns,
                 std::span<const std::string_view> rest, std::string& span) {
  AppendTag(kTraceId, WireType::kBytes, span);
  AppendBytes(trace_id.AsBytes(), span);
  AppendId(kSpanId, columns.id, span);
  // What is due before a field of that number.
  bool parent_due = columns.parent != SpanColumns::Parent::kAbsent;
  bool times_due = true;
  const auto append_due = [&](uint64_t field) {
    if (parent_due && field > kParent) {
      if (columns.parent == SpanColumns::Parent::kEmpty) {
        AppendBytesField(kParent, {}, span);
      } else {
        AppendId(kParent, columns.parent_id, span);
      }
      parent_due = false;
    }
    if (times_due && field > kEnd) {
      AppendFixed64Field(kStart, columns.start_ns, span);
      AppendFixed64Field(kEnd, columns.end_ns, span);
      times_due = false;
    }
  };
  for (std::string_view field : rest) {
    uint64_t tag = 0;
    if (times_due && ByteReader(field).Varint(tag)) append_due(tag >> 3);
    span += field;
  }
  append_due(UINT64_MAX);
}

}  // namespace roentgen::storage

#include "trace/span/otlp_json_writer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "absl/strings/escaping.h"
#include "base/limits.h"
#include "trace/span/wire_fields.h"

namespace roentgen::storage {
namespace {

WireType WireTypeOf(OtlpType type) {
  switch (type) {
    case OtlpType::kString:
    case OtlpType::kBytes:
    case OtlpType::kId:
    case OtlpType::kMessage:
      return WireType::kBytes;
    case OtlpType::kFixed64:
    case OtlpType::kDouble:
      return WireType::kFixed64;
    case OtlpType::kFixed32:
      return WireType::kFixed32;
    default:
      return WireType::kVarint;
  }
}

// As Protobuf reads a varint of the type.
uint64_t Narrowed(OtlpType type, uint64_t number) {
  switch (type) {
    case OtlpType::kBool:
      return number != 0 ? 1 : 0;
    case OtlpType::kEnum:
    case OtlpType::kInt32:
    case OtlpType::kUint32:
      return static_cast<uint32_t>(number);
    default:
      return number;
  }
}

void AppendHex(std::string_view bytes, std::string& out) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
}

}  // namespace

bool OtlpJsonWriter::Write(const OtlpMessage& message, std::string_view bytes) {
  return WriteObject(message, bytes, limits::kOtlpJsonDepthMax);
}

bool OtlpJsonWriter::WriteMembers(const OtlpMessage& message,
                                  std::string_view bytes) {
  return WriteFields(message, bytes, limits::kOtlpJsonDepthMax);
}

bool OtlpJsonWriter::WriteSpan(const SpanContext& context,
                               std::string_view span) {
  json_.BeginObject();
  if (!WriteShared("resource", kResourceMessage, context.resource_spans) ||
      !WriteShared("scope", kScopeMessage, context.scope_spans) ||
      !WriteMembers(kSpanMessage, span)) {
    return false;
  }
  json_.EndObject();
  return true;
}

bool OtlpJsonWriter::WriteShared(std::string_view name,
                                 const OtlpMessage& message,
                                 std::string_view bytes) {
  std::string shared;  // Given twice the parts are merged: one after another.
  FieldReader in(bytes);
  while (in.Next()) {
    if (in.Is(1, WireType::kBytes)) shared += in.bytes();
  }
  json_.Key(name);
  return in.ok() && Write(message, shared);
}

bool OtlpJsonWriter::WriteObject(const OtlpMessage& message,
                                 std::string_view bytes, int depth) {
  if (depth <= 0) return false;
  json_.BeginObject();
  if (!WriteFields(message, bytes, depth)) return false;
  json_.EndObject();
  return true;
}

bool OtlpJsonWriter::Collect(const OtlpMessage& message,
                             std::string_view bytes) {
  const size_t base = given_.size();
  bool in_order = true;
  FieldReader in(bytes);
  while (in.Next()) {
    const auto field = std::find_if(
        message.fields.begin(), message.fields.end(), [&](const OtlpField& f) {
          return f.number == in.field() && WireTypeOf(f.type) == in.type();
        });
    if (field == message.fields.end()) continue;
    const auto index = static_cast<uint32_t>(field - message.fields.begin());
    in_order =
        in_order && (given_.size() == base || given_.back().index <= index);
    const bool sized = in.type() == WireType::kBytes;
    given_.push_back({.index = index,
                      .number = sized ? 0 : Narrowed(field->type, in.number()),
                      .bytes = sized ? in.bytes() : std::string_view()});
  }
  // Only what was given last of a one-of counts: its order says which.
  if (!in_order && !message.one_of) {
    std::stable_sort(
        given_.begin() + static_cast<ptrdiff_t>(base), given_.end(),
        [](const Given& a, const Given& b) { return a.index < b.index; });
  }
  return in.ok();
}

bool OtlpJsonWriter::WriteFields(const OtlpMessage& message,
                                 std::string_view bytes, int depth) {
  const size_t base = given_.size();
  bool ok = Collect(message, bytes);
  const size_t top = given_.size();
  for (size_t begin = base; ok && begin < top;) {
    size_t end = begin;
    while (end < top && given_[end].index == given_[begin].index) ++end;
    if (!message.one_of || end == top) {
      ok = WriteField(message, begin, end, depth);
    }
    begin = end;
  }
  given_.resize(base);
  return ok;
}

bool OtlpJsonWriter::WriteField(const OtlpMessage& message, size_t begin,
                                size_t end, int depth) {
  const OtlpField& field = message.fields[given_[begin].index];
  if (field.repeated) {
    json_.Key(field.name).BeginArray();
    if (!WriteElements(field, begin, end, depth - 1)) return false;
    json_.EndArray();
    return true;
  }
  if (field.type == OtlpType::kMessage) {
    json_.Key(field.name);
    return WriteMerged(*field.message, begin, end, depth - 1);
  }
  const Given last = given_[end - 1];
  // An id or other bytes of no length are none; in a one-of they are a value.
  if (message.one_of || last.number != 0 || !last.bytes.empty()) {
    json_.Key(field.name);
    WriteScalar(field.type, last);
  }
  return true;
}

bool OtlpJsonWriter::WriteMerged(const OtlpMessage& message, size_t begin,
                                 size_t end, int depth) {
  if (end - begin == 1) return WriteObject(message, given_[begin].bytes, depth);
  std::string merged;
  for (size_t i = begin; i < end; ++i) merged += given_[i].bytes;
  return WriteObject(message, merged, depth);
}

bool OtlpJsonWriter::WriteElements(const OtlpField& field, size_t begin,
                                   size_t end, int depth) {
  if (depth <= 0) return false;
  for (size_t i = begin; i < end; ++i) {
    const Given element = given_[i];  // The stack may move.
    if (field.type != OtlpType::kMessage) {
      WriteScalar(field.type, element);
    } else if (!WriteObject(*field.message, element.bytes, depth - 1)) {
      return false;
    }
  }
  return true;
}

void OtlpJsonWriter::WriteScalar(OtlpType type, const Given& given) {
  switch (type) {
    case OtlpType::kString:
      json_.String(given.bytes);
      return;
    case OtlpType::kBytes:
      json_.String(
          absl::Base64Escape({given.bytes.data(), given.bytes.size()}));
      return;
    case OtlpType::kId:
      json_.String("");
      out_.pop_back();
      AppendHex(given.bytes, out_);
      out_.push_back('"');
      return;
    case OtlpType::kBool:
      json_.Bool(given.number != 0);
      return;
    case OtlpType::kEnum:
    case OtlpType::kInt32:
      json_.Int(static_cast<int32_t>(given.number));
      return;
    case OtlpType::kUint32:
    case OtlpType::kFixed32:
      json_.Int(static_cast<int64_t>(given.number));
      return;
    case OtlpType::kInt64:
      json_.String(std::to_string(static_cast<int64_t>(given.number)));
      return;
    case OtlpType::kFixed64:
      json_.String(std::to_string(given.number));
      return;
    case OtlpType::kDouble: {
      const double number = std::bit_cast<double>(given.number);
      if (std::isfinite(number)) {
        json_.Double(number);
      } else if (std::isnan(number)) {
        json_.String("NaN");
      } else {
        json_.String(number > 0 ? "Infinity" : "-Infinity");
      }
      return;
    }
    case OtlpType::kMessage:
      return;  // WriteObject's.
  }
}

}  // namespace roentgen::storage

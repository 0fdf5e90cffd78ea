// Fields of a Protobuf message, one after the other, without copying.
//
//   FieldReader in(message);
//   while (in.Next()) {
//     if (in.field() == 5 && in.type() == WireType::kBytes) name = in.bytes();
//   }
//   if (!in.ok()) return false;
//
// Groups, which OTLP never had, are refused.
//
// Threads: a reader belongs to one thread.
#ifndef ROENTGEN_TRACE_SPAN_WIRE_FIELDS_H_
#define ROENTGEN_TRACE_SPAN_WIRE_FIELDS_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/wire.h"

namespace roentgen::storage {

enum class WireType : uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kFixed32 = 5
};

class FieldReader {
 public:
  explicit FieldReader(std::string_view message)
      : at_(message.data()), end_(message.data() + message.size()) {}

  // The next field, until there is none or the bytes make no sense.
  bool Next() {
    if (at_ == end_) return false;
    begin_ = at_;
    uint64_t tag;
    if (!Varint(tag)) return Fail();
    field_ = static_cast<uint32_t>(tag >> 3);
    if (field_ == 0 || tag >> 3 > kFieldMax) return Fail();
    type_ = static_cast<WireType>(tag & 7);
    switch (type_) {
      case WireType::kVarint:
        return Varint(number_) || Fail();
      case WireType::kFixed64:
        if (end_ - at_ < 8) return Fail();
        std::memcpy(&number_, at_, 8);
        at_ += 8;
        return true;
      case WireType::kFixed32: {
        if (end_ - at_ < 4) return Fail();
        uint32_t word;
        std::memcpy(&word, at_, 4);
        number_ = word;
        at_ += 4;
        return true;
      }
      case WireType::kBytes: {
        uint64_t size;
        if (!Varint(size) || size > static_cast<uint64_t>(end_ - at_)) {
          return Fail();
        }
        bytes_ = {at_, static_cast<size_t>(size)};
        at_ += size;
        return true;
      }
      default:
        return Fail();
    }
  }

  bool ok() const { return !failed_; }
  uint32_t field() const { return field_; }
  WireType type() const { return type_; }
  // Of varints and fixed ones.
  uint64_t number() const { return number_; }
  std::string_view bytes() const { return bytes_; }
  // The field with its tag.
  std::string_view whole() const {
    return {begin_, static_cast<size_t>(at_ - begin_)};
  }
  bool Is(uint32_t field, WireType type) const {
    return field_ == field && type_ == type;
  }

 private:
  static constexpr uint64_t kFieldMax = (1U << 29) - 1;

  bool Fail() {
    failed_ = true;
    at_ = end_;
    return false;
  }

  bool Varint(uint64_t& v) {
    if (at_ != end_ && static_cast<uint8_t>(*at_) < 128) {
      v = static_cast<uint8_t>(*at_++);
      return true;
    }
    v = 0;
    for (int shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<uint8_t>(*at_++);
      v |= static_cast<uint64_t>(byte & 127) << shift;
      if (byte < 128) return true;
    }
    return false;
  }

  const char* at_;
  const char* const end_;
  const char* begin_ = nullptr;
  uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  uint64_t number_ = 0;
  std::string_view bytes_;
  bool failed_ = false;
};

// Appending fields in wire format.
inline void AppendTag(uint32_t field, WireType type, std::string& out) {
  AppendVarint(static_cast<uint64_t>(field) << 3 | static_cast<uint8_t>(type),
               out);
}
inline void AppendVarintField(uint32_t field, uint64_t v, std::string& out) {
  AppendTag(field, WireType::kVarint, out);
  AppendVarint(v, out);
}
inline void AppendFixed64Field(uint32_t field, uint64_t v, std::string& out) {
  AppendTag(field, WireType::kFixed64, out);
  AppendFixed64(v, out);
}
inline void AppendFixed32Field(uint32_t field, uint32_t v, std::string& out) {
  AppendTag(field, WireType::kFixed32, out);
  char bytes[4];
  std::memcpy(bytes, &v, 4);
  out.append(bytes, 4);
}
inline void AppendBytesField(uint32_t field, std::string_view bytes,
                             std::string& out) {
  AppendTag(field, WireType::kBytes, out);
  AppendBytes(bytes, out);
}

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_SPAN_WIRE_FIELDS_H_

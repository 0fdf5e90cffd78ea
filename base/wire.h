// Numbers and byte strings in binary formats.
//
//   AppendVarint(n, out);            ByteReader in(bytes);
//   AppendBytes(name, out);          if (!in.Varint(n) || !in.Bytes(name)) ...
//
// Fixed-width integers are little-endian in values; Append*BigEndian is for
// keys, whose order is that of their bytes.
//
// Threads: pure; a reader belongs to one thread.
#ifndef ROENTGEN_BASE_WIRE_H_
#define ROENTGEN_BASE_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace roentgen {

inline constexpr size_t kVarintBytesMax = 10;

// Returns where the next byte goes; there is room for kVarintBytesMax.
inline char* WriteVarint(uint64_t v, char* to) {
  while (v >= 128) {
    *to++ = static_cast<char>(v | 128);
    v >>= 7;
  }
  *to++ = static_cast<char>(v);
  return to;
}

inline void AppendVarint(uint64_t v, std::string& out) {
  if (v < 128) {
    out.push_back(static_cast<char>(v));
    return;
  }
  char bytes[kVarintBytesMax];
  const char* const end = WriteVarint(v, bytes);
  out.append(bytes, static_cast<size_t>(end - bytes));
}

// Small for numbers near zero of either sign.
inline void AppendZigzag(int64_t v, std::string& out) {
  AppendVarint((static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63),
               out);
}

inline void AppendFixed64(uint64_t v, std::string& out) {
  char bytes[8];
  std::memcpy(bytes, &v, 8);
  out.append(bytes, 8);
}

// Length, then the bytes.
inline void AppendBytes(std::string_view bytes, std::string& out) {
  AppendVarint(bytes.size(), out);
  out.append(bytes);
}

template <typename Int>
void AppendBigEndian(Int v, std::string& out) {
  char bytes[sizeof(Int)];
  for (size_t i = 0; i < sizeof(Int); ++i) {
    bytes[i] = static_cast<char>(v >> (8 * (sizeof(Int) - 1 - i)));
  }
  out.append(bytes, sizeof(Int));
}

// Reads what was appended. Every method returns false, and reads nothing
// more, once the bytes run out or make no sense.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool Varint(uint64_t& v) {
    v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      uint8_t byte;
      if (!Byte(byte)) return false;
      // The tenth byte has room for one bit.
      if (shift == 63 && byte > 1) return Fail();
      v |= static_cast<uint64_t>(byte & 127) << shift;
      if (byte < 128) return true;
    }
    return Fail();
  }
  // A varint that must not exceed `max`.
  bool BoundedVarint(uint64_t max, uint64_t& v) {
    return Varint(v) && (v <= max || Fail());
  }
  bool Zigzag(int64_t& v) {
    uint64_t u;
    if (!Varint(u)) return false;
    v = static_cast<int64_t>(u >> 1) ^ -static_cast<int64_t>(u & 1);
    return true;
  }
  bool Byte(uint8_t& v) {
    if (rest_.empty()) return Fail();
    v = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return true;
  }
  bool Fixed64(uint64_t& v) {
    std::string_view bytes;
    if (!Raw(8, bytes)) return false;
    std::memcpy(&v, bytes.data(), 8);
    return true;
  }
  bool Raw(size_t n, std::string_view& bytes) {
    if (rest_.size() < n) return Fail();
    bytes = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return true;
  }
  bool Bytes(std::string_view& bytes) {
    uint64_t n;
    return Varint(n) && Raw(n, bytes);
  }
  template <typename Int>
  bool BigEndian(Int& v) {
    std::string_view bytes;
    if (!Raw(sizeof(Int), bytes)) return false;
    v = 0;
    for (char c : bytes)
      v = static_cast<Int>((v << 8) | static_cast<uint8_t>(c));
    return true;
  }

  std::string_view rest() const { return rest_; }
  bool done() const { return rest_.empty() && !failed_; }

 private:
  bool Fail() {
    failed_ = true;
    rest_ = {};
    return false;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_WIRE_H_

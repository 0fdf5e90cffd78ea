#include "trace/model/ids.h"

namespace roentgen::storage {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

// -1 for anything but a hex digit.
constexpr std::array<int8_t, 256> MakeHexValues() {
  std::array<int8_t, 256> values{};
  for (auto& v : values) v = -1;
  for (int i = 0; i < 10; ++i) values['0' + i] = static_cast<int8_t>(i);
  for (int i = 0; i < 6; ++i) {
    values['a' + i] = static_cast<int8_t>(10 + i);
    values['A' + i] = static_cast<int8_t>(10 + i);
  }
  return values;
}
constexpr std::array<int8_t, 256> kHexValues = MakeHexValues();

// Decodes 2 * n hex digits to n bytes; false on any other character.
bool DecodeHex(const char* text, size_t n, uint8_t* out) {
  int bad = 0;
  for (size_t i = 0; i < n; ++i) {
    const int high = kHexValues[static_cast<uint8_t>(text[2 * i])];
    const int low = kHexValues[static_cast<uint8_t>(text[2 * i + 1])];
    bad |= high | low;
    out[i] = static_cast<uint8_t>((high << 4) | (low & 15));
  }
  return bad >= 0;
}

void AppendHex(const uint8_t* bytes, size_t n, std::string& out) {
  for (size_t i = 0; i < n; ++i) {
    out.push_back(kHexDigits[bytes[i] >> 4]);
    out.push_back(kHexDigits[bytes[i] & 15]);
  }
}

}  // namespace

std::optional<TraceId> TraceId::ParseXray(std::string_view text) {
  if (text.size() != 35 || text[0] != '1' || text[1] != '-' ||
      text[10] != '-') {
    return std::nullopt;
  }
  TraceId id;
  if (!DecodeHex(text.data() + 2, 4, id.bytes.data()) ||
      !DecodeHex(text.data() + 11, 12, id.bytes.data() + 4)) {
    return std::nullopt;
  }
  return id;
}

std::optional<TraceId> TraceId::Parse(std::string_view text) {
  if (text.size() != 32) return ParseXray(text);
  TraceId id;
  if (!DecodeHex(text.data(), 16, id.bytes.data())) return std::nullopt;
  return id;
}

TraceId TraceId::FromBytes(std::string_view raw) {
  TraceId id;
  std::memcpy(id.bytes.data(), raw.data(), id.bytes.size());
  return id;
}

std::string TraceId::ToString() const {
  std::string out;
  out.reserve(35);
  out += "1-";
  AppendHex(bytes.data(), 4, out);
  out += '-';
  AppendHex(bytes.data() + 4, 12, out);
  return out;
}

std::optional<EntityId> EntityId::Parse(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  uint8_t bytes[8];
  if (!DecodeHex(text.data(), 8, bytes)) return std::nullopt;
  EntityId id;
  for (uint8_t b : bytes) id.value = (id.value << 8) | b;
  return id;
}

std::string EntityId::ToString() const {
  uint8_t bytes[8];
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<uint8_t>(value >> (56 - 8 * i));
  }
  std::string out;
  out.reserve(16);
  AppendHex(bytes, 8, out);
  return out;
}

}  // namespace roentgen::storage

#include "storage/index/column_codec.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

#include "base/limits.h"
#include "base/status_macros.h"
#include "base/wire.h"

namespace roentgen::storage {
namespace {

enum Codec : uint8_t { kPlain = 0, kZstd = 1 };
constexpr int kLevel = 1;
// Below this a zstd frame's own head costs more than it saves.
constexpr size_t kCompressBytesMin = 48;

absl::Status Damaged() { return absl::DataLossError("index chunk: damaged"); }

std::string Pack(const std::string& raw) {
  std::string out;
  if (raw.size() >= kCompressBytesMin) {
    out.push_back(kZstd);
    AppendVarint(raw.size(), out);
    const size_t body = out.size();
    out.resize(body + ZSTD_compressBound(raw.size()));
    const size_t written = ZSTD_compress(out.data() + body, out.size() - body,
                                         raw.data(), raw.size(), kLevel);
    if (!ZSTD_isError(written) && written < raw.size()) {
      out.resize(body + written);
      return out;
    }
    out.clear();
  }
  out.push_back(kPlain);
  AppendVarint(raw.size(), out);
  return out + raw;
}

absl::StatusOr<std::string> Unpack(std::string_view chunk) {
  ByteReader in(chunk);
  uint8_t codec;
  uint64_t size;
  if (!in.Byte(codec) || !in.BoundedVarint(limits::kBlockBytesMax, size)) {
    return Damaged();
  }
  if (codec == kPlain) {
    if (in.rest().size() != size) return Damaged();
    return std::string(in.rest());
  }
  if (codec != kZstd) return Damaged();
  std::string raw(size, '\0');
  const size_t written = ZSTD_decompress(raw.data(), raw.size(),
                                         in.rest().data(), in.rest().size());
  if (ZSTD_isError(written) || written != size) return Damaged();
  return raw;
}

uint8_t WidthOf(uint64_t span) {
  if (span == 0) return 0;
  if (span <= UINT8_MAX) return 1;
  if (span <= UINT16_MAX) return 2;
  return span <= UINT32_MAX ? 4 : 8;
}

}  // namespace

template <typename Int>
std::string EncodeInts(const std::vector<Int>& values) {
  std::string raw;
  AppendVarint(values.size(), raw);
  if (values.empty()) return Pack(raw);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const auto base = static_cast<uint64_t>(*low);
  const uint8_t width = WidthOf(static_cast<uint64_t>(*high) - base);
  AppendZigzag(static_cast<int64_t>(*low), raw);
  raw.push_back(static_cast<char>(width));
  // Plane by plane: the high bytes of neighbours are alike.
  for (uint8_t plane = 0; plane < width; ++plane) {
    for (Int v : values) {
      raw.push_back(
          static_cast<char>((static_cast<uint64_t>(v) - base) >> (8 * plane)));
    }
  }
  return Pack(raw);
}

template <typename Int>
absl::StatusOr<std::vector<Int>> DecodeInts(std::string_view chunk) {
  RTG_ASSIGN_OR_RETURN(const std::string raw, Unpack(chunk));
  ByteReader in(raw);
  uint64_t count;
  if (!in.BoundedVarint(limits::kBlockBytesMax / 8, count)) return Damaged();
  if (count == 0) return std::vector<Int>();
  int64_t low;
  uint8_t width;
  if (!in.Zigzag(low) || !in.Byte(width) || width > 8 ||
      in.rest().size() != count * width) {
    return Damaged();
  }
  if (sizeof(Int) < 8 && (width > sizeof(Int) || low < 0 ||
                          low > std::numeric_limits<uint32_t>::max())) {
    return Damaged();
  }
  std::vector<Int> values(count, static_cast<Int>(low));
  using Unsigned = std::make_unsigned_t<Int>;
  const std::string_view planes = in.rest();
  for (uint8_t plane = 0; plane < width; ++plane) {
    const char* bytes = planes.data() + plane * count;
    const int shift = 8 * plane;
    for (size_t i = 0; i < count; ++i) {
      values[i] = static_cast<Int>(
          static_cast<Unsigned>(values[i]) +
          (static_cast<Unsigned>(static_cast<uint8_t>(bytes[i])) << shift));
    }
  }
  return values;
}

template std::string EncodeInts(const std::vector<int64_t>&);
template std::string EncodeInts(const std::vector<uint32_t>&);
template absl::StatusOr<std::vector<int64_t>> DecodeInts(std::string_view);
template absl::StatusOr<std::vector<uint32_t>> DecodeInts(std::string_view);

std::string EncodeDictionary(const std::vector<std::string_view>& sorted) {
  std::string raw;
  AppendVarint(sorted.size(), raw);
  std::string_view last;
  for (std::string_view value : sorted) {
    const size_t limit = std::min(last.size(), value.size());
    size_t shared = 0;
    while (shared < limit && last[shared] == value[shared]) ++shared;
    AppendVarint(shared, raw);
    AppendBytes(value.substr(shared), raw);
    last = value;
  }
  return Pack(raw);
}

absl::StatusOr<PackedDictionary> UnpackDictionary(std::string_view chunk) {
  RTG_ASSIGN_OR_RETURN(const std::string raw, Unpack(chunk));
  ByteReader in(raw);
  uint64_t count;
  if (!in.BoundedVarint(raw.size(), count)) return Damaged();
  PackedDictionary out;
  std::string last;
  size_t total = 0;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t shared;
    std::string_view rest;
    if (!in.BoundedVarint(last.size(), shared) || !in.Bytes(rest)) {
      return Damaged();
    }
    last.resize(shared);
    last.append(rest);
    total += last.size();
    if (total > limits::kBlockBytesMax) return Damaged();
    out.Append(last);
  }
  if (!in.done()) return Damaged();
  return out;
}

int64_t OrderedBits(double value) {
  const auto bits = std::bit_cast<int64_t>(value == 0 ? 0.0 : value);
  return bits < 0 ? bits ^ INT64_MAX : bits;
}

double FromOrderedBits(int64_t bits) {
  return std::bit_cast<double>(bits < 0 ? bits ^ INT64_MAX : bits);
}

}  // namespace roentgen::storage

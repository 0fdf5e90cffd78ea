#include "storage/index/column_codec.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <type_traits>

#include "base/limits.h"
#include "base/status_macros.h"
#include "base/wire.h"

namespace roentgen::storage {
namespace {

enum Codec : uint8_t { kPlain = 0, kZstd = 1 };
constexpr int kLevel = 3;
// In the width byte: a step follows.
constexpr uint8_t kHasStep = 128;
// Below this a zstd frame's own head costs more than it saves.
constexpr size_t kCompressBytesMin = 48;

// Made once: each costs more than a small chunk.
struct FreeContext {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* d) const { ZSTD_freeDCtx(d); }
};
ZSTD_CCtx* ThreadCompressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeContext> context(
      ZSTD_createCCtx());
  return context.get();
}
ZSTD_DCtx* ThreadDecompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(
      ZSTD_createDCtx());
  return context.get();
}

absl::Status Damaged() { return absl::DataLossError("index chunk: damaged"); }

std::string Pack(const std::string& raw) {
  std::string out;
  if (raw.size() >= kCompressBytesMin) {
    out.push_back(kZstd);
    AppendVarint(raw.size(), out);
    const size_t body = out.size();
    out.resize(body + ZSTD_compressBound(raw.size()));
    const size_t written =
        ZSTD_compressCCtx(ThreadCompressor(), out.data() + body,
                          out.size() - body, raw.data(), raw.size(), kLevel);
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
  const size_t written =
      ZSTD_decompressDCtx(ThreadDecompressor(), raw.data(), raw.size(),
                          in.rest().data(), in.rest().size());
  if (ZSTD_isError(written) || written != size) return Damaged();
  return raw;
}

// Bytes it takes to tell 0 from `span`.
uint8_t WidthOf(uint64_t span) {
  return static_cast<uint8_t>((std::bit_width(span) + 7) / 8);
}

// Greatest number that all distances to `base` are multiples of; 0 when all
// are `base`.
template <typename Int>
uint64_t StepOf(const std::vector<Int>& values, uint64_t base) {
  uint64_t step = 0;
  for (Int v : values) {
    const uint64_t distance = static_cast<uint64_t>(v) - base;
    if (step == 0 || distance % step != 0) step = std::gcd(step, distance);
    if (step == 1) break;
  }
  return step;
}

// How integers are packed.
struct IntPlan {
  int64_t low = 0;
  uint64_t step = 1;
  uint8_t width = 0;  // Bytes of each.
};

template <typename Int>
IntPlan PlanOf(const std::vector<Int>& values) {
  if (values.empty()) return {};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const auto base = static_cast<uint64_t>(*low);
  const uint64_t span = static_cast<uint64_t>(*high) - base;
  const uint64_t step = std::max<uint64_t>(StepOf(values, base), 1);
  return {.low = static_cast<int64_t>(*low),
          .step = step,
          .width = WidthOf(span / step)};
}

template <typename Int>
std::string Encode(const std::vector<Int>& values, const IntPlan& plan) {
  std::string raw;
  AppendVarint(values.size(), raw);
  if (values.empty()) return Pack(raw);
  AppendZigzag(plan.low, raw);
  raw.push_back(
      static_cast<char>(plan.step > 1 ? plan.width | kHasStep : plan.width));
  if (plan.step > 1) AppendVarint(plan.step, raw);
  const auto base = static_cast<uint64_t>(plan.low);
  std::vector<uint64_t> distances(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const uint64_t distance = static_cast<uint64_t>(values[i]) - base;
    distances[i] = plan.step == 1 ? distance : distance / plan.step;
  }
  // Plane by plane: the high bytes of neighbours are alike.
  const size_t begin = raw.size();
  raw.resize(begin + plan.width * distances.size());
  char* to = raw.data() + begin;
  for (uint8_t plane = 0; plane < plan.width; ++plane) {
    const int shift = 8 * plane;
    for (size_t i = 0; i < distances.size(); ++i) {
      to[i] = static_cast<char>(distances[i] >> shift);
    }
    to += distances.size();
  }
  return Pack(raw);
}

// values[i] = base + step * the number whose bytes are the i-th of each plane.
// Chunks of a fixed length: compilers make vector code of them.
template <typename Int>
void JoinPlanes(const char* planes, uint8_t width, uint64_t base, uint64_t step,
                std::vector<Int>& values) {
  using Unsigned = std::make_unsigned_t<Int>;
  constexpr size_t kChunk = 64;
  const size_t count = values.size();
  const auto factor = static_cast<Unsigned>(step);
  for (size_t begin = 0; begin < count; begin += kChunk) {
    const size_t length = std::min(kChunk, count - begin);
    Unsigned joined[kChunk] = {};
    for (uint8_t plane = 0; plane < width; ++plane) {
      uint8_t bytes[kChunk];
      std::memcpy(bytes, planes + plane * count + begin, length);
      const int shift = 8 * plane;
      for (size_t i = 0; i < kChunk; ++i) {
        joined[i] |= static_cast<Unsigned>(bytes[i]) << shift;
      }
    }
    for (size_t i = 0; i < kChunk; ++i) {
      joined[i] = joined[i] * factor + static_cast<Unsigned>(base);
    }
    std::memcpy(values.data() + begin, joined, length * sizeof(Int));
  }
}

}  // namespace

template <typename Int>
std::string EncodeInts(const std::vector<Int>& values) {
  return Encode(values, PlanOf(values));
}

std::optional<std::string> EncodeIfShorter(const std::vector<int64_t>& values,
                                           const std::vector<int64_t>& than,
                                           std::string& other) {
  const IntPlan plan = PlanOf(values);
  const IntPlan other_plan = PlanOf(than);
  if (plan.width < other_plan.width) return Encode(values, plan);
  other = Encode(than, other_plan);
  std::string bytes = Encode(values, plan);
  if (bytes.size() < other.size()) return bytes;
  return std::nullopt;
}

template <typename Int>
absl::StatusOr<std::vector<Int>> DecodeInts(std::string_view chunk) {
  RTG_ASSIGN_OR_RETURN(const std::string raw, Unpack(chunk));
  ByteReader in(raw);
  uint64_t count;
  if (!in.BoundedVarint(limits::kBlockBytesMax / 8, count)) return Damaged();
  if (count == 0) return std::vector<Int>();
  int64_t low;
  uint64_t step = 1;
  uint8_t width;
  if (!in.Zigzag(low) || !in.Byte(width)) return Damaged();
  if ((width & kHasStep) != 0 && !in.Varint(step)) return Damaged();
  width &= static_cast<uint8_t>(~kHasStep);
  if (width > 8 || in.rest().size() != count * width) return Damaged();
  if (sizeof(Int) < 8 &&
      (width > sizeof(Int) || low < 0 ||
       low > std::numeric_limits<uint32_t>::max() || step > UINT32_MAX)) {
    return Damaged();
  }
  std::vector<Int> values(count);
  JoinPlanes(in.rest().data(), width, static_cast<uint64_t>(low), step, values);
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
  out.Reserve(count, raw.size() * 2);
  size_t last = 0;  // Length of the entry before.
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t shared;
    std::string_view rest;
    if (!in.BoundedVarint(last, shared) || !in.Bytes(rest)) return Damaged();
    last = shared + rest.size();
    out.Append(shared, rest);
    if (out.text_bytes() > limits::kBlockBytesMax) return Damaged();
  }
  if (!in.done()) return Damaged();
  return out;
}

absl::StatusOr<std::optional<uint32_t>> FindInDictionary(
    std::string_view chunk, std::string_view text) {
  RTG_ASSIGN_OR_RETURN(const std::string raw, Unpack(chunk));
  ByteReader in(raw);
  uint64_t count;
  if (!in.BoundedVarint(raw.size(), count)) return Damaged();
  // How much of `text` the entry before begins with. It is less than `text`,
  // so an entry that shares more with it than that is less, too.
  size_t common = 0;
  size_t last = 0;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t shared;
    std::string_view rest;
    if (!in.BoundedVarint(last, shared) || !in.Bytes(rest)) return Damaged();
    last = shared + rest.size();
    if (i > 0 && shared > common) continue;
    // Shares less than the entry before did: it is past `text`.
    if (shared < common) break;
    const std::string_view wanted = text.substr(common);
    const auto [a, b] =
        std::mismatch(rest.begin(), rest.end(), wanted.begin(), wanted.end());
    if (a == rest.end() && b == wanted.end()) {
      return std::optional<uint32_t>(static_cast<uint32_t>(i));
    }
    const bool past = a != rest.end() &&
                      (b == wanted.end() ||
                       static_cast<uint8_t>(*a) > static_cast<uint8_t>(*b));
    if (past) break;
    common += static_cast<size_t>(a - rest.begin());
  }
  return std::optional<uint32_t>();
}

int64_t OrderedBits(double value) {
  const auto bits = std::bit_cast<int64_t>(value == 0 ? 0.0 : value);
  return bits < 0 ? bits ^ INT64_MAX : bits;
}

double FromOrderedBits(int64_t bits) {
  return std::bit_cast<double>(bits < 0 ? bits ^ INT64_MAX : bits);
}

}  // namespace roentgen::storage

#include "storage/index/attribute_values.h"

#include <algorithm>
#include <map>

#include "absl/numeric/int128.h"
#include "base/limits.h"
#include "base/wire.h"
#include "trace/span/value_code.h"

// Keys are short: a call of the library costs as much as the hash.
#define XXH_INLINE_ALL
#include "xxhash.h"

namespace roentgen::storage {
namespace {

constexpr size_t kPrintBytes = 3;
// In a batch.
constexpr uint64_t kSlicesMax = UINT32_MAX / kTracesPerSlice + 1;

uint64_t HashOfKey(std::string_view key) {
  return XXH3_64bits(key.data(), key.size());
}

// The print of a value is a part of it: values that collide here have the same
// print, so none gets lost.
uint64_t HashOf(uint64_t key_hash, uint64_t code) {
  const absl::uint128 product =
      absl::uint128(key_hash ^ 0x9e3779b97f4a7c15) * (code ^ key_hash);
  return absl::Uint128High64(product) ^ absl::Uint128Low64(product);
}

uint32_t PrintOf(uint64_t hash) { return static_cast<uint32_t>(hash >> 40); }

uint32_t PrintAt(std::string_view prints, size_t i) {
  const auto byte = [&](size_t at) {
    return uint32_t{static_cast<uint8_t>(prints[i * kPrintBytes + at])};
  };
  return byte(0) << 16 | byte(1) << 8 | byte(2);
}

size_t MaskBytes(uint64_t slices) { return (slices + 7) / 8; }

// All of them: their count alone. Else each by its distance to the one before,
// or a bit for each slice there is, whichever is less.
void AppendSlices(const std::vector<uint32_t>& slices, uint32_t end,
                  std::string& out) {
  AppendVarint(slices.size(), out);
  if (slices.size() == end) return;
  if (slices.size() < MaskBytes(end)) {
    uint32_t next = 0;
    for (uint32_t slice : slices) {
      AppendVarint(slice - next, out);
      next = slice + 1;
    }
    return;
  }
  const size_t begin = out.size();
  out.append(MaskBytes(end), '\0');
  for (uint32_t slice : slices) {
    char& byte = out[begin + slice / 8];
    byte = static_cast<char>(byte | 1 << (slice % 8));
  }
}

// Calls `use` with each. False: damaged.
template <typename Use>
bool ReadSlices(ByteReader& in, uint64_t end, Use use) {
  uint64_t count;
  if (!in.BoundedVarint(end, count)) return false;
  if (count == end) {
    for (uint32_t slice = 0; slice < end; ++slice) use(slice);
    return true;
  }
  if (count < MaskBytes(end)) {
    uint64_t next = 0, distance;
    for (uint64_t i = 0; i < count; ++i) {
      if (next >= end || !in.BoundedVarint(end - 1 - next, distance)) {
        return false;
      }
      use(static_cast<uint32_t>(next + distance));
      next += distance + 1;
    }
    return true;
  }
  std::string_view mask;
  if (!in.Raw(MaskBytes(end), mask)) return false;
  for (uint32_t slice = 0; slice < end; ++slice) {
    if ((mask[slice / 8] >> (slice % 8) & 1) != 0) use(slice);
  }
  return true;
}

std::vector<uint32_t> Sorted(std::vector<uint32_t> slices) {
  std::sort(slices.begin(), slices.end());
  slices.erase(std::unique(slices.begin(), slices.end()), slices.end());
  return slices;
}

}  // namespace

AttributeValues::Key::Key(std::string_view name) : hash(HashOfKey(name)) {}

void AttributeValues::Add(Key& key, uint64_t code, uint32_t slice) {
  auto found = slices_.find(HashOf(key.hash, code));
  if (found == slices_.end()) {
    const bool room = key.values < limits::kIndexedValuesPerKeyMax &&
                      slices_.size() < limits::kIndexedValuesPerBatchMax;
    if (room) ++key.values;
    found = slices_.try_emplace(HashOf(key.hash, room ? code : kAnyValueCode))
                .first;
  }
  std::vector<uint32_t>& slices = found->second;
  if (!slices.empty() && slices.back() == slice) return;
  const size_t capacity = slices.capacity();
  slices.push_back(slice);
  slice_bytes_ += (slices.capacity() - capacity) * sizeof(uint32_t);
}

std::vector<uint32_t> AttributeValues::Find(
    std::string_view key, std::span<const uint64_t> codes) const {
  const uint64_t key_hash = HashOfKey(key);
  std::vector<uint32_t> out;
  for (uint64_t code : codes) {
    const auto found = slices_.find(HashOf(key_hash, code));
    if (found == slices_.end()) continue;
    out.insert(out.end(), found->second.begin(), found->second.end());
  }
  return Sorted(std::move(out));
}

std::string AttributeValues::Pack(uint32_t traces) const {
  std::map<uint32_t, std::vector<uint32_t>> by_print;
  for (const auto& [hash, slices] : slices_) {
    std::vector<uint32_t>& all = by_print[PrintOf(hash)];
    all.insert(all.end(), slices.begin(), slices.end());
  }
  const uint32_t end = (traces + kTracesPerSlice - 1) / kTracesPerSlice;
  std::string out, rest;
  AppendVarint(end, out);
  AppendVarint(by_print.size(), out);
  for (auto& [print, slices] : by_print) {
    out.push_back(static_cast<char>(print >> 16));
    out.push_back(static_cast<char>(print >> 8));
    out.push_back(static_cast<char>(print));
    AppendSlices(Sorted(std::move(slices)), end, rest);
  }
  return out + rest;
}

size_t AttributeValues::MemoryBytes() const {
  // A slot of the table has a byte besides.
  return slices_.capacity() * (sizeof(Slices::value_type) + 1) + slice_bytes_;
}

absl::StatusOr<std::vector<uint32_t>> FindSlices(
    std::string_view packed, std::string_view key,
    std::span<const uint64_t> codes) {
  const auto damaged = [] {
    return absl::DataLossError("index: damaged values of attributes");
  };
  ByteReader in(packed);
  uint64_t end, count;
  std::string_view prints;
  if (!in.BoundedVarint(kSlicesMax, end) ||
      !in.BoundedVarint(packed.size() / kPrintBytes, count) ||
      !in.Raw(count * kPrintBytes, prints)) {
    return damaged();
  }
  const uint64_t key_hash = HashOfKey(key);
  std::vector<size_t> places;
  for (uint64_t code : codes) {
    const uint32_t wanted = PrintOf(HashOf(key_hash, code));
    size_t low = 0, high = count;
    while (low < high) {
      const size_t middle = low + (high - low) / 2;
      if (PrintAt(prints, middle) < wanted) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low < count && PrintAt(prints, low) == wanted) places.push_back(low);
  }
  std::vector<uint32_t> slices;
  if (places.empty()) return slices;
  const size_t last = *std::max_element(places.begin(), places.end());
  for (size_t i = 0; i <= last; ++i) {
    const bool wanted =
        std::find(places.begin(), places.end(), i) != places.end();
    const bool read = ReadSlices(in, end, [&](uint32_t slice) {
      if (wanted) slices.push_back(slice);
    });
    if (!read) return damaged();
  }
  return Sorted(std::move(slices));
}

}  // namespace roentgen::storage

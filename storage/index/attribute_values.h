// Which slices of a batch's traces have an attribute of some value: what no
// annotation tells, and annotations of contexts (those in the first slice, for
// the whole batch).
//
// A slice is kTracesPerSlice traces that follow each other. A value is known by
// a print of its key and its code (trace/span/value_code.h), so that another
// may stand in for it: once in some ten thousand looks.
//
// Of a key with very many values later ones are kept as kAnyValueCode.
//
// Threads: plain data; pure functions.
#ifndef ROENTGEN_STORAGE_INDEX_ATTRIBUTE_VALUES_H_
#define ROENTGEN_STORAGE_INDEX_ATTRIBUTE_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

namespace roentgen::storage {

inline constexpr uint32_t kTracesPerSlice = 128;

class AttributeValues {
 public:
  // What is known of a key; it stays the same object for all of its values.
  struct Key {
    explicit Key(std::string_view name);

    uint64_t hash;
    uint32_t values = 0;  // Distinct ones with codes of their own.
  };

  // Some trace of the slice has the value. By ascending slices.
  void Add(Key& key, uint64_t code, uint32_t slice);

  // The slices with one of the codes; ascending.
  std::vector<uint32_t> Find(std::string_view key,
                             std::span<const uint64_t> codes) const;

  bool empty() const { return slices_.empty(); }
  // Of a batch of so many traces. docs/on_disk_format.md draws the bytes.
  std::string Pack(uint32_t traces) const;
  size_t MemoryBytes() const;

 private:
  using Slices = absl::flat_hash_map<uint64_t, std::vector<uint32_t>>;

  Slices slices_;
  size_t slice_bytes_ = 0;  // Of all vectors in it.
};

// What Find says, or some slices more, of what Pack packed.
// Errors: DataLoss.
absl::StatusOr<std::vector<uint32_t>> FindSlices(
    std::string_view packed, std::string_view key,
    std::span<const uint64_t> codes);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_ATTRIBUTE_VALUES_H_

// Columns over a set of traces, wherever they are kept: in memory for open
// traces (index_columns.h), in packed chunks for sealed ones
// (chunk_columns.h).
//
// What is returned stays valid as long as the source, unless it changes.
// Errors: DataLoss when a chunk is damaged; what reading returns.
//
// Threads: one thread at a time.
#ifndef ROENTGEN_STORAGE_INDEX_COLUMN_SOURCE_H_
#define ROENTGEN_STORAGE_INDEX_COLUMN_SOURCE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/index/index_format.h"
#include "storage/index/text_dictionary.h"

namespace roentgen::storage {

struct NumberColumn {
  // Ordinals of the values; empty when there is one value per trace or row.
  std::span<const uint32_t> rows;
  std::span<const int64_t> values;
};

// Either codes with a dictionary, or prints.
struct TextColumn {
  std::span<const uint32_t> rows;  // As above.
  std::span<const uint32_t> codes;
  std::span<const uint32_t> prints;
  const TextDictionary* dictionary = nullptr;
};

// A text column as far as one text needs it.
struct TextLookup {
  std::span<const uint32_t> rows;  // As above.
  std::span<const uint32_t> codes;
  uint32_t code = 0;  // Of the text.
  std::span<const uint32_t> prints;
};

class ColumnSource {
 public:
  virtual ~ColumnSource() = default;

  virtual uint32_t traces() const = 0;

  // False only when no value of the number column is in [low, high].
  virtual bool MayHoldNumber(Column column, std::string_view key, int64_t low,
                             int64_t high) = 0;
  // All of these: empty when no trace has a value.
  virtual absl::StatusOr<NumberColumn> Numbers(Column column,
                                               std::string_view key) = 0;
  virtual absl::StatusOr<TextColumn> Texts(Column column,
                                           std::string_view key) = 0;
  // Empty also when certainly no trace has the text.
  virtual absl::StatusOr<TextLookup> Lookup(Column column, std::string_view key,
                                            std::string_view text) = 0;
  // Of row columns the ordinals of their group; of those that are rows only,
  // those. `key`: of kAttributeElsewhere.
  virtual absl::StatusOr<std::span<const uint32_t>> Rows(
      Column column, std::string_view key) = 0;
  // Slices of the traces (attribute_values.h) outside of which none has the
  // attribute, where kAttributeElsewhere or kContextAnnotations tell of it,
  // with a value of one of the codes; ascending. Nothing: not known.
  virtual absl::StatusOr<std::optional<std::vector<uint32_t>>> Slices(
      std::string_view key, std::span<const uint64_t> codes) = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_COLUMN_SOURCE_H_

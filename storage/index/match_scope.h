// What a predicate is asked of: the traces of a batch, or the rows of its
// nodes or edges. A scope answers the leaves; AND, OR and NOT are the same
// everywhere.
//
// Threads: one thread at a time.
#ifndef ROENTGEN_STORAGE_INDEX_MATCH_SCOPE_H_
#define ROENTGEN_STORAGE_INDEX_MATCH_SCOPE_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/engine/trace_predicate.h"
#include "storage/index/column_source.h"
#include "storage/index/trace_bitmap.h"
#include "trace/model/service_id.h"

namespace roentgen::storage {

class MatchScope {
 public:
  MatchScope(uint32_t size, uint64_t& rows_scanned)
      : size_(size), rows_scanned_(rows_scanned) {}
  virtual ~MatchScope() = default;

  absl::StatusOr<Match> Evaluate(const TracePredicate& predicate);

  uint32_t size() const { return size_; }

 protected:
  // `predicate` is none of AND, OR, NOT and constants.
  virtual absl::StatusOr<Match> Leaf(const TracePredicate& predicate) = 0;

  Match All(Truth truth) const;
  static Match Exactly(TraceBitmap set);

  // All of these: a column without a value for each member has none for the
  // last ones.
  // Members whose number passes.
  Match NumbersThat(const NumberTest& test, std::span<const int64_t> values);
  // Members with some of the bits of `mask`, or with none.
  Match FlagsThat(int64_t mask, bool set, std::span<const int64_t> flags);
  // Members whose code passes; `passes` is per code.
  Match CodesThat(const std::vector<uint8_t>& passes,
                  std::span<const uint32_t> codes);

  uint64_t& rows_scanned() { return rows_scanned_; }

 private:
  absl::StatusOr<Match> EvaluateAll(const TracePredicate::AllOf& all);
  absl::StatusOr<Match> EvaluateAny(const TracePredicate::AnyOf& any);

  const uint32_t size_;
  uint64_t& rows_scanned_;
};

// Which texts of the dictionary pass. With `skip_empty` an empty text stands
// for no value and never passes.
std::vector<uint8_t> TextsThat(const TextTest& test,
                               const TextDictionary& dictionary,
                               bool skip_empty);

// The rows of nodes or edges. Row scopes know names, outcomes, durations and
// statuses; all else is maybe.
class RowScope final : public MatchScope {
 public:
  // Where its columns are; read as they are asked for.
  struct Columns {
    ColumnSource& source;
    uint32_t rows = 0;
    Column flags;
    Column durations;
    Column statuses;
    TextColumn services;  // Nodes only.
  };
  // As the client of the trace, a root segment has another type.
  enum class Role { kItself, kClient };

  RowScope(const Columns& columns, Role role, uint64_t& rows_scanned)
      : MatchScope(columns.rows, rows_scanned),
        columns_(columns),
        role_(role) {}

  // Errors: DataLoss when there is not one value per row.
  absl::StatusOr<std::span<const int64_t>> Numbers(Column column) const;

 protected:
  absl::StatusOr<Match> Leaf(const TracePredicate& predicate) override;

 private:
  absl::StatusOr<Match> Property(TraceProperty property);
  Match Text(const TracePredicate::Text& text);

  const Columns columns_;
  const Role role_;
};

inline constexpr std::string_view kClientType = "client";

bool MatchesPattern(const NodePattern& pattern, const ServiceId& service);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_MATCH_SCOPE_H_

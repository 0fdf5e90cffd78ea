#include "storage/rocks/roll_up_store.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "rocksdb/db.h"
#include "storage/index/column_graph.h"
#include "storage/model/graph_window.h"

namespace roentgen::storage {
namespace {

// Never fails: an error would stop RocksDB's compactions, and with them all
// writes.
class RollUpMerge final : public rocksdb::MergeOperator {
 public:
  const char* Name() const override { return "roentgen.roll_up"; }

  bool FullMergeV2(const MergeOperationInput& in,
                   MergeOperationOutput* out) const override {
    std::vector<std::string_view> values;
    if (in.existing_value != nullptr) {
      values.push_back(FromSlice(*in.existing_value));
    }
    for (const rocksdb::Slice& operand : in.operand_list) {
      values.push_back(FromSlice(operand));
    }
    out->new_value = JoinRollUps(values);
    return true;
  }

  bool PartialMergeMulti(const rocksdb::Slice& /*key*/,
                         const std::deque<rocksdb::Slice>& operands,
                         std::string* new_value,
                         rocksdb::Logger* /*logger*/) const override {
    std::vector<std::string_view> values;
    for (const rocksdb::Slice& operand : operands) {
      values.push_back(FromSlice(operand));
    }
    *new_value = JoinRollUps(values);
    return true;
  }
};

}  // namespace

absl::Status RollUpChanges::Add(const std::shared_ptr<const Bucket>& bucket,
                                ColumnSource& source, const TraceBitmap& traces,
                                std::span<const GroupRows> groups,
                                int64_t sign) {
  const GraphWindow always(TimeRange{}, absl::Minutes(1));
  auto& minutes = minutes_[bucket];
  RTG_RETURN_IF_ERROR(
      AddColumnGraph(source, traces, always, sign, minutes[""]));
  for (const GroupRows& group : groups) {
    if (group.traces.empty()) continue;
    RTG_RETURN_IF_ERROR(AddColumnGraph(source, group.traces, always, sign,
                                       minutes[group.group_id]));
  }
  return absl::OkStatus();
}

void RollUpChanges::Add(RollUpChanges other) {
  for (auto& [bucket, groups] : other.minutes_) {
    for (auto& [group, minutes] : groups) {
      GraphPeriods& mine = minutes_[bucket][group];
      for (const auto& [begin, figures] : minutes) {
        AddFigures(figures, 1, mine[begin]);
      }
    }
  }
}

void RollUpChanges::PutInto(rocksdb::WriteBatch& batch) const {
  for (const auto& [bucket, groups] : minutes_) {
    rocksdb::ColumnFamilyHandle* family = bucket->batches->get();
    for (const auto& [group, minutes] : groups) {
      const RollUps roll_ups = RollUpsOf(minutes);
      for (uint8_t level = 0; level < kRollUpUnits.size(); ++level) {
        for (const auto& [begin, value] : roll_ups[level]) {
          batch.Merge(family,
                      RollUpKey(group, level, begin / kRollUpUnits[level]),
                      value);
        }
      }
    }
  }
}

absl::Status ReadRollUps(
    RocksDb& db, const rocksdb::Snapshot* snapshot, const Bucket& bucket,
    std::string_view group_id, uint8_t level, int64_t begin, int64_t end,
    const std::function<absl::Status(const RollUpSpan&, std::string_view)>&
        use) {
  const int64_t unit = kRollUpUnits[level];
  // What no key can hold, no observation can have.
  constexpr int64_t kLeast = std::numeric_limits<int32_t>::min();
  constexpr int64_t kGreatest = std::numeric_limits<int32_t>::max();
  const int64_t first = std::max(begin / unit, kLeast);
  const int64_t past = std::min(end / unit, kGreatest);
  if (first >= past) return absl::OkStatus();
  const std::string last = RollUpKey(group_id, level, past);
  const rocksdb::Slice bound(last);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.iterate_upper_bound = &bound;
  std::unique_ptr<rocksdb::Iterator> it(
      db.db().NewIterator(options, bucket.batches->get()));
  for (it->Seek(RollUpKey(group_id, level, first)); it->Valid(); it->Next()) {
    const auto slot = ParseRollUpSlot(FromSlice(it->key()));
    if (!slot) return absl::DataLossError("roll-up: bad key");
    RTG_RETURN_IF_ERROR(
        use(RollUpSpan::Of(unit, *slot * unit), FromSlice(it->value())));
  }
  return FromRocks(it->status(), "while reading roll-ups");
}

std::shared_ptr<rocksdb::MergeOperator> MakeRollUpMerge() {
  return std::make_shared<RollUpMerge>();
}

}  // namespace roentgen::storage

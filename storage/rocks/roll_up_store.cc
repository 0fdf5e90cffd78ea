#include "storage/rocks/roll_up_store.h"

#include <limits>
#include <vector>

#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "rocksdb/db.h"
#include "storage/graph/roll_up.h"
#include "storage/index/column_graph.h"
#include "storage/model/graph_window.h"

namespace roentgen::storage {
namespace {

constexpr int64_t kMinute = 60;
constexpr int64_t kHour = 3'600;

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
      for (const auto& [begin, value] : roll_ups.minutes) {
        batch.Merge(family,
                    RollUpKey(group, RollUpLevel::kMinute, begin / kMinute),
                    value);
      }
      for (const auto& [begin, value] : roll_ups.hours) {
        batch.Merge(family, RollUpKey(group, RollUpLevel::kHour, begin / kHour),
                    value);
      }
    }
  }
}

absl::Status ReadRollUps(
    RocksDb& db, const rocksdb::Snapshot* snapshot, const Bucket& bucket,
    std::string_view group_id, RollUpLevel level, int64_t begin, int64_t end,
    const std::function<absl::Status(int64_t slot, std::string_view)>& use) {
  // What no key can hold, no observation can have.
  constexpr int64_t kLeast = std::numeric_limits<int32_t>::min();
  constexpr int64_t kGreatest = std::numeric_limits<int32_t>::max();
  begin = std::max(begin, kLeast);
  end = std::min(end, kGreatest);
  if (begin >= end) return absl::OkStatus();
  const std::string last = RollUpKey(group_id, level, end);
  const rocksdb::Slice bound(last);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.iterate_upper_bound = &bound;
  std::unique_ptr<rocksdb::Iterator> it(
      db.db().NewIterator(options, bucket.batches->get()));
  for (it->Seek(RollUpKey(group_id, level, begin)); it->Valid(); it->Next()) {
    const auto slot = ParseRollUpSlot(FromSlice(it->key()));
    if (!slot) return absl::DataLossError("roll-up: bad key");
    RTG_RETURN_IF_ERROR(use(*slot, FromSlice(it->value())));
  }
  return FromRocks(it->status(), "while reading roll-ups");
}

std::shared_ptr<rocksdb::MergeOperator> MakeRollUpMerge() {
  return std::make_shared<RollUpMerge>();
}

}  // namespace roentgen::storage

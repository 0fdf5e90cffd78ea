#include "storage/rocks/roll_up_store.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "rocksdb/db.h"
#include "storage/index/column_graph.h"
#include "trace/model/graph_figures.h"
#include "trace/model/graph_window.h"

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

// Minutes that are summed up at a time. Mostly a batch has few; times that make
// no sense may give each row one of its own.
constexpr size_t kMinutesAtOnce = 240;
// Passes over the columns at most.
constexpr size_t kPassesMax = 64;

// The minutes of the traces' observations, ascending.
absl::StatusOr<std::vector<int64_t>> MinutesOf(ColumnSource& source,
                                               const TraceBitmap& traces) {
  std::vector<int64_t> minutes;
  RTG_RETURN_IF_ERROR(ForEachSecond(source, [&](uint32_t trace, int64_t s) {
    if (!traces.Test(trace)) return;
    const int64_t minute = FloorTo(s, 60) / 60;
    if (minutes.empty() || minutes.back() != minute) minutes.push_back(minute);
  }));
  std::sort(minutes.begin(), minutes.end());
  minutes.erase(std::unique(minutes.begin(), minutes.end()), minutes.end());
  return minutes;
}

void PutGroup(const Bucket& bucket, std::string_view group_id,
              const GraphPeriods& minutes, rocksdb::WriteBatch& batch) {
  const RollUps roll_ups = RollUpsOf(minutes);
  for (uint8_t level = 0; level < kRollUpUnits.size(); ++level) {
    for (const auto& [begin, value] : roll_ups[level]) {
      batch.Merge(bucket.batches->get(),
                  RollUpKey(group_id, level, begin / kRollUpUnits[level]),
                  value);
    }
  }
}

}  // namespace

absl::Status PutRollUps(const Bucket& bucket, ColumnSource& source,
                        const TraceBitmap& traces,
                        std::span<const GroupRows> groups, int64_t sign,
                        rocksdb::WriteBatch& batch) {
  const GraphWindow always(TimeRange{}, absl::Minutes(1));
  RTG_ASSIGN_OR_RETURN(const std::vector<int64_t> minutes,
                       MinutesOf(source, traces));
  const size_t at_once = std::max(kMinutesAtOnce, minutes.size() / kPassesMax);
  for (size_t first = 0; first < minutes.size(); first += at_once) {
    const size_t last = std::min(first + at_once, minutes.size()) - 1;
    const GraphWindow window =
        always.Part(minutes[first] * 60, minutes[last] * 60 + 60);
    const auto put = [&](std::string_view group_id,
                         const TraceBitmap& members) -> absl::Status {
      GraphPeriods sums;
      RTG_RETURN_IF_ERROR(AddColumnGraph(source, members, window, sign, sums));
      PutGroup(bucket, group_id, sums, batch);
      return absl::OkStatus();
    };
    RTG_RETURN_IF_ERROR(put("", traces));
    for (const GroupRows& group : groups) {
      if (!group.traces.empty()) {
        RTG_RETURN_IF_ERROR(put(group.group_id, group.traces));
      }
    }
  }
  return absl::OkStatus();
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
  return db.ForEach(
      bucket.batches->get(),
      {.begin = RollUpKey(group_id, level, first),
       .end = RollUpKey(group_id, level, past),
       .snapshot = snapshot},
      "while reading roll-ups",
      [&](std::string_view key, std::string_view value) -> absl::Status {
        const auto slot = ParseRollUpSlot(key);
        if (!slot) return absl::DataLossError("roll-up: bad key");
        return use(RollUpSpan::Of(unit, *slot * unit), value);
      });
}

std::shared_ptr<rocksdb::MergeOperator> MakeRollUpMerge() {
  return std::make_shared<RollUpMerge>();
}

}  // namespace roentgen::storage

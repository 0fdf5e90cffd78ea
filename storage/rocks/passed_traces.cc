#include "storage/rocks/passed_traces.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"

namespace roentgen::storage {
namespace {

// Times of sealed traces that are kept until the end of a search, 1 MiB.
// Beyond that they are read once more where they are needed.
constexpr size_t kKeysKeptMax = 128 * 1024;

constexpr int64_t kNoBound = std::numeric_limits<int64_t>::max();

}  // namespace

// Traces by the first found one, in result order, that is not newer.
class PassedTraces::Slots {
 public:
  explicit Slots(std::span<const FoundTrace> found)
      : found_(found), traces_(found.size() + 1) {}

  size_t Of(int64_t key) const {
    const auto at = std::partition_point(
        found_.begin(), found_.end(),
        [&](const FoundTrace& f) { return f.position.key > key; });
    return static_cast<size_t>(at - found_.begin());
  }
  void Add(size_t slot, uint64_t traces) { traces_[slot] += traces; }
  uint64_t operator[](size_t slot) const { return traces_[slot]; }

 private:
  const std::span<const FoundTrace> found_;
  std::vector<uint64_t> traces_;  // The last: older than all found ones.
};

PassedTraces::PassedTraces(const FindRequest& request, const Call& call)
    : request_(request),
      call_(call),
      by_time_(request.order == FindOrder::kTime),
      before_(by_time_ && request.after ? request.after->key : kNoBound) {}

bool PassedTraces::LiesInRange(const BatchOutline& outline) const {
  const TimeRange& range = *request_.counted;
  return outline.all_live && outline.times.min >= range.begin.ns &&
         outline.times.max < range.end.ns && outline.times.max < before_;
}

bool PassedTraces::LiesOutside(const BatchOutline& outline) const {
  const TimeRange& range = *request_.counted;
  if (outline.times.max < range.begin.ns || outline.times.min >= before_) {
    return true;
  }
  // Traces overlap a range of starts; else they are in the range.
  return request_.time_type != TimeRangeType::kLatestStart &&
         outline.times.min >= range.end.ns;
}

absl::StatusOr<PassedTraces::Keys> PassedTraces::KeysOf(
    ColumnSource& source, TraceBitmap rows,
    std::optional<Timestamp> cutoff) const {
  RTG_RETURN_IF_ERROR(KeepWithin({.time_type = request_.time_type,
                                  .range = request_.counted,
                                  .cutoff = cutoff},
                                 source, rows));
  Keys keys;
  if (rows.empty()) return keys;
  RTG_ASSIGN_OR_RETURN(const NumberColumn times,
                       source.Numbers(TimeColumn(request_.time_type), {}));
  rows.ForEach([&](uint32_t i) {
    if (times.values[i] < before_) keys.push_back(times.values[i]);
  });
  return keys;
}

absl::StatusOr<PassedTraces::Keys> PassedTraces::KeysOf(
    ColumnSource& source, const SealedBatch& batch,
    const IndexScan& scan) const {
  const bool may_expire = batch.head.received.min < scan.cutoff().ns;
  return KeysOf(source, scan.held().LiveTraces(batch),
                may_expire ? std::optional(scan.cutoff()) : std::nullopt);
}

absl::StatusOr<PassedTraces::Keys> PassedTraces::ReadKeys(
    const SealedBatch& batch, const IndexScan& scan) {
  RTG_RETURN_IF_ERROR(call_.Check());
  Keys keys;
  RTG_RETURN_IF_ERROR(
      scan.WithColumns(batch, [&](ColumnSource& columns) -> absl::Status {
        RTG_ASSIGN_OR_RETURN(keys, KeysOf(columns, batch, scan));
        return absl::OkStatus();
      }));
  return keys;
}

void PassedTraces::AddWhole(const std::shared_ptr<const SealedBatch>& batch,
                            const BatchOutline& outline) {
  parts_.push_back({.batch = batch,
                    .least = outline.times.min,
                    .greatest = outline.times.max,
                    .traces = *outline.all_live,
                    .keys = {}});
}

void PassedTraces::Add(std::shared_ptr<const SealedBatch> batch, Keys keys) {
  if (keys.empty()) return;
  const auto [least, greatest] = std::minmax_element(keys.begin(), keys.end());
  Part part{.batch = std::move(batch),
            .least = *least,
            .greatest = *greatest,
            .traces = keys.size(),
            .keys = {}};
  if (part.batch == nullptr) {
    part.keys = std::move(keys);
  } else if (by_time_ && kept_ + keys.size() <= kKeysKeptMax) {
    kept_ += keys.size();
    part.keys = std::move(keys);
  }
  parts_.push_back(std::move(part));
}

absl::Status PassedTraces::AddOpen(OpenIndex::Segment& segment,
                                   Timestamp cutoff) {
  RTG_ASSIGN_OR_RETURN(Keys keys,
                       KeysOf(segment.columns, segment.Live(), cutoff));
  Add(nullptr, std::move(keys));
  return absl::OkStatus();
}

absl::Status PassedTraces::AddScanned(
    const std::shared_ptr<const SealedBatch>& batch,
    const BatchOutline& outline, const IndexScan& scan, ColumnSource& columns,
    bool read) {
  if (LiesOutside(outline)) return absl::OkStatus();
  const bool whole = LiesInRange(outline);
  const bool keeps = by_time_ && kept_ < kKeysKeptMax;
  if (whole && !(read && keeps)) {
    AddWhole(batch, outline);
    return absl::OkStatus();
  }
  RTG_ASSIGN_OR_RETURN(Keys keys, KeysOf(columns, *batch, scan));
  Add(batch, std::move(keys));
  return absl::OkStatus();
}

absl::Status PassedTraces::AddSkipped(
    const std::shared_ptr<const SealedBatch>& batch,
    const BatchOutline& outline, const IndexScan& scan) {
  if (by_time_ || LiesOutside(outline)) return absl::OkStatus();
  if (LiesInRange(outline)) {
    AddWhole(batch, outline);
    return absl::OkStatus();
  }
  RTG_ASSIGN_OR_RETURN(Keys keys, ReadKeys(*batch, scan));
  Add(batch, std::move(keys));
  return absl::OkStatus();
}

absl::Status PassedTraces::Finish(const IndexScan& scan, FindResult& result) {
  const std::span<FoundTrace> found =
      by_time_ ? std::span(result.traces) : std::span<FoundTrace>();
  Slots slots(found);
  for (const Part& part : parts_) {
    const size_t first = slots.Of(part.greatest);
    if (first == slots.Of(part.least)) {
      slots.Add(first, part.traces);
    } else if (part.keys) {
      for (int64_t key : *part.keys) slots.Add(slots.Of(key), 1);
    } else {
      absl::StatusOr<Keys> keys = ReadKeys(*part.batch, scan);
      RTG_RETURN_IF_ERROR(scan.NoteDamage(*part.batch, keys.status()));
      for (int64_t key : *keys) slots.Add(slots.Of(key), 1);
    }
  }
  uint64_t passed = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    passed += slots[i];
    found[i].passed = passed;
  }
  const bool to_the_end = !by_time_ || !result.more;
  result.passed = passed + (to_the_end ? slots[found.size()] : 0);
  return absl::OkStatus();
}

}  // namespace roentgen::storage

#include "storage/rocks/roll_up_check.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "rocksdb/write_batch.h"
#include "storage/index/chunk_columns.h"
#include "storage/index/group_rows.h"
#include "storage/index/trace_bitmap.h"
#include "storage/rocks/roll_up_store.h"
#include "trace/graph/roll_up.h"

namespace roentgen::storage {
namespace {

// Of so many passes over the bucket, which one a roll-up is summed up in.
class Share {
 public:
  Share(size_t passes, size_t pass) : passes_(passes), pass_(pass) {}
  bool Has(std::string_view key) const {
    return absl::HashOf(key) % passes_ == pass_;
  }

 private:
  const size_t passes_;
  const size_t pass_;
};

using Sums = std::unordered_map<std::string, std::string>;

class AddMerges : public rocksdb::WriteBatch::Handler {
 public:
  AddMerges(const Share& share, Sums& sums, size_t& bytes)
      : share_(share), sums_(sums), bytes_(bytes) {}

  rocksdb::Status MergeCF(uint32_t, const rocksdb::Slice& key,
                          const rocksdb::Slice& value) override {
    if (!share_.Has(FromSlice(key))) return rocksdb::Status::OK();
    std::string& sum = sums_[key.ToString()];
    bytes_ -= sum.size();
    const std::string_view both[] = {sum, FromSlice(value)};
    sum = JoinRollUps(both);
    bytes_ += sum.size();
    return rocksdb::Status::OK();
  }

 private:
  const Share& share_;
  Sums& sums_;
  size_t& bytes_;
};

class Check {
 public:
  Check(const SnapshotReader& reader, const Bucket& bucket,
        const std::map<BatchId, BatchToCheck>& batches, const Call& call,
        CheckNotes& notes)
      : reader_(reader),
        bucket_(bucket),
        batches_(batches),
        call_(call),
        notes_(notes) {}

  absl::Status Run() {
    size_t passes = 1;
    for (size_t pass = 0; pass < passes;) {
      const Share share(passes, pass);
      Sums sums;  // Of the negative of what the traces have.
      size_t bytes = 0;
      // Keys are shared evenly: what fits once fits again.
      bool fits = true;
      for (auto at = batches_.begin(); fits && at != batches_.end(); ++at) {
        RTG_RETURN_IF_ERROR(call_.Check());
        const absl::Status added = Take(at->second, share, sums, bytes);
        if (absl::IsDataLoss(added)) {
          notes_.Note("bucket " + std::to_string(bucket_.id) +
                      ": its roll-ups were not compared, for the index of "
                      "batch " +
                      std::to_string(at->first) + " does not read");
          return absl::OkStatus();
        }
        RTG_RETURN_IF_ERROR(added);
        fits = pass > 0 || passes == kPassesMax ||
               bytes <= limits::kQueryMemoryBytes;
      }
      if (fits) {
        RTG_RETURN_IF_ERROR(Compare(share, sums));
        ++pass;
      } else {
        passes *= 2;  // Begins again: it is the first one.
      }
    }
    return absl::OkStatus();
  }

 private:
  static constexpr size_t kPassesMax = 256;

  absl::Status Take(const BatchToCheck& batch, const Share& share, Sums& sums,
                    size_t& bytes) {
    const SnapshotChunks chunks(reader_, bucket_.batches->get(), batch.id);
    RTG_ASSIGN_OR_RETURN(const IndexDirectory directory, ReadDirectory(chunks));
    ChunkColumns columns(chunks, directory, batch.head.traces,
                         limits::kQueryMemoryBytes);
    TraceBitmap traces(batch.head.traces, true);
    for (uint32_t ordinal : batch.dead) {
      if (ordinal < traces.size()) traces.Clear(ordinal);
    }
    RTG_ASSIGN_OR_RETURN(const std::vector<GroupRows> groups,
                         ReadGroupRows(columns, traces));
    rocksdb::WriteBatch merges;
    RTG_RETURN_IF_ERROR(
        PutRollUps(bucket_, columns, traces, groups, -1, merges));
    AddMerges add(share, sums, bytes);
    return FromRocks(merges.Iterate(&add), "while adding roll-ups up");
  }

  absl::Status Compare(const Share& share, Sums& sums) {
    const absl::Status read = reader_.ForEach(
        bucket_.batches->get(), std::string(1, kRollUpKind),
        [&](std::string_view key, std::string_view value) -> absl::Status {
          RTG_RETURN_IF_ERROR(call_.Check());
          if (!share.Has(key)) return absl::OkStatus();
          ++notes_.report.roll_ups;
          std::string negative;
          if (const auto at = sums.find(std::string(key)); at != sums.end()) {
            negative = std::move(at->second);
            sums.erase(at);
          }
          CompareOne(key, value, negative);
          return absl::OkStatus();
        });
    if (absl::IsDataLoss(read)) {
      Add("its roll-ups: " + std::string(read.message()));
      return absl::OkStatus();
    }
    RTG_RETURN_IF_ERROR(read);
    for (const auto& [key, negative] : sums) CompareOne(key, {}, negative);
    return absl::OkStatus();
  }

  void CompareOne(std::string_view key, std::string_view value,
                  std::string_view negative) {
    const std::string_view both[] = {value, negative};
    const absl::StatusOr<std::string> rest = MergeRollUps(both);
    if (!rest.ok()) {
      Add(NameOf(key) + ": " + std::string(rest.status().message()));
      return;
    }
    // Its figures are unknown, and readers know it.
    if (rest->empty() || HasOverflowed(*rest)) return;
    Add(NameOf(key) + " is not the sum of its traces");
  }

  static std::string NameOf(std::string_view key) {
    static constexpr const char* kLevels[] = {"minute", "ten minutes", "hour"};
    const size_t length = key.size() > 1 ? static_cast<uint8_t>(key[1]) : 0;
    const auto slot = ParseRollUpSlot(key);
    const uint8_t level = slot ? static_cast<uint8_t>(key[2 + length]) : 0;
    if (!slot || level >= kRollUpUnits.size()) return "a roll-up of a bad key";
    const std::string group(key.substr(2, length));
    return std::string("the roll-up of the ") + kLevels[level] + " from " +
           std::to_string(*slot * kRollUpUnits[level]) +
           (group.empty() ? "" : ", of group " + group + ",");
  }

  void Add(std::string text) {
    notes_.Add({.kind = FindingKind::kRollUp,
                .bucket = bucket_.id,
                .text = std::move(text)});
  }

  const SnapshotReader& reader_;
  const Bucket& bucket_;
  const std::map<BatchId, BatchToCheck>& batches_;
  const Call& call_;
  CheckNotes& notes_;
};

}  // namespace

absl::Status CheckRollUps(const SnapshotReader& reader, const Bucket& bucket,
                          const std::map<BatchId, BatchToCheck>& batches,
                          const Call& call, CheckNotes& notes) {
  return Check(reader, bucket, batches, call, notes).Run();
}

}  // namespace roentgen::storage

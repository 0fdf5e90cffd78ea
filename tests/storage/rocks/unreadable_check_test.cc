// A check of a store on a disk that refuses some reads: it says which, and goes
// on; where the disk refuses many, it ends.
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "gtest/gtest.h"
#include "storage/rocks/rocks_engine.h"
#include "storage/rocks/store_check.h"
#include "tests/support/calls.h"
#include "tests/support/faulty_files.h"
#include "tests/support/segments.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

using testing_support::AnyCall;
using testing_support::FaultyFiles;
using testing_support::ReadFault;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::TempDir;

TEST(UnreadableCheckTest, ARefusedReadIsAFindingAndManyEndTheCheck) {
  const TempDir dir;
  std::mt19937_64 random(1);
  const auto files = std::make_shared<FaultyFiles>();
  const RocksEngineOptions options{.path = dir.path() + "/store",
                                   .memtable_bytes = 1 << 20,
                                   .cache_bytes = 1 << 20,
                                   .file_system = files};
  {
    const ManualClock clock(Timestamp::FromSeconds(1'700'000'100));
    const auto engine = RocksEngine::Open(options, clock);
    ASSERT_TRUE(engine.ok()) << engine.status();
    for (uint64_t batch = 0; batch < 4; ++batch) {
      std::vector<NewRecord> records;
      for (uint64_t i = 1; i <= 40; ++i) {
        // It does not compress, so that the store has many blocks.
        std::string note;
        while (note.size() < 1'000) note += std::to_string(random());
        records.push_back(Record(
            SegmentSpec{.trace = batch * 100 + i,
                        .id = i,
                        .extra = "\"metadata\":{\"note\":\"" + note + "\"},"}));
      }
      ASSERT_TRUE(WriteAndWait(**engine, std::move(records)).ok());
      ASSERT_TRUE((*engine)->SealAll().ok());
    }
  }
  files->Heal();
  const auto whole = CheckFolder(options, {}, AnyCall());
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->found(), 0u);
  const uint64_t reads = files->reads();
  size_t found = 0;
  for (uint64_t first = 0; first < reads; ++first) {
    SCOPED_TRACE(first);
    files->Break(ReadFault::kFail, first, 1);
    const auto report = CheckFolder(options, {}, AnyCall());
    // Before the first finding, the store did not open.
    EXPECT_TRUE(report.ok() || found == 0) << report.status();
    if (!report.ok() || report->found() == 0) continue;
    ++found;
    EXPECT_EQ(report->buckets, whole->buckets);
    files->Break(ReadFault::kFail, first, std::numeric_limits<int32_t>::max());
    EXPECT_EQ(
        CheckFolder(options, {.findings_max = 0}, AnyCall()).status().code(),
        absl::StatusCode::kUnavailable);
  }
  EXPECT_GT(found, 3u);
}

}  // namespace
}  // namespace roentgen::storage

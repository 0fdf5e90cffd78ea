// A power cut at any moment: what was acknowledged is there, and what was never
// synced may be gone, in whole or in part.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/storage/rocks/store_ledger.h"
#include "tests/storage/rocks/store_workload.h"
#include "tests/support/master_keys.h"
#include "tests/support/power_cut_files.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::Leftover;
using testing_support::PowerCut;
using testing_support::PowerCutFiles;
using testing_support::Swallow;
using testing_support::TempDir;
using testing_support::TestMasterKeys;

// Of one life, but for its end.
constexpr size_t kCuts = 24;

// More lives on demand: --test_env=ROENTGEN_POWER_CUTS=1000 for so many cuts.
uint64_t LivesOnDemand() {
  constexpr uint64_t kLeftovers = 3;
  const char* cuts = std::getenv("ROENTGEN_POWER_CUTS");
  const uint64_t asked = cuts == nullptr ? 0 : std::strtoull(cuts, nullptr, 10);
  return std::max<uint64_t>(2, asked / ((kCuts + 1) * kLeftovers) + 1);
}

// Every other life is that of an encrypted store.
std::shared_ptr<const MasterKeys> KeysOf(uint64_t seed) {
  return seed % 2 == 0 ? TestMasterKeys({"a"}) : nullptr;
}

// A store's life, cut off at many moments.
class LifeWithCuts {
 public:
  LifeWithCuts(uint64_t seed, Swallow swallow)
      : seed_(seed),
        random_(seed),
        files_(std::make_shared<PowerCutFiles>(swallow)),
        life_(seed,
              {.path = dir_.path() + "/store",
               .memtable_bytes = 2 << 20,
               .cache_bytes = 4 << 20,
               .file_system = files_,
               .keys = KeysOf(seed)},
              [files = files_] { return files->moments(); }) {
    life_.Run();
  }

  // What was wrong after cuts, each with its moment.
  struct Outcome {
    std::vector<std::string> faults;
    size_t cuts = 0;
    size_t refused = 0;  // The store does not open, and says why.
    size_t acknowledged = 0;
  };
  Outcome Cut(Leftover leftover) {
    Outcome out;
    PowerCut cut(*files_);
    const size_t moments = files_->moments();
    for (size_t i = 0; i <= kCuts; ++i) {
      // One in each stretch of the life, and its very end.
      const size_t from = moments * i / kCuts;
      const size_t to = moments * (i + 1) / kCuts;
      const size_t moment =
          i == kCuts ? moments
                     : from + random_() % std::max(to - from, size_t{1});
      cut.AdvanceTo(moment);
      TempDir dir;
      cut.Leave(leftover, random_, dir.path() + "/store");
      ++out.cuts;
      out.acknowledged += life_.ledger().Acknowledged(moment);
      for (std::string& fault : Look(dir.path() + "/store", moment, out)) {
        out.faults.push_back("moment " + std::to_string(moment) + ": " +
                             std::move(fault));
      }
    }
    return out;
  }

  const StoreWorkload& life() const { return life_; }

 private:
  std::vector<std::string> Look(const std::string& path, size_t moment,
                                Outcome& outcome) {
    const ManualClock clock(life_.TimeOf(moment));
    auto opened = RocksEngine::Open(
        StoreWorkload::OptionsOf(
            seed_,
            {.path = path,
             .memtable_bytes = 4 << 20,
             .cache_bytes = 4 << 20,
             .file_system = std::make_shared<PowerCutFiles>(),  // It is fast.
             .keys = KeysOf(seed_)}),
        clock);
    if (!opened.ok()) {
      ++outcome.refused;
      return {"does not open: " + opened.status().ToString()};
    }
    std::vector<std::string> faults = life_.ledger().Faults(**opened, moment);
    // What is open is sealed, and seen again.
    const absl::Status sealed = (*opened)->SealAll();
    if (!sealed.ok()) faults.push_back("sealing: " + sealed.ToString());
    if (faults.empty()) faults = life_.ledger().Faults(**opened, moment);
    return faults;
  }

  TempDir dir_;
  const uint64_t seed_;
  std::mt19937_64 random_;
  const std::shared_ptr<PowerCutFiles> files_;
  StoreWorkload life_;
};

class PowerCutTest
    : public testing::TestWithParam<std::tuple<Leftover, uint64_t>> {};

TEST_P(PowerCutTest, LosesNothingThatWasAcknowledged) {
  const auto [leftover, seed] = GetParam();
  LifeWithCuts life(seed, Swallow::kNothing);
  ASSERT_THAT(life.life().failures(), IsEmpty());
  LifeWithCuts::Outcome outcome = life.Cut(leftover);
  RecordProperty("cuts", static_cast<int>(outcome.cuts));
  EXPECT_GT(outcome.acknowledged, outcome.cuts);
  EXPECT_THAT(outcome.faults, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, PowerCutTest,
    testing::Combine(testing::Values(Leftover::kSynced, Leftover::kTornTail,
                                     Leftover::kSomePages),
                     testing::Range<uint64_t>(1, 1 + LivesOnDemand())));

// The test can fail: a store whose syncs are not done does not pass it.
class SwallowedSyncTest : public testing::TestWithParam<Swallow> {};

TEST_P(SwallowedSyncTest, IsFound) {
  LifeWithCuts life(1, GetParam());
  ASSERT_THAT(life.life().failures(), IsEmpty());
  // Without its MANIFEST it does not even open.
  const std::string fault = GetParam() == Swallow::kSyncOfOthers
                                ? "does not open"
                                : "was acknowledged and is lost";
  EXPECT_THAT(life.Cut(Leftover::kSynced).faults, Contains(HasSubstr(fault)));
}

INSTANTIATE_TEST_SUITE_P(All, SwallowedSyncTest,
                         testing::Values(Swallow::kSyncOfLogs,
                                         Swallow::kSyncOfOthers,
                                         Swallow::kSyncOfFolder));

}  // namespace
}  // namespace roentgen::storage

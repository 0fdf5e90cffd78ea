// Random operations on RocksDB and on the reference engine must agree.
//
// The seed is printed; ROENTGEN_SEED repeats a run.
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/memory/memory_engine.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/segments.h"

namespace roentgen::storage {
namespace {

using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::TraceNumber;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);
constexpr uint64_t kTraces = 12;

class ModelTest : public testing::Test {
 protected:
  ModelTest() : store_(EngineKind::kRocksOpen, kNow, Options()) {
    const char* text = std::getenv("ROENTGEN_SEED");
    seed_ = text != nullptr ? std::strtoull(text, nullptr, 10) : 20'261'123;
    random_.seed(seed_);
  }

  // Small batches and blocks, so that every path is taken often.
  static RocksEngineOptions Options() {
    RocksEngineOptions options;
    options.seal_batch_records = 20;
    options.seal_idle = absl::Seconds(30);
    options.seal_wait_max = absl::Minutes(2);
    return options;
  }

  uint64_t Below(uint64_t n) { return random_() % n; }

  void Step() {
    switch (Below(20)) {
      case 0:
        store_.clock().Advance(absl::Hours(static_cast<int64_t>(Below(200))));
        break;
      case 1:
        ASSERT_TRUE(store_.rocks()->SealAll().ok());
        break;
      case 2:
        store_.Restart();
        break;
      case 3:
        ASSERT_TRUE(store_.engine().Retain().ok());
        ASSERT_TRUE(reference_.Retain().ok());
        break;
      default:
        Write();
    }
    store_.clock().Advance(absl::Seconds(static_cast<int64_t>(Below(40))));
  }

  void Write() {
    std::vector<NewRecord> records, same;
    for (uint64_t i = 0, n = 1 + Below(5); i < n; ++i) {
      SegmentSpec spec{
          .trace = 1 + Below(kTraces),
          .id = 1 + Below(6),
          .start = 1'699'999'000.0 + static_cast<double>(Below(1'000)),
          .seconds = static_cast<double>(Below(50)),
          .in_progress = Below(4) == 0,
          .parent = Below(3) == 0 ? 1 + Below(6) : 0};
      spec.subsegment = spec.parent != 0 && Below(2) == 0;
      if (Below(3) == 0) {
        spec.extra = "\"subsegments\":[{\"id\":\"" +
                     testing_support::EntityText(1 + Below(6)) +
                     "\",\"name\":\"inner\",\"start_time\":" +
                     std::to_string(1'699'998'990 + Below(100)) +
                     ",\"end_time\":1700000000}],";
      }
      records.push_back(Record(spec));
      same.push_back(Record(spec));
    }
    ASSERT_TRUE(WriteAndWait(store_.engine(), std::move(records)).ok());
    ASSERT_TRUE(WriteAndWait(reference_, std::move(same)).ok());
  }

  void Compare() {
    std::vector<TraceId> ids;
    for (uint64_t t = 1; t <= kTraces; ++t) ids.push_back(TraceNumber(t));
    const auto ours =
        store_.engine().GetTraces(ids, testing_support::AnyCall());
    const auto theirs = reference_.GetTraces(ids, testing_support::AnyCall());
    ASSERT_TRUE(ours.ok()) << ours.status();
    ASSERT_TRUE(theirs.ok());
    ASSERT_EQ(ours->size(), theirs->size());
    for (size_t i = 0; i < ours->size(); ++i) {
      ASSERT_EQ((*ours)[i], (*theirs)[i]) << (*ours)[i].trace_id.ToString();
    }
    for (TimeRangeType type : {TimeRangeType::kTraceId, TimeRangeType::kEvent,
                               TimeRangeType::kService}) {
      FindRequest request{.time_type = type, .limit = 1 + Below(15)};
      const auto a = store_.engine().Find(request, testing_support::AnyCall());
      const auto b = reference_.Find(request, testing_support::AnyCall());
      ASSERT_TRUE(a.ok()) << a.status();
      ASSERT_TRUE(b.ok());
      ASSERT_EQ(a->traces, b->traces) << "time type " << int(type);
      ASSERT_EQ(a->more, b->more);
      if (!a->more) continue;
      request.after = a->traces.back().position;
      const auto c = store_.engine().Find(request, testing_support::AnyCall());
      const auto d = reference_.Find(request, testing_support::AnyCall());
      ASSERT_EQ(c->traces, d->traces) << "second page";
    }
  }

  uint64_t seed_ = 0;
  std::mt19937_64 random_;
  EngineUnderTest store_;
  MemoryEngine reference_{store_.clock(), testing_support::kTestRetention};
};

TEST_F(ModelTest, RandomOperationsAgreeWithTheReference) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed_));
  for (int step = 0; step < 600 && !HasFatalFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step) + ", seed " +
                 std::to_string(seed_));
    Step();
    if (HasFatalFailure()) break;
    Compare();
  }
}

}  // namespace
}  // namespace roentgen::storage

// The service map of RocksDB and of the reference engine agree, whatever
// happened: late, repeated and replaced segments, changed groups, seals,
// restarts, expired traces. One adds up columns and roll-ups, the other
// assembled traces.
//
// The seed is printed; ROENTGEN_SEED repeats a run.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "gtest/gtest.h"
#include "storage/memory/memory_engine.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/graph_text.h"
#include "tests/support/segments.h"
#include "trace/assembly/observations.h"
#include "trace/assembly/trace.h"
#include "trace/model/graph_window.h"

namespace roentgen::storage {
namespace {

using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::EntityText;
using testing_support::GraphText;
using testing_support::Record;
using testing_support::SegmentSpec;

constexpr int64_t kFirst = 1'699'992'000;  // A whole hour.
constexpr int64_t kSeconds = 4 * 3'600;    // What segments are spread over.
constexpr uint64_t kTraces = 12;
constexpr const char* kNames[] = {"shop", "pay", "stock", "mail"};

// Groups of traces that a service is part of; which one changes.
class ServiceGroups : public GroupTests {
 public:
  void Set(const std::string& group, const std::string& service,
           Timestamp now) {
    MutexLock lock(mu_);
    for (GroupTest& test : tests_) {
      if (test.group_id == group && test.in_force.end > now) {
        test.in_force.end = now;
      }
    }
    const TracePredicate any{TracePredicate::Constant{}};
    tests_.push_back(
        {.group_id = group,
         .in_force = {now, Timestamp::Max()},
         .predicate = {TracePredicate::Service{
             .node = {.name = service, .type = {}, .account_id = {}},
             .row = {any}}},
         .matches =
             [service](const TraceRecords& records) -> absl::StatusOr<bool> {
           const auto trace =
               AssembleTrace(records, testing_support::AnyCall());
           if (!trace.ok()) return trace.status();
           const TraceObservations seen = Observe(*trace);
           return std::any_of(seen.nodes.begin(), seen.nodes.end(),
                              [&](const auto& n) {
                                return seen.services[n.service].name == service;
                              });
         }});
  }
  std::vector<GroupTest> Tests() const override {
    MutexLock lock(mu_);
    return tests_;
  }

 private:
  mutable Mutex mu_;
  std::vector<GroupTest> tests_ RTG_GUARDED_BY(mu_);
};

class GraphModelTest : public testing::Test {
 protected:
  GraphModelTest()
      : store_(EngineKind::kRocksOpen, Timestamp::FromSeconds(kFirst + 9'000),
               Options()) {
    const char* text = std::getenv("ROENTGEN_SEED");
    seed_ = text != nullptr ? std::strtoull(text, nullptr, 10) : 20'261'124;
    random_.seed(seed_);
    for (const char* group : {"one", "two"}) {
      groups_.Set(group, kNames[0], Timestamp::Min());
    }
    store_.SetGroups(groups_);
    reference_.SetGroups(groups_);
  }

  // Small batches, so that every path is taken often.
  static RocksEngineOptions Options() {
    RocksEngineOptions options;
    options.seal_batch_records = 20;
    options.seal_idle = absl::Seconds(30);
    options.seal_wait_max = absl::Minutes(2);
    return options;
  }

  uint64_t Below(uint64_t n) { return random_() % n; }

  void Step() {
    switch (Below(16)) {
      case 0:
        // No trace stays open for as long as it is kept.
        ASSERT_TRUE(store_.rocks()->SealAll().ok());
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
      case 4:
        groups_.Set(Below(2) == 0 ? "one" : "two", kNames[Below(4)],
                    store_.clock().Now());
        break;
      default:
        Write();
    }
    store_.clock().Advance(absl::Seconds(1 + static_cast<int64_t>(Below(40))));
  }

  // A segment with a call that another may answer.
  SegmentSpec Segment() {
    const uint64_t id = 1 + Below(5);
    const double start = static_cast<double>(kFirst) +
                         static_cast<double>(Below(kSeconds * 4)) / 4;
    SegmentSpec spec{.trace = 1 + Below(kTraces),
                     .id = id,
                     .start = start,
                     .seconds = static_cast<double>(Below(400)) / 8,
                     .in_progress = Below(5) == 0,
                     // Now and then a segment, or one that is not there.
                     .parent = Below(3) == 0 ? 0 : 10 + Below(7),
                     .name = kNames[Below(4)]};
    if (Below(3) != 0) {
      const double end = start + static_cast<double>(Below(90));
      spec.extra = "\"subsegments\":[{\"id\":\"" + EntityText(10 + id) +
                   "\",\"name\":\"" + kNames[Below(4)] +
                   "\",\"namespace\":\"remote\",\"start_time\":" +
                   std::to_string(start) +
                   ",\"end_time\":" + std::to_string(end) + ",\"" +
                   (Below(2) == 0 ? "fault" : "error") +
                   "\":" + (Below(2) == 0 ? "true" : "false") + "}],";
    }
    return spec;
  }

  void Write() {
    std::vector<NewRecord> records, same;
    for (uint64_t i = 0, n = 1 + Below(5); i < n; ++i) {
      const SegmentSpec spec = Segment();
      records.push_back(Record(spec));
      same.push_back(Record(spec));
    }
    ASSERT_TRUE(WriteAndWait(store_.engine(), std::move(records)).ok());
    ASSERT_TRUE(WriteAndWait(reference_, std::move(same)).ok());
  }

  GraphRequest Request() {
    const auto second = [&] {
      return Timestamp::FromSeconds(
          kFirst - 100 + static_cast<int64_t>(Below(kSeconds + 300)));
    };
    GraphRequest request;
    if (Below(5) != 0) {
      request.range = {second(), second()};
      if (request.range.end < request.range.begin) {
        std::swap(request.range.begin, request.range.end);
      }
    }
    constexpr int64_t kMinutes[] = {0, 0, 1, 5, 60};
    request.period = absl::Minutes(kMinutes[Below(5)]);
    constexpr const char* kGroups[] = {"", "", "one", "two"};
    request.group_id = kGroups[Below(4)];
    return request;
  }

  // In long windows only a node's first and last second are told apart.
  static std::string TextOf(GraphPeriods periods) {
    for (auto& [begin, figures] : periods) {
      for (auto& [service, node] : figures.nodes) {
        if (node.activity.empty()) continue;
        const int64_t last = node.activity.rbegin()->first;
        node.activity = {{node.activity.begin()->first, 1}};
        node.activity[last] = 1;
      }
    }
    return GraphText(periods);
  }

  void Compare() {
    for (int i = 0; i < 4; ++i) {
      const GraphRequest request = Request();
      const auto ours =
          store_.engine().Graph(request, testing_support::AnyCall());
      const auto theirs = reference_.Graph(request, testing_support::AnyCall());
      ASSERT_TRUE(ours.ok()) << ours.status();
      ASSERT_TRUE(theirs.ok());
      ASSERT_TRUE(ours->unsure.empty());
      ASSERT_EQ(TextOf(ours->periods), TextOf(theirs->periods))
          << "seconds " << SecondOf(request.range.begin) << " to "
          << SecondOf(request.range.end) << ", period " << request.period
          << ", group " << request.group_id;
    }
  }

  uint64_t seed_ = 0;
  std::mt19937_64 random_;
  ServiceGroups groups_;  // Outlives the engines.
  EngineUnderTest store_;
  MemoryEngine reference_{store_.clock(), testing_support::kTestRetention};
};

TEST_F(GraphModelTest, RandomOperationsAgreeWithTheReference) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed_));
  for (int step = 0; step < 150 && !HasFatalFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step) + ", seed " +
                 std::to_string(seed_));
    Step();
    if (HasFatalFailure()) break;
    Compare();
  }
}

// News keep coming for traces that are being sealed.
TEST_F(GraphModelTest, SealsBesideWritesLoseNothing) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed_));
  std::atomic<bool> done{false};
  std::thread sealer([&] {
    while (!done) ASSERT_TRUE(store_.rocks()->SealAll().ok());
  });
  for (int i = 0; i < 200 && !HasFatalFailure(); ++i) Write();
  done = true;
  sealer.join();
  for (int i = 0; i < 20 && !HasFatalFailure(); ++i) Compare();
}

}  // namespace
}  // namespace roentgen::storage

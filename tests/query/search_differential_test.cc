// Searches over every engine and state against brute force: the evaluator
// over all traces. Random traces, expressions and operations in between.
//
// The seed is printed; ROENTGEN_SEED repeats a run.
#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "query/lang/printer.h"
#include "query/search/summary_search.h"
#include "tests/query/plan/random_traces.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/expressions.h"
#include "tests/support/segments.h"
#include "trace/assembly/observations.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace.h"
#include "trace/assembly/trace_order.h"

namespace roentgen::query {
namespace {

using storage::FindOrder;
using storage::GroupBy;
using storage::GroupKey;
using storage::TimeRangeType;
using storage::TraceFigures;
using storage::TracePosition;
using storage::TraceSummary;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::RandomExpressions;
using testing_support::RandomTraces;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);
constexpr uint64_t kTraces = 130;

// Small batches, so that there are many, and traces that are sealed and open.
storage::RocksEngineOptions Options() {
  storage::RocksEngineOptions options;
  options.seal_batch_records = 120;
  options.seal_idle = absl::Seconds(30);
  options.seal_wait_max = absl::Minutes(2);
  return options;
}

struct Known {
  storage::Trace trace;
  TraceSummary summary;
};

class SearchDifferentialTest : public testing::TestWithParam<EngineKind> {
 protected:
  SearchDifferentialTest() { search_options_.token_key = 7; }

  uint64_t Below(uint64_t n) { return random_() % n; }

  void Write() {
    std::vector<storage::NewRecord> records;
    for (uint64_t n = 1 + Below(12); n > 0; --n) {
      const uint64_t trace = 1 + Below(kTraces);
      if (Below(3) == 0) {
        records.push_back(testing_support::Record(traces_.Document(trace)));
        continue;
      }
      for (const std::string& document : traces_.Trace(trace)) {
        records.push_back(testing_support::Record(document));
      }
    }
    const absl::Status status =
        WriteAndWait(store_.engine(), std::move(records));
    ASSERT_TRUE(status.ok()) << status;
  }

  void Step() {
    switch (Below(24)) {
      case 0:
        store_.clock().Advance(absl::Hours(static_cast<int64_t>(Below(200))));
        break;
      case 1:
        if (store_.rocks() != nullptr) {
          ASSERT_TRUE(store_.rocks()->SealAll().ok());
        }
        break;
      case 2:
        store_.Restart();
        break;
      case 3:
        ASSERT_TRUE(store_.engine().Retain().ok());
        break;
      case 4:
        store_.Settle();
        break;
      default:
        Write();
    }
    store_.clock().Advance(absl::Seconds(static_cast<int64_t>(Below(20))));
  }

  void ReadAll() {
    known_.clear();
    std::vector<storage::TraceId> ids;
    for (uint64_t t = 1; t <= kTraces; ++t) {
      ids.push_back(testing_support::TraceNumber(t));
    }
    const auto all = store_.engine().GetTraces(ids, testing_support::AnyCall());
    ASSERT_TRUE(all.ok()) << all.status();
    for (const storage::TraceRecords& records : *all) {
      auto trace = storage::AssembleTrace(records, testing_support::AnyCall());
      ASSERT_TRUE(trace.ok()) << trace.status();
      TraceSummary summary = storage::Summarize(*trace);
      known_.push_back({*std::move(trace), std::move(summary)});
    }
  }

  // Of the traces in range that match, in order.
  std::vector<std::pair<TracePosition, const Known*>> Expected(
      const CompiledFilter* filter, TimeRangeType type, const TimeRange& range,
      FindOrder order) const {
    std::vector<std::pair<TracePosition, const Known*>> out;
    for (const Known& k : known_) {
      const auto time = storage::TimeOf(k.trace.times, type);
      if (!time || !range.Contains(*time)) continue;
      if (filter && !filter->evaluator.Matches(k.trace, k.summary)) continue;
      int64_t key = time->ns;
      if (order != FindOrder::kTime) {
        const auto& duration = order == FindOrder::kDuration
                                   ? k.summary.duration
                                   : k.summary.response_time;
        if (!duration) continue;
        key = absl::ToInt64Nanoseconds(*duration);
      }
      out.push_back({{key, k.trace.id}, &k});
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
      return IsBefore(a.first, b.first);
    });
    return out;
  }

  TimeRange Range(TimeRangeType type) {
    if (Below(2) == 0 || known_.empty()) {
      return {Timestamp::FromSeconds(1'600'000'000),
              Timestamp::FromSeconds(1'900'000'000)};
    }
    // The ends are times of traces: that is where ranges go wrong.
    const auto time = [&] {
      const auto of =
          storage::TimeOf(known_[Below(known_.size())].trace.times, type);
      return of.value_or(kNow);
    };
    Timestamp a = time(), b = time();
    if (b < a) std::swap(a, b);
    return {a, b};
  }

  void ComparePages(const std::string& text, const CompiledFilter* filter,
                    TimeRangeType type, FindOrder order) {
    const TimeRange range = Range(type);
    const auto expected = Expected(filter, type, range, order);
    TraceSummariesRequest request{.start = range.begin,
                                  .end = range.end,
                                  .time_type = type,
                                  .filter_expression = text,
                                  .order = order};
    ASSERT_NO_FATAL_FAILURE(CompareFound(filter, type, range, order, expected));
    const auto all = Expected(nullptr, type, range, FindOrder::kTime);
    matches_ += expected.size();
    ++checks_;
    // There the time that counts is that of the services that are named.
    if (type == TimeRangeType::kService &&
        text.find("service(") != std::string::npos) {
      return;
    }
    const SummarySearch search(store_.engine(), search_options_);
    std::vector<storage::TraceId> found, wanted;
    int64_t processed = 0;
    do {
      const auto page = search.Page(request, testing_support::AnyCall());
      ASSERT_TRUE(page.ok()) << page.status();
      for (const TraceSummary& s : page->summaries) {
        found.push_back(s.id);
        ASSERT_NO_FATAL_FAILURE(CompareSummary(s, type));
      }
      ASSERT_LE(page->summaries.size(), limits::kSummariesPerPage);
      processed += page->traces_processed;
      request.next_token = page->next_token;
    } while (!request.next_token.empty());
    for (const auto& [position, known] : expected) {
      wanted.push_back(position.trace_id);
    }
    ASSERT_EQ(found, wanted);
    // Pages by time lie side by side: together they have seen each trace once.
    if (order == FindOrder::kTime) {
      ASSERT_EQ(processed, static_cast<int64_t>(all.size()));
    }
  }

  // Whoever made it, of columns or of documents.
  void CompareSummary(const TraceSummary& summary, TimeRangeType type) {
    const auto known = std::find_if(
        known_.begin(), known_.end(),
        [&](const Known& k) { return k.summary.id == summary.id; });
    ASSERT_NE(known, known_.end());
    TraceSummary wanted = known->summary;
    if (type == TimeRangeType::kEvent) {
      wanted.matched_event_time = known->trace.times.event;
    }
    ASSERT_EQ(summary, wanted) << summary.id.ToString();
  }

  // The engine's own answer, with small pages.
  void CompareFound(
      const CompiledFilter* filter, TimeRangeType type, const TimeRange& range,
      FindOrder order,
      const std::vector<std::pair<TracePosition, const Known*>>& expected) {
    storage::FindRequest request{.time_type = type,
                                 .range = range,
                                 .predicate = {},
                                 .order = order,
                                 .after = {},
                                 .limit = 1 + Below(40),
                                 .summaries = Below(40)};
    if (filter) request.predicate = filter->plan;
    const auto all = Expected(nullptr, type, range, FindOrder::kTime);
    request.counted = range;
    const bool by_time = order == FindOrder::kTime;
    const auto passed = [&](int64_t down_to) {
      return static_cast<uint64_t>(
          std::count_if(all.begin(), all.end(), [&](const auto& trace) {
            const int64_t key = trace.first.key;
            return !by_time || (key >= down_to &&
                                (!request.after || key < request.after->key));
          }));
    };
    std::vector<storage::FoundTrace> found;
    bool more = true;
    while (more) {
      const auto page =
          store_.engine().Find(request, testing_support::AnyCall());
      ASSERT_TRUE(page.ok()) << page.status();
      more = page->more;
      ASSERT_EQ(page->traces.size(),
                more ? request.limit : page->traces.size());
      for (const auto& f : page->traces) {
        ASSERT_EQ(f.passed, by_time ? passed(f.position.key) : 0);
        found.push_back(f);
      }
      for (const auto& told : page->summaries) told_ += told ? 1 : 0;
      ASSERT_EQ(page->passed,
                passed(more ? found.back().position.key : INT64_MIN));
      if (more) request.after = found.back().position;
    }
    size_t at = 0;
    for (size_t i = 0; i < found.size(); ++i) {
      if (i > 0) {
        ASSERT_TRUE(IsBefore(found[i - 1].position, found[i].position));
      }
      const bool matches =
          at < expected.size() && expected[at].first == found[i].position;
      at += matches ? 1 : 0;
      ASSERT_TRUE(matches || !found[i].certain)
          << "certain: " << found[i].position.trace_id.ToString();
      certain_ += found[i].certain ? 1 : 0;
    }
    ASSERT_EQ(at, expected.size()) << "a match was left out";
  }

  static void AddGroups(const Known& k, GroupBy by, const std::string& key,
                        std::map<GroupKey, TraceFigures>& groups) {
    std::set<GroupKey> in;
    if (by == GroupBy::kUrl && !k.summary.http.url.empty()) {
      in.insert({{}, k.summary.http.url});
    }
    if (by == GroupBy::kUser) {
      for (const auto& user : k.summary.users) in.insert({{}, user.name});
    }
    if (by == GroupBy::kService) {
      const storage::TraceObservations seen = storage::Observe(k.trace);
      for (const auto& node : seen.nodes) {
        in.insert({seen.services[node.service], {}});
      }
    }
    const auto values = k.summary.annotations.find(key);
    if (by == GroupBy::kAnnotation && values != k.summary.annotations.end()) {
      for (const auto& entry : values->second) in.insert({{}, entry.value});
    }
    for (const GroupKey& group : in) groups[group].Add(k.summary.duration);
  }

  static void ExpectSame(const TraceFigures& a, const TraceFigures& b) {
    ASSERT_EQ(a.traces, b.traces);
    ASSERT_EQ(a.durations.count(), b.durations.count());
    for (const double share : {0.0, 0.1, 0.5, 0.9, 0.99, 1.0}) {
      ASSERT_EQ(a.durations.Percentile(share), b.durations.Percentile(share));
    }
  }

  void CompareFigures(const std::string& text, const CompiledFilter* filter,
                      TimeRangeType type) {
    constexpr const char* kKeys[] = {"tier", "age",    "beta",
                                     "mix",  "unique", "absent"};
    const TimeRange range = Range(type);
    const TraceFiguresRequest request{
        .start = range.begin,
        .end = range.end,
        .time_type = type,
        .filter_expression = text,
        .group_by = static_cast<GroupBy>(Below(5)),
        .annotation_key = kKeys[Below(std::size(kKeys))]};
    const SummarySearch search(store_.engine(), search_options_);
    const auto answer = search.Figures(request, testing_support::AnyCall());
    ASSERT_TRUE(answer.ok()) << answer.status();
    TraceFigures total;
    std::map<GroupKey, TraceFigures> groups;
    for (const auto& [position, known] :
         Expected(filter, type, range, FindOrder::kTime)) {
      total.Add(known->summary.duration);
      AddGroups(*known, request.group_by, request.annotation_key, groups);
    }
    ExpectSame(answer->total, total);
    SCOPED_TRACE("group by " + std::to_string(int(request.group_by)) + " " +
                 request.annotation_key);
    ASSERT_EQ(answer->groups.size(), groups.size());
    for (const auto& [key, figures] : answer->groups) {
      ASSERT_TRUE(groups.contains(key));
      ExpectSame(figures, groups[key]);
    }
    ASSERT_TRUE(std::is_sorted(answer->groups.begin(), answer->groups.end(),
                               [](const auto& a, const auto& b) {
                                 return a.second.traces > b.second.traces;
                               }));
    ++checks_;
  }

  void Compare() {
    std::string text;
    std::optional<CompiledFilter> filter;
    if (Below(8) != 0) {
      text =
          Print(Below(3) == 0 ? expressions_.NextTest() : expressions_.Next());
      auto compiled = CompileFilter(text, NoGroups());
      ASSERT_TRUE(compiled.ok()) << compiled.status();
      filter.emplace(*std::move(compiled));
    }
    SCOPED_TRACE(text);
    const auto type = static_cast<TimeRangeType>(Below(3));
    const auto order = static_cast<FindOrder>(Below(3));
    SCOPED_TRACE("time type " + std::to_string(int(type)) + ", order " +
                 std::to_string(int(order)));
    ComparePages(text, filter ? &*filter : nullptr, type, order);
    if (HasFatalFailure()) return;
    CompareFigures(text, filter ? &*filter : nullptr, type);
  }

  const uint64_t seed_ = testing_support::RunSeed(20'261'125);
  std::mt19937_64 random_{seed_};
  RandomTraces traces_{seed_, {.unique_texts = true}};
  RandomExpressions expressions_{seed_ + 1};
  EngineUnderTest store_{GetParam(), kNow, Options()};
  SummarySearch::Options search_options_;
  std::vector<Known> known_;
  int checks_ = 0;
  uint64_t told_ = 0;  // Summaries by columns.
  uint64_t matches_ = 0;
  uint64_t certain_ = 0;
};

TEST_P(SearchDifferentialTest, SearchesAgreeWithBruteForce) {
  for (int step = 0; step < 45 && !HasFatalFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step) + ", seed " +
                 std::to_string(seed_));
    Step();
    if (HasFatalFailure()) break;
    ReadAll();
    for (int i = 0; i < 5 && !HasFatalFailure(); ++i) Compare();
  }
  std::printf("%d checks, %llu matches, %llu certain, %llu told\n", checks_,
              static_cast<unsigned long long>(matches_),
              static_cast<unsigned long long>(certain_),
              static_cast<unsigned long long>(told_));
  EXPECT_GT(matches_, 500u);
  EXPECT_GT(certain_, 200u);
  if (store_.rocks() != nullptr) {
    EXPECT_GT(told_, 100u);
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, SearchDifferentialTest,
                         testing_support::AllEngines(),
                         testing_support::EngineName());

}  // namespace
}  // namespace roentgen::query

// The suites of the contract: see contract.h.
//
// Threads: one thread at a time.
#ifndef ROENTGEN_TESTS_STORAGE_ENGINE_CONTRACT_SUITES_H_
#define ROENTGEN_TESTS_STORAGE_ENGINE_CONTRACT_SUITES_H_

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "gtest/gtest.h"
#include "storage/engine/trace_engine.h"
#include "tests/storage/engine/contract.h"
#include "tests/support/calls.h"
#include "tests/support/graph_text.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"

namespace roentgen::storage {

inline TracePredicate Faults() {
  return {TracePredicate::Property{TraceProperty::kFault}};
}
// Of a segment that meets it.
inline constexpr char kFault[] = "\"fault\":true,";

// trace_contract.cc, answer_contract.cc
class TraceContract : public EngineContract {
 protected:
  void Put(const std::vector<testing_support::SegmentSpec>& specs) {
    std::vector<NewRecord> records;
    for (const testing_support::SegmentSpec& spec : specs)
      records.push_back(testing_support::Record(spec));
    Write(std::move(records));
  }

  std::vector<std::string> Documents(uint64_t trace) {
    const TraceId id = testing_support::TraceNumber(trace);
    auto found = engine().GetTraces({&id, 1}, testing_support::AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<std::string> out;
    if (!found.ok() || found->empty()) return out;
    for (const StoredRecord& r : found->front().records) {
      out.push_back(r.document);
    }
    return out;
  }

  FindResult Find(FindRequest request) {
    auto found = engine().Find(request, testing_support::AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *found : FindResult();
  }

  // Last byte of each trace id found, which is its number.
  std::vector<int> Numbers(const FindRequest& request) {
    std::vector<int> out;
    for (const FoundTrace& found : Find(request).traces) {
      out.push_back(found.position.trace_id.bytes[15]);
    }
    return out;
  }
};

// span_contract.cc
class SpanContract : public EngineContract {
 protected:
  void Put(const std::vector<testing_support::SpanSpec>& specs) {
    std::vector<NewRecord> records;
    for (const testing_support::SpanSpec& spec : specs) {
      records.push_back(testing_support::Record(spec));
    }
    Write(std::move(records));
  }

  TraceRecords Get(uint64_t trace) {
    const TraceId id = testing_support::TraceNumber(trace);
    auto found = engine().GetTraces({&id, 1}, testing_support::AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok() || found->empty()) return {};
    return found->front();
  }

  // Numbers of the traces found, in order.
  std::vector<int> Find(FindRequest request,
                        TimeRangeType type = TimeRangeType::kLatestStart) {
    request.time_type = type;
    auto found = engine().Find(request, testing_support::AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<int> out;
    if (!found.ok()) return out;
    for (const FoundTrace& trace : found->traces) {
      out.push_back(trace.position.trace_id.bytes[15]);
    }
    return out;
  }
};

class IndexedSpanContract : public SpanContract {
 protected:
  void SetUp() override {
    if (!traits().indexed) GTEST_SKIP() << "It answers from no index.";
  }
};

// Groups whose expressions change. A trace meets one when a document of it
// holds the text.
class TextGroups : public GroupTests {
 public:
  void Add(const std::string& id, const std::string& text, TimeRange in_force) {
    MutexLock lock(mu_);
    tests_.push_back(
        {.group_id = id,
         .in_force = in_force,
         .predicate = {TracePredicate::Constant{Truth::kMaybe}},
         .matches = [text](const TraceRecords& trace) -> absl::StatusOr<bool> {
           return std::any_of(trace.records.begin(), trace.records.end(),
                              [&](const StoredRecord& record) {
                                return record.document.find(text) !=
                                       std::string::npos;
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

inline constexpr int64_t kGraphBase = 1'700'000'040;  // A whole minute.

// graph_contract.cc
class GraphContract : public EngineContract {
 protected:
  ~GraphContract() override { store_.reset(); }  // Before its groups.

  void Put(const std::vector<testing_support::SegmentSpec>& specs) {
    std::vector<NewRecord> records;
    for (const testing_support::SegmentSpec& spec : specs)
      records.push_back(testing_support::Record(spec));
    Write(std::move(records));
    store_->Settle();
  }

  GraphResult Graph(const GraphRequest& request) {
    auto graph = engine().Graph(request, testing_support::AnyCall());
    EXPECT_TRUE(graph.ok()) << graph.status();
    return graph.ok() ? *std::move(graph) : GraphResult();
  }

  // Periods have their begins before them where the request has periods.
  std::string TextOf(const GraphRequest& request) {
    const GraphResult graph = Graph(request);
    EXPECT_TRUE(graph.unsure.empty() || request.predicate.has_value());
    if (request.period > absl::ZeroDuration())
      return testing_support::GraphText(graph.periods);
    EXPECT_LE(graph.periods.size(), 1u);
    if (graph.periods.empty()) return "\n";
    return "\n" + testing_support::GraphText(graph.periods.begin()->second);
  }

  TextGroups groups_;
};

class GraphGroupsContract : public GraphContract {
 protected:
  GraphGroupsContract() { store_->SetGroups(groups_); }

  // Names of the nodes of a group's map.
  std::set<std::string> NodesOf(const std::string& group) {
    std::set<std::string> names;
    for (const auto& [begin, figures] : Graph({.group_id = group}).periods) {
      for (const auto& [service, node] : figures.nodes) {
        names.insert(service.name);
      }
    }
    return names;
  }

  // A trace of one segment.
  void PutNamed(uint64_t trace, const std::string& name) {
    Put({{.trace = trace, .start = kGraphBase, .name = name}});
  }
};

// No trace stays open for as long as it is kept.
class GraphSettledContract : public GraphGroupsContract {
 protected:
  void SetUp() override {
    if (!GetParam().settles) GTEST_SKIP() << "Settle leaves traces in memory.";
  }
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TESTS_STORAGE_ENGINE_CONTRACT_SUITES_H_

#include "storage/index/group_rows.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "storage/index/predicate_evaluator.h"

namespace roentgen::storage {
namespace {

class Finder {
 public:
  Finder(const std::vector<GroupTest>& tests, ColumnSource& source,
         const TraceBitmap& traces)
      : tests_(tests), source_(source), traces_(traces) {}

  absl::StatusOr<std::vector<GroupRows>> Run(
      const std::function<absl::StatusOr<TraceRecords>(uint32_t)>& read) && {
    RTG_ASSIGN_OR_RETURN(const NumberColumn received,
                         source_.Numbers(Column::kReceived, {}));
    if (received.values.size() < traces_.size()) {
      return absl::DataLossError("index: not one arrival per trace");
    }
    for (size_t test = 0; test < tests_.size(); ++test) {
      RTG_RETURN_IF_ERROR(AskColumns(test, received.values));
    }
    for (const auto& [trace, tests] : unsure_) AskTrace(trace, tests, read);
    std::vector<GroupRows> out;
    for (auto& [id, members] : members_) {
      if (!members.empty()) out.push_back({id, std::move(members)});
    }
    return out;
  }

 private:
  absl::Status AskColumns(size_t index, std::span<const int64_t> received) {
    const GroupTest& test = tests_[index];
    TraceBitmap asked = TraceBitmap::Where(traces_.size(), [&](uint32_t i) {
      return traces_.Test(i) && test.in_force.Contains({received[i]});
    });
    if (asked.empty()) return absl::OkStatus();
    uint64_t rows_scanned = 0;
    RTG_ASSIGN_OR_RETURN(
        Match match, EvaluatePredicate(test.predicate, source_, rows_scanned));
    match.must.And(asked);
    const auto [members, fresh] =
        members_.try_emplace(test.group_id, traces_.size());
    members->second.Or(match.must);
    match.must.Invert();
    asked.And(match.may);
    asked.And(match.must);
    asked.ForEach([&](uint32_t trace) { unsure_[trace].push_back(index); });
    return absl::OkStatus();
  }

  void AskTrace(
      uint32_t trace, const std::vector<size_t>& tests,
      const std::function<absl::StatusOr<TraceRecords>(uint32_t)>& read) {
    const absl::StatusOr<TraceRecords> records = read(trace);
    for (size_t index : tests) {
      const absl::StatusOr<bool> matches =
          records.ok() ? tests_[index].matches(*records)
                       : absl::StatusOr<bool>(records.status());
      if (!matches.ok()) {
        LogError("cannot tell whether a trace is in a group: it is left out",
                 {{"group", tests_[index].group_id},
                  {"error", matches.status().ToString()}});
      } else if (*matches) {
        members_.at(tests_[index].group_id).Set(trace);
      }
    }
  }

  const std::vector<GroupTest>& tests_;
  ColumnSource& source_;
  const TraceBitmap& traces_;
  std::map<std::string, TraceBitmap> members_;
  // Traces that the columns leave open, and by which tests.
  std::map<uint32_t, std::vector<size_t>> unsure_;
};

}  // namespace

absl::StatusOr<std::vector<GroupRows>> FindGroupRows(
    const std::vector<GroupTest>& tests, ColumnSource& source,
    const TraceBitmap& traces,
    const std::function<absl::StatusOr<TraceRecords>(uint32_t trace)>& read) {
  if (tests.empty()) return std::vector<GroupRows>();
  return Finder(tests, source, traces).Run(read);
}

absl::StatusOr<std::vector<GroupRows>> ReadGroupRows(
    ColumnSource& source, const TraceBitmap& traces) {
  RTG_ASSIGN_OR_RETURN(const TextColumn groups,
                       source.Texts(Column::kGroup, {}));
  std::vector<GroupRows> out;
  if (groups.dictionary == nullptr) return out;
  for (uint32_t code = 0; code < groups.dictionary->size(); ++code) {
    out.push_back(
        {std::string(groups.dictionary->at(code)), TraceBitmap(traces.size())});
  }
  for (size_t i = 0; i < groups.codes.size(); ++i) {
    const uint32_t trace = groups.rows[i];
    if (traces.Test(trace)) out[groups.codes[i]].traces.Set(trace);
  }
  std::erase_if(out,
                [](const GroupRows& group) { return group.traces.empty(); });
  return out;
}

absl::StatusOr<TraceBitmap> MembersOf(ColumnSource& source,
                                      const std::string& group_id,
                                      const TraceBitmap& traces) {
  RTG_ASSIGN_OR_RETURN(const TextLookup found,
                       source.Lookup(Column::kGroup, {}, group_id));
  TraceBitmap members(traces.size());
  for (size_t i = 0; i < found.codes.size(); ++i) {
    if (found.codes[i] == found.code) members.Set(found.rows[i]);
  }
  members.And(traces);
  return members;
}

}  // namespace roentgen::storage

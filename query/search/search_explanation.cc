#include "query/search/search_explanation.h"

#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "query/plan/planner.h"

namespace roentgen::query {
namespace {

std::string Indented(const std::string& lines) {
  std::string out;
  bool at_start = true;
  for (char c : lines) {
    if (at_start) out += "  ";
    out += c;
    at_start = c == '\n';
  }
  return out;
}

}  // namespace

std::string Explain(const std::optional<CompiledFilter>& filter,
                    const SearchCosts& costs,
                    const storage::AnswerScope& scope) {
  const auto line = [](const std::string& name, const std::string& value) {
    return name + ": " + value + "\n";
  };
  const auto count = [](uint64_t n) { return std::to_string(n); };
  std::string out =
      line("expression", filter ? filter->text : "none, every trace");
  if (filter) {
    out += line("index answers",
                IsExact(filter->plan) ? "all of it" : "part of it");
    out += "plan:\n" + Indented(Describe(filter->plan));
  }
  const storage::FindStats& index = costs.index;
  out += line("batches in range", count(index.batches) + ", skipped " +
                                      count(index.batches_skipped));
  out += line("index chunks read", count(index.chunks_read) + " (" +
                                       count(index.bytes_read) + " bytes)");
  out += line("index rows scanned", count(index.rows_scanned));
  out += line("open traces", count(index.open_traces) +
                                 ", indexed for this search " +
                                 count(index.open_indexed));
  out += line("candidates", count(costs.candidates));
  out += line("summaries of columns", count(costs.told));
  out += line("read and evaluated", count(costs.evaluated));
  out += line("matched", count(costs.matched));
  out += line("as of",
              absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", scope.as_of.ToTime(),
                               absl::UTCTimeZone()));
  if (!scope.missing.empty()) {
    out += line("not asked", absl::StrJoin(scope.missing, ", "));
  }
  return out;
}

}  // namespace roentgen::query

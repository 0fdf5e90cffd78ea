#include "query/search/index_check.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "base/json_writer.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "trace/assembly/summarize.h"

namespace roentgen::query {
namespace {

using storage::FindRequest;
using storage::FindResult;
using storage::FoundTrace;
using storage::Trace;
using storage::TraceId;
using storage::TraceSummary;

// Traces that are looked at together.
constexpr size_t kTracesPerStep = 512;
// Looks at what seems wrong before it counts.
constexpr int kLooks = 3;
constexpr size_t kMismatchesToldMax = 100;
// Traces that values for expressions are taken from.
constexpr size_t kSampledTraces = 20;

struct Truth {
  int64_t start_ns = 0;
  std::vector<bool> matches;  // Per filter.
};

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

std::string AnnotationExpression(const std::string& key,
                                 const storage::AnnotationValue& value) {
  std::string out = "annotation[" + Quoted(key) + "] = ";
  if (const auto* text = std::get_if<std::string>(&value)) {
    return out + Quoted(*text);
  }
  if (const auto* number = std::get_if<storage::ExactNumber>(&value)) {
    // At the end of a string it would set a comma.
    std::string text;
    JsonWriter json(text);
    if (number->is_integer()) {
      json.Int(number->integer());
    } else {
      json.Double(number->AsDouble());
    }
    return out + text;
  }
  return out + (std::get<bool>(value) ? "true" : "false");
}

// Expressions that need no values.
constexpr const char* kGeneralExpressions[] = {
    "ok",
    "fault",
    "error",
    "throttle",
    "partial",
    "inferred",
    "!ok AND !partial",
    "duration > 0.1",
    "responsetime <= 0.05",
    "!responsetime",
    "http.status >= 400",
    "http.url CONTAINS \"/\"",
    "!http.url",
    "user",
    "service() { fault }",
    "service() { root AND ok }",
    "service() { inferred }",
    "service() { http.status >= 500 OR duration > 1 }",
    "service(id(type: \"client\"))",
    "rootcause.fault.service",
    "rootcause.error.entity",
    "rootcause.responsetime.service",
};

void AddExpressionsOf(const TraceSummary& s, std::set<std::string>& out) {
  for (const auto& [key, entries] : s.annotations) {
    out.insert("annotation[" + Quoted(key) + "]");
    out.insert("!annotation[" + Quoted(key) + "]");
    for (const auto& entry : entries) {
      out.insert(AnnotationExpression(key, entry.value));
    }
  }
  for (const auto& user : s.users) out.insert("user = " + Quoted(user.name));
  if (!s.http.url.empty()) out.insert("http.url = " + Quoted(s.http.url));
  for (const auto& a : s.service_ids) {
    const std::string name = Quoted(a.name);
    out.insert("service(" + name + ")");
    out.insert("!service(" + name + ") { fault }");
    if (s.entry_point) {
      out.insert("edge(" + Quoted(s.entry_point->name) + ", " + name + ")");
    }
  }
}

class Checker {
 public:
  Checker(storage::TraceEngine& engine, std::vector<CompiledFilter> filters,
          std::vector<std::string> texts, const Call& call)
      : engine_(engine),
        filters_(std::move(filters)),
        texts_(std::move(texts)),
        call_(call) {
    report_.expressions = filters_.size();
  }

  absl::StatusOr<IndexCheckReport> Go(const TimeRange& range) && {
    FindRequest all{.range = range, .limit = kTracesPerStep};
    while (true) {
      RTG_ASSIGN_OR_RETURN(const FindResult found, engine_.Find(all, call_));
      if (!found.traces.empty()) {
        std::vector<TraceId> ids;
        for (const FoundTrace& t : found.traces) {
          ids.push_back(t.position.trace_id);
        }
        RTG_RETURN_IF_ERROR(CheckTraces(ids));
        all.after = found.traces.back().position;
      }
      if (!found.more) return std::move(report_);
    }
  }

 private:
  absl::Status CheckTraces(const std::vector<TraceId>& ids) {
    report_.traces += ids.size();
    report_.comparisons += ids.size() * filters_.size();
    std::vector<std::pair<TraceId, size_t>> doubtful;
    RTG_RETURN_IF_ERROR(Compare(ids, doubtful));
    for (const auto& [id, filter] : doubtful) {
      RTG_RETURN_IF_ERROR(LookAgain(id, filter));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<absl::flat_hash_map<TraceId, Truth>> Evaluate(
      const std::vector<TraceId>& ids) {
    absl::flat_hash_map<TraceId, Truth> truths;
    RTG_RETURN_IF_ERROR(
        VisitTraces(engine_, ids, call_, [&](const Trace& trace) {
          const TraceSummary summary = storage::Summarize(trace);
          Truth& truth = truths[trace.id];
          truth.start_ns = trace.times.start.ns;
          for (const CompiledFilter& filter : filters_) {
            truth.matches.push_back(filter.evaluator.Matches(trace, summary));
          }
          return true;
        }));
    return truths;
  }

  // What the index answers for the filter on traces that start in the range.
  absl::StatusOr<absl::flat_hash_map<TraceId, bool>> Ask(
      size_t filter, const TimeRange& range) {
    FindRequest request{.range = range,
                        .predicate = filters_[filter].plan,
                        .limit = kTracesPerStep};
    absl::flat_hash_map<TraceId, bool> certain;
    while (true) {
      RTG_ASSIGN_OR_RETURN(const FindResult found,
                           engine_.Find(request, call_));
      for (const FoundTrace& t : found.traces) {
        certain[t.position.trace_id] = t.certain;
      }
      if (!found.more) return certain;
      request.after = found.traces.back().position;
    }
  }

  static bool IsWrong(const absl::flat_hash_map<TraceId, bool>& answer,
                      const TraceId& id, bool matches) {
    const auto found = answer.find(id);
    if (found == answer.end()) return matches;
    return !matches && found->second;
  }

  // Pairs of traces and filters on which index and evaluator differ.
  absl::Status Compare(const std::vector<TraceId>& ids,
                       std::vector<std::pair<TraceId, size_t>>& doubtful) {
    RTG_ASSIGN_OR_RETURN(const auto truths, Evaluate(ids));
    if (truths.empty()) return absl::OkStatus();
    TimeRange range{Timestamp::Max(), Timestamp::Min()};
    for (const auto& [id, truth] : truths) {
      range.begin.ns = std::min(range.begin.ns, truth.start_ns);
      range.end.ns = std::max(range.end.ns, truth.start_ns + 1);
    }
    for (size_t filter = 0; filter < filters_.size(); ++filter) {
      RTG_ASSIGN_OR_RETURN(const auto answer, Ask(filter, range));
      for (const auto& [id, truth] : truths) {
        if (IsWrong(answer, id, truth.matches[filter])) {
          doubtful.emplace_back(id, filter);
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status LookAgain(const TraceId& id, size_t filter) {
    bool matches = false;
    for (int look = 0; look < kLooks; ++look) {
      RTG_ASSIGN_OR_RETURN(const auto truths, Evaluate({id}));
      const auto truth = truths.find(id);
      if (truth == truths.end()) return absl::OkStatus();  // Gone meanwhile.
      matches = truth->second.matches[filter];
      const Timestamp start{truth->second.start_ns};
      RTG_ASSIGN_OR_RETURN(const auto answer,
                           Ask(filter, {start, {start.ns + 1}}));
      if (!IsWrong(answer, id, matches)) return absl::OkStatus();
    }
    ++report_.mismatches;
    if (report_.first_mismatches.size() < kMismatchesToldMax) {
      report_.first_mismatches.push_back({id, texts_[filter], matches});
    }
    return absl::OkStatus();
  }

  storage::TraceEngine& engine_;
  const std::vector<CompiledFilter> filters_;
  const std::vector<std::string> texts_;
  const Call& call_;
  IndexCheckReport report_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> IndexCheck::SampleExpressions(
    const TimeRange& range, const Call& call) const {
  RTG_ASSIGN_OR_RETURN(
      const FindResult newest,
      engine_.Find({.range = range, .limit = kSampledTraces}, call));
  std::vector<TraceId> ids;
  for (const FoundTrace& t : newest.traces) {
    ids.push_back(t.position.trace_id);
  }
  std::set<std::string> expressions(std::begin(kGeneralExpressions),
                                    std::end(kGeneralExpressions));
  RTG_RETURN_IF_ERROR(VisitTraces(engine_, ids, call, [&](const Trace& trace) {
    AddExpressionsOf(storage::Summarize(trace), expressions);
    return expressions.size() < limits::kCheckedExpressionsMax;
  }));
  std::vector<std::string> out(expressions.begin(), expressions.end());
  if (out.size() > limits::kCheckedExpressionsMax) {
    out.resize(limits::kCheckedExpressionsMax);
  }
  return out;
}

absl::StatusOr<IndexCheckReport> IndexCheck::Run(
    const IndexCheckRequest& request, const Call& call) const {
  const TimeRange range{request.start, request.end};
  std::vector<std::string> texts = request.filter_expressions;
  if (texts.empty()) {
    RTG_ASSIGN_OR_RETURN(texts, SampleExpressions(range, call));
  }
  if (texts.size() > limits::kCheckedExpressionsMax) {
    return absl::InvalidArgumentError(
        "filter_expressions: " + std::to_string(texts.size()) + ", at most " +
        std::to_string(limits::kCheckedExpressionsMax));
  }
  std::vector<CompiledFilter> filters;
  for (const std::string& text : texts) {
    RTG_ASSIGN_OR_RETURN(CompiledFilter filter, CompileFilter(text, groups_));
    filters.push_back(std::move(filter));
  }
  return Checker(engine_, std::move(filters), std::move(texts), call).Go(range);
}

}  // namespace roentgen::query

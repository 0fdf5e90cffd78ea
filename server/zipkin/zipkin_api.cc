#include "server/zipkin/zipkin_api.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "base/json_writer.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "server/zipkin/zipkin_json.h"
#include "server/zipkin/zipkin_span.h"
#include "trace/span/span_view.h"

namespace roentgen::server {
namespace {

using query::SpanQuery;
using query::SpanTrace;

constexpr int64_t kDayMs = int64_t{24} * 3'600 * 1'000;
constexpr int64_t kTimeMsMax = INT64_MAX / 1'000'000;
constexpr uint64_t kLimitDefault = 10;

absl::Status BadParameter(std::string_view name, std::string_view value,
                          std::string_view wanted) {
  return absl::InvalidArgumentError(
      std::string(name).append(": \"").append(value).append("\" is ").append(
          wanted));
}

// A number from `min` to `max`; nothing when it is not given.
absl::StatusOr<std::optional<int64_t>> NumberOf(const QueryString& parameters,
                                                std::string_view name,
                                                int64_t min, int64_t max) {
  const auto text = parameters.Find(name);
  if (!text || text->empty()) return std::optional<int64_t>();
  int64_t number = 0;
  if (!absl::SimpleAtoi({text->data(), text->size()}, &number) ||
      number < min || number > max) {
    return BadParameter(
        name, *text,
        "no number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return std::optional<int64_t>(number);
}

std::optional<std::string> TextOf(const QueryString& parameters,
                                  std::string_view name) {
  const auto text = parameters.Find(name);
  // "all" is what its console sends for any.
  if (!text || text->empty() || *text == "all") return std::nullopt;
  return std::string(*text);
}

// The one whose names are asked for.
absl::StatusOr<std::string> ServiceOf(const QueryString& parameters) {
  auto service = TextOf(parameters, "serviceName");
  if (service) return *std::move(service);
  return absl::InvalidArgumentError("serviceName is required");
}

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// "http.method=GET and error"
void AddAnnotationQuery(std::string_view text, SpanQuery& query) {
  constexpr std::string_view kAnd = " and ";
  while (!text.empty()) {
    const size_t end = std::min(text.find(kAnd), text.size());
    const std::string_view term = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + kAnd.size(), text.size()));
    if (term.empty()) continue;
    const size_t equals = term.find('=');
    if (equals == term.npos) {
      query.words.emplace_back(term);
    } else {
      query.attributes.emplace_back(term.substr(0, equals),
                                    std::string(term.substr(equals + 1)));
    }
  }
}

absl::StatusOr<storage::TraceId> TraceIdOf(std::string_view text) {
  const std::string bytes = ZipkinIdBytes(text, 16);
  if (bytes.size() != 16) {
    return BadParameter("traceId", text, "no id of 1 to 32 hex digits");
  }
  return storage::TraceId::FromBytes(bytes);
}

std::string Folded(std::string_view name) {
  return absl::AsciiStrToLower({name.data(), name.size()});
}

uint64_t LatestStart(const SpanTrace& trace) {
  uint64_t latest = 0;
  storage::SpanView view;
  for (const storage::TraceSpan& span : trace.spans) {
    if (storage::ReadSpan(span.span, view)) {
      latest = std::max(latest, view.start_ns);
    }
  }
  return latest;
}

template <typename Names>
std::string NamesJson(const Names& names) {
  std::string out;
  JsonWriter json(out);
  json.BeginArray();
  for (const std::string& name : names) json.String(name);
  json.EndArray();
  return out;
}

}  // namespace

absl::StatusOr<TimeRange> ZipkinApi::RangeOf(
    const QueryString& parameters) const {
  RTG_ASSIGN_OR_RETURN(const std::optional<int64_t> end,
                       NumberOf(parameters, "endTs", 1, kTimeMsMax));
  RTG_ASSIGN_OR_RETURN(const std::optional<int64_t> lookback,
                       NumberOf(parameters, "lookback", 1, kTimeMsMax));
  const int64_t end_ns = end ? *end * 1'000'000 : clock_.Now().ns;
  return TimeRange{{end_ns - lookback.value_or(kDayMs) * 1'000'000}, {end_ns}};
}

bool ZipkinApi::IsNamed(const storage::Operation& operation) const {
  return operation.named && !operation.service.empty() &&
         operation.service != unnamed_;
}

absl::StatusOr<std::vector<std::string>> ZipkinApi::RemoteSpellings(
    const SpanQuery& query, const Call& call) const {
  // Traces are counted by when they begin, spans are found by when they do.
  const Timestamp first = Timestamp::Min() + absl::Milliseconds(kDayMs);
  const TimeRange range{
      std::max(query.start_min, first) - absl::Milliseconds(kDayMs),
      query.start_max + absl::Nanoseconds(1)};
  const auto named = spans_.Calls(range, storage::CallSet::kNames, call);
  std::set<std::string> spellings(query.remote_services.begin(),
                                  query.remote_services.end());
  // Too many to look at: as it was asked, then.
  if (!named.ok() && !absl::IsResourceExhausted(named.status())) {
    return named.status();
  }
  for (const std::string& asked : query.remote_services) {
    if (!named.ok()) break;
    for (const auto& [pair, count] : *named) {
      if (Folded(pair.second) == Folded(asked)) spellings.insert(pair.second);
    }
  }
  return std::vector<std::string>(spellings.begin(), spellings.end());
}

absl::StatusOr<std::vector<SpanQuery>> ZipkinApi::WithSpellings(
    const SpanQuery& asked, const Call& call) const {
  SpanQuery query = asked;
  if (!query.remote_services.empty()) {
    RTG_ASSIGN_OR_RETURN(query.remote_services, RemoteSpellings(query, call));
  }
  if (!query.service && !query.operation) return std::vector{query};
  RTG_ASSIGN_OR_RETURN(const std::vector<storage::Operation> known,
                       spans_.Operations(call));
  // The spelling that was asked, too: not every name is known, there may be too
  // many of them.
  std::set<std::pair<std::string, std::string>> pairs;
  const std::string literal = query.operation.value_or("");
  const auto is_its = [&](const storage::Operation& o) {
    return o.service == *query.service && !IsNamed(o);
  };
  if (!query.service || (*query.service != unnamed_ &&
                         std::none_of(known.begin(), known.end(), is_its))) {
    pairs.emplace(query.service.value_or(""), literal);
  }
  const std::string service = Folded(query.service.value_or(""));
  for (const storage::Operation& o : known) {
    if (query.service && (!IsNamed(o) || Folded(o.service) != service)) {
      continue;
    }
    // Which service, only if that was asked.
    const std::string of = query.service ? o.service : "";
    pairs.emplace(of, literal);
    if (query.operation && Folded(o.name) == Folded(literal)) {
      pairs.emplace(of, o.name);
    }
  }
  std::vector<SpanQuery> out;
  for (const auto& [of, operation] : pairs) {
    SpanQuery& one = out.emplace_back(query);
    if (query.service) one.service = of;
    if (query.operation) one.operation = operation;
  }
  return out;
}

absl::StatusOr<std::vector<storage::TraceId>> ZipkinApi::Newest(
    const std::vector<SpanQuery>& queries, const Call& call) const {
  // By the latest start of a span, then by id, as one search has them.
  std::set<std::pair<uint64_t, storage::TraceId>> found;
  const size_t limit = queries.empty() ? 0 : queries.front().limit;
  for (const SpanQuery& query : queries) {
    RTG_RETURN_IF_ERROR(spans_.Find(query, call, [&](const SpanTrace& trace) {
      found.emplace(~LatestStart(trace), trace.id);
      if (found.size() > limit) found.erase(std::prev(found.end()));
      return true;
    }));
  }
  std::vector<storage::TraceId> ids;
  for (const auto& [order, id] : found) ids.push_back(id);
  return ids;
}

ZipkinApi::Json ZipkinApi::Services(const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const std::vector<storage::Operation> operations,
                       spans_.Operations(call));
  std::set<std::string> folded;
  for (const storage::Operation& o : operations) {
    if (IsNamed(o)) folded.insert(Folded(o.service));
  }
  return NamesJson(folded);
}

ZipkinApi::Json ZipkinApi::SpanNames(const QueryString& parameters,
                                     const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const std::string service, ServiceOf(parameters));
  RTG_ASSIGN_OR_RETURN(const std::vector<storage::Operation> operations,
                       spans_.Operations(call));
  std::set<std::string> names;
  const std::string folded = Folded(service);
  for (const storage::Operation& o : operations) {
    if (IsNamed(o) && Folded(o.service) == folded && !o.name.empty()) {
      names.insert(Folded(o.name));
    }
  }
  return NamesJson(names);
}

ZipkinApi::Json ZipkinApi::RemoteServices(const QueryString& parameters,
                                          const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const std::string service, ServiceOf(parameters));
  const Timestamp now = clock_.Now();
  RTG_ASSIGN_OR_RETURN(const storage::ServiceCalls named,
                       spans_.Calls({now - absl::Milliseconds(kDayMs), now},
                                    storage::CallSet::kNames, call));
  std::set<std::string> names;
  for (const auto& [pair, count] : named) {
    const bool its = Folded(pair.first) == Folded(service);
    if (its && !pair.second.empty()) names.insert(Folded(pair.second));
  }
  return NamesJson(names);
}

ZipkinApi::Json ZipkinApi::FindTraces(const QueryString& parameters,
                                      const Call& call) const {
  SpanQuery query{.service = TextOf(parameters, "serviceName"),
                  .operation = TextOf(parameters, "spanName")};
  if (auto remote = TextOf(parameters, "remoteServiceName")) {
    query.remote_services.push_back(*std::move(remote));
  }
  RTG_ASSIGN_OR_RETURN(const TimeRange range, RangeOf(parameters));
  query.start_min = range.begin;
  query.start_max = range.end;
  constexpr int64_t kMicrosMax = INT64_MAX / 1'000;
  RTG_ASSIGN_OR_RETURN(const auto shortest,
                       NumberOf(parameters, "minDuration", 0, kMicrosMax));
  RTG_ASSIGN_OR_RETURN(const auto longest,
                       NumberOf(parameters, "maxDuration", 0, kMicrosMax));
  if (longest && !shortest) {
    return absl::InvalidArgumentError(
        "maxDuration is only valid with minDuration");
  }
  if (shortest) query.duration_min_ns = *shortest * 1'000;
  if (longest) query.duration_max_ns = *longest * 1'000;
  RTG_ASSIGN_OR_RETURN(
      const auto limit,
      NumberOf(parameters, "limit", 1,
               static_cast<int64_t>(limits::kSpanSearchTracesMax)));
  query.limit = limit ? static_cast<size_t>(*limit) : kLimitDefault;
  AddAnnotationQuery(parameters.Find("annotationQuery").value_or(""), query);
  std::string out = "[";
  GrowingAnswer answer(out, call);
  RTG_ASSIGN_OR_RETURN(const std::vector<SpanQuery> queries,
                       WithSpellings(query, call));
  absl::Status written;
  const auto write = [&](SpanTrace trace) {
    if (out.size() > 1) out += ',';
    JsonWriter json(out);
    written = WriteZipkinTrace(std::move(trace), answer, json);
    return written.ok();
  };
  if (queries.size() == 1) {
    RTG_RETURN_IF_ERROR(spans_.Find(queries.front(), call, write));
    RTG_RETURN_IF_ERROR(written);
    return out + "]";
  }
  // Each search ends with its own oldest: which ones are the newest of all is
  // known when all have ended.
  RTG_ASSIGN_OR_RETURN(const std::vector<storage::TraceId> ids,
                       Newest(queries, call));
  for (const storage::TraceId& id : ids) {
    RTG_ASSIGN_OR_RETURN(std::optional<SpanTrace> trace, spans_.Get(id, call));
    if (trace) write(*std::move(trace));
    RTG_RETURN_IF_ERROR(written);
  }
  return out + "]";
}

ZipkinApi::Json ZipkinApi::GetTrace(std::string_view id,
                                    const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const storage::TraceId trace_id, TraceIdOf(id));
  RTG_ASSIGN_OR_RETURN(std::optional<SpanTrace> trace,
                       spans_.Get(trace_id, call));
  if (!trace) {
    return absl::NotFoundError(std::string(id).append(" not found"));
  }
  std::string out;
  GrowingAnswer answer(out, call);
  JsonWriter json(out);
  RTG_RETURN_IF_ERROR(WriteZipkinTrace(*std::move(trace), answer, json));
  return out;
}

ZipkinApi::Json ZipkinApi::GetTraces(const QueryString& parameters,
                                     const Call& call) const {
  std::string_view text = parameters.Find("traceIds").value_or("");
  std::set<storage::TraceId> ids;
  while (!text.empty()) {
    const size_t end = std::min(text.find(','), text.size());
    RTG_ASSIGN_OR_RETURN(const storage::TraceId id,
                         TraceIdOf(Trimmed(text.substr(0, end))));
    ids.insert(id);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (ids.size() < 2 || ids.size() > limits::kTraceIdsPerSearchMax) {
    return absl::InvalidArgumentError(
        "traceIds: 2 to " + std::to_string(limits::kTraceIdsPerSearchMax) +
        " ids that differ, separated by commas");
  }
  std::string out = "[";
  GrowingAnswer answer(out, call);
  for (const storage::TraceId& id : ids) {
    RTG_ASSIGN_OR_RETURN(std::optional<SpanTrace> trace, spans_.Get(id, call));
    if (!trace) continue;
    if (out.size() > 1) out += ',';
    JsonWriter json(out);
    RTG_RETURN_IF_ERROR(WriteZipkinTrace(*std::move(trace), answer, json));
  }
  return out + "]";
}

ZipkinApi::Json ZipkinApi::Dependencies(const QueryString& parameters,
                                        const Call& call) const {
  RTG_ASSIGN_OR_RETURN(TimeRange range, RangeOf(parameters));
  // The end is in it.
  range.end = range.end + absl::Milliseconds(1);
  RTG_ASSIGN_OR_RETURN(const storage::ServiceCalls calls,
                       spans_.Calls(range, storage::CallSet::kWithPeers, call));
  std::string out;
  JsonWriter json(out);
  json.BeginArray();
  for (const auto& [pair, count] : calls) {
    json.BeginObject();
    json.Key("parent").String(Folded(pair.first));
    json.Key("child").String(Folded(pair.second));
    json.Key("callCount").Int(static_cast<int64_t>(count.calls));
    if (count.errors > 0) {
      json.Key("errorCount").Int(static_cast<int64_t>(count.errors));
    }
    json.EndObject();
  }
  json.EndArray();
  return out;
}

}  // namespace roentgen::server

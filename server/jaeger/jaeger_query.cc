#include "server/jaeger/jaeger_query.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "server/jaeger/go_duration.h"
#include "server/jaeger/tag_json.h"

namespace roentgen::server {
namespace {

using query::SpanQuery;

// Where searches of the older API begin that do not say.
constexpr absl::Duration kLegacyLookback = absl::Hours(48);
constexpr absl::Duration kDependenciesLookback = absl::Hours(24);
constexpr size_t kTraceIdDigits = 32;

absl::Status BadParameter(std::string_view name, std::string_view value,
                          std::string_view wanted) {
  return absl::InvalidArgumentError("parameter '" + std::string(name) + "': '" +
                                    std::string(value) + "' is no " +
                                    std::string(wanted));
}

absl::Status MissingParameter(std::string_view name) {
  return absl::InvalidArgumentError("parameter '" + std::string(name) +
                                    "' is required");
}

absl::StatusOr<int64_t> ReadInteger(std::string_view name,
                                    std::string_view value) {
  int64_t number;
  if (!absl::SimpleAtoi(absl::string_view(value.data(), value.size()),
                        &number)) {
    return BadParameter(name, value, "whole number");
  }
  return number;
}

absl::StatusOr<int64_t> ReadDuration(std::string_view name,
                                     std::string_view value) {
  const std::optional<int64_t> ns = ParseGoDuration(value);
  if (!ns) return BadParameter(name, value, "duration such as 1.5s or 20ms");
  return *ns;
}

// A time as a number of `unit`s since the epoch, or `otherwise`.
absl::StatusOr<Timestamp> ReadEpoch(const QueryString& parameters,
                                    std::string_view name, absl::Duration unit,
                                    Timestamp otherwise) {
  const auto value = parameters.Find(name);
  if (!value || value->empty()) return otherwise;
  RTG_ASSIGN_OR_RETURN(const int64_t count, ReadInteger(name, *value));
  const absl::Duration since = unit * count;
  if (since > absl::Nanoseconds(INT64_MAX) ||
      since < absl::Nanoseconds(INT64_MIN)) {
    return BadParameter(name, *value, "time of the years 1678 to 2262");
  }
  return Timestamp{absl::ToInt64Nanoseconds(since)};
}

// RFC 3339. Not all clients escape the plus sign of an offset, so that it
// arrives as a blank.
absl::StatusOr<Timestamp> ReadRfc3339(std::string_view name,
                                      std::string_view value) {
  std::string text(value);
  const size_t blank = text.rfind(' ');
  if (blank != text.npos) text[blank] = '+';
  absl::Time time;
  std::string ignored;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &ignored) ||
      time < Timestamp::Min().ToTime() || time > Timestamp::Max().ToTime()) {
    return BadParameter(name, value, "time as in RFC 3339");
  }
  return Timestamp::FromTime(time);
}

absl::StatusOr<Timestamp> ReadRequiredTime(const QueryString& parameters,
                                           std::string_view name) {
  const auto value = FindEitherCase(parameters, name);
  if (!value || value->empty()) return MissingParameter(name);
  return ReadRfc3339(name, *value);
}

// By Go's strconv.ParseBool.
// As Go reads them; what is not given is false.
absl::StatusOr<bool> ReadBool(std::string_view name,
                              std::optional<std::string_view> text) {
  if (!text || text->empty()) return false;
  for (const std::string_view yes : {"1", "t", "T", "true", "True", "TRUE"}) {
    if (*text == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "false", "False", "FALSE"}) {
    if (*text == no) return false;
  }
  return BadParameter(name, *text, "true or false");
}

std::optional<std::string> NonEmpty(std::optional<std::string_view> text) {
  if (!text || text->empty()) return std::nullopt;
  return std::string(*text);
}

absl::Status AddTags(std::string_view name, std::string_view json,
                     SpanQuery& query) {
  auto tags = ReadTagJson(json);
  if (!tags) return BadParameter(name, json, "JSON object of texts");
  for (auto& [key, value] : *tags) {
    query.attributes.emplace_back(std::move(key), std::move(value));
  }
  return absl::OkStatus();
}

absl::Status ReadLegacyTags(const QueryString& parameters, SpanQuery& query) {
  for (const std::string_view tag : parameters.FindAll("tag")) {
    const size_t colon = tag.find(':');
    if (colon == tag.npos) return BadParameter("tag", tag, "key:value");
    query.attributes.emplace_back(std::string(tag.substr(0, colon)),
                                  std::string(tag.substr(colon + 1)));
  }
  for (const std::string_view tags : parameters.FindAll("tags")) {
    if (!tags.empty()) RTG_RETURN_IF_ERROR(AddTags("tags", tags, query));
  }
  return absl::OkStatus();
}

// Bounds of durations, by either API's names.
absl::Status ReadDurations(std::string_view min_name,
                           std::optional<std::string_view> min,
                           std::string_view max_name,
                           std::optional<std::string_view> max,
                           SpanQuery& query) {
  if (min && !min->empty()) {
    RTG_ASSIGN_OR_RETURN(query.duration_min_ns, ReadDuration(min_name, *min));
  }
  if (max && !max->empty()) {
    RTG_ASSIGN_OR_RETURN(query.duration_max_ns, ReadDuration(max_name, *max));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<storage::TraceId> ReadTraceId(std::string_view text) {
  const bool hex = !text.empty() && text.size() <= kTraceIdDigits &&
                   std::all_of(text.begin(), text.end(), [](char c) {
                     return std::isxdigit(static_cast<unsigned char>(c)) != 0;
                   });
  if (hex) {
    const std::string whole =
        std::string(kTraceIdDigits - text.size(), '0') + std::string(text);
    return *storage::TraceId::Parse(whole);
  }
  std::string bytes;
  if (absl::Base64Unescape({text.data(), text.size()}, &bytes) &&
      bytes.size() == storage::TraceId().bytes.size()) {
    return storage::TraceId::FromBytes(bytes);
  }
  // X-Ray's own form, for whoever copies one.
  if (const auto id = storage::TraceId::ParseXray(text)) return *id;
  return BadParameter("traceID", text, "trace id of up to 32 hex digits");
}

absl::StatusOr<size_t> ReadSearchDepth(std::string_view name, int64_t wanted) {
  if (wanted <= 0) return limits::kSpanSearchTracesDefault;
  if (wanted > static_cast<int64_t>(limits::kSpanSearchTracesMax)) {
    return absl::InvalidArgumentError(
        "parameter '" + std::string(name) + "': " + std::to_string(wanted) +
        " is more than the limit of " +
        std::to_string(limits::kSpanSearchTracesMax));
  }
  return static_cast<size_t>(wanted);
}

absl::Status FinishTraceQuery(SpanQuery& query) {
  if (query.duration_max_ns == 0) query.duration_max_ns = INT64_MAX;
  if (query.duration_min_ns < 0 || query.duration_max_ns < 0) {
    return absl::InvalidArgumentError("durations must not be negative");
  }
  if (query.duration_max_ns < query.duration_min_ns) {
    return absl::InvalidArgumentError(
        "the longest duration must not be shorter than the shortest");
  }
  if (query.start_max < query.start_min) {
    return absl::InvalidArgumentError(
        "the time range must not end before it starts");
  }
  if (query.attributes.size() > limits::kSpanSearchTagsMax) {
    return absl::InvalidArgumentError(
        std::to_string(query.attributes.size()) +
        " tags are more than the limit of " +
        std::to_string(limits::kSpanSearchTagsMax));
  }
  return absl::OkStatus();
}

absl::StatusOr<LegacyTraceQuery> ReadLegacyTraceQuery(
    const QueryString& parameters, Timestamp now) {
  LegacyTraceQuery out;
  for (const std::string_view text : parameters.FindAll("traceID")) {
    if (out.ids.size() == limits::kTraceIdsPerSearchMax) {
      return absl::InvalidArgumentError(
          "parameter 'traceID' is given more than " +
          std::to_string(limits::kTraceIdsPerSearchMax) + " times");
    }
    RTG_ASSIGN_OR_RETURN(const storage::TraceId id, ReadTraceId(text));
    if (std::find(out.ids.begin(), out.ids.end(), id) == out.ids.end()) {
      out.ids.push_back(id);
    }
  }
  if (!out.ids.empty()) return out;

  SpanQuery& query = out.query;
  query.service = NonEmpty(parameters.Find("service"));
  if (!query.service) return MissingParameter("service");
  query.operation = NonEmpty(parameters.Find("operation"));
  RTG_RETURN_IF_ERROR(ReadLegacyTags(parameters, query));
  RTG_ASSIGN_OR_RETURN(query.start_min,
                       ReadEpoch(parameters, "start", absl::Microseconds(1),
                                 now - kLegacyLookback));
  RTG_ASSIGN_OR_RETURN(query.start_max, ReadEpoch(parameters, "end",
                                                  absl::Microseconds(1), now));
  RTG_RETURN_IF_ERROR(
      ReadDurations("minDuration", parameters.Find("minDuration"),
                    "maxDuration", parameters.Find("maxDuration"), query));
  RTG_ASSIGN_OR_RETURN(out.raw, ReadBool("raw", parameters.Find("raw")));
  int64_t limit = 0;
  if (const auto text = NonEmpty(parameters.Find("limit"))) {
    RTG_ASSIGN_OR_RETURN(limit, ReadInteger("limit", *text));
  }
  RTG_ASSIGN_OR_RETURN(query.limit, ReadSearchDepth("limit", limit));
  RTG_RETURN_IF_ERROR(FinishTraceQuery(query));
  return out;
}

absl::StatusOr<bool> ReadLegacyHints(const QueryString& parameters) {
  for (const char* name : {"start", "end"}) {
    RTG_RETURN_IF_ERROR(
        ReadEpoch(parameters, name, absl::Microseconds(1), Timestamp::Min())
            .status());
  }
  return ReadBool("raw", parameters.Find("raw"));
}

absl::StatusOr<TimeRange> ReadLegacyTimeRange(const QueryString& parameters,
                                              Timestamp now) {
  RTG_ASSIGN_OR_RETURN(
      const Timestamp end,
      ReadEpoch(parameters, "endTs", absl::Milliseconds(1), now));
  absl::Duration lookback = kDependenciesLookback;
  if (const auto text = NonEmpty(parameters.Find("lookback"))) {
    RTG_ASSIGN_OR_RETURN(const int64_t ms, ReadInteger("lookback", *text));
    if (ms < 0)
      return BadParameter("lookback", *text, "number of milliseconds");
    lookback = absl::Milliseconds(ms);
  }
  const absl::Time begin =
      std::max(end.ToTime() - lookback, Timestamp::Min().ToTime());
  return TimeRange{.begin = Timestamp::FromTime(begin), .end = end};
}

std::optional<std::string_view> FindEitherCase(const QueryString& parameters,
                                               std::string_view camel_case) {
  if (const auto found = parameters.Find(camel_case)) return found;
  std::string snake_case;
  for (const char c : camel_case) {
    if (c >= 'A' && c <= 'Z') {
      snake_case += '_';
      snake_case += static_cast<char>(c - 'A' + 'a');
    } else {
      snake_case += c;
    }
  }
  return parameters.Find(snake_case);
}

absl::StatusOr<bool> ReadHints(const QueryString& parameters) {
  for (const char* name : {"startTime", "endTime"}) {
    if (const auto text = NonEmpty(FindEitherCase(parameters, name))) {
      RTG_RETURN_IF_ERROR(ReadRfc3339(name, *text).status());
    }
  }
  return ReadBool("rawTraces", FindEitherCase(parameters, "rawTraces"));
}

absl::StatusOr<bool> ReadRawTraces(const QueryString& parameters) {
  return ReadBool("query.rawTraces",
                  FindEitherCase(parameters, "query.rawTraces"));
}

absl::StatusOr<SpanQuery> ReadTraceQuery(const QueryString& parameters) {
  const auto find = [&](std::string_view name) {
    return FindEitherCase(parameters, name);
  };
  if (NonEmpty(find("query.filter"))) {
    return absl::InvalidArgumentError(
        "parameter 'query.filter' is not supported");
  }
  SpanQuery query;
  query.service = NonEmpty(find("query.serviceName"));
  query.operation = NonEmpty(find("query.operationName"));
  if (const auto json = NonEmpty(find("query.attributes"))) {
    RTG_RETURN_IF_ERROR(AddTags("query.attributes", *json, query));
  }
  RTG_ASSIGN_OR_RETURN(query.start_min,
                       ReadRequiredTime(parameters, "query.startTimeMin"));
  RTG_ASSIGN_OR_RETURN(query.start_max,
                       ReadRequiredTime(parameters, "query.startTimeMax"));
  if (query.start_min >= query.start_max) {
    return absl::InvalidArgumentError(
        "query.startTimeMin must be before query.startTimeMax");
  }
  RTG_RETURN_IF_ERROR(
      ReadDurations("query.durationMin", find("query.durationMin"),
                    "query.durationMax", find("query.durationMax"), query));
  auto depth = NonEmpty(find("query.searchDepth"));
  if (!depth) depth = NonEmpty(find("query.numTraces"));
  int64_t limit = 0;
  if (depth) {
    RTG_ASSIGN_OR_RETURN(limit, ReadInteger("query.searchDepth", *depth));
  }
  RTG_ASSIGN_OR_RETURN(query.limit,
                       ReadSearchDepth("query.searchDepth", limit));
  RTG_RETURN_IF_ERROR(FinishTraceQuery(query));
  return query;
}

absl::StatusOr<TimeRange> ReadTimeRange(const QueryString& parameters) {
  TimeRange range;
  RTG_ASSIGN_OR_RETURN(range.begin, ReadRequiredTime(parameters, "startTime"));
  RTG_ASSIGN_OR_RETURN(range.end, ReadRequiredTime(parameters, "endTime"));
  if (range.begin >= range.end) {
    return absl::InvalidArgumentError("startTime must be before endTime");
  }
  return range;
}

}  // namespace roentgen::server

#include "server/http/graph_request.h"

#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "server/http/json_body.h"
#include "server/http/request_validation.h"

namespace roentgen::server {
namespace {

// X-Ray's own bounds, in characters.
constexpr size_t kNameCharsMax = 32;
constexpr size_t kArnCharsMax = 400;

using Text = std::optional<std::string_view>;

// What requests about a time have in common, as it was sent.
struct RawWindow {
  std::optional<JsonTime> start;
  std::optional<JsonTime> end;
  Text name;
  Text arn;
  Text token;
};

std::string Owned(const Text& text) { return std::string(text.value_or("")); }

// Nothing when the member is another one.
std::optional<JsonRead> ReadWindowMember(std::string_view key,
                                         ondemand::value& value,
                                         RawWindow& raw) {
  if (key == "StartTime") return ReadJsonTime(value, raw.start);
  if (key == "EndTime") return ReadJsonTime(value, raw.end);
  if (key == "GroupName") return ReadJsonString(value, raw.name);
  if (key == "GroupARN") return ReadJsonString(value, raw.arn);
  if (key == "NextToken") return ReadJsonString(value, raw.token);
  return std::nullopt;
}

Timestamp Valid(const std::optional<JsonTime>& time, std::string_view member,
                Validation& validation) {
  validation.Require(time.has_value(), member);
  if (time && !time->time) {
    validation.Add(Quoted(time->text), member,
                   "Member must lie between the years 1678 and 2262");
  }
  return time && time->time ? *time->time : Timestamp{};
}

query::GroupKey ValidGroup(const RawWindow& raw, Validation& validation) {
  validation.CheckLength(raw.name, "groupName", 1, kNameCharsMax);
  validation.CheckLength(raw.arn, "groupARN", 1, kArnCharsMax);
  query::GroupKey key;
  if (raw.name) key.name = std::string(*raw.name);
  if (raw.arn) key.arn = std::string(*raw.arn);
  return key;
}

// A whole number; anything else becomes one that is no period.
int64_t PeriodOf(double seconds) {
  constexpr double kMax = 1e9;
  const bool whole = seconds == std::floor(seconds) && std::abs(seconds) < kMax;
  return whole ? static_cast<int64_t>(seconds) : -1;
}

}  // namespace

std::variant<GetServiceGraphRequest, AwsError> DecodeGetServiceGraph(
    std::string& body) {
  RawWindow raw;
  Text filter;
  std::optional<bool> percentiles;
  std::optional<JsonTime> compare_start, compare_end;
  const JsonRead read =
      ReadJsonObject(body, [&](std::string_view key, ondemand::value& value) {
        if (const auto done = ReadWindowMember(key, value, raw)) return *done;
        if (key == "RoentgenFilterExpression")
          return ReadJsonString(value, filter);
        if (key == "RoentgenPercentiles")
          return ReadJsonBool(value, percentiles);
        if (key == "RoentgenCompareStartTime")
          return ReadJsonTime(value, compare_start);
        if (key == "RoentgenCompareEndTime")
          return ReadJsonTime(value, compare_end);
        return SkipJson(value);
      });
  if (auto error = ErrorOf(read)) return *std::move(error);
  Validation validation;
  GetServiceGraphRequest request;
  query::ServiceGraphRequest& graph = request.graph;
  graph.window.start = Valid(raw.start, "startTime", validation);
  graph.window.end = Valid(raw.end, "endTime", validation);
  graph.group = ValidGroup(raw, validation);
  if (compare_start || compare_end) {
    graph.compare_with = query::MapWindow{
        .start = Valid(compare_start, "roentgenCompareStartTime", validation),
        .end = Valid(compare_end, "roentgenCompareEndTime", validation)};
  }
  if (auto error = validation.Error()) return *std::move(error);
  graph.next_token = Owned(raw.token);
  graph.filter_expression = Owned(filter);
  request.percentiles = percentiles.value_or(false);
  return request;
}

std::variant<GetTraceGraphRequest, AwsError> DecodeGetTraceGraph(
    std::string& body) {
  std::optional<std::vector<std::string_view>> ids;
  Text token;
  std::optional<bool> percentiles;
  const JsonRead read =
      ReadJsonObject(body, [&](std::string_view key, ondemand::value& value) {
        if (key == "TraceIds") return ReadJsonStrings(value, ids);
        if (key == "NextToken") return ReadJsonString(value, token);
        if (key == "RoentgenPercentiles")
          return ReadJsonBool(value, percentiles);
        return SkipJson(value);
      });
  if (auto error = ErrorOf(read)) return *std::move(error);
  Validation validation;
  GetTraceGraphRequest request;
  request.trace_ids = validation.TakeTraceIds(ids);
  if (auto error = validation.Error()) return *std::move(error);
  request.next_token = Owned(token);
  request.percentiles = percentiles.value_or(false);
  return request;
}

std::variant<query::TimeSeriesRequest, AwsError> DecodeGetTimeSeries(
    std::string& body) {
  RawWindow raw;
  Text selector;
  std::optional<double> period;
  std::optional<bool> forecast;
  const JsonRead read =
      ReadJsonObject(body, [&](std::string_view key, ondemand::value& value) {
        if (const auto done = ReadWindowMember(key, value, raw)) return *done;
        if (key == "EntitySelectorExpression")
          return ReadJsonString(value, selector);
        if (key == "Period") return ReadJsonDouble(value, period);
        if (key == "ForecastStatistics") return ReadJsonBool(value, forecast);
        return SkipJson(value);
      });
  if (auto error = ErrorOf(read)) return *std::move(error);
  Validation validation;
  query::TimeSeriesRequest request;
  request.start = Valid(raw.start, "startTime", validation);
  request.end = Valid(raw.end, "endTime", validation);
  request.group = ValidGroup(raw, validation);
  validation.CheckLength(selector, "entitySelectorExpression", 1,
                         limits::kEntitySelectorCharsMax);
  if (auto error = validation.Error()) return *std::move(error);
  request.selector = Owned(selector);
  if (period) request.period_seconds = PeriodOf(*period);
  request.forecast = forecast.value_or(false);
  request.next_token = Owned(raw.token);
  return request;
}

}  // namespace roentgen::server

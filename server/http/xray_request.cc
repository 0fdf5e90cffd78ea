#include "server/http/xray_request.h"

#include <array>
#include <utility>

#include "base/limits.h"
#include "server/http/json_body.h"
#include "server/http/request_validation.h"

namespace roentgen::server {
namespace {

using storage::TimeRangeType;

template <typename Enum, size_t N>
std::optional<Enum> FindEnum(
    const std::array<std::pair<std::string_view, Enum>, N>& names,
    std::string_view text) {
  for (const auto& [name, value] : names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

constexpr std::array<std::pair<std::string_view, TimeRangeType>, 3>
    kTimeRangeTypes = {{{"TraceId", TimeRangeType::kTraceId},
                        {"Event", TimeRangeType::kEvent},
                        {"Service", TimeRangeType::kService}}};

constexpr std::array<std::pair<std::string_view, query::SamplingStrategyName>,
                     2>
    kStrategyNames = {
        {{"PartialScan", query::SamplingStrategyName::kPartialScan},
         {"FixedRate", query::SamplingStrategyName::kFixedRate}}};

constexpr std::array<std::pair<std::string_view, storage::FindOrder>, 3>
    kOrders = {{{"Time", storage::FindOrder::kTime},
                {"Duration", storage::FindOrder::kDuration},
                {"ResponseTime", storage::FindOrder::kResponseTime}}};

constexpr std::array<std::pair<std::string_view, storage::GroupBy>, 4>
    kGroupings = {{{"Service", storage::GroupBy::kService},
                   {"Url", storage::GroupBy::kUrl},
                   {"User", storage::GroupBy::kUser},
                   {"Annotation", storage::GroupBy::kAnnotation}}};

// Members of a GetTraceSummaries body as they were sent.
struct RawSummaries {
  std::optional<JsonTime> start;
  std::optional<JsonTime> end;
  std::optional<std::string_view> time_type;
  std::optional<bool> sampling;
  bool has_strategy = false;
  std::optional<std::string_view> strategy_name;
  std::optional<double> strategy_value;
  std::optional<std::string_view> filter;
  std::optional<std::string_view> token;
  // Roentgen's own.
  std::optional<std::string_view> order;
  std::optional<bool> explain;
  bool has_figures = false;
  std::optional<std::string_view> group_by;
  std::optional<std::string_view> annotation_key;
};

JsonRead ReadFigures(ondemand::value& value, RawSummaries& raw) {
  ondemand::json_type type;
  if (value.type().get(type)) return JsonRead::kNotJson;
  raw.has_figures = type == ondemand::json_type::object;
  raw.group_by.reset();
  raw.annotation_key.reset();
  return ReadJsonMembers(value,
                         [&](std::string_view key, ondemand::value& member) {
                           if (key == "GroupBy")
                             return ReadJsonString(member, raw.group_by);
                           if (key == "AnnotationKey")
                             return ReadJsonString(member, raw.annotation_key);
                           return SkipJson(member);
                         });
}

JsonRead ReadStrategy(ondemand::value& value, RawSummaries& raw) {
  raw.has_strategy = false;
  raw.strategy_name.reset();
  raw.strategy_value.reset();
  ondemand::json_type type;
  if (value.type().get(type)) return JsonRead::kNotJson;
  raw.has_strategy = type == ondemand::json_type::object;
  return ReadJsonMembers(value,
                         [&](std::string_view key, ondemand::value& member) {
                           if (key == "Name")
                             return ReadJsonString(member, raw.strategy_name);
                           if (key == "Value")
                             return ReadJsonDouble(member, raw.strategy_value);
                           return SkipJson(member);
                         });
}

JsonRead ReadSummaries(std::string& body, RawSummaries& raw) {
  return ReadJsonObject(body,
                        [&](std::string_view key, ondemand::value& value) {
                          if (key == "StartTime")
                            return ReadJsonTime(value, raw.start);
                          if (key == "EndTime")
                            return ReadJsonTime(value, raw.end);
                          if (key == "TimeRangeType")
                            return ReadJsonString(value, raw.time_type);
                          if (key == "Sampling")
                            return ReadJsonBool(value, raw.sampling);
                          if (key == "SamplingStrategy")
                            return ReadStrategy(value, raw);
                          if (key == "FilterExpression")
                            return ReadJsonString(value, raw.filter);
                          if (key == "NextToken")
                            return ReadJsonString(value, raw.token);
                          if (key == "RoentgenOrderBy")
                            return ReadJsonString(value, raw.order);
                          if (key == "RoentgenExplain")
                            return ReadJsonBool(value, raw.explain);
                          if (key == "RoentgenFigures")
                            return ReadFigures(value, raw);
                          return SkipJson(value);
                        });
}

storage::FindOrder ValidOrder(const RawSummaries& raw, Validation& validation) {
  if (!raw.order) return storage::FindOrder::kTime;
  const auto order = FindEnum(kOrders, *raw.order);
  if (!order) {
    validation.Add(
        Quoted(*raw.order), "roentgenOrderBy",
        "Member must satisfy enum value set: [Time, Duration, ResponseTime]");
  }
  return order.value_or(storage::FindOrder::kTime);
}

storage::GroupBy ValidGroupBy(const RawSummaries& raw, Validation& validation) {
  if (!raw.group_by) return storage::GroupBy::kNone;
  const auto group_by = FindEnum(kGroupings, *raw.group_by);
  if (!group_by) {
    validation.Add(Quoted(*raw.group_by), "roentgenFigures.groupBy",
                   "Member must satisfy enum value set: "
                   "[Service, Url, User, Annotation]");
  }
  return group_by.value_or(storage::GroupBy::kNone);
}

Timestamp ValidTime(const std::optional<JsonTime>& time,
                    std::string_view member, Validation& validation) {
  validation.Require(time.has_value(), member);
  if (time && !time->time) {
    validation.Add(Quoted(time->text), member,
                   "Member must lie between the years 1678 and 2262");
  }
  return time && time->time ? *time->time : Timestamp{};
}

std::optional<query::SamplingStrategy> ValidStrategy(const RawSummaries& raw,
                                                     Validation& validation) {
  if (!raw.has_strategy) return std::nullopt;
  query::SamplingStrategy strategy;
  strategy.value = raw.strategy_value;
  if (raw.strategy_name) {
    const auto name = FindEnum(kStrategyNames, *raw.strategy_name);
    if (!name) {
      validation.Add(
          Quoted(*raw.strategy_name), "samplingStrategy.name",
          "Member must satisfy enum value set: [PartialScan, FixedRate]");
    }
    strategy.name = name.value_or(strategy.name);
  }
  return strategy;
}

}  // namespace

Decoded<std::vector<std::string_view>> DecodePutTraceSegments(
    std::string& body) {
  std::optional<std::vector<std::string_view>> documents;
  const JsonRead read =
      ReadJsonObject(body, [&](std::string_view key, ondemand::value& value) {
        return key == "TraceSegmentDocuments"
                   ? ReadJsonStrings(value, documents)
                   : SkipJson(value);
      });
  if (auto error = ErrorOf(read)) return *std::move(error);
  Validation validation;
  validation.Require(documents.has_value(), "traceSegmentDocuments");
  if (documents && documents->size() > limits::kDocumentsPerPutMax) {
    validation.Add("Value", "traceSegmentDocuments",
                   "Member must have length less than or equal to " +
                       std::to_string(limits::kDocumentsPerPutMax));
  }
  if (auto error = validation.Error()) return *std::move(error);
  return *std::move(documents);
}

Decoded<BatchGetTracesRequest> DecodeBatchGetTraces(std::string& body) {
  std::optional<std::vector<std::string_view>> ids;
  std::optional<std::string_view> token;
  const JsonRead read =
      ReadJsonObject(body, [&](std::string_view key, ondemand::value& value) {
        if (key == "TraceIds") return ReadJsonStrings(value, ids);
        if (key == "NextToken") return ReadJsonString(value, token);
        return SkipJson(value);
      });
  if (auto error = ErrorOf(read)) return *std::move(error);
  Validation validation;
  BatchGetTracesRequest request;
  request.trace_ids = validation.TakeTraceIds(ids);
  if (auto error = validation.Error()) return *std::move(error);
  if (token && !token->empty()) request.next_token = std::string(*token);
  return request;
}

DecodedSummaries DecodeGetTraceSummaries(std::string& body) {
  RawSummaries raw;
  const JsonRead read = ReadSummaries(body, raw);
  if (auto error = ErrorOf(read)) return *std::move(error);
  Validation validation;
  query::TraceSummariesRequest request;
  request.start = ValidTime(raw.start, "startTime", validation);
  request.end = ValidTime(raw.end, "endTime", validation);
  if (raw.time_type) {
    const auto type = FindEnum(kTimeRangeTypes, *raw.time_type);
    if (!type) {
      validation.Add(
          Quoted(*raw.time_type), "timeRangeType",
          "Member must satisfy enum value set: [TraceId, Event, Service]");
    }
    request.time_type = type.value_or(request.time_type);
  }
  request.sampling = raw.sampling.value_or(false);
  request.strategy = ValidStrategy(raw, validation);
  request.order = ValidOrder(raw, validation);
  request.explain = raw.explain.value_or(false);
  request.filter_expression = raw.filter.value_or("");
  request.next_token = raw.token.value_or("");
  const auto group_by = ValidGroupBy(raw, validation);
  if (auto error = validation.Error()) return *std::move(error);
  if (!raw.has_figures) return request;
  return query::TraceFiguresRequest{
      .start = request.start,
      .end = request.end,
      .time_type = request.time_type,
      .filter_expression = std::move(request.filter_expression),
      .group_by = group_by,
      .annotation_key = std::string(raw.annotation_key.value_or("")),
      .explain = request.explain};
}

}  // namespace roentgen::server

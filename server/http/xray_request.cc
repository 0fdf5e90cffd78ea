#include "server/http/xray_request.h"

#include <array>
#include <optional>
#include <utility>

#include "base/limits.h"
#include "server/api_model/api_check.h"
#include "server/api_model/api_model.h"
#include "server/http/api_json.h"
#include "server/http/json_body.h"
#include "server/http/request_body.h"

namespace roentgen::server {
namespace {

using storage::TimeRangeType;

template <typename Enum, size_t N>
using Names = std::array<std::pair<std::string_view, Enum>, N>;

// The value that is called so; the table has refused all other texts.
template <typename Enum, size_t N>
Enum EnumOf(const Names<Enum, N>& names, const std::optional<std::string>& text,
            Enum otherwise) {
  for (const auto& [name, value] : names) {
    if (text && name == *text) return value;
  }
  return otherwise;
}

constexpr Names<TimeRangeType, 3> kTimeRangeTypes = {
    {{"TraceId", TimeRangeType::kTraceId},
     {"Event", TimeRangeType::kEvent},
     {"Service", TimeRangeType::kService}}};

constexpr Names<query::SamplingStrategyName, 2> kStrategyNames = {
    {{"PartialScan", query::SamplingStrategyName::kPartialScan},
     {"FixedRate", query::SamplingStrategyName::kFixedRate}}};

constexpr Names<storage::FindOrder, 3> kOrders = {
    {{"Time", storage::FindOrder::kTime},
     {"Duration", storage::FindOrder::kDuration},
     {"ResponseTime", storage::FindOrder::kResponseTime}}};

constexpr Names<storage::GroupBy, 4> kGroupings = {
    {{"Service", storage::GroupBy::kService},
     {"Url", storage::GroupBy::kUrl},
     {"User", storage::GroupBy::kUser},
     {"Annotation", storage::GroupBy::kAnnotation}}};

std::optional<query::SamplingStrategy> StrategyOf(const ApiValue& request) {
  const ApiValue* raw = request.Find("SamplingStrategy");
  if (raw == nullptr) return std::nullopt;
  query::SamplingStrategy strategy;
  strategy.name = EnumOf(kStrategyNames, raw->Text("Name"), strategy.name);
  strategy.value = raw->Double("Value");
  return strategy;
}

}  // namespace

std::variant<std::vector<std::string_view>, AwsError> DecodePutTraceSegments(
    std::string& body, MemoryLease& lease) {
  std::optional<std::vector<std::string_view>> documents;
  const JsonRead read = ReadJsonObject(
      body, lease, [&](std::string_view key, ondemand::value& value) {
        return key == "TraceSegmentDocuments"
                   ? ReadJsonStrings(value, documents)
                   : SkipJson(value);
      });
  if (read == JsonRead::kNoRoom) return OutOfRequestMemory();
  if (read != JsonRead::kOk || !documents) {
    // The table says what is wrong.
    static const ApiOperation& operation =
        *FindApiOperation("PutTraceSegments");
    const auto refused = ReadApiRequest(*operation.input, body, lease);
    return std::get<AwsError>(refused);
  }
  if (documents->size() > limits::kDocumentsPerPutMax) {
    Validation validation;
    validation.Add(std::to_string(documents->size()) + " items",
                   "traceSegmentDocuments",
                   "Member must have length less than or equal to " +
                       std::to_string(limits::kDocumentsPerPutMax));
    return *validation.Error();
  }
  return *std::move(documents);
}

std::vector<std::string> TraceIdsOf(const ApiValue& request) {
  std::vector<std::string> out;
  const ApiValue* ids = request.Find("TraceIds");
  if (ids == nullptr) return out;
  for (const ApiValue& id : ids->list()) out.push_back(*id.As<std::string>());
  return out;
}

SummariesRequest ToSummariesRequest(const ApiValue& request) {
  query::TraceSummariesRequest out;
  out.start = request.Time("StartTime").value_or(Timestamp());
  out.end = request.Time("EndTime").value_or(Timestamp());
  out.time_type =
      EnumOf(kTimeRangeTypes, request.Text("TimeRangeType"), out.time_type);
  out.sampling = request.Bool("Sampling").value_or(false);
  out.strategy = StrategyOf(request);
  out.order = EnumOf(kOrders, request.Text("RoentgenOrderBy"),
                     storage::FindOrder::kTime);
  out.explain = request.Bool("RoentgenExplain").value_or(false);
  out.filter_expression = request.Text("FilterExpression").value_or("");
  out.next_token = request.Text("NextToken").value_or("");
  const ApiValue* figures = request.Find("RoentgenFigures");
  if (figures == nullptr) return out;
  return query::TraceFiguresRequest{
      .start = out.start,
      .end = out.end,
      .time_type = out.time_type,
      .filter_expression = std::move(out.filter_expression),
      .group_by =
          EnumOf(kGroupings, figures->Text("GroupBy"), storage::GroupBy::kNone),
      .annotation_key = figures->Text("AnnotationKey").value_or(""),
      .explain = out.explain};
}

}  // namespace roentgen::server

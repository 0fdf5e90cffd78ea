#include "server/jaeger/jaeger_convert.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "query/spans/value_text.h"
#include "server/jaeger/jaeger_json.h"
#include "server/jaeger/jaeger_query.h"
#include "server/v1/proto_convert.h"
#include "trace/span/span_view.h"

namespace roentgen::server {
namespace {

namespace api_v3 = jaeger::api_v3;
namespace storage_v2 = jaeger::storage::v2;

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr size_t kTraceIdBytes = 16;

absl::StatusOr<int64_t> Nanoseconds(int64_t seconds, int32_t nanos,
                                    const char* name) {
  const auto ns = static_cast<__int128>(seconds) * kNanosPerSecond + nanos;
  if (ns < INT64_MIN || ns > INT64_MAX) {
    return absl::InvalidArgumentError(std::string(name) + " is out of range");
  }
  return static_cast<int64_t>(ns);
}

// What both messages have by the same names.
template <typename Query>
absl::Status ReadCommon(const Query& from, query::SpanQuery& to) {
  if (from.has_filter()) {
    return absl::InvalidArgumentError("query.filter is not supported");
  }
  if (!from.service_name().empty()) to.service = from.service_name();
  if (!from.operation_name().empty()) to.operation = from.operation_name();
  if (from.has_start_time_min()) {
    RTG_ASSIGN_OR_RETURN(
        to.start_min.ns,
        Nanoseconds(from.start_time_min().seconds(),
                    from.start_time_min().nanos(), "query.start_time_min"));
  }
  if (from.has_start_time_max()) {
    RTG_ASSIGN_OR_RETURN(
        to.start_max.ns,
        Nanoseconds(from.start_time_max().seconds(),
                    from.start_time_max().nanos(), "query.start_time_max"));
  }
  RTG_ASSIGN_OR_RETURN(
      to.duration_min_ns,
      Nanoseconds(from.duration_min().seconds(), from.duration_min().nanos(),
                  "query.duration_min"));
  RTG_ASSIGN_OR_RETURN(
      to.duration_max_ns,
      Nanoseconds(from.duration_max().seconds(), from.duration_max().nanos(),
                  "query.duration_max"));
  RTG_ASSIGN_OR_RETURN(
      to.limit, ReadSearchDepth("query.search_depth", from.search_depth()));
  return FinishTraceQuery(to);
}

// Texts are what attributes are compared by, whatever their types are.
absl::StatusOr<std::string> TextOf(const storage_v2::KeyValue& attribute) {
  storage_v2::ArrayValue one;
  *one.add_values() = attribute.value();
  const std::string bytes = one.SerializeAsString();
  std::vector<storage::AnyValueView> views;
  if (!storage::ReadArray(bytes, views) || views.size() != 1) {
    return absl::InvalidArgumentError("query.attributes: the value of '" +
                                      attribute.key() + "' does not read");
  }
  return query::ValueText(views.front());
}

template <typename Request>
absl::StatusOr<TimeRange> DependenciesRange(const Request& from) {
  RTG_ASSIGN_OR_RETURN(const TimeRange range, RangeOf(from));
  if (range.begin < range.end) return range;
  return absl::InvalidArgumentError("end_time must be after start_time");
}

template <typename Summary>
void FillSummary(const query::SpanTraceSummary& from, Summary* to) {
  to->set_root_service_name(from.root_service);
  to->set_root_operation_name(from.root_operation);
  to->set_min_start_time_unix_nano(from.start_ns);
  to->set_max_end_time_unix_nano(from.end_ns);
  to->set_span_count(static_cast<int32_t>(from.spans));
  to->set_error_span_count(static_cast<int32_t>(from.errors));
  to->set_orphan_span_count(static_cast<int32_t>(from.orphans));
  for (const query::ServiceSummary& service : from.services) {
    auto* out = to->add_services();
    out->set_name(service.name);
    out->set_span_count(static_cast<int32_t>(service.spans));
    out->set_error_span_count(static_cast<int32_t>(service.errors));
  }
}

// Spans may claim any 64-bit time; protobuf's has fewer years.
void FillTime(uint64_t unix_ns, google::protobuf::Timestamp* to) {
  to->set_seconds(static_cast<int64_t>(unix_ns / kNanosPerSecond));
  to->set_nanos(static_cast<int32_t>(unix_ns % kNanosPerSecond));
}

}  // namespace

absl::StatusOr<query::SpanQuery> FromProto(
    const storage_v2::TraceQueryParameters& from) {
  query::SpanQuery query;
  for (const storage_v2::KeyValue& attribute : from.attributes()) {
    RTG_ASSIGN_OR_RETURN(std::string text, TextOf(attribute));
    query.attributes.emplace_back(attribute.key(), std::move(text));
  }
  RTG_RETURN_IF_ERROR(ReadCommon(from, query));
  return query;
}

absl::StatusOr<query::SpanQuery> FromProto(
    const api_v3::TraceQueryParameters& from) {
  if (!from.has_start_time_min() || !from.has_start_time_max()) {
    return absl::InvalidArgumentError(
        "query.start_time_min and query.start_time_max are required");
  }
  query::SpanQuery query;
  for (const auto& [key, value] : from.attributes()) {
    query.attributes.emplace_back(key, value);
  }
  RTG_RETURN_IF_ERROR(ReadCommon(from, query));
  return query;
}

absl::StatusOr<std::vector<storage::TraceId>> FromProto(
    const storage_v2::GetTracesRequest& from) {
  if (from.query_size() > static_cast<int>(limits::kTraceIdsPerSearchMax)) {
    return absl::InvalidArgumentError(
        "query has " + std::to_string(from.query_size()) +
        " trace ids, the limit is " +
        std::to_string(limits::kTraceIdsPerSearchMax));
  }
  std::vector<storage::TraceId> ids;
  for (const storage_v2::GetTraceParams& wanted : from.query()) {
    if (wanted.trace_id().size() != kTraceIdBytes) {
      return absl::InvalidArgumentError(
          "query.trace_id must have 16 bytes, not " +
          std::to_string(wanted.trace_id().size()));
    }
    const auto id = storage::TraceId::FromBytes(wanted.trace_id());
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

absl::StatusOr<TimeRange> FromProto(
    const storage_v2::GetDependenciesRequest& from) {
  return DependenciesRange(from);
}

absl::StatusOr<TimeRange> FromProto(
    const api_v3::GetDependenciesRequest& from) {
  return DependenciesRange(from);
}

void ToProto(const query::SpanTraceSummary& from,
             storage_v2::TraceSummary* to) {
  to->set_trace_id(std::string(from.id.AsBytes()));
  FillSummary(from, to);
}

void ToProto(const query::SpanTraceSummary& from, api_v3::TraceSummary* to) {
  to->set_trace_id(TraceIdHex(from.id));
  FillSummary(from, to);
}

void ToProto(const query::SpanTraceSummary& from,
             storage_v2::FoundTraceID* to) {
  to->set_trace_id(std::string(from.id.AsBytes()));
  FillTime(from.start_ns, to->mutable_start());
  FillTime(from.end_ns, to->mutable_end());
}

}  // namespace roentgen::server

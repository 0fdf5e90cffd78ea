#include "server/v1/proto_convert.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/limits.h"
#include "base/status_macros.h"

namespace roentgen::server {
namespace {

using server::ToProto;  // Overloads here would hide it.

constexpr int64_t kNanosPerSecond = 1'000'000'000;
// Timestamp holds 1678 to 2262.
constexpr int64_t kSecondsMax = 9'223'372'035;

absl::StatusOr<Timestamp> FromProto(const google::protobuf::Timestamp& from,
                                    const std::string& member) {
  if (from.seconds() < -kSecondsMax || from.seconds() > kSecondsMax) {
    return absl::InvalidArgumentError(member + ".seconds: out of range, was " +
                                      std::to_string(from.seconds()));
  }
  if (from.nanos() < 0 || from.nanos() >= kNanosPerSecond) {
    return absl::InvalidArgumentError(member +
                                      ".nanos: must be 0 to 999999999, was " +
                                      std::to_string(from.nanos()));
  }
  return Timestamp{from.seconds() * kNanosPerSecond + from.nanos()};
}

absl::StatusOr<storage::FindOrder> FromProto(v1::SearchOrder order) {
  switch (order) {
    case v1::SEARCH_ORDER_UNSPECIFIED:
      return storage::FindOrder::kTime;
    case v1::SEARCH_ORDER_DURATION:
      return storage::FindOrder::kDuration;
    case v1::SEARCH_ORDER_RESPONSE_TIME:
      return storage::FindOrder::kResponseTime;
    default:
      return absl::InvalidArgumentError("order_by: unknown value " +
                                        std::to_string(order));
  }
}

absl::StatusOr<query::SamplingStrategy> FromProto(
    const v1::SamplingStrategy& from) {
  query::SamplingStrategy to;
  switch (from.name()) {
    case v1::SamplingStrategy::NAME_UNSPECIFIED:
    case v1::SamplingStrategy::PARTIAL_SCAN:
      to.name = query::SamplingStrategyName::kPartialScan;
      break;
    case v1::SamplingStrategy::FIXED_RATE:
      to.name = query::SamplingStrategyName::kFixedRate;
      break;
    default:
      return absl::InvalidArgumentError(
          "sampling_strategy.name: unknown value " +
          std::to_string(from.name()));
  }
  if (from.has_value()) to.value = from.value();
  return to;
}

void ToProto(const std::vector<storage::ServiceId>& from,
             google::protobuf::RepeatedPtrField<v1::ServiceId>* to) {
  for (const storage::ServiceId& id : from) ToProto(id, to->Add());
}

void ToProto(const storage::HttpSummary& from, v1::Http* to) {
  to->set_http_url(from.url);
  to->set_http_status(from.status);
  to->set_http_method(from.method);
  to->set_user_agent(from.user_agent);
  to->set_client_ip(from.client_ip);
}

void ToProto(const storage::RootCauseEntity& from, v1::RootCauseEntity* to) {
  to->set_name(from.name);
  if (from.coverage) to->set_coverage(*from.coverage);
  to->set_remote(from.remote);
  for (const storage::RootCauseException& e : from.exceptions) {
    v1::RootCauseException* out = to->add_exceptions();
    out->set_name(e.name);
    out->set_message(e.message);
  }
}

void ToProto(const std::vector<storage::RootCause>& from,
             google::protobuf::RepeatedPtrField<v1::RootCause>* to) {
  for (const storage::RootCause& cause : from) {
    v1::RootCause* out = to->Add();
    out->set_client_impacting(cause.client_impacting);
    for (const storage::RootCauseService& service : cause.services) {
      v1::RootCauseService* part = out->add_services();
      ToProto(service.service, part->mutable_service());
      part->set_inferred(service.inferred);
      for (const storage::RootCauseEntity& entity : service.entity_path) {
        ToProto(entity, part->add_entity_path());
      }
    }
  }
}

void AnnotationsToProto(const storage::TraceSummary& from,
                        v1::TraceSummary* to) {
  for (const auto& [key, entries] : from.annotations) {
    v1::AnnotationValues& values = (*to->mutable_annotations())[key];
    for (const storage::AnnotationEntry& entry : entries) {
      v1::ValueWithServiceIds* value = values.add_values();
      ToProto(entry.value, value->mutable_annotation_value());
      ToProto(entry.services, value->mutable_service_ids());
    }
  }
}

}  // namespace

void ToProto(Timestamp from, google::protobuf::Timestamp* to) {
  int64_t seconds = from.ns / kNanosPerSecond;
  int64_t nanos = from.ns % kNanosPerSecond;
  if (nanos < 0) {
    nanos += kNanosPerSecond;
    --seconds;
  }
  to->set_seconds(seconds);
  to->set_nanos(static_cast<int32_t>(nanos));
}

void ToProto(absl::Duration from, google::protobuf::Duration* to) {
  const int64_t ns = absl::ToInt64Nanoseconds(from);
  to->set_seconds(ns / kNanosPerSecond);
  to->set_nanos(static_cast<int32_t>(ns % kNanosPerSecond));
}

void ToProto(const storage::ServiceId& from, v1::ServiceId* to) {
  to->set_name(from.name);
  to->set_type(from.type);
  to->set_account_id(from.account_id);
}

void ToProto(const storage::AnnotationValue& from, v1::AnnotationValue* to) {
  if (const bool* flag = std::get_if<bool>(&from)) {
    to->set_boolean_value(*flag);
  } else if (const auto* number = std::get_if<storage::ExactNumber>(&from)) {
    to->set_number_value(number->AsDouble());
    if (number->is_integer() && *number != number->AsDouble()) {
      to->set_exact_integer(number->integer());
    }
  } else {
    to->set_string_value(std::get<std::string>(from));
  }
}

absl::StatusOr<storage::TimeRangeType> FromProto(v1::TimeRangeType type) {
  switch (type) {
    case v1::TIME_RANGE_TYPE_UNSPECIFIED:
    case v1::TIME_RANGE_TYPE_TRACE_ID:
      return storage::TimeRangeType::kTraceId;
    case v1::TIME_RANGE_TYPE_EVENT:
      return storage::TimeRangeType::kEvent;
    case v1::TIME_RANGE_TYPE_SERVICE:
      return storage::TimeRangeType::kService;
    default:
      return absl::InvalidArgumentError("time_range_type: unknown value " +
                                        std::to_string(type));
  }
}

absl::StatusOr<TimeRange> RangeFromProto(
    const google::protobuf::Timestamp* start,
    const google::protobuf::Timestamp* end) {
  if (start == nullptr) {
    return absl::InvalidArgumentError("start_time: missing");
  }
  if (end == nullptr) return absl::InvalidArgumentError("end_time: missing");
  TimeRange range;
  RTG_ASSIGN_OR_RETURN(range.begin, FromProto(*start, "start_time"));
  RTG_ASSIGN_OR_RETURN(range.end, FromProto(*end, "end_time"));
  return range;
}

absl::StatusOr<query::TraceSummariesRequest> FromProto(
    const v1::GetTraceSummariesRequest& request) {
  RTG_ASSIGN_OR_RETURN(const TimeRange range, RangeOf(request));
  query::TraceSummariesRequest out;
  out.start = range.begin;
  out.end = range.end;
  RTG_ASSIGN_OR_RETURN(out.time_type, FromProto(request.time_range_type()));
  out.sampling = request.sampling();
  if (request.has_sampling_strategy()) {
    RTG_ASSIGN_OR_RETURN(out.strategy, FromProto(request.sampling_strategy()));
  }
  out.filter_expression = request.filter_expression();
  out.next_token = request.next_token();
  RTG_ASSIGN_OR_RETURN(out.order, FromProto(request.order_by()));
  out.explain = request.explain();
  return out;
}

absl::StatusOr<std::vector<storage::TraceId>> FromProto(
    const v1::StreamTracesRequest& request) {
  const size_t count = static_cast<size_t>(request.trace_ids_size());
  if (count == 0) return absl::InvalidArgumentError("Zero trace ids provided");
  if (count > limits::kTraceIdsPerStreamMax) {
    return absl::InvalidArgumentError(
        "Exceeding maximum query size: " +
        std::to_string(limits::kTraceIdsPerStreamMax));
  }
  std::vector<storage::TraceId> ids;
  ids.reserve(count);
  absl::flat_hash_set<storage::TraceId> seen;
  for (const std::string& text : request.trace_ids()) {
    const auto id = storage::TraceId::Parse(text);
    if (!id) {
      return absl::InvalidArgumentError("Invalid trace id " + text +
                                        ": incorrect id format");
    }
    if (!seen.insert(*id).second) {
      return absl::InvalidArgumentError("Containing duplicate trace ids");
    }
    ids.push_back(*id);
  }
  return ids;
}

void ToProto(query::AssembledTrace trace, v1::Trace* out) {
  out->set_id(trace.id.ToString());
  if (trace.duration) ToProto(*trace.duration, out->mutable_duration());
  out->set_limit_exceeded(trace.limit_exceeded);
  for (query::TraceSegment& segment : trace.segments) {
    v1::Segment* to = out->add_segments();
    to->set_id(segment.id.ToString());
    to->set_document(std::move(segment.document));
    to->set_inferred(segment.inferred);
  }
}

void ToProto(const storage::TraceSummary& from, v1::TraceSummary* to) {
  to->set_id(from.id.ToString());
  ToProto(from.start, to->mutable_start_time());
  if (from.duration) ToProto(*from.duration, to->mutable_duration());
  if (from.response_time) {
    ToProto(*from.response_time, to->mutable_response_time());
  }
  to->set_has_fault(from.has_fault);
  to->set_has_error(from.has_error);
  to->set_has_throttle(from.has_throttle);
  to->set_is_partial(from.is_partial);
  ToProto(from.http, to->mutable_http());
  AnnotationsToProto(from, to);
  for (const storage::TraceUser& user : from.users) {
    v1::TraceUser* out = to->add_users();
    out->set_user_name(user.name);
    ToProto(user.services, out->mutable_service_ids());
  }
  ToProto(from.service_ids, to->mutable_service_ids());
  to->mutable_resource_arns()->Add(from.resource_arns.begin(),
                                   from.resource_arns.end());
  to->mutable_instance_ids()->Add(from.instance_ids.begin(),
                                  from.instance_ids.end());
  to->mutable_availability_zones()->Add(from.availability_zones.begin(),
                                        from.availability_zones.end());
  if (from.entry_point) ToProto(*from.entry_point, to->mutable_entry_point());
  to->set_revision(from.revision);
  if (from.matched_event_time) {
    ToProto(*from.matched_event_time, to->mutable_matched_event_time());
  }
  ToProto(from.fault_root_causes, to->mutable_fault_root_causes());
  ToProto(from.error_root_causes, to->mutable_error_root_causes());
  ToProto(from.response_time_root_causes,
          to->mutable_response_time_root_causes());
}

void ToProto(const query::TraceSummariesPage& page,
             v1::GetTraceSummariesResponse* out) {
  for (const storage::TraceSummary& summary : page.summaries) {
    ToProto(summary, out->add_trace_summaries());
  }
  ToProto(page.approximate_time, out->mutable_approximate_time());
  out->set_traces_processed_count(page.traces_processed);
  out->set_next_token(page.next_token);
  out->set_explanation(page.explanation);
  ToProto(page.scope.as_of, out->mutable_as_of());
  out->mutable_missing()->Assign(page.scope.missing.begin(),
                                 page.scope.missing.end());
}

void ToProto(const UnprocessedSegment& unprocessed,
             v1::UnprocessedTraceSegment* out) {
  if (unprocessed.id) out->set_id(*unprocessed.id);
  out->set_error_code(unprocessed.error_code);
  out->set_message(unprocessed.message);
}

}  // namespace roentgen::server

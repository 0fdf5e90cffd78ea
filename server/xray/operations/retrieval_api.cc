#include "server/xray/operations/retrieval_api.h"

#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "server/account/trace_retrieval.h"

namespace roentgen::server {
namespace {

using Answer = absl::StatusOr<ApiValue>;

ApiList ToValue(const std::vector<RetrievedSpan>& spans) {
  ApiList out;
  for (const RetrievedSpan& span : spans) {
    out.push_back(ApiFields{{"Id", span.id}, {"Document", span.document}});
  }
  return out;
}

Answer List(TraceRetrieval& retrievals, const ApiValue& request,
            const Call& call) {
  const std::string format = request.Text("TraceFormat").value_or("XRAY");
  RTG_ASSIGN_OR_RETURN(
      const RetrievedPage page,
      retrievals.List(
          request.Text("RetrievalToken").value_or(""),
          format == "OTEL" ? TraceFormat::kOtel : TraceFormat::kXray,
          request.Text("NextToken").value_or(""), call));
  ApiValue out = ApiFields();
  out.Set("RetrievalStatus", RetrievalStatus(page.cancelled));
  out.Set("TraceFormat", format);
  ApiList traces;
  for (const RetrievedTrace& trace : page.traces) {
    ApiValue value = ApiFields();
    value.Set("Id", trace.id.ToString());
    if (trace.duration) {
      value.Set("Duration", absl::ToDoubleSeconds(*trace.duration));
    }
    value.Set("Spans", ToValue(trace.spans));
    traces.push_back(std::move(value));
  }
  out.Set("Traces", std::move(traces));
  if (!page.next_token.empty()) out.Set("NextToken", page.next_token);
  return out;
}

Answer Start(TraceRetrieval& retrievals, const ApiValue& request) {
  RetrievalRequest start;
  if (const ApiValue* ids = request.Find("TraceIds")) {
    for (const ApiValue& id : ids->list()) {
      start.trace_ids.push_back(*id.As<std::string>());
    }
  }
  start.start = request.Time("StartTime").value_or(Timestamp());
  start.end = request.Time("EndTime").value_or(Timestamp());
  RTG_ASSIGN_OR_RETURN(std::string token, retrievals.Start(start));
  return ApiValue(ApiFields{{"RetrievalToken", std::move(token)}});
}

}  // namespace

std::string_view RetrievalStatus(bool cancelled) {
  return cancelled ? "CANCELLED" : "COMPLETE";
}

void AddRetrievalFunctions(ApiFunctions& functions) {
  functions.Add("StartTraceRetrieval",
                [](Space& space, const ApiValue& request, const Call&) {
                  return Start(space.retrievals(), request);
                });
  functions.Add("ListRetrievedTraces",
                [](Space& space, const ApiValue& request, const Call& call) {
                  return List(space.retrievals(), request, call);
                });
  functions.Add(
      "CancelTraceRetrieval",
      [](Space& space, const ApiValue& request, const Call&) -> Answer {
        RTG_RETURN_IF_ERROR(space.retrievals().Cancel(
            request.Text("RetrievalToken").value_or("")));
        return ApiValue(ApiFields());
      });
}

}  // namespace roentgen::server

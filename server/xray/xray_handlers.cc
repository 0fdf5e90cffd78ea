#include "server/xray/xray_handlers.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/call.h"
#include "base/status_macros.h"
#include "query/search/trace_searches.h"
#include "query/traces/trace_queries.h"
#include "server/auth/access.h"
#include "server/ingest/ingest_pipeline.h"
#include "server/status_mapping.h"
#include "server/xray/api_routes.h"
#include "server/xray/operations/api_access.h"
#include "server/xray/xray_request.h"
#include "server/xray/xray_response.h"

namespace roentgen::server {
namespace {

using Json = absl::StatusOr<std::string>;

constexpr char kPutTraceSegments[] = "PutTraceSegments";

void PutTraceSegments(const ApiServices& services, HttpRequest request,
                      HttpResponder responder) {
  auto decoded = DecodePutTraceSegments(request.body, request.lease);
  if (const auto* error = std::get_if<AwsError>(&decoded)) {
    return responder.SendError(*error);
  }
  const absl::Status allowed = Authorize(
      request.principal, AccessOf(kPutTraceSegments), kPutTraceSegments);
  if (!allowed.ok()) {
    return responder.SendError(ToAwsError(allowed, request.id));
  }
  const auto& documents = std::get<std::vector<std::string_view>>(decoded);
  services.spaces.Of(request.principal)
      .documents()
      .Put(documents, IngestSource::kHttp, services.TermsFor(request.caller),
           [responder = std::move(responder),
            id = request.id](absl::StatusOr<PutOutcome> outcome) {
             if (!outcome.ok()) {
               return responder.SendError(ToAwsError(outcome.status(), id));
             }
             HttpResponse response;
             response.body = EncodePutTraceSegments(*outcome);
             responder.Send(std::move(response));
           });
}

Json BatchGetTraces(Space& space, const ApiValue& request, const Call& call) {
  // Texts, and the JSON that they stand in with their quotes escaped.
  constexpr double kBytesPerByte = 2.5;
  RTG_ASSIGN_OR_RETURN(const query::TracesPage page,
                       space.queries().BatchGetTraces(
                           TraceIdsOf(request),
                           std::string(request.Text("NextToken").value_or("")),
                           call, kBytesPerByte));
  return EncodeBatchGetTraces(page);
}

Json GetTraceSummaries(const Space& space, const ApiValue& request,
                       const Call& call) {
  const SummariesRequest wanted = ToSummariesRequest(request);
  if (const auto* figures = std::get_if<query::TraceFiguresRequest>(&wanted)) {
    RTG_ASSIGN_OR_RETURN(const query::TraceFiguresAnswer answer,
                         space.searches().summaries().Figures(*figures, call));
    return EncodeTraceFigures(answer, *figures);
  }
  RTG_ASSIGN_OR_RETURN(
      const query::TraceSummariesPage page,
      space.searches().summaries().Page(
          std::get<query::TraceSummariesRequest>(wanted), call));
  return EncodeGetTraceSummaries(page);
}

}  // namespace

void AddXrayRoutes(HttpRouter& router, const ApiServices& services) {
  router.Add({.method = "POST",
              .path = "/TraceSegments",
              .operation = kPutTraceSegments,
              .handler =
                  [services](HttpRequest request, HttpResponder responder) {
                    PutTraceSegments(services, std::move(request),
                                     std::move(responder));
                  },
              .access = AccessBeforeBody(kPutTraceSegments)});
  AddApiRoute(router, services, "BatchGetTraces", BatchGetTraces);
  AddApiRoute(router, services, "GetTraceSummaries", GetTraceSummaries);
}

}  // namespace roentgen::server

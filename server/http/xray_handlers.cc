#include "server/http/xray_handlers.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/status_macros.h"
#include "server/answer_control.h"
#include "server/api/api_access.h"
#include "server/auth/access.h"
#include "server/http/xray_request.h"
#include "server/http/xray_response.h"
#include "server/status_mapping.h"

namespace roentgen::server {
namespace {

using Json = absl::StatusOr<std::string>;

constexpr char kPutTraceSegments[] = "PutTraceSegments";

void PutTraceSegments(const XrayServices& services, HttpRequest request,
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
  services.pipeline.Put(
      documents, IngestSource::kHttp,
      services.routes.clock.Now().ToTime() + services.put_timeout,
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

Json BatchGetTraces(query::TraceQueries& queries, const ApiValue& request,
                    const AnswerControl& control) {
  // Texts, and the JSON that they stand in with their quotes escaped.
  const auto has_room = [&](size_t bytes) {
    return control.CheckRoom(5 * bytes / 2);
  };
  RTG_ASSIGN_OR_RETURN(const query::TracesPage page,
                       queries.BatchGetTraces(
                           TraceIdsOf(request),
                           std::string(request.Text("NextToken").value_or("")),
                           control, has_room));
  return EncodeBatchGetTraces(page);
}

Json GetTraceSummaries(query::TraceQueries& queries, const ApiValue& request,
                       const AnswerControl& control) {
  const SummariesRequest wanted = ToSummariesRequest(request);
  if (const auto* figures = std::get_if<query::TraceFiguresRequest>(&wanted)) {
    RTG_ASSIGN_OR_RETURN(const query::TraceFiguresAnswer answer,
                         queries.search().Figures(*figures, control));
    return EncodeTraceFigures(answer, *figures);
  }
  RTG_ASSIGN_OR_RETURN(
      const query::TraceSummariesPage page,
      queries.search().Page(std::get<query::TraceSummariesRequest>(wanted),
                            control));
  return EncodeGetTraceSummaries(page);
}

}  // namespace

void AddXrayRoutes(HttpRouter& router, const XrayServices& services) {
  router.Add({.method = "POST",
              .path = "/TraceSegments",
              .operation = kPutTraceSegments,
              .handler =
                  [services](HttpRequest request, HttpResponder responder) {
                    PutTraceSegments(services, std::move(request),
                                     std::move(responder));
                  },
              .access = AccessBeforeBody(kPutTraceSegments)});
  using Run =
      Json (*)(query::TraceQueries&, const ApiValue&, const AnswerControl&);
  const auto add = [&](std::string_view operation, Run run) {
    AddApiRoute(router, services.routes, operation,
                [&queries = services.queries, run](
                    const ApiValue& request, const AnswerControl& control) {
                  return run(queries, request, control);
                });
  };
  add("BatchGetTraces", BatchGetTraces);
  add("GetTraceSummaries", GetTraceSummaries);
}

}  // namespace roentgen::server

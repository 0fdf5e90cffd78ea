#include "server/http/xray_handlers.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "server/http/on_worker.h"
#include "server/http/xray_request.h"
#include "server/http/xray_response.h"
#include "server/status_mapping.h"

namespace roentgen::server {
namespace {

HttpResponse JsonResponse(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

void PutTraceSegments(const XrayServices& services, HttpRequest request,
                      HttpResponder responder) {
  auto decoded = DecodePutTraceSegments(request.body);
  if (const auto* error = std::get_if<AwsError>(&decoded)) {
    return responder.SendError(*error);
  }
  const auto& documents = std::get<std::vector<std::string_view>>(decoded);
  services.pipeline.Put(
      documents, IngestSource::kHttp,
      services.clock.Now().ToTime() + services.put_timeout,
      [responder = std::move(responder),
       id = request.id](absl::StatusOr<PutOutcome> outcome) {
        if (!outcome.ok()) {
          return responder.SendError(ToAwsError(outcome.status(), id));
        }
        responder.Send(JsonResponse(EncodePutTraceSegments(*outcome)));
      });
}

HttpResponse BatchGetTraces(const XrayServices& services, HttpRequest& request,
                            absl::Time deadline) {
  const auto decoded = DecodeBatchGetTraces(request.body);
  if (const auto* error = std::get_if<AwsError>(&decoded)) {
    return ErrorResponse(*error);
  }
  const auto& call = std::get<BatchGetTracesRequest>(decoded);
  if (call.next_token) {
    return ErrorResponse(ToAwsError(
        absl::InvalidArgumentError("NextToken is currently not supported"),
        request.id));
  }
  const auto traces = services.queries.BatchGetTraces(call.trace_ids, deadline);
  if (!traces.ok()) {
    return ErrorResponse(ToAwsReadError(traces.status(), request.id));
  }
  return JsonResponse(EncodeBatchGetTraces(*traces));
}

HttpResponse GetTraceSummaries(const XrayServices& services,
                               HttpRequest& request, absl::Time deadline) {
  const auto decoded = DecodeGetTraceSummaries(request.body);
  if (const auto* error = std::get_if<AwsError>(&decoded)) {
    return ErrorResponse(*error);
  }
  if (const auto* figures = std::get_if<query::TraceFiguresRequest>(&decoded)) {
    const auto answer = services.queries.search().Figures(*figures, deadline);
    if (!answer.ok()) {
      return ErrorResponse(ToAwsReadError(answer.status(), request.id));
    }
    return JsonResponse(EncodeTraceFigures(*answer, *figures));
  }
  const auto page = services.queries.search().Page(
      std::get<query::TraceSummariesRequest>(decoded), deadline);
  if (!page.ok()) {
    return ErrorResponse(ToAwsReadError(page.status(), request.id));
  }
  return JsonResponse(EncodeGetTraceSummaries(*page));
}

using ReadOperation = HttpResponse (*)(const XrayServices&, HttpRequest&,
                                       absl::Time);

// `operation` on the worker pool; its deadline counts the wait there too.
HttpHandler Read(XrayServices services, ReadOperation operation) {
  return OnWorker(services.readers, [services, operation]() -> Answer {
    const absl::Time deadline =
        services.clock.Now().ToTime() + services.read_timeout;
    return [services, operation, deadline](HttpRequest& request) {
      return operation(services, request, deadline);
    };
  });
}

}  // namespace

void AddXrayRoutes(HttpRouter& router, const XrayServices& services) {
  router.Add(
      {.method = "POST",
       .path = "/TraceSegments",
       .operation = "PutTraceSegments",
       .handler = [services](HttpRequest request, HttpResponder responder) {
         PutTraceSegments(services, std::move(request), std::move(responder));
       }});
  router.Add({.method = "POST",
              .path = "/Traces",
              .operation = "BatchGetTraces",
              .handler = Read(services, BatchGetTraces)});
  router.Add({.method = "POST",
              .path = "/TraceSummaries",
              .operation = "GetTraceSummaries",
              .handler = Read(services, GetTraceSummaries)});
}

}  // namespace roentgen::server

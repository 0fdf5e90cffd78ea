#include "server/http/graph_handlers.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "server/http/graph_request.h"
#include "server/http/graph_response.h"
#include "server/http/on_worker.h"
#include "server/status_mapping.h"

namespace roentgen::server {
namespace {

HttpResponse JsonResponse(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

HttpResponse GetServiceGraph(const GraphServices& services,
                             HttpRequest& request, absl::Time deadline) {
  const auto decoded = DecodeGetServiceGraph(request.body);
  if (const auto* error = std::get_if<AwsError>(&decoded)) {
    return ErrorResponse(*error);
  }
  const auto& call = std::get<GetServiceGraphRequest>(decoded);
  const auto answer = services.graphs.Graph(call.graph, deadline);
  if (!answer.ok()) {
    return ErrorResponse(ToAwsReadError(answer.status(), request.id));
  }
  return JsonResponse(EncodeGetServiceGraph(*answer, call));
}

HttpResponse GetTraceGraph(const GraphServices& services, HttpRequest& request,
                           absl::Time deadline) {
  const auto decoded = DecodeGetTraceGraph(request.body);
  if (const auto* error = std::get_if<AwsError>(&decoded)) {
    return ErrorResponse(*error);
  }
  const auto& call = std::get<GetTraceGraphRequest>(decoded);
  const auto map =
      services.graphs.OfTraces(call.trace_ids, call.next_token, deadline);
  if (!map.ok()) return ErrorResponse(ToAwsReadError(map.status(), request.id));
  return JsonResponse(EncodeGetTraceGraph(*map, call));
}

HttpResponse GetTimeSeries(const GraphServices& services, HttpRequest& request,
                           absl::Time deadline) {
  const auto decoded = DecodeGetTimeSeries(request.body);
  if (const auto* error = std::get_if<AwsError>(&decoded)) {
    return ErrorResponse(*error);
  }
  const auto answer = services.graphs.TimeSeries(
      std::get<query::TimeSeriesRequest>(decoded), deadline);
  if (!answer.ok()) {
    return ErrorResponse(ToAwsReadError(answer.status(), request.id));
  }
  return JsonResponse(EncodeGetTimeSeries(*answer));
}

using Operation = HttpResponse (*)(const GraphServices&, HttpRequest&,
                                   absl::Time);

// `operation` on the worker pool; its deadline counts the wait there too.
HttpHandler Read(GraphServices services, Operation operation) {
  return OnWorker(services.readers, [services, operation]() -> Answer {
    const absl::Time deadline =
        services.clock.Now().ToTime() + services.read_timeout;
    return [services, operation, deadline](HttpRequest& request) {
      return operation(services, request, deadline);
    };
  });
}

}  // namespace

void AddGraphRoutes(HttpRouter& router, const GraphServices& services) {
  const auto add = [&](std::string path, std::string name,
                       Operation operation) {
    router.Add({.method = "POST",
                .path = std::move(path),
                .operation = std::move(name),
                .handler = Read(services, operation)});
  };
  add("/ServiceGraph", "GetServiceGraph", GetServiceGraph);
  add("/TraceGraph", "GetTraceGraph", GetTraceGraph);
  add("/TimeSeriesServiceStatistics", "GetTimeSeriesServiceStatistics",
      GetTimeSeries);
}

}  // namespace roentgen::server

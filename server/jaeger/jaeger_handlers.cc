#include "server/jaeger/jaeger_handlers.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/json_walk.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "server/auth/access.h"
#include "server/http/answer_lease.h"
#include "server/http/http_message.h"
#include "server/http/query_string.h"
#include "server/http/request_body.h"
#include "server/jaeger/json_indent.h"
#include "server/jaeger/legacy_api.h"
#include "server/jaeger/v3_api.h"
#include "server/otlp/otlp_response.h"
#include "server/status_mapping.h"
#include "server/xray/json_body.h"

namespace roentgen::server {
namespace {

using Json = absl::StatusOr<std::string>;
// Answers one request.
using Run =
    std::function<Json(const Space& space, HttpRequest& request,
                       const QueryString& parameters, const Call& call)>;

enum class Api { kLegacy, kV3 };

constexpr int kTooMany = 429;
constexpr int kNotImplemented = 501;

HttpResponse Refusal(Api api, int http_status, absl::StatusCode code,
                     std::string_view message) {
  HttpResponse response;
  response.status = http_status;
  response.body =
      api == Api::kLegacy
          ? LegacyErrorJson(http_status, message)
          // Codes of absl::Status are gRPC's.
          : V3ErrorJson(http_status, static_cast<int>(code), message);
  return response;
}

HttpResponse Failure(Api api, const absl::Status& status,
                     std::string_view request_id) {
  int http_status = kNotImplemented;
  std::string message(status.message());
  if (!absl::IsUnimplemented(status)) {
    AwsError error = ToAwsReadError(status, request_id);
    http_status = error.http_status;
    message = std::move(error.message);
  }
  return Refusal(api, http_status, status.code(), message);
}

// Of what fails before a handler runs.
HttpResponse LegacyErrorForm(const AwsError& error, std::string_view) {
  HttpResponse response = BearerErrorResponse(error);
  response.body = LegacyErrorJson(response.status, error.message);
  return response;
}

HttpResponse V3ErrorForm(const AwsError& error, std::string_view) {
  HttpResponse response = BearerErrorResponse(error);
  response.body =
      V3ErrorJson(response.status, GrpcCodeOf(response.status), error.message);
  return response;
}

bool WantsIndent(const QueryString& parameters) {
  const auto pretty = parameters.Find("prettyPrint");
  return pretty && *pretty != "false";
}

// A request in a body, {"query": {...}}, as the parameters that GET has.
absl::Status AddBody(HttpRequest& request, QueryString& parameters) {
  const auto add = [&](std::string_view key, ondemand::value& value) {
    ondemand::json_type type;
    if (value.type().get(type)) return JsonRead::kNotJson;
    if (type == ondemand::json_type::string) {
      std::optional<std::string_view> text;
      const JsonRead read = ReadJsonString(value, text);
      if (text) parameters.Add("query." + std::string(key), std::string(*text));
      return read;
    }
    std::string_view raw;
    if (type == ondemand::json_type::object) {
      ondemand::object object;
      if (value.get_object().get(object) || object.raw_json().get(raw)) {
        return JsonRead::kNotJson;
      }
    } else {
      raw = ScalarToken(value);
      const JsonRead read = SkipJson(value);
      if (read != JsonRead::kOk) return read;
    }
    if (raw != "null") {
      parameters.Add("query." + std::string(key), std::string(raw));
    }
    return JsonRead::kOk;
  };
  const JsonRead read = ReadJsonObject(
      request.body, request.lease,
      [&](std::string_view key, ondemand::value& value) {
        return key == "query" ? ReadJsonMembers(value, add) : SkipJson(value);
      });
  if (read == JsonRead::kOk) return absl::OkStatus();
  if (read == JsonRead::kNoRoom) {
    return absl::UnavailableError(OutOfRequestMemory().message);
  }
  return absl::InvalidArgumentError("the body is no JSON object of a query");
}

// Both forms are there for a moment.
absl::Status RoomToIndent(const std::string& json, const Call& call) {
  const size_t bytes = IndentedSize(json);
  if (bytes > limits::kSpanAnswerBytesMax) {
    return absl::ResourceExhaustedError(
        "the answer has " + std::to_string(bytes) +
        " bytes with prettyPrint, the limit is " +
        std::to_string(limits::kSpanAnswerBytesMax) + ": ask without it");
  }
  return call.CheckRoom(json.size() + bytes);
}

HttpResponse AnswerTo(Api api, const Run& run, const ApiServices& services,
                      HttpRequest& request, absl::Time deadline) {
  absl::StatusOr<QueryString> parameters = QueryString::Parse(request.query);
  if (!parameters.ok()) return Failure(api, parameters.status(), request.id);
  AnswerLease lease(request, services.calls, deadline);
  Json body = run(services.spaces.Of(request.principal), request, *parameters,
                  lease.call());
  if (body.ok() && WantsIndent(*parameters)) {
    const absl::Status room = RoomToIndent(*body, lease.call());
    body = room.ok() ? Json(IndentJson(*body)) : Json(room);
  }
  if (!body.ok()) return Failure(api, body.status(), request.id);
  HttpResponse response;
  response.body = *std::move(body);
  lease.MoveTo(response);
  return response;
}

// Adds routes of one API.
class Routes {
 public:
  Routes(HttpRouter& router, const ApiServices& services, Api api)
      : router_(router), services_(services), api_(api) {}

  void Add(const char* method, const char* path, const char* operation,
           Run run) {
    HttpHandler handler = [services = services_, api = api_,
                           run = std::make_shared<const Run>(std::move(run))](
                              HttpRequest request,
                              const HttpResponder& responder) {
      // The deadline counts the wait for a worker, too.
      const absl::Time deadline = services.ReadDeadline();
      auto shared = std::make_shared<HttpRequest>(std::move(request));
      const bool accepted = services.workers.TryStart(
          [api, run, services, deadline, shared, responder] {
            if (shared->cancelled.stop_requested()) return;
            responder.Send(AnswerTo(api, *run, services, *shared, deadline));
          },
          {.caller = shared->caller, .at_stop = WorkerPool::AtStop::kDrop});
      if (accepted) return;
      HttpResponse busy =
          Refusal(api, kTooMany, absl::StatusCode::kResourceExhausted,
                  "too many requests are waiting");
      busy.headers.emplace_back("Retry-After", "1");
      responder.Send(std::move(busy));
    };
    router_.SetManners(
        path,
        {.error_form = api_ == Api::kLegacy ? LegacyErrorForm : V3ErrorForm});
    router_.Add({.method = method,
                 .path = path,
                 .operation = operation,
                 .handler = std::move(handler),
                 .access = Access::kRead});
  }

 private:
  HttpRouter& router_;
  const ApiServices services_;
  const Api api_;
};

JaegerLegacyApi LegacyOf(const Space& space) {
  return {space.spans(), space.clock()};
}

void AddLegacyRoutes(HttpRouter& router, const ApiServices& services) {
  Routes routes(router, services, Api::kLegacy);
  routes.Add("GET", "/api/services", "jaeger.GetServices",
             [](const Space& s, HttpRequest&, const QueryString&,
                const Call& c) { return LegacyOf(s).Services(c); });
  routes.Add(
      "GET", "/api/services/{service}/operations", "jaeger.GetOperationNames",
      [](const Space& s, HttpRequest& r, const QueryString&, const Call& c) {
        return LegacyOf(s).OperationNames(r.Parameter("service"), c);
      });
  routes.Add("GET", "/api/operations", "jaeger.GetOperations",
             [](const Space& s, HttpRequest&, const QueryString& q,
                const Call& c) { return LegacyOf(s).Operations(q, c); });
  routes.Add("GET", "/api/traces", "jaeger.FindTraces",
             [](const Space& s, HttpRequest&, const QueryString& q,
                const Call& c) { return LegacyOf(s).FindTraces(q, c); });
  routes.Add(
      "GET", "/api/traces/{id}", "jaeger.GetTrace",
      [](const Space& s, HttpRequest& r, const QueryString& q, const Call& c) {
        return LegacyOf(s).GetTrace(r.Parameter("id"), q, c);
      });
  routes.Add("GET", "/api/dependencies", "jaeger.GetDependencies",
             [](const Space& s, HttpRequest&, const QueryString& q,
                const Call& c) { return LegacyOf(s).Dependencies(q, c); });
  routes.Add(
      "POST", "/api/transform", "jaeger.Transform",
      [](const Space&, HttpRequest& r, const QueryString&, const Call& c) {
        return JaegerLegacyApi::Transform(r.body, c);
      });
  routes.Add(
      "POST", "/api/archive/{id}", "jaeger.ArchiveTrace",
      [](const Space&, HttpRequest&, const QueryString&, const Call&) -> Json {
        return absl::UnimplementedError(
            "there is no archive: traces are kept until their retention "
            "ends");
      });
  for (const char* path : {"/api/metrics/latencies", "/api/metrics/calls",
                           "/api/metrics/errors", "/api/metrics/minstep"}) {
    routes.Add(
        "GET", path, "jaeger.GetMetrics",
        [](const Space&, HttpRequest&, const QueryString&,
           const Call&) -> Json {
          return absl::UnimplementedError("metrics of spans are not kept");
        });
  }
}

void AddV3Routes(HttpRouter& router, const ApiServices& services) {
  using Search = Json (JaegerV3Api::*)(const QueryString&, const Call&) const;
  Routes routes(router, services, Api::kV3);
  const auto get = [&](const char* path, const char* operation, Search search) {
    routes.Add("GET", path, operation,
               [search](const Space& s, HttpRequest&, const QueryString& q,
                        const Call& c) {
                 return (JaegerV3Api(s.spans()).*search)(q, c);
               });
  };
  const auto get_or_post = [&](const char* path, const char* operation,
                               Search search) {
    get(path, operation, search);
    routes.Add("POST", path, operation,
               [search](const Space& s, HttpRequest& r, const QueryString& q,
                        const Call& c) -> Json {
                 QueryString parameters = q;
                 RTG_RETURN_IF_ERROR(AddBody(r, parameters));
                 return (JaegerV3Api(s.spans()).*search)(parameters, c);
               });
  };
  routes.Add("GET", "/api/v3/services", "jaeger.v3.GetServices",
             [](const Space& s, HttpRequest&, const QueryString&,
                const Call& c) { return JaegerV3Api(s.spans()).Services(c); });
  get("/api/v3/operations", "jaeger.v3.GetOperations",
      &JaegerV3Api::Operations);
  get("/api/v3/dependencies", "jaeger.v3.GetDependencies",
      &JaegerV3Api::Dependencies);
  get_or_post("/api/v3/traces", "jaeger.v3.FindTraces",
              &JaegerV3Api::FindTraces);
  get_or_post("/api/v3/trace-summaries", "jaeger.v3.FindTraceSummaries",
              &JaegerV3Api::FindTraceSummaries);
  routes.Add(
      "GET", "/api/v3/traces/{id}", "jaeger.v3.GetTrace",
      [](const Space& s, HttpRequest& r, const QueryString& q, const Call& c) {
        return JaegerV3Api(s.spans()).GetTrace(r.Parameter("id"), q, c);
      });
}

}  // namespace

void AddJaegerRoutes(HttpRouter& router, const ApiServices& services) {
  AddLegacyRoutes(router, services);
  AddV3Routes(router, services);
}

}  // namespace roentgen::server

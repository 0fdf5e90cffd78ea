#include "server/zipkin/zipkin_handlers.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "server/auth/access.h"
#include "server/http/answer_lease.h"
#include "server/http/on_worker.h"
#include "server/http/query_string.h"
#include "server/http/request_body.h"
#include "server/ingest/span_pipeline.h"
#include "server/status_mapping.h"
#include "server/zipkin/zipkin_api.h"
#include "server/zipkin/zipkin_reader.h"

namespace roentgen::server {
namespace {

constexpr int kAccepted = 202;

constexpr char kHealthJson[] =
    R"({"status":"UP","zipkin":{"status":"UP","details":{}}})";
constexpr char kConfigJson[] =
    R"({"environment":"","queryLimit":10,"defaultLookback":900000,)"
    R"("searchEnabled":true,"dependency":{"enabled":true}})";

// Its clients expect a text.
HttpResponse TextErrorForm(const AwsError& error, std::string_view) {
  HttpResponse response = BearerErrorResponse(error);
  response.content_type = "text/plain; charset=utf-8";
  response.body = error.message + "\n";
  return response;
}

HttpResponse Failure(const absl::Status& status, const std::string& id) {
  return TextErrorForm(ToAwsError(status, id), {});
}

HttpResponse PutOutcomeResponse(const ExportOutcome& outcome,
                                const std::string& id) {
  // Zipkin has no partial success. What all spans have wrong is an error.
  if (outcome.accepted == 0 && outcome.rejected > 0) {
    return Failure(absl::InvalidArgumentError(outcome.message), id);
  }
  return {.status = kAccepted, .content_type = {}, .headers = {}, .body = {}};
}

// What is needed besides the body to read it: the same as OTLP, and a mended
// body (base/json_mend.h), in which three bytes take the place of each bad one.
size_t RoomToRead(std::string_view body, bool proto) {
  if (proto) return body.size();
  return 2 * body.size() * (IsUtf8(body) ? 1 : 3);
}

void PutSpans(const ApiServices& services, HttpRequest request,
              const HttpResponder& responder) {
  const std::string_view type =
      request.headers.Find("Content-Type").value_or("application/json");
  const bool proto = absl::StartsWithIgnoreCase({type.data(), type.size()},
                                                "application/x-protobuf");
  if (!request.lease.GrowOrOverdraw(request.lease.bytes() +
                                    RoomToRead(request.body, proto))) {
    return responder.Send(TextErrorForm(OutOfRequestMemory(), {}));
  }
  const absl::StatusOr<ZipkinRequest> spans =
      proto ? ReadZipkinProto(request.body) : ReadZipkinJson(request.body);
  if (!spans.ok()) return responder.Send(Failure(spans.status(), request.id));
  services.spaces.Of(request.principal)
      .span_exports()
      .Export(
          spans->otlp, SpanSource::kZipkin, services.TermsFor(request.caller),
          [responder, id = request.id, rejected = spans->rejected,
           message = spans->message](absl::StatusOr<ExportOutcome> outcome) {
            if (!outcome.ok()) {
              return responder.Send(Failure(outcome.status(), id));
            }
            outcome->rejected += rejected;
            if (!message.empty() && !outcome->message.empty()) {
              outcome->message.insert(0, "; ");
            }
            outcome->message.insert(0, message);
            responder.Send(PutOutcomeResponse(*outcome, id));
          });
}

using Read = std::function<ZipkinApi::Json(const ZipkinApi&, const HttpRequest&,
                                           const QueryString&, const Call&)>;

ZipkinApi ApiOf(const Space& space) {
  return {space.spans(), space.clock(),
          space.options().spans.profile.unknown_service};
}

void AddRead(HttpRouter& router, const ApiServices& services,
             const std::string& path, const std::string& operation,
             const Read& read) {
  router.SetManners(path, {.error_form = TextErrorForm});
  router.Add({.method = "GET",
              .path = path,
              .operation = operation,
              .handler = OnWorker(
                  services.workers,
                  [services, read] {
                    return [read, services, deadline = services.ReadDeadline()](
                               HttpRequest& request) -> HttpResponse {
                      const absl::StatusOr<QueryString> parameters =
                          QueryString::Parse(request.query);
                      if (!parameters.ok()) {
                        return Failure(parameters.status(), request.id);
                      }
                      AnswerLease lease(request, services.calls, deadline);
                      ZipkinApi::Json json =
                          read(ApiOf(services.spaces.Of(request.principal)),
                               request, *parameters, lease.call());
                      if (!json.ok()) return Failure(json.status(), request.id);
                      HttpResponse response;
                      response.body = *std::move(json);
                      lease.MoveTo(response);
                      return response;
                    };
                  }),
              .access = Access::kRead});
}

// Answered at once, on the I/O thread.
void AddConstant(HttpRouter& router, const std::string& path,
                 const std::string& operation, const std::string& json,
                 Access access) {
  router.SetManners(path, {.error_form = TextErrorForm});
  router.Add({.method = "GET",
              .path = path,
              .operation = operation,
              .handler =
                  [json](const HttpRequest&, const HttpResponder& responder) {
                    HttpResponse response;
                    response.body = json;
                    responder.Send(std::move(response));
                  },
              .access = access});
}

}  // namespace

void AddZipkinRoutes(HttpRouter& router, const ApiServices& services) {
  router.Add({.method = "POST",
              .path = "/api/v2/spans",
              .operation = "ZipkinPutSpans",
              .handler =
                  [services](HttpRequest request, HttpResponder responder) {
                    PutSpans(services, std::move(request), responder);
                  },
              .access = Access::kIngest});
  using Method =
      ZipkinApi::Json (ZipkinApi::*)(const QueryString&, const Call&) const;
  const auto add = [&](const std::string& path, const std::string& operation,
                       Method method) {
    AddRead(router, services, path, operation,
            [method](const ZipkinApi& api, const HttpRequest&,
                     const QueryString& parameters, const Call& call) {
              return (api.*method)(parameters, call);
            });
  };
  add("/api/v2/spans", "ZipkinSpanNames", &ZipkinApi::SpanNames);
  add("/api/v2/remoteServices", "ZipkinRemoteServices",
      &ZipkinApi::RemoteServices);
  add("/api/v2/traces", "ZipkinTraces", &ZipkinApi::FindTraces);
  add("/api/v2/traceMany", "ZipkinTraceMany", &ZipkinApi::GetTraces);
  add("/api/v2/dependencies", "ZipkinDependencies", &ZipkinApi::Dependencies);
  AddRead(router, services, "/api/v2/services", "ZipkinServices",
          [](const ZipkinApi& api, const HttpRequest&, const QueryString&,
             const Call& call) { return api.Services(call); });
  AddRead(router, services, "/api/v2/trace/{id}", "ZipkinTrace",
          [](const ZipkinApi& api, const HttpRequest& request,
             const QueryString&, const Call& call) {
            return api.GetTrace(request.Parameter("id"), call);
          });
  // What its console and those who watch it ask first: no work, whatever else
  // is going on. As with /healthz, whoever asks how it is needs no key.
  AddConstant(router, "/health", "ZipkinHealth", kHealthJson, Access::kOpen);
  for (const char* path : {"/config.json", "/zipkin/config.json"}) {
    AddConstant(router, path, "ZipkinConfig", kConfigJson, Access::kRead);
  }
  // Keys for its console to complete: none is configured.
  for (const char* path :
       {"/api/v2/autocompleteKeys", "/api/v2/autocompleteValues"}) {
    AddConstant(router, path, "ZipkinAutocomplete", "[]", Access::kRead);
  }
}

}  // namespace roentgen::server

#include "server/http/otlp_handlers.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/auth/access.h"
#include "server/http/otlp_response.h"
#include "server/http/request_body.h"
#include "server/status_mapping.h"
#include "storage/span/otlp_json_reader.h"

namespace roentgen::server {
namespace {

constexpr char kPath[] = "/v1/traces";

// Bodies up to here share one reader per thread; its buffers grow with what it
// reads, and those of larger ones are not kept.
constexpr size_t kSharedReaderBytes = 1024 * 1024;

absl::StatusOr<std::string> FromJson(std::string& json) {
  thread_local storage::OtlpJsonReader shared;
  if (json.size() <= kSharedReaderBytes) return shared.Read(json);
  return storage::OtlpJsonReader().Read(json);
}

void Export(const OtlpServices& services, HttpRequest request,
            const HttpResponder& responder) {
  const auto encoding =
      OtlpEncodingOf(request.headers.Find("Content-Type").value_or(""));
  if (!encoding) {
    return responder.SendError(
        {.http_status = 415,
         .name = "UnsupportedMediaTypeException",
         .message = "The content types known are application/x-protobuf and "
                    "application/json.",
         .retry_after = std::nullopt});
  }
  if (*encoding == OtlpEncoding::kJson) {
    // The same in wire format is no longer.
    if (!request.lease.GrowOrOverdraw(request.lease.bytes() +
                                      request.body.size())) {
      return responder.SendError(OutOfRequestMemory());
    }
    absl::StatusOr<std::string> bytes = FromJson(request.body);
    if (!bytes.ok()) {
      return responder.SendError(ToAwsError(bytes.status(), request.id));
    }
    request.body = *std::move(bytes);
    request.lease.ShrinkTo(request.body.capacity());
  }
  services.pipeline.Export(
      request.body, SpanSource::kOtlpHttp,
      services.clock.Now().ToTime() + services.put_timeout,
      [responder, encoding = *encoding,
       id = request.id](const absl::StatusOr<ExportOutcome>& outcome) {
        if (!outcome.ok()) {
          return responder.SendError(ToAwsError(outcome.status(), id));
        }
        responder.Send(OtlpResponse(*outcome, encoding));
      });
}

}  // namespace

void AddOtlpRoutes(HttpRouter& router, const OtlpServices& services) {
  router.SetManners(kPath, {.body_limit = services.request_limit,
                            .error_form = OtlpErrorForm});
  router.Add({.method = "POST",
              .path = kPath,
              .operation = "ExportTraces",
              .handler =
                  [services](HttpRequest request, HttpResponder responder) {
                    Export(services, std::move(request), responder);
                  },
              .access = Access::kIngest});
}

}  // namespace roentgen::server

#include "server/otlp/otlp_handlers.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/utf8.h"
#include "server/auth/access.h"
#include "server/http/request_body.h"
#include "server/otlp/otlp_response.h"
#include "server/status_mapping.h"
#include "trace/span/otlp_json_reader.h"

namespace roentgen::server {
namespace {

constexpr char kPath[] = "/v1/traces";

// Bodies up to here share one reader per thread; its buffers grow with what it
// reads, and those of larger ones are not kept.
constexpr size_t kSharedReaderBytes = 1024 * 1024;

absl::StatusOr<std::string> Read(storage::OtlpJsonReader& reader,
                                 std::string& json, std::string& note) {
  absl::StatusOr<std::string> bytes = reader.Read(json);
  note = reader.note();
  return bytes;
}

absl::StatusOr<std::string> FromJson(std::string& json, std::string& note) {
  thread_local storage::OtlpJsonReader shared;
  if (json.size() <= kSharedReaderBytes) return Read(shared, json, note);
  storage::OtlpJsonReader own;
  return Read(own, json, note);
}

// What is needed besides the body to read it: the same in wire format, which is
// no longer, or a mended body (base/json_mend.h), which is no longer either if
// it was UTF-8. Else three bytes take the place of each bad one; then both are
// there before the body is gone, or after it.
size_t RoomToRead(std::string_view json) {
  return IsUtf8(json) ? json.size() : 5 * json.size();
}

// `note` is for whoever sent the request.
void AddNote(const std::string& note, ExportOutcome& outcome) {
  if (note.empty()) return;
  if (!outcome.message.empty()) outcome.message += "; ";
  outcome.message += note;
}

void Export(const ApiServices& services, HttpRequest request,
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
  std::string note;
  if (*encoding == OtlpEncoding::kJson) {
    if (!request.lease.GrowOrOverdraw(request.lease.bytes() +
                                      RoomToRead(request.body))) {
      return responder.SendError(OutOfRequestMemory());
    }
    absl::StatusOr<std::string> bytes = FromJson(request.body, note);
    if (!bytes.ok()) {
      return responder.SendError(ToAwsError(bytes.status(), request.id));
    }
    request.body = *std::move(bytes);
    request.lease.ShrinkTo(request.body.capacity());
  }
  services.spaces.Of(request.principal)
      .span_exports()
      .Export(request.body, SpanSource::kOtlpHttp,
              services.TermsFor(request.caller),
              [responder, encoding = *encoding, note = std::move(note),
               id = request.id](absl::StatusOr<ExportOutcome> outcome) {
                if (!outcome.ok()) {
                  return responder.SendError(ToAwsError(outcome.status(), id));
                }
                AddNote(note, *outcome);
                responder.Send(OtlpResponse(*outcome, encoding));
              });
}

}  // namespace

void AddOtlpRoutes(HttpRouter& router, const ApiServices& services,
                   const BodyLimit& limit) {
  router.SetManners(kPath, {.body_limit = limit, .error_form = OtlpErrorForm});
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

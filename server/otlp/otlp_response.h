// What OTLP over HTTP answers with, in the encoding of the request.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_OTLP_OTLP_RESPONSE_H_
#define ROENTGEN_SERVER_OTLP_OTLP_RESPONSE_H_

#include <optional>
#include <string_view>

#include "server/http/http_message.h"
#include "server/ingest/span_pipeline.h"
#include "server/status_mapping.h"

namespace roentgen::server {

enum class OtlpEncoding { kProtobuf, kJson };

// Parameters such as "; charset=utf-8" do not count.
std::optional<OtlpEncoding> OtlpEncodingOf(std::string_view content_type);

// An ExportTraceServiceResponse.
HttpResponse OtlpResponse(const ExportOutcome& outcome, OtlpEncoding encoding);

// The code of google.rpc.Code that goes with a status of HTTP.
int GrpcCodeOf(int http_status);

// An ErrorForm: a google.rpc.Status, in JSON to requests of an unknown
// encoding. Callers that are not known get 401 instead of X-Ray's 403.
HttpResponse OtlpErrorForm(const AwsError& error,
                           std::string_view content_type);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_OTLP_OTLP_RESPONSE_H_

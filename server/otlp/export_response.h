// What a client is told of an export, as an ExportTraceServiceResponse.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_OTLP_EXPORT_RESPONSE_H_
#define ROENTGEN_SERVER_OTLP_EXPORT_RESPONSE_H_

#include <string>

#include "server/ingest/span_pipeline.h"

namespace roentgen::server {

// In wire format. Empty when all spans were accepted and there is nothing to
// say: partial_success must not be set then.
std::string ExportResponseBytes(const ExportOutcome& outcome);
// In OTLP's JSON: "{}" when all were.
std::string ExportResponseJson(const ExportOutcome& outcome);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_OTLP_EXPORT_RESPONSE_H_

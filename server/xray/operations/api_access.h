// What an operation of X-Ray needs.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_XRAY_OPERATIONS_API_ACCESS_H_
#define ROENTGEN_SERVER_XRAY_OPERATIONS_API_ACCESS_H_

#include <string_view>

#include "server/auth/access.h"

namespace roentgen::server {

// By its name in the model: PutTraceSegments and PutTelemetryRecords ingest,
// GetSamplingRules and GetSamplingTargets sample, what starts with Get, List or
// Batch and retrievals read; everything else administers.
Access AccessOf(std::string_view operation);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_OPERATIONS_API_ACCESS_H_

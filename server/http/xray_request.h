// What X-Ray's operations on traces are asked for.
//
// Bodies have been read and checked by the model's table (api_json.h), but for
// PutTraceSegments: its documents are taken straight from the body.
//
// Threads: thread-safe; each thread keeps a parser of its own.
#ifndef ROENTGEN_SERVER_HTTP_XRAY_REQUEST_H_
#define ROENTGEN_SERVER_HTTP_XRAY_REQUEST_H_

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/memory_budget.h"
#include "query/trace_queries.h"
#include "server/api_model/api_value.h"
#include "server/status_mapping.h"

namespace roentgen::server {

// The documents of a PutTraceSegments body, unescaped. The views hold until
// the next body is read on this thread. `body`, which `lease` counts, may be
// reallocated. Errors: as ReadApiRequest; also for more documents than limits.h
// allows.
std::variant<std::vector<std::string_view>, AwsError> DecodePutTraceSegments(
    std::string& body, MemoryLease& lease);

// The member TraceIds.
std::vector<std::string> TraceIdsOf(const ApiValue& request);

// A page of summaries; or, with RoentgenFigures, figures over all matches.
using SummariesRequest =
    std::variant<query::TraceSummariesRequest, query::TraceFiguresRequest>;
SummariesRequest ToSummariesRequest(const ApiValue& request);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_XRAY_REQUEST_H_

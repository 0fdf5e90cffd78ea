// Reads the JSON bodies of X-Ray operations.
//
// An empty body is `{}`; null means absent; unknown members are ignored; the
// whole body must be JSON. Errors are ready to send: SerializationException
// for a wrong shape, ValidationException for a missing or illegal member.
//
// Threads: thread-safe; each thread keeps a parser of its own.
#ifndef ROENTGEN_SERVER_HTTP_XRAY_REQUEST_H_
#define ROENTGEN_SERVER_HTTP_XRAY_REQUEST_H_

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "query/trace_queries.h"
#include "server/status_mapping.h"

namespace roentgen::server {

template <typename T>
using Decoded = std::variant<T, AwsError>;

// The documents of a PutTraceSegments body, unescaped. The views hold until
// the next Decode call of this thread. `body` may be reallocated.
Decoded<std::vector<std::string_view>> DecodePutTraceSegments(
    std::string& body);

struct BatchGetTracesRequest {
  std::vector<std::string> trace_ids;
  std::optional<std::string> next_token;
};
Decoded<BatchGetTracesRequest> DecodeBatchGetTraces(std::string& body);

// A page of summaries; or, with RoentgenFigures, figures over all matches.
using DecodedSummaries = std::variant<query::TraceSummariesRequest,
                                      query::TraceFiguresRequest, AwsError>;
DecodedSummaries DecodeGetTraceSummaries(std::string& body);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_XRAY_REQUEST_H_

// Reads the JSON body of an operation into a value, as its shape says.
//
//   auto read = ReadApiRequest(*operation.input, request.body, request.lease);
//   if (const auto* error = std::get_if<AwsError>(&read)) ...
//
// An empty body is `{}`; null means absent, also in lists; unknown members are
// skipped; the last of duplicates counts; the whole body must be JSON. Times
// are epoch seconds as numbers, or ISO 8601 as strings.
//
// Threads: thread-safe; each thread keeps a parser of its own.
#ifndef ROENTGEN_SERVER_HTTP_API_JSON_H_
#define ROENTGEN_SERVER_HTTP_API_JSON_H_

#include <string>
#include <variant>

#include "base/memory_budget.h"
#include "server/api_model/api_model.h"
#include "server/api_model/api_value.h"
#include "server/status_mapping.h"

namespace roentgen::server {

// SerializationException for what is not JSON or of another type,
// ValidationException as CheckRequest, ThrottledException when `lease`, which
// counts the body, has no room to mend it. `body` may be reallocated.
std::variant<ApiValue, AwsError> ReadApiRequest(const ApiShape& shape,
                                                std::string& body,
                                                MemoryLease& lease);

// The same for an answer, unchecked; for tests.
std::variant<ApiValue, AwsError> ReadApiJson(const ApiShape& shape,
                                             std::string& body,
                                             MemoryLease& lease);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_API_JSON_H_

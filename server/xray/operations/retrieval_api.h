// X-Ray's operations on retrievals: StartTraceRetrieval, ListRetrievedTraces,
// CancelTraceRetrieval. GetRetrievedTracesGraph answers with a graph, which
// each protocol writes in its own way.
//
// Threads: see api_functions.h.
#ifndef ROENTGEN_SERVER_XRAY_OPERATIONS_RETRIEVAL_API_H_
#define ROENTGEN_SERVER_XRAY_OPERATIONS_RETRIEVAL_API_H_

#include <string_view>

#include "server/xray/operations/api_functions.h"

namespace roentgen::server {

void AddRetrievalFunctions(ApiFunctions& functions);

// The member RetrievalStatus.
std::string_view RetrievalStatus(bool cancelled);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_OPERATIONS_RETRIEVAL_API_H_

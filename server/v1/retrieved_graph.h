// GetRetrievedTracesGraph: the service map of a retrieval's traces.
//
// Threads: the function is thread-safe.
#ifndef ROENTGEN_SERVER_V1_RETRIEVED_GRAPH_H_
#define ROENTGEN_SERVER_V1_RETRIEVED_GRAPH_H_

#include "server/v1/api_service.h"

namespace roentgen::server {

ProtoFunction RetrievedGraphFunction();

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_RETRIEVED_GRAPH_H_

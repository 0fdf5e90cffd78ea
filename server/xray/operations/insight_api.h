// X-Ray's operations on insights: GetInsightSummaries, GetInsight,
// GetInsightEvents, GetInsightImpactGraph.
//
// Threads: see api_functions.h.
#ifndef ROENTGEN_SERVER_XRAY_OPERATIONS_INSIGHT_API_H_
#define ROENTGEN_SERVER_XRAY_OPERATIONS_INSIGHT_API_H_

#include "server/xray/operations/api_functions.h"

namespace roentgen::server {

void AddInsightFunctions(ApiFunctions& functions);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_OPERATIONS_INSIGHT_API_H_

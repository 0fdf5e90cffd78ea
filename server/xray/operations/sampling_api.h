// X-Ray's operations on sampling: rules, targets, statistics.
//
// Threads: see api_functions.h.
#ifndef ROENTGEN_SERVER_XRAY_OPERATIONS_SAMPLING_API_H_
#define ROENTGEN_SERVER_XRAY_OPERATIONS_SAMPLING_API_H_

#include "server/xray/operations/api_functions.h"

namespace roentgen::server {

void AddSamplingFunctions(ApiFunctions& functions);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_OPERATIONS_SAMPLING_API_H_

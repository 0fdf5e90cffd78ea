// All of X-Ray's operations that answer with a value.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_XRAY_OPERATIONS_XRAY_FUNCTIONS_H_
#define ROENTGEN_SERVER_XRAY_OPERATIONS_XRAY_FUNCTIONS_H_

#include "server/xray/operations/api_functions.h"

namespace roentgen::server {

// The others have large answers, which each protocol writes in its own way.
const ApiFunctions& XrayFunctions();

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_OPERATIONS_XRAY_FUNCTIONS_H_

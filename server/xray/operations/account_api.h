// X-Ray's operations on the account: resource policies, encryption,
// destination and indexing of segments, telemetry of daemons.
//
// Threads: see api_functions.h.
#ifndef ROENTGEN_SERVER_XRAY_OPERATIONS_ACCOUNT_API_H_
#define ROENTGEN_SERVER_XRAY_OPERATIONS_ACCOUNT_API_H_

#include "server/xray/operations/api_functions.h"

namespace roentgen::server {

void AddPolicyFunctions(ApiFunctions& functions);
void AddAccountFunctions(ApiFunctions& functions);
void AddTelemetryFunctions(ApiFunctions& functions);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_OPERATIONS_ACCOUNT_API_H_

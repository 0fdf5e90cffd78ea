// X-Ray's operations on the account: resource policies, encryption,
// destination and indexing of segments, telemetry of daemons.
//
// Threads: see api_functions.h.
#ifndef ROENTGEN_SERVER_XRAY_OPERATIONS_ACCOUNT_API_H_
#define ROENTGEN_SERVER_XRAY_OPERATIONS_ACCOUNT_API_H_

#include "server/account/account_settings.h"
#include "server/account/resource_policies.h"
#include "server/account/telemetry.h"
#include "server/xray/operations/api_functions.h"

namespace roentgen::server {

// Both outlive the functions; here and below.
void AddPolicyFunctions(ApiFunctions& functions, ResourcePolicies& policies);
void AddAccountFunctions(ApiFunctions& functions, AccountSettings& settings);
void AddTelemetryFunctions(ApiFunctions& functions, Telemetry& telemetry);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_OPERATIONS_ACCOUNT_API_H_

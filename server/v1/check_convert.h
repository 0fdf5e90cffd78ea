// What a check of a store found, as gRPC says it.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_V1_CHECK_CONVERT_H_
#define ROENTGEN_SERVER_V1_CHECK_CONVERT_H_

#include "roentgen/v1/check_service.pb.h"
#include "storage/engine/check_report.h"

namespace roentgen::server {

void ToProto(const storage::CheckReport& from, v1::CheckStoreResponse* to);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_CHECK_CONVERT_H_

// The service map as lines of tables.
//
//        CALLS      RATE  FAULTS  ERRORS      P50      P95      P99  SERVICE
//         1234    20.6/s   1.2 %     0 %    10 ms   250 ms   350 ms  shop
//         (root)
//          617    10.3/s     0 %     0 %     5 ms    20 ms    25 ms    -> cart
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CLI_GRAPH_TABLES_H_
#define ROENTGEN_SERVER_CLI_GRAPH_TABLES_H_

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "roentgen/v1/graph_service.pb.h"

namespace roentgen::server {

// Each node with its edges below it. `window`: what rates are counted over;
// zero: none.
std::string GraphTable(const v1::ServiceGraph& graph, absl::Duration window);

enum class TopOrder { kTraffic, kFaults, kLatency };

// The nodes that answer calls, at most `limit`, largest first.
std::string TopTable(const v1::ServiceGraph& graph, absl::Duration window,
                     TopOrder order, size_t limit);

// What changed, worst first; what did not is only counted.
std::string ChangeTable(const v1::CompareGraphsResponse& comparison);

// "shop", "pay (AWS::ECS::Container)"; fit for a terminal.
std::string ServiceName(const v1::ServiceId& service);
// "1.2 %": a share of the calls.
std::string FormatShare(int64_t part, int64_t whole);
// "20.6/s"; "-" without a window.
std::string FormatRate(int64_t count, absl::Duration window);
absl::Duration FromProto(const google::protobuf::Duration& duration);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_GRAPH_TABLES_H_

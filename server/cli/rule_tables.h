// Sampling rules and their statistics as lines of tables.
//
//   PRIORITY     RATE RESERVOIR NAME                              MATCHES
//       1000     10 %         5 pay                               service=pay
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CLI_RULE_TABLES_H_
#define ROENTGEN_SERVER_CLI_RULE_TABLES_H_

#include <string>

#include "roentgen/v1/sampling_service.pb.h"

namespace roentgen::server {

std::string RuleHeader();
// One line with its "\n".
std::string RuleLine(const v1::SamplingRule& rule);

// What clients reported, as the server has it.
std::string StatisticsTable(
    const v1::GetSamplingStatisticSummariesResponse& statistics);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_RULE_TABLES_H_

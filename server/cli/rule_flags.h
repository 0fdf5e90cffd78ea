// Flags of "roentgen rules" as members of a sampling rule.
//
//   --fixed-rate 0.1 --reservoir 5 --service pay --attributes tier=gold,x=y
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CLI_RULE_FLAGS_H_
#define ROENTGEN_SERVER_CLI_RULE_FLAGS_H_

#include <string>

#include "absl/status/statusor.h"
#include "roentgen/v1/sampling_service.pb.h"
#include "server/cli/arguments.h"

namespace roentgen::server {

// What the flags change; the name is not set. Bounds are the server's to check.
// Errors: InvalidArgument names the flag that is wrong.
absl::StatusOr<v1::SamplingRuleUpdate> ParseRuleChange(
    const Arguments& arguments);

// A new rule: what no flag says matches everything, takes one request per
// second and 5 % of the others, with the priority 1000.
absl::StatusOr<v1::SamplingRule> ParseNewRule(const std::string& name,
                                              const Arguments& arguments);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_RULE_FLAGS_H_

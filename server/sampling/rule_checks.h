// Which sampling rules there may be.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_SAMPLING_RULE_CHECKS_H_
#define ROENTGEN_SERVER_SAMPLING_RULE_CHECKS_H_

#include <string_view>

#include "absl/status/status.h"
#include "server/sampling/sampling_rule.h"

namespace roentgen::server {

// 1 to 32 characters, whatever they are; else InvalidArgument.
absl::Status CheckRuleName(std::string_view name);

// Texts no longer and attributes no more than X-Ray's; else InvalidArgument
// that names the member. The name is not looked at.
absl::Status CheckRuleTexts(const SamplingRule& rule);

// Priority (but Default's), rates, reservoir and cool-down within their bounds;
// else InvalidArgument that names the member.
absl::Status CheckRuleNumbers(const SamplingRule& rule);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SAMPLING_RULE_CHECKS_H_

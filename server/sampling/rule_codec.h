// A sampling rule as it is kept in the settings store.
// docs/on_disk_format.md draws the bytes.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_SAMPLING_RULE_CODEC_H_
#define ROENTGEN_SERVER_SAMPLING_RULE_CODEC_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/groups/group.h"
#include "server/sampling/sampling_rule.h"

namespace roentgen::server {

// Without the ARN: that depends on the server's identity, too.
struct StoredRule {
  SamplingRuleRecord record;
  std::vector<query::Tag> tags;  // As they were given.

  friend bool operator==(const StoredRule&, const StoredRule&) = default;
};

// Name and ARN are not written: the name is the setting's key.
std::string EncodeRule(const StoredRule& rule);
// Nothing when the bytes make no sense, or no rule that may be.
std::optional<StoredRule> DecodeRule(std::string_view name,
                                     std::string_view bytes);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SAMPLING_RULE_CODEC_H_

// Sampling rules: which requests clients sample. Members follow X-Ray's
// SamplingRule.
//
// Threads: plain data.
#ifndef ROENTGEN_SERVER_SAMPLING_SAMPLING_RULE_H_
#define ROENTGEN_SERVER_SAMPLING_SAMPLING_RULE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/timestamp.h"
#include "query/groups/group.h"

namespace roentgen::server {

inline constexpr char kDefaultRule[] = "Default";

// A higher rate for a short time, when clients see anomalies.
struct SamplingRateBoost {
  double max_rate = 0;                  // 0 to 1.
  int64_t cooldown_window_minutes = 0;  // One boost at most in such a window.

  friend bool operator==(const SamplingRateBoost&,
                         const SamplingRateBoost&) = default;
};

struct SamplingRule {
  std::string rule_name;
  std::string rule_arn;
  std::string resource_arn = "*";  // This and the following: patterns.
  int64_t priority = 0;            // 1 to 9999; lower ones first.
  double fixed_rate = 0;           // 0 to 1.
  int64_t reservoir_size = 0;      // Traces per second of all clients together.
  std::string service_name = "*";
  std::string service_type = "*";
  std::string host = "*";
  std::string http_method = "*";
  std::string url_path = "*";
  int64_t version = 1;
  std::map<std::string, std::string> attributes;
  std::optional<SamplingRateBoost> boost;

  friend bool operator==(const SamplingRule&, const SamplingRule&) = default;
};

struct SamplingRuleRecord {
  SamplingRule rule;
  Timestamp created_at;   // Zero for Default.
  Timestamp modified_at;  // Zero for Default until it is changed.

  friend bool operator==(const SamplingRuleRecord&,
                         const SamplingRuleRecord&) = default;
};

// By name or by ARN, never by both.
struct RuleKey {
  std::optional<std::string> name;
  std::optional<std::string> arn;
};

// Of `rule`, the name and the ARN do not count: `key` has them. An ARN must be
// one of this server's; what follows "sampling-rule/" is the name.
struct NewRule {
  RuleKey key;
  SamplingRule rule;
  std::vector<query::Tag> tags;
};

// What is absent stays as it is, but for the boost: absent, there is none any
// more.
struct RuleChange {
  std::optional<std::string> resource_arn;
  std::optional<int64_t> priority;
  std::optional<double> fixed_rate;
  std::optional<int64_t> reservoir_size;
  std::optional<std::string> service_name;
  std::optional<std::string> service_type;
  std::optional<std::string> host;
  std::optional<std::string> http_method;
  std::optional<std::string> url_path;
  std::optional<std::map<std::string, std::string>> attributes;  // All of them.
  std::optional<SamplingRateBoost> boost;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SAMPLING_SAMPLING_RULE_H_

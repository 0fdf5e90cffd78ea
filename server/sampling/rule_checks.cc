#include "server/sampling/rule_checks.h"

#include <algorithm>
#include <string>

#include "base/limits.h"

namespace roentgen::server {
namespace {

constexpr int64_t kPriorityMax = 9999;

// Of UTF-8 text: bytes that begin a character.
size_t CharsOf(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// A rule's bytes are bounded, too: no character has more than four.
bool Fits(std::string_view text, size_t chars_max) {
  return text.size() <= 4 * chars_max && CharsOf(text) <= chars_max;
}

absl::Status TooLong(std::string_view member, size_t chars_max) {
  return absl::InvalidArgumentError(std::string(member) +
                                    " must have at most " +
                                    std::to_string(chars_max) + " characters");
}

absl::Status OutOfRange(std::string_view member, std::string_view range) {
  return absl::InvalidArgumentError(std::string(member) + " must be " +
                                    std::string(range));
}

// False for what is not a number, too.
bool IsRate(double rate) { return rate >= 0 && rate <= 1; }

absl::Status CheckAttributes(
    const std::map<std::string, std::string>& attributes) {
  if (attributes.size() > limits::kRuleAttributesMax) {
    return absl::InvalidArgumentError(
        "Attributes must have at most " +
        std::to_string(limits::kRuleAttributesMax) + " entries");
  }
  for (const auto& [key, value] : attributes) {
    for (const std::string& text : {key, value}) {
      if (!text.empty() && Fits(text, limits::kRuleAttributeCharsMax)) continue;
      return absl::InvalidArgumentError(
          "Attributes must have keys and values of 1 to " +
          std::to_string(limits::kRuleAttributeCharsMax) + " characters");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRuleName(std::string_view name) {
  if (!name.empty() && Fits(name, limits::kRuleNameCharsMax)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("RuleName must have 1 to " +
                                    std::to_string(limits::kRuleNameCharsMax) +
                                    " characters");
}

absl::Status CheckRuleTexts(const SamplingRule& rule) {
  const struct {
    std::string_view member;
    const std::string& text;
    size_t chars_max;
  } texts[] = {
      {"ResourceARN", rule.resource_arn, limits::kRuleResourceArnCharsMax},
      {"ServiceName", rule.service_name, limits::kRulePatternCharsMax},
      {"ServiceType", rule.service_type, limits::kRulePatternCharsMax},
      {"Host", rule.host, limits::kRulePatternCharsMax},
      {"HTTPMethod", rule.http_method, limits::kRuleMethodCharsMax},
      {"URLPath", rule.url_path, limits::kRulePathCharsMax},
  };
  for (const auto& [member, text, chars_max] : texts) {
    if (!Fits(text, chars_max)) return TooLong(member, chars_max);
  }
  return CheckAttributes(rule.attributes);
}

absl::Status CheckRuleNumbers(const SamplingRule& rule) {
  const bool is_default = rule.rule_name == kDefaultRule;
  if (!is_default && (rule.priority < 1 || rule.priority > kPriorityMax)) {
    return OutOfRange("Priority", "1 to 9999");
  }
  if (!IsRate(rule.fixed_rate)) return OutOfRange("FixedRate", "0 to 1");
  if (rule.reservoir_size < 0 ||
      rule.reservoir_size > limits::kReservoirSizeMax) {
    return OutOfRange("ReservoirSize", "0 to 2147483647");
  }
  if (!rule.boost) return absl::OkStatus();
  if (!IsRate(rule.boost->max_rate)) return OutOfRange("MaxRate", "0 to 1");
  if (rule.boost->cooldown_window_minutes < 0 ||
      rule.boost->cooldown_window_minutes > limits::kBoostCooldownMinutesMax) {
    return OutOfRange("CooldownWindowMinutes", "0 to 2147483647");
  }
  return absl::OkStatus();
}

}  // namespace roentgen::server

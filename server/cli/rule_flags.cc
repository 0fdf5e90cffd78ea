#include "server/cli/rule_flags.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/status_macros.h"

namespace roentgen::server {
namespace {

constexpr int32_t kPriorityDefault = 1000;
constexpr double kRateDefault = 0.05;
constexpr int32_t kReservoirDefault = 1;
constexpr int32_t kCooldownDefaultMinutes = 10;
constexpr char kAny[] = "*";

template <typename Number>
absl::StatusOr<std::optional<Number>> NumberOf(const Arguments& arguments,
                                               std::string_view flag,
                                               const char* expected) {
  const auto text = arguments.Value(flag);
  if (!text) return std::nullopt;
  Number number = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return absl::InvalidArgumentError("--" + std::string(flag) + ": expected " +
                                      expected + ", was \"" + *text + "\"");
  }
  return std::optional<Number>(number);
}

absl::Status ParseNumbers(const Arguments& arguments,
                          v1::SamplingRuleUpdate& rule) {
  constexpr char kWhole[] = "a whole number";
  constexpr char kShare[] = "a number from 0 to 1";
  RTG_ASSIGN_OR_RETURN(const std::optional<int32_t> priority,
                       NumberOf<int32_t>(arguments, "priority", kWhole));
  RTG_ASSIGN_OR_RETURN(const std::optional<double> rate,
                       NumberOf<double>(arguments, "fixed-rate", kShare));
  RTG_ASSIGN_OR_RETURN(const std::optional<int32_t> reservoir,
                       NumberOf<int32_t>(arguments, "reservoir", kWhole));
  RTG_ASSIGN_OR_RETURN(const std::optional<double> boost,
                       NumberOf<double>(arguments, "boost-rate", kShare));
  RTG_ASSIGN_OR_RETURN(const std::optional<int32_t> cooldown,
                       NumberOf<int32_t>(arguments, "boost-cooldown", kWhole));
  if (priority) rule.set_priority(*priority);
  if (rate) rule.set_fixed_rate(*rate);
  if (reservoir) rule.set_reservoir_size(*reservoir);
  if (cooldown && !boost) {
    return absl::InvalidArgumentError("--boost-cooldown: needs --boost-rate");
  }
  if (boost) {
    v1::SamplingRateBoost& to = *rule.mutable_sampling_rate_boost();
    to.set_max_rate(*boost);
    to.set_cooldown_window_minutes(cooldown.value_or(kCooldownDefaultMinutes));
  }
  return absl::OkStatus();
}

absl::Status ParseAttributes(const Arguments& arguments,
                             v1::SamplingRuleUpdate& rule) {
  const auto text = arguments.Value("attributes");
  if (!text) return absl::OkStatus();
  for (const std::string& pair :
       std::vector<std::string>(absl::StrSplit(*text, ','))) {
    const size_t equals = pair.find('=');
    if (equals == pair.npos || equals == 0) {
      return absl::InvalidArgumentError(
          "--attributes: expected name=value,name=value, was \"" + *text +
          "\"");
    }
    (*rule.mutable_attributes())[pair.substr(0, equals)] =
        pair.substr(equals + 1);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::SamplingRuleUpdate> ParseRuleChange(
    const Arguments& arguments) {
  v1::SamplingRuleUpdate rule;
  RTG_RETURN_IF_ERROR(ParseNumbers(arguments, rule));
  RTG_RETURN_IF_ERROR(ParseAttributes(arguments, rule));
  if (auto v = arguments.Value("service")) rule.set_service_name(*v);
  if (auto v = arguments.Value("type")) rule.set_service_type(*v);
  if (auto v = arguments.Value("host")) rule.set_host(*v);
  if (auto v = arguments.Value("method")) rule.set_http_method(*v);
  if (auto v = arguments.Value("path")) rule.set_url_path(*v);
  if (auto v = arguments.Value("resource")) rule.set_resource_arn(*v);
  return rule;
}

absl::StatusOr<v1::SamplingRule> ParseNewRule(const std::string& name,
                                              const Arguments& arguments) {
  RTG_ASSIGN_OR_RETURN(v1::SamplingRuleUpdate given,
                       ParseRuleChange(arguments));
  const auto text = [](bool has, const std::string& value) {
    return has ? value : std::string(kAny);
  };
  v1::SamplingRule rule;
  rule.set_rule_name(name);
  rule.set_priority(given.has_priority() ? given.priority() : kPriorityDefault);
  rule.set_fixed_rate(given.has_fixed_rate() ? given.fixed_rate()
                                             : kRateDefault);
  rule.set_reservoir_size(given.has_reservoir_size() ? given.reservoir_size()
                                                     : kReservoirDefault);
  rule.set_service_name(text(given.has_service_name(), given.service_name()));
  rule.set_service_type(text(given.has_service_type(), given.service_type()));
  rule.set_host(text(given.has_host(), given.host()));
  rule.set_http_method(text(given.has_http_method(), given.http_method()));
  rule.set_url_path(text(given.has_url_path(), given.url_path()));
  rule.set_resource_arn(text(given.has_resource_arn(), given.resource_arn()));
  rule.set_version(1);
  *rule.mutable_attributes() = std::move(*given.mutable_attributes());
  if (given.has_sampling_rate_boost()) {
    *rule.mutable_sampling_rate_boost() = given.sampling_rate_boost();
  }
  return rule;
}

}  // namespace roentgen::server

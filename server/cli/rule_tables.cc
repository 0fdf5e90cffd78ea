#include "server/cli/rule_tables.h"

#include <map>
#include <string_view>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "server/cli/waterfall.h"

namespace roentgen::server {
namespace {

constexpr size_t kNameWidth = 32;

std::string Percent(double rate) { return fmt::format("{:.3g} %", rate * 100); }

// "service=pay path=/cart/*"; what matches everything is left out.
std::string MatchesOf(const v1::SamplingRule& rule) {
  std::string out;
  const auto add = [&out](std::string_view name, const std::string& value) {
    if (value == "*") return;
    if (!out.empty()) out += ' ';
    out += std::string(name) + '=' + value;
  };
  add("service", rule.service_name());
  add("type", rule.service_type());
  add("host", rule.host());
  add("method", rule.http_method());
  add("path", rule.url_path());
  add("resource", rule.resource_arn());
  const std::map<std::string, std::string> attributes(rule.attributes().begin(),
                                                      rule.attributes().end());
  for (const auto& [name, value] : attributes) add(name, value);
  return out.empty() ? "everything" : out;
}

}  // namespace

std::string RuleHeader() {
  return fmt::format("{:>8} {:>8} {:>9} {} {}\n", "PRIORITY", "RATE",
                     "RESERVOIR", FitWidth("NAME", kNameWidth), "MATCHES");
}

std::string RuleLine(const v1::SamplingRule& rule) {
  std::string matches = MatchesOf(rule);
  if (rule.has_sampling_rate_boost()) {
    matches += ", boost to " + Percent(rule.sampling_rate_boost().max_rate());
  }
  return fmt::format("{:>8} {:>8} {:>9} {} {}\n", rule.priority(),
                     Percent(rule.fixed_rate()), rule.reservoir_size(),
                     FitWidth(rule.rule_name(), kNameWidth),
                     FitWidth(matches, matches.size()));
}

std::string StatisticsTable(
    const v1::GetSamplingStatisticSummariesResponse& statistics) {
  std::string out =
      fmt::format("{:<19} {:>10} {:>10} {:>10} {}\n", "TIME (UTC)", "REQUESTS",
                  "SAMPLED", "BORROWED", "RULE");
  for (const auto& one : statistics.sampling_statistic_summaries()) {
    out += fmt::format(
        "{:<19} {:>10} {:>10} {:>10} {}\n",
        absl::FormatTime("%Y-%m-%d %H:%M:%S",
                         absl::FromUnixSeconds(one.timestamp().seconds()),
                         absl::UTCTimeZone()),
        one.request_count(), one.sampled_count(), one.borrow_count(),
        FitWidth(one.rule_name(), one.rule_name().size()));
  }
  return out;
}

}  // namespace roentgen::server

#include "server/cli/summary_table.h"

#include "absl/time/time.h"
#include "fmt/format.h"
#include "server/cli/waterfall.h"

namespace roentgen::server {
namespace {

constexpr size_t kEntryWidth = 24;
constexpr size_t kOutcomeWidth = 9;

std::string OutcomeOf(const v1::TraceSummary& summary) {
  if (summary.has_fault()) return "FAULT";
  if (summary.has_throttle()) return "THROTTLE";
  if (summary.has_error()) return "ERROR";
  return summary.is_partial() ? "partial" : "ok";
}

std::string EntryOf(const v1::TraceSummary& summary) {
  if (summary.has_entry_point()) return summary.entry_point().name();
  if (summary.service_ids_size() > 0) return summary.service_ids(0).name();
  return "-";
}

std::string RequestOf(const v1::TraceSummary& summary) {
  std::string text = summary.http().http_method();
  if (!summary.http().http_url().empty()) {
    if (!text.empty()) text += ' ';
    text += summary.http().http_url();
  }
  return FitWidth(text, text.size());  // Harmless on a terminal.
}

}  // namespace

std::string SummaryHeader() {
  return fmt::format("{:<35} {:<23} {:>9} {} {:>4} {} {}\n", "ID",
                     "START (UTC)", "DURATION",
                     FitWidth("OUTCOME", kOutcomeWidth), "HTTP",
                     FitWidth("ENTRY", kEntryWidth), "REQUEST");
}

std::string SummaryLine(const v1::TraceSummary& summary) {
  const absl::Time start =
      absl::FromUnixSeconds(summary.start_time().seconds()) +
      absl::Nanoseconds(summary.start_time().nanos());
  const absl::Duration duration = absl::Seconds(summary.duration().seconds()) +
                                  absl::Nanoseconds(summary.duration().nanos());
  const int status = summary.http().http_status();
  std::string line = fmt::format(
      "{:<35} {:<23} {:>9} {} {:>4} {} {}", summary.id(),
      absl::FormatTime("%Y-%m-%d %H:%M:%E3S", start, absl::UTCTimeZone()),
      summary.has_duration() ? FormatShort(duration) : "-",
      FitWidth(OutcomeOf(summary), kOutcomeWidth),
      status == 0 ? "-" : std::to_string(status),
      FitWidth(EntryOf(summary), kEntryWidth), RequestOf(summary));
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace roentgen::server

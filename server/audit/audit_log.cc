#include "server/audit/audit_log.h"

#include <unistd.h>

#include <utility>

#include "absl/time/time.h"
#include "base/json_check.h"
#include "base/json_writer.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"

namespace roentgen::server {
namespace {

// A text that is cut says how long it was.
std::string Cut(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  return std::string(text.substr(0, bytes_max)) + "... (" +
         std::to_string(text.size()) + " bytes)";
}

void AppendMember(JsonWriter& json, std::string_view name,
                  std::string_view text) {
  if (text.empty()) return;
  json.Key(name).String(Cut(text, limits::kAuditFieldBytesMax));
}

// One write: lines of several threads do not mix.
bool WriteToStandardError(std::string line) {
  line += '\n';
  return write(STDERR_FILENO, line.data(), line.size()) ==
         static_cast<ssize_t>(line.size());
}

}  // namespace

std::string FormatAuditLine(const AuditEvent& event, Timestamp time) {
  std::string line;
  JsonWriter json(line);
  json.BeginObject();
  json.Key("time").String(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ",
                                           time.ToTime(), absl::UTCTimeZone()));
  AppendMember(json, "api", event.api);
  AppendMember(json, "operation", event.operation);
  json.Key("principal")
      .String(Cut(event.principal, limits::kAuditFieldBytesMax));
  AppendMember(json, "space", event.space);
  AppendMember(json, "address", event.address);
  AppendMember(json, "outcome", event.outcome);
  AppendMember(json, "request_id", event.request_id);
  if (event.left_out > 0) {
    json.Key("left_out").Int(static_cast<int64_t>(event.left_out));
  }
  if (!event.parameters.empty()) {
    json.Key("parameters");
    const bool fits =
        event.parameters.size() <= limits::kAuditParametersBytesMax;
    // A line break would end the line.
    if (fits && CheckJson(event.parameters).valid && IsUtf8(event.parameters) &&
        event.parameters.find_first_of("\r\n") == event.parameters.npos) {
      json.Raw(event.parameters);
    } else {
      json.String(Cut(event.parameters, limits::kAuditParametersBytesMax));
    }
  }
  json.EndObject();
  return line;
}

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(const Options& options,
                                                         const Clock& clock) {
  std::unique_ptr<RotatingFile> file;
  if (options.file != "-") {
    absl::StatusOr<std::unique_ptr<RotatingFile>> opened = RotatingFile::Open(
        options.file, options.file_bytes_max, options.files_max);
    if (!opened.ok()) return std::move(opened).status();
    file = *std::move(opened);
  }
  return std::unique_ptr<AuditLog>(new AuditLog(std::move(file), clock));
}

AuditLog::AuditLog(std::unique_ptr<RotatingFile> file, const Clock& clock)
    : file_(std::move(file)),
      clock_(clock),
      refusals_({.burst = kRefusalsBurst, .per_second = kRefusalsPerSecond},
                kRefusalsBurst) {}

void AuditLog::WriteRefusal(AuditEvent event,
                            std::chrono::steady_clock::time_point now) {
  {
    MutexLock lock(mu_);
    if (!refusals_.Take(now)) {
      ++untold_;
      ++left_out_;
      return;
    }
    event.left_out = std::exchange(untold_, 0);
  }
  Write(event);
}

void AuditLog::Write(const AuditEvent& event) {
  std::string line = FormatAuditLine(event, clock_.Now());
  absl::Status status;
  if (file_ != nullptr) {
    status = file_->Append(line);
  } else if (!WriteToStandardError(std::move(line))) {
    status = absl::UnavailableError("standard error does not take it");
  }
  if (status.ok()) {
    ++written_;
    return;
  }
  // Each power of two: seldom, and never not at all.
  const uint64_t lost = ++lost_;
  if ((lost & (lost - 1)) == 0) {
    LogError("a line of the audit log could not be written",
             {{"lost", lost}, {"error", std::string(status.message())}});
  }
}

}  // namespace roentgen::server

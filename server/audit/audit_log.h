// Who administered the server, and whom it turned away: a line of JSON each.
//
//   {"time":"2026-01-31T12:00:00.000Z","api":"xray","operation":"CreateGroup",
//    "principal":"OPS","space":"default","address":"192.0.2.7",
//    "outcome":"200","request_id":"1-...","parameters":{"GroupName":"pay"}}
//
// What does not fit into a line is cut, and says so. Lines that cannot be
// written are counted, and the server's own log says how many.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_AUDIT_AUDIT_LOG_H_
#define ROENTGEN_SERVER_AUDIT_AUDIT_LOG_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/rotating_file.h"
#include "base/token_bucket.h"

namespace roentgen::server {

struct AuditEvent {
  std::string_view api;        // "xray", "admin", "roentgen.v1", ...
  std::string_view operation;  // By its name there; a path where none is known.
  std::string_view principal;  // The key's id. Empty: nobody said who it is.
  std::string_view space;      // Empty: not known yet.
  std::string_view address;    // Of the caller.
  std::string_view outcome;    // A status, or the name of the error.
  std::string_view request_id;  // May be empty.
  std::string_view parameters;  // JSON, or other text. May be empty.
  uint64_t left_out = 0;        // Refusals before it that have no line.
};

class AuditLog {
 public:
  struct Options {
    std::string file;  // "-": standard error.
    size_t file_bytes_max = 0;
    size_t files_max = 0;  // Older ones.
  };

  // `clock` outlives this object. Unavailable when the file cannot be opened.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(const Options& options,
                                                        const Clock& clock);
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  void Write(const AuditEvent& event);
  // The same of a caller that is turned away: some at once, and a few in each
  // second after that, so that nobody fills the files. The next line says how
  // many had none.
  void WriteRefusal(AuditEvent event,
                    std::chrono::steady_clock::time_point now =
                        std::chrono::steady_clock::now());

  // Refusals of which there are lines at once, and in each second after that.
  static constexpr int64_t kRefusalsBurst = 1'000;
  static constexpr int64_t kRefusalsPerSecond = 10;

  uint64_t written() const { return written_; }
  // Refusals without a line.
  uint64_t left_out() const { return left_out_; }
  // Lines that could not be written.
  uint64_t lost() const { return lost_; }

 private:
  AuditLog(std::unique_ptr<RotatingFile> file, const Clock& clock);

  const std::unique_ptr<RotatingFile> file_;  // Null: standard error.
  const Clock& clock_;
  std::atomic<uint64_t> written_{0};
  std::atomic<uint64_t> lost_{0};
  std::atomic<uint64_t> left_out_{0};
  Mutex mu_;
  TokenBucket refusals_ RTG_GUARDED_BY(mu_);
  uint64_t untold_ RTG_GUARDED_BY(mu_) = 0;  // Since the last line.
};

// One line, without its end; for tests.
std::string FormatAuditLine(const AuditEvent& event, Timestamp time);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_AUDIT_AUDIT_LOG_H_

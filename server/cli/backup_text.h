// What commands about backups print.
//
// Threads: one.
#ifndef ROENTGEN_SERVER_CLI_BACKUP_TEXT_H_
#define ROENTGEN_SERVER_CLI_BACKUP_TEXT_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/timestamp.h"
#include "server/cli/commands.h"
#include "storage/rocks/backup_record.h"

namespace roentgen::server {

// "2026-01-31T12:00:00.123456789Z", which --at takes.
std::string TimeText(Timestamp time);
// "12.3 MiB"
std::string SizeText(uint64_t bytes);
// The list of backups.
std::string RecordHeader();
std::string RecordLine(const storage::BackupRecord& backup);
// A line; `new_bytes`: those that came for it.
std::string RecordJson(const storage::BackupRecord& backup,
                       std::optional<uint64_t> new_bytes);

// Says what went wrong with files here; returns kExitFailed.
int FailHere(const absl::Status& status, const CommandContext& context);

// How far something is, a line for each tenth.
class ProgressText {
 public:
  // Both outlive this object.
  ProgressText(std::string_view done, std::ostream& err)
      : done_(done), err_(err) {}

  void Show(uint64_t done, uint64_t all);

 private:
  const std::string_view done_;
  std::ostream& err_;
  uint64_t tenths_ = 0;  // That were said.
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_BACKUP_TEXT_H_

#include "server/cli/backup_text.h"

#include <fmt/format.h>

#include "absl/time/time.h"
#include "base/json_writer.h"

namespace roentgen::server {

std::string TimeText(Timestamp time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time.ToTime(),
                          absl::UTCTimeZone());
}

std::string SizeText(uint64_t bytes) {
  constexpr uint64_t kKiB = 1024;
  if (bytes < 10 * kKiB) return fmt::format("{} B", bytes);
  const auto kib = static_cast<double>(bytes) / kKiB;
  if (kib < 10 * kKiB) return fmt::format("{:.1f} KiB", kib);
  if (kib < 10 * kKiB * kKiB) return fmt::format("{:.1f} MiB", kib / kKiB);
  return fmt::format("{:.1f} GiB", kib / kKiB / kKiB);
}

std::string RecordHeader() {
  return fmt::format("{:<32} {:>8} {:>10}\n", "TIME", "FILES", "SIZE");
}

std::string RecordLine(const storage::BackupRecord& backup) {
  return fmt::format("{:<32} {:>8} {:>10}\n", TimeText(backup.time),
                     backup.files.size(), SizeText(backup.bytes()));
}

std::string RecordJson(const storage::BackupRecord& backup,
                       std::optional<uint64_t> new_bytes) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.Key("Time").String(TimeText(backup.time));
  json.Key("Files").Int(static_cast<int64_t>(backup.files.size()));
  json.Key("Bytes").Int(static_cast<int64_t>(backup.bytes()));
  if (new_bytes) json.Key("NewBytes").Int(static_cast<int64_t>(*new_bytes));
  json.EndObject();
  return out + '\n';
}

int FailHere(const absl::Status& status, const CommandContext& context) {
  context.err << "roentgen: " << status.message() << '\n';
  return kExitFailed;
}

void ProgressText::Show(uint64_t done, uint64_t all) {
  if (all == 0) return;
  const auto tenths = static_cast<uint64_t>(static_cast<double>(done) * 10 /
                                            static_cast<double>(all));
  if (tenths <= tenths_) return;
  tenths_ = tenths;
  err_ << "roentgen: " << SizeText(done) << " of " << SizeText(all) << ' '
       << done_ << '\n';
}

}  // namespace roentgen::server

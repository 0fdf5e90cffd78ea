// roentgen restore: makes a store of a backup, and opens it once.
#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "server/cli/backup_text.h"
#include "server/cli/commands.h"
#include "server/cli/search_flags.h"
#include "server/cli/store_keys.h"
#include "storage/rocks/backup_folder.h"
#include "storage/rocks/backup_restore.h"
#include "storage/rocks/rocks_engine.h"

namespace roentgen::server {
namespace {

using storage::BackupFolder;
using storage::BackupRecord;
using storage::EngineUsage;
using storage::RocksEngine;

constexpr char kWhatToDo[] =
    "roentgen: restore another backup into another folder: --at takes an "
    "earlier one; `roentgen backup` takes a new one where the server still "
    "runs\n";

// Opens it as a server does, and closes it.
absl::StatusOr<EngineUsage> OpenOnce(
    const std::string& target, std::shared_ptr<const storage::MasterKeys> keys,
    const Clock& clock) {
  storage::RocksEngineOptions options;
  options.path = target;
  options.keys = std::move(keys);
  // Nothing is to expire here.
  options.retention = absl::Hours(24 * 365 * 100);
  // Nor is anything to be sealed: the groups are not known.
  options.await_groups = true;
  RTG_ASSIGN_OR_RETURN(std::unique_ptr<RocksEngine> engine,
                       RocksEngine::Open(std::move(options), clock));
  const EngineUsage usage = engine->Usage();
  RTG_RETURN_IF_ERROR(engine->Close());
  return usage;
}

int Restore(const BackupFolder& folder, const BackupRecord& backup,
            const std::string& target,
            std::shared_ptr<const storage::MasterKeys> keys,
            const CommandContext& context) {
  ProgressText progress("restored", context.err);
  const absl::Status restored = storage::RestoreBackup(
      folder, backup, nullptr, target,
      [&](uint64_t done, uint64_t all) { progress.Show(done, all); });
  if (!restored.ok()) {
    FailHere(restored, context);
    if (absl::IsDataLoss(restored)) context.err << kWhatToDo;
    return kExitFailed;
  }
  const absl::StatusOr<EngineUsage> usage =
      OpenOnce(target, std::move(keys), context.clock);
  if (!usage.ok()) {
    // Somebody else may have it already: nothing of it is removed.
    context.err << "roentgen: the backup of " << TimeText(backup.time)
                << " is restored to " << target
                << ", which stays, but the store does not open:\n";
    FailHere(usage.status(), context);
    // With other keys it may be whole.
    if (absl::IsDataLoss(usage.status())) context.err << kWhatToDo;
    return kExitFailed;
  }
  context.out << "restored the backup of " << TimeText(backup.time) << " to "
              << target << ": " << usage->sealed_traces << " sealed traces in "
              << usage->sealed_batches << " batches, " << usage->open_traces
              << " open traces\n";
  if (usage->damaged_batches == 0) return kExitOk;
  context.err << "roentgen: " << usage->damaged_batches
              << " batches are damaged; they were so when they were backed "
                 "up\n";
  return kExitFailed;
}

}  // namespace

int RestoreCommand(const Arguments& arguments, const CommandContext& context) {
  if (arguments.words().size() != 2 || arguments.words()[0].empty() ||
      arguments.words()[1].empty()) {
    return Misuse("restore: expected a folder with backups and a new one",
                  context);
  }
  std::optional<Timestamp> latest;
  if (const auto text = arguments.Value("at")) {
    const absl::StatusOr<absl::Time> at = ParseTime("--at", *text);
    if (!at.ok()) return Misuse(std::string(at.status().message()), context);
    latest = Timestamp{absl::ToUnixNanos(*at)};
  }
  const auto keys = KeysOf(arguments);
  if (!keys.ok()) return FailHere(keys.status(), context);
  umask(S_IRWXG | S_IRWXO);
  const BackupFolder folder(nullptr, arguments.words()[0]);
  const auto contents = folder.Look();
  if (!contents.ok()) return FailHere(contents.status(), context);
  for (const std::string& damaged : contents->damaged) {
    context.err << "roentgen: left out: " << damaged << '\n';
  }
  const BackupRecord* backup = NewestUntil(*contents, latest);
  if (backup == nullptr) {
    std::string none = "no backup is there";
    if (!contents->backups.empty()) {
      none += " of that time; the oldest one is of " +
              TimeText(contents->backups.front().time);
    }
    return FailHere(absl::NotFoundError(none), context);
  }
  if (!latest && backup->time > context.clock.Now()) {
    context.err << "roentgen: the newest backup is of a time to come, "
                << TimeText(backup->time)
                << ": a clock was wrong, and it may be older than others; "
                   "--at takes another\n";
  }
  return Restore(folder, *backup, arguments.words()[1], *keys, context);
}

}  // namespace roentgen::server

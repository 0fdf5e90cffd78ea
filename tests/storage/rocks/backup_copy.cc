#include "tests/storage/rocks/backup_copy.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/content_hash.h"
#include "storage/rocks/backup_receiver.h"

namespace roentgen::storage {
namespace {

// Small, so that files come in several parts.
constexpr size_t kPartBytes = 10'000;

absl::Status Send(Backup& backup, size_t file, BackupReceiver& receiver) {
  ContentHash hash;
  for (uint64_t at = 0; at < backup.files()[file].bytes;) {
    const absl::StatusOr<std::string> part = backup.Read(file, at, kPartBytes);
    if (!part.ok()) return part.status();
    hash.Add(*part);
    at += part->size();
    const absl::Status taken = receiver.Take(*part);
    if (!taken.ok()) return taken;
  }
  return receiver.EndFile(hash.Hex());
}

}  // namespace

absl::StatusOr<CopiedBackup> CopyBackup(Backup& backup,
                                        const BackupFolder& folder) {
  const auto receiver = BackupReceiver::Open(folder);
  if (!receiver.ok()) return receiver.status();
  BackupReceiver& to = **receiver;
  absl::Status status = to.Begin(backup.time());
  CopiedBackup out;
  std::vector<size_t> sent;
  for (size_t i = 0; status.ok() && i < backup.files().size(); ++i) {
    const BackupFile& file = backup.files()[i];
    const bool there =
        !file.print.empty() && to.have().contains({file.bytes, file.print});
    if (!there) sent.push_back(i);
    if (!there && !file.print.empty()) ++out.tables_received;
    status = to.Announce(file, !there);
  }
  for (size_t i = 0; status.ok() && i < sent.size(); ++i) {
    status = Send(backup, sent[i], to);
  }
  if (!status.ok()) return status;
  auto record = to.Finish();
  if (!record.ok()) return record.status();
  backup.Complete();
  out.record = *std::move(record);
  out.received_bytes = to.received_bytes();
  return out;
}

absl::StatusOr<CopiedBackup> CopyBackup(BackupSource& source,
                                        const BackupFolder& folder) {
  const auto backup = source.TakeBackup();
  if (!backup.ok()) return backup.status();
  return CopyBackup(**backup, folder);
}

}  // namespace roentgen::storage

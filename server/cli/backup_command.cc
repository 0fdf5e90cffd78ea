// roentgen backup: adds a backup of a server's store to a folder; lists and
// verifies what is there.
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>
#include <sys/stat.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "roentgen/v1/backup_service.grpc.pb.h"
#include "server/cli/backup_text.h"
#include "server/cli/commands.h"
#include "storage/rocks/backup_folder.h"
#include "storage/rocks/backup_receiver.h"

namespace roentgen::server {
namespace {

using storage::BackupFolder;
using storage::BackupReceiver;
using storage::BackupRecord;

// What the server said, given to the folder.
absl::Status TakeChunk(const v1::BackupChunk& chunk, BackupReceiver& receiver) {
  switch (chunk.part_case()) {
    case v1::BackupChunk::kBegin: {
      RTG_ASSIGN_OR_RETURN(
          const Timestamp time,
          BackupReceiver::TimeOf(chunk.begin().time().seconds(),
                                 chunk.begin().time().nanos()));
      return receiver.Begin(time);
    }
    case v1::BackupChunk::kFiles:
      // Else it could go on for ever.
      if (chunk.files().files().empty()) {
        return absl::DataLossError("the server sends a list of no files");
      }
      for (const v1::BackupFile& file : chunk.files().files()) {
        if (file.size_bytes() < 0) {
          return absl::DataLossError("a file of less than no bytes");
        }
        RTG_RETURN_IF_ERROR(receiver.Announce(
            {.name = file.name(),
             .bytes = static_cast<uint64_t>(file.size_bytes()),
             .print = file.print()},
            file.sent()));
      }
      return absl::OkStatus();
    case v1::BackupChunk::kData:
      return receiver.Take(chunk.data());
    case v1::BackupChunk::kFileEnd:
      return receiver.EndFile(chunk.file_end().hash());
    case v1::BackupChunk::kEnd:
      return absl::OkStatus();
    case v1::BackupChunk::PART_NOT_SET:
      break;
  }
  return absl::DataLossError("the server says what nobody knows");
}

void PrintDone(const BackupRecord& backup, uint64_t received,
               const Arguments& arguments, const CommandContext& context) {
  if (arguments.Has("json")) {
    context.out << RecordJson(backup, received);
    return;
  }
  context.out << "backup of " << TimeText(backup.time) << ": "
              << backup.files.size() << " files, " << SizeText(backup.bytes())
              << ", of which " << SizeText(received) << " are new\n";
}

// Takes a backup of `time`. The exit code.
int Take(const BackupFolder& folder, const Arguments& arguments,
         const CommandContext& context, Timestamp& time) {
  const auto receiver = BackupReceiver::Open(folder);
  if (!receiver.ok()) return FailHere(receiver.status(), context);
  v1::TakeBackupRequest request;
  for (const auto& [identity, hash] : (*receiver)->have()) {
    v1::BackupPrint* print = request.add_have();
    print->set_size_bytes(static_cast<int64_t>(identity.first));
    print->set_print(identity.second);
  }
  // It takes as long as it takes, unless a time is asked for.
  const auto call =
      arguments.Has("timeout") ? NewCall(context) : NewEndlessCall(context);
  const auto reader =
      v1::BackupService::Stub(context.channel).TakeBackup(call.get(), request);
  ProgressText progress("received", context.err);
  absl::Status taken;
  bool ended = false;
  v1::BackupChunk chunk;
  while (taken.ok() && reader->Read(&chunk)) {
    taken = ended ? absl::DataLossError("the server goes on after the end")
                  : TakeChunk(chunk, **receiver);
    ended = chunk.has_end();
    if (chunk.has_data()) {
      progress.Show((*receiver)->received_bytes(),
                    (*receiver)->announced_bytes());
    }
  }
  if (!taken.ok()) call->TryCancel();
  const grpc::Status status = reader->Finish();
  if (!taken.ok()) return FailHere(taken, context);
  if (!status.ok()) return Fail(status, context);
  if (!ended) {
    return FailHere(absl::DataLossError("the server sent no end"), context);
  }
  const absl::StatusOr<BackupRecord> record = (*receiver)->Finish();
  if (!record.ok()) return FailHere(record.status(), context);
  PrintDone(*record, (*receiver)->received_bytes(), arguments, context);
  time = record->time;
  return kExitOk;
}

int List(const BackupFolder& folder, const Arguments& arguments,
         const CommandContext& context) {
  const auto contents = folder.Look();
  if (!contents.ok()) return FailHere(contents.status(), context);
  const bool as_json = arguments.Has("json");
  if (!as_json) context.out << RecordHeader();
  for (const BackupRecord& backup : contents->backups) {
    context.out << (as_json ? RecordJson(backup, std::nullopt)
                            : RecordLine(backup));
  }
  for (const std::string& damaged : contents->damaged) {
    context.err << "roentgen: " << damaged << '\n';
  }
  return contents->damaged.empty() ? kExitOk : kExitFailed;
}

int Verify(const BackupFolder& folder, const CommandContext& context) {
  const auto contents = folder.Look();
  if (!contents.ok()) return FailHere(contents.status(), context);
  ProgressText progress("read", context.err);
  const auto damages = folder.Verify(
      *contents,
      [&](uint64_t done, uint64_t all) { progress.Show(done, all); });
  if (!damages.ok()) return FailHere(damages.status(), context);
  for (const BackupFolder::Damage& damage : *damages) {
    context.out << damage.what;
    if (!damage.backups.empty()) context.out << ", of the backups of";
    for (const Timestamp time : damage.backups) {
      context.out << ' ' << TimeText(time);
    }
    context.out << '\n';
  }
  context.out << contents->backups.size() << " backups, " << damages->size()
              << " damaged files\n";
  if (damages->empty()) return kExitOk;
  context.err << "roentgen: remove the damaged files and take a backup: it "
                 "brings again what the store still has; backups that need "
                 "more are lost, restore others with --at\n";
  return kExitFailed;
}

// From --keep; nothing removed without it.
absl::StatusOr<size_t> ParseKeep(const std::string& text) {
  size_t keep = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), keep);
  if (error != std::errc() || end != text.data() + text.size() || keep == 0) {
    return absl::InvalidArgumentError(
        "--keep: expected a number of backups, 1 or more, was \"" + text +
        "\"");
  }
  return keep;
}

}  // namespace

int BackupCommand(const Arguments& arguments, const CommandContext& context) {
  const bool list = arguments.Has("list");
  const bool verify = arguments.Has("verify");
  const auto keep_text = arguments.Value("keep");
  if (arguments.words().size() != 1 || arguments.words()[0].empty()) {
    return Misuse("backup: expected a folder", context);
  }
  if (list + verify + keep_text.has_value() > 1) {
    return Misuse("give one of --list, --verify and --keep", context);
  }
  size_t keep = SIZE_MAX;
  if (keep_text) {
    const absl::StatusOr<size_t> parsed = ParseKeep(*keep_text);
    if (!parsed.ok()) {
      return Misuse(std::string(parsed.status().message()), context);
    }
    keep = *parsed;
  }
  // All that the store has is in the files.
  umask(S_IRWXG | S_IRWXO);
  const BackupFolder folder(nullptr, arguments.words()[0]);
  if (list) return List(folder, arguments, context);
  if (verify) return Verify(folder, context);
  Timestamp taken;
  const int code = Take(folder, arguments, context, taken);
  if (code != kExitOk) return code;
  const absl::StatusOr<size_t> gone = folder.Keep(keep, taken);
  if (!gone.ok()) return FailHere(gone.status(), context);
  if (*gone != 0) {
    context.err << "roentgen: " << *gone << " older backups are removed\n";
  }
  return kExitOk;
}

}  // namespace roentgen::server

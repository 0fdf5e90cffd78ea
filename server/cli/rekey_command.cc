// roentgen rekey: other master keys for a store's files, and encryption on and
// off.
#include <sys/stat.h>

#include <string>

#include "absl/strings/str_join.h"
#include "base/json_writer.h"
#include "server/cli/backup_text.h"
#include "server/cli/commands.h"
#include "server/cli/store_keys.h"
#include "storage/rocks/store_rekey.h"

namespace roentgen::server {
namespace {

using storage::MasterKey;
using storage::MasterKeySet;
using storage::RekeyReport;
using storage::RekeyTo;

// Of those given, that no file needs.
std::vector<std::string> NotNeeded(const RekeyReport& report,
                                   const MasterKeySet& keys) {
  std::vector<std::string> ids;
  for (const MasterKey& key : keys.keys()) {
    const bool is_current = key.id() == keys.current().id();
    if (!is_current && !report.needed.contains(key.id())) {
      ids.push_back(key.id());
    }
  }
  return ids;
}

void Print(const RekeyReport& report, RekeyTo to, const MasterKeySet& keys,
           const CommandContext& context) {
  std::ostream& out = context.out;
  if (to == RekeyTo::kPlain) {
    out << "decrypted " << report.changed << " of " << report.files
        << " files; the server is started without master keys now\n";
    return;
  }
  out << (to == RekeyTo::kEncrypted ? "encrypted " : "wrapped the keys of ")
      << report.changed << " of " << report.files << " files under master key '"
      << keys.current().id() << "'\n";
  const std::vector<std::string> gone = NotNeeded(report, keys);
  if (!gone.empty()) {
    out << "no file needs " << absl::StrJoin(gone, ", ")
        << " any more; backups that were taken before still do\n";
  }
}

void PrintJson(const RekeyReport& report, const MasterKeySet& keys,
               const CommandContext& context) {
  std::string line;
  JsonWriter writer(line);
  writer.BeginObject();
  writer.Key("files").Int(static_cast<int64_t>(report.files));
  writer.Key("changed").Int(static_cast<int64_t>(report.changed));
  writer.Key("served").Bool(report.served);
  writer.Key("needed").BeginArray();
  for (const std::string& id : report.needed) writer.String(id);
  writer.EndArray();
  writer.Key("notNeeded").BeginArray();
  for (const std::string& id : NotNeeded(report, keys)) writer.String(id);
  writer.EndArray();
  writer.EndObject();
  context.out << line << '\n';
}

}  // namespace

int RekeyCommand(const Arguments& arguments, const CommandContext& context) {
  if (arguments.words().size() != 1 || arguments.words()[0].empty()) {
    return Misuse("rekey: expected the folder of a store", context);
  }
  const bool encrypt = arguments.Has("encrypt");
  const bool decrypt = arguments.Has("decrypt");
  if (encrypt && decrypt) {
    return Misuse("give one of --encrypt and --decrypt", context);
  }
  const RekeyTo to = encrypt   ? RekeyTo::kEncrypted
                     : decrypt ? RekeyTo::kPlain
                               : RekeyTo::kCurrentKey;
  umask(S_IRWXG | S_IRWXO);
  const auto keys = KeysOf(arguments);
  if (!keys.ok()) return FailHere(keys.status(), context);
  if (*keys == nullptr) {
    return Misuse(
        "rekey: no master key is given; give --encryption.keys_file, --config "
        "or ROENTGEN_ENCRYPTION_KEYS",
        context);
  }
  const auto report = storage::RekeyStore(
      {.path = arguments.words()[0], .keys = *keys, .to = to});
  if (!report.ok()) return FailHere(report.status(), context);
  const auto set = (*keys)->Get();
  if (arguments.Has("json")) {
    PrintJson(*report, *set, context);
  } else {
    Print(*report, to, *set, context);
  }
  return kExitOk;
}

}  // namespace roentgen::server

// roentgen repair: what reads of a damaged store, in a new one.
#include "base/call.h"
#include "base/json_writer.h"
#include "server/cli/backup_text.h"
#include "server/cli/commands.h"
#include "server/cli/store_keys.h"
#include "storage/rocks/store_repair.h"

namespace roentgen::server {
namespace {

using storage::RepairNote;
using storage::RepairReport;

const char* NameOf(RepairNote::Kind kind) {
  switch (kind) {
    case RepairNote::Kind::kDamage:
      return "damaged";
    case RepairNote::Kind::kLostTrace:
      return "lost trace";
    case RepairNote::Kind::kLostCommit:
      return "lost commit";
    case RepairNote::Kind::kRemark:
      return "remark";
  }
  return "remark";
}

// A line per note, as it comes.
void Print(const RepairNote& note, bool json, std::ostream& out) {
  if (!json) {
    out << NameOf(note.kind) << ' ' << note.name << ": " << note.text << '\n';
    return;
  }
  std::string line;
  JsonWriter writer(line);
  writer.BeginObject();
  writer.Key("kind").String(NameOf(note.kind));
  writer.Key("name").String(note.name);
  writer.Key("text").String(note.text);
  writer.EndObject();
  out << line << '\n';
}

void Print(const RepairReport& report, bool json, std::ostream& out) {
  if (!json) {
    out << "saved " << report.traces << " sealed traces with " << report.records
        << " records, " << report.commits << " commits of the log and "
        << report.settings << " settings\n"
        << "lost " << report.traces_lost << " traces with "
        << report.records_lost << " records or more, and "
        << report.commits_lost << " commits"
        << (report.unsure ? "; more may be lost that nobody can count" : "")
        << '\n';
    return;
  }
  std::string line;
  JsonWriter writer(line);
  const auto count = [&](const char* key, uint64_t n) {
    writer.Key(key).Int(static_cast<int64_t>(n));
  };
  writer.BeginObject();
  count("traces", report.traces);
  count("records", report.records);
  count("commits", report.commits);
  count("settings", report.settings);
  count("tracesLost", report.traces_lost);
  count("recordsLost", report.records_lost);
  count("commitsLost", report.commits_lost);
  count("damages", report.damages);
  writer.Key("unsure").Bool(report.unsure);
  writer.EndObject();
  out << line << '\n';
}

}  // namespace

int RepairCommand(const Arguments& arguments, const CommandContext& context) {
  if (arguments.words().size() != 2) {
    return Misuse("repair takes the folder of a store and a new one", context);
  }
  storage::RocksEngineOptions damaged{.path = arguments.words()[0]};
  damaged.rules.lone_subsegments = !arguments.Has("strict-aws-limits");
  const auto keys = KeysOf(arguments);
  if (!keys.ok()) return FailHere(keys.status(), context);
  damaged.keys = *keys;
  const bool json = arguments.Has("json");
  const auto report = storage::RepairStore(
      damaged, arguments.words()[1],
      {.tell = [&](const RepairNote& note) { Print(note, json, context.out); }},
      UnattendedCall());
  if (!report.ok()) return FailHere(report.status(), context);
  Print(*report, json, context.out);
  return report->lossless() ? kExitOk : kExitFailed;
}

}  // namespace roentgen::server

#include "server/cli/client_commands.h"

#include <utility>
#include <vector>

#include "server/cli/commands.h"
#include "server/cli/store_keys.h"

namespace roentgen::server {
namespace {

constexpr Flag kLast{"last", "TIME",
                     "this long until now: 15m, 1h30m, 2d (15m)"};
constexpr Flag kStart{"start", "TIME",
                      "from then on: 2026-01-31T12:00:00Z or epoch seconds"};
constexpr Flag kEnd{"end", "TIME", "until then, as --start (now)"};
constexpr Flag kOfGroup{"group", "NAME", "only traces of this group"};
constexpr Flag kFilter{"filter", "FILTER", "only traces that match"};
constexpr Flag kStrict{"strict-aws-limits", nullptr,
                       "of a folder: the server's setting"};
// Of commands that go on as long as they are let.
constexpr Flag kEndless{"timeout", "TIME", "give up after this long (never)"};
constexpr Flag kDot{"dot", nullptr, "print a picture for Graphviz"};

std::vector<Flag> SearchFlags() {
  return {kLast,
          kStart,
          kEnd,
          {"type", "TYPE", "times of: traceid, event, service (traceid)"},
          {"limit", "N", "lines at most, 0 shows all (100)"},
          {"by", "ORDER", "time, duration, responsetime (time)"},
          {"explain", nullptr, "say how the answer was found"},
          {"count", nullptr, "how many, and how long they took"},
          {"group", "BY", "count by service, url, user or annotation:KEY"}};
}

std::vector<Flag> GraphFlags() {
  return {kLast,
          kStart,
          kEnd,
          kOfGroup,
          kFilter,
          {"trace", "ID", "the map of one trace"},
          {"compare", "TIME", "changes since so long before: 1d"},
          kDot};
}

std::vector<Flag> TopFlags() {
  return {kLast,
          kStart,
          kEnd,
          kOfGroup,
          kFilter,
          {"by", "ORDER", "traffic, faults, latency (traffic)"},
          {"limit", "N", "lines at most (20)"}};
}

std::vector<Flag> RuleFlags() {
  return {{"priority", "N", "1 to 9999, lower ones first (1000)"},
          {"fixed-rate", "RATE", "share of requests (0.05)"},
          {"reservoir", "N", "requests a second before the rate (1)"},
          {"service", "NAME", "that match, with * and ? (*)"},
          {"type", "TYPE", "likewise, of the service"},
          {"host", "NAME", "likewise"},
          {"method", "METHOD", "likewise"},
          {"path", "PATH", "likewise"},
          {"resource", "ARN", "likewise"},
          {"attributes", "NAME=VALUE,...", "that a segment must have"},
          {"boost-rate", "RATE", "the highest while there are anomalies"},
          {"boost-cooldown", "MINUTES", "between two boosts (10)"}};
}

std::vector<Flag> InsightFlags() {
  return {{"group", "NAME", "of this group (Default)"},
          {"state", "STATE", "active or closed (both)"},
          {"since", "TIME", "of this long until now (1d)"},
          kDot};
}

Command RepairEntry() {
  return {"repair",
          "FOLDER NEW_FOLDER",
          "save what reads of a damaged store in a new one",
          RepairCommand,
          {kStrict, kConfigFlag, kKeysFileFlag, kKeyCommandFlag}};
}

Command RekeyEntry() {
  return {"rekey",
          "FOLDER",
          "wrap the keys of an encrypted store's files under the current "
          "master key",
          RekeyCommand,
          {{"encrypt", nullptr, "encrypt a store; no server has it open"},
           {"decrypt", nullptr, "the opposite"},
           kConfigFlag,
           kKeysFileFlag,
           kKeyCommandFlag}};
}

// Of questions and changes.
std::vector<Command> ServedCommands() {
  return {
      Command{"put", "[FILE...|-]", "store segment documents", PutCommand, {}},
      Command{"trace",
              "ID",
              "show one trace",
              TraceCommand,
              {{"original", nullptr, "documents as they were sent"}}},
      Command{"search", "[FILTER]",
              "list traces, newest or longest first; or count them",
              SearchCommand, SearchFlags()},
      Command{"graph", "", "show the service map", GraphCommand, GraphFlags()},
      Command{"top", "", "list the services that stand out", TopCommand,
              TopFlags()},
      Command{"groups",
              "[list | create NAME [FILTER] | update NAME [FILTER] | "
              "delete NAME]",
              "list and change groups",
              GroupsCommand,
              {{"insights", "on|off", "look for insights"},
               {"notifications", "on|off", "send them to the webhook"}}},
      Command{"rules",
              "[list | stats | create NAME | update NAME | delete NAME]",
              "list and change sampling rules", RulesCommand, RuleFlags()},
      Command{"insights", "[list | show ID | events ID | impact ID]",
              "show insights", InsightsCommand, InsightFlags()},
      Command{"tail",
              "[FILTER]",
              "show traces as they arrive",
              TailCommand,
              {kEndless}},
      Command{"check",
              "[FILTER...]",
              "compare the index with stored traces, or check all that is "
              "stored",
              CheckCommand,
              {kLast,
               kStart,
               kEnd,
               {"all", nullptr, "everything, and how it lies on the disk"},
               {"store", "FOLDER", "with --all: of a server that is stopped"},
               kStrict,
               kConfigFlag,
               kKeysFileFlag,
               kKeyCommandFlag}},
  };
}

// Of stores, and of what a server needs besides.
std::vector<Command> StoreCommands() {
  return {
      RepairEntry(),
      RekeyEntry(),
      Command{"backup",
              "DIR",
              "add a backup of the server's store to a folder",
              BackupCommand,
              {{"keep", "N", "remove all but the N newest ones (all stay)"},
               {"list", nullptr, "list the backups that are there"},
               {"verify", nullptr, "read them all, and say what is damaged"},
               kEndless}},
      Command{"restore",
              "DIR TARGET",
              "make a store of a backup, in a new folder",
              RestoreCommand,
              {{"at", "TIME", "of then, or the newest before (the newest)"},
               kConfigFlag,
               kKeysFileFlag,
               kKeyCommandFlag}},
      Command{"cert",
              "[HOST...]",
              "make certificates of an own authority, to try TLS out",
              CertCommand,
              {{"host", "NAME,...", "by which clients call the server", true},
               {"client", "NAME", "one for a client: a host name or URI"},
               {"out", "DIR", "where to, and where the authority is (tls)"}}},
      Command{"keys",
              "create ID",
              "make an access key, for a server's file of keys",
              KeysCommand,
              {{"permissions", "NAME,...", "what it may (ingest,read)"},
               {"lasts", "TIME", "how long it is good: 90d, 12h (for ever)"},
               {"hashed", nullptr, "keep only a hash: good for bearers"}}},
  };
}

}  // namespace

std::span<const Command> ClientCommands() {
  static const std::vector<Command> commands = [] {
    std::vector<Command> all = ServedCommands();
    std::vector<Command> store = StoreCommands();
    for (Command& command : store) all.push_back(std::move(command));
    return all;
  }();
  return commands;
}

}  // namespace roentgen::server

#include "server/cli/client.h"

#include <grpc/grpc.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/cli/commands.h"
#include "server/cli/rule_flags.h"

namespace roentgen::server {
namespace {

constexpr char kAddressDefault[] = "127.0.0.1:4317";
constexpr absl::Duration kTimeoutDefault = absl::Seconds(30);

// Of all commands.
constexpr std::string_view kCommonValues[] = {"address", "timeout", "key"};
constexpr std::string_view kSearchValues[] = {"last",  "start", "end", "type",
                                              "limit", "group", "by"};
constexpr std::string_view kGraphValues[] = {
    "last", "start", "end", "group", "filter", "trace", "compare"};
constexpr std::string_view kTopValues[] = {"last",   "start", "end",  "group",
                                           "filter", "by",    "limit"};
constexpr std::string_view kGroupValues[] = {"insights", "notifications"};
constexpr std::string_view kInsightValues[] = {"group", "state", "since"};
constexpr std::string_view kCheckValues[] = {"last", "start", "end"};
constexpr std::string_view kCommonSwitches[] = {"json", "help"};
constexpr std::string_view kSearchSwitches[] = {"json", "help", "explain",
                                                "count"};
constexpr std::string_view kGraphSwitches[] = {"json", "help", "dot"};
constexpr std::string_view kTraceSwitches[] = {"json", "help", "original"};

struct Command {
  std::string_view name;
  int (*run)(const Arguments&, const CommandContext&);
  std::span<const std::string_view> value_flags;  // Besides kCommonValues.
  std::span<const std::string_view> switches;
};
constexpr Command kCommands[] = {
    {"put", PutCommand, {}, kCommonSwitches},
    {"trace", TraceCommand, {}, kTraceSwitches},
    {"search", SearchCommand, kSearchValues, kSearchSwitches},
    {"graph", GraphCommand, kGraphValues, kGraphSwitches},
    {"top", TopCommand, kTopValues, kCommonSwitches},
    {"groups", GroupsCommand, kGroupValues, kCommonSwitches},
    {"rules", RulesCommand, kRuleFlags, kCommonSwitches},
    {"insights", InsightsCommand, kInsightValues, kGraphSwitches},
    {"tail", TailCommand, {}, kCommonSwitches},
    {"check", CheckCommand, kCheckValues, kCommonSwitches},
};

constexpr std::string_view kUsage =
    "  roentgen put [FILE...|-]        store segment documents\n"
    "  roentgen trace ID [--original]  show one trace\n"
    "  roentgen search [--last 15m | --start T [--end T]]\n"
    "                  [--type traceid|event|service] [--limit N] [--explain]\n"
    "                  [--by time|duration|responsetime] [FILTER]\n"
    "                                  list traces, newest or longest first\n"
    "  roentgen search --count [--group service|url|user|annotation:KEY]\n"
    "                  ... [FILTER]    count traces, and how long they took\n"
    "  roentgen graph [--last 15m | --start T [--end T]] [--compare 1d]\n"
    "                 [--group NAME | --filter FILTER | --trace ID] [--dot]\n"
    "                                  show the service map\n"
    "  roentgen top [--by traffic|faults|latency] [--last 15m] [--limit N]\n"
    "               [--group NAME | --filter FILTER]\n"
    "                                  list services\n"
    "  roentgen groups [list | create NAME [FILTER] | update NAME [FILTER] |\n"
    "                   delete NAME] [--insights on|off]\n"
    "                  [--notifications on|off]\n"
    "                                  list and change groups\n"
    "  roentgen rules [list | stats | create NAME | update NAME | delete "
    "NAME]\n"
    "                 [--fixed-rate 0.05] [--reservoir 1] [--priority 1000]\n"
    "                 [--service S] [--type T] [--host H] [--method M]\n"
    "                 [--path P] [--resource ARN] [--attributes "
    "NAME=VALUE,...]\n"
    "                 [--boost-rate 0.5] [--boost-cooldown MINUTES]\n"
    "                                  list and change sampling rules\n"
    "  roentgen insights [list | show ID | events ID | impact ID [--dot]]\n"
    "                    [--group NAME] [--state active|closed] [--since 1d]\n"
    "                                  show insights\n"
    "  roentgen tail [FILTER]          show traces as they arrive\n"
    "  roentgen check [--last 15m | --start T [--end T]] [FILTER...]\n"
    "                                  compare the index with stored traces\n"
    "  flags of all: --json, --address HOST:PORT, --timeout 30s,\n"
    "                --key ID:SECRET\n";

const Command* FindCommand(std::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

std::string AddressOf(const Arguments& arguments) {
  std::string address = kAddressDefault;
  const char* environment = std::getenv("ROENTGEN_ADDRESS");
  if (environment != nullptr && *environment != '\0') address = environment;
  address = arguments.Value("address").value_or(address);
  // The resolver of gRPC does not know this name on every machine.
  const std::string_view local = "localhost:";
  if (address.starts_with(local)) {
    address.replace(0, local.size(), "127.0.0.1:");
  }
  return address;
}

// Nothing when it is no "id:secret" that a header can carry.
std::optional<std::string> KeyOf(const Arguments& arguments) {
  const char* environment = std::getenv("ROENTGEN_KEY");
  std::string key = environment != nullptr ? environment : "";
  key = arguments.Value("key").value_or(key);
  if (key.empty() && !arguments.Has("key")) return key;
  const size_t colon = key.find(':');
  const bool whole = colon != key.npos && colon != 0 && colon + 1 != key.size();
  const bool fits = std::all_of(key.begin(), key.end(),
                                [](char c) { return c > ' ' && c <= '~'; });
  return whole && fits ? std::optional(key) : std::nullopt;
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  // A proxy from the environment never stands before a server like this.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

int Run(const Command& command, const Arguments& arguments) {
  const std::string address = AddressOf(arguments);
  absl::Duration timeout = kTimeoutDefault;
  if (const auto text = arguments.Value("timeout");
      text && (!absl::ParseDuration(*text, &timeout) ||
               timeout <= absl::ZeroDuration())) {
    std::cerr << "roentgen: --timeout: expected 30s or 2m, was \"" << *text
              << "\"\n";
    return kExitUsage;
  }
  const std::optional<std::string> key = KeyOf(arguments);
  if (!key) {
    std::cerr << "roentgen: --key, ROENTGEN_KEY: expected ID:SECRET\n";
    return kExitUsage;
  }
  const std::shared_ptr<grpc::Channel> channel = Connect(address);
  const auto stub = v1::TraceService::NewStub(channel);
  const auto graphs = v1::GraphService::NewStub(channel);
  const auto groups = v1::GroupService::NewStub(channel);
  const auto sampling = v1::SamplingService::NewStub(channel);
  const auto insights = v1::InsightService::NewStub(channel);
  return command.run(arguments, {.stub = *stub,
                                 .graphs = *graphs,
                                 .groups = *groups,
                                 .sampling = *sampling,
                                 .insights = *insights,
                                 .key = *key,
                                 .address = address,
                                 .timeout = timeout,
                                 .clock = SystemClock(),
                                 .in = std::cin,
                                 .out = std::cout,
                                 .err = std::cerr});
}

}  // namespace

bool IsClientCommand(std::string_view command) {
  return FindCommand(command) != nullptr;
}

std::string_view ClientUsage() { return kUsage; }

int RunClient(int argc, char** argv) {
  const Command* command = argc < 2 ? nullptr : FindCommand(argv[1]);
  if (command == nullptr) {
    std::cerr << kUsage;
    return kExitUsage;
  }
  const std::vector<std::string> words(argv + 2, argv + argc);
  std::vector<std::string_view> value_flags(std::begin(kCommonValues),
                                            std::end(kCommonValues));
  value_flags.insert(value_flags.end(), command->value_flags.begin(),
                     command->value_flags.end());
  const absl::StatusOr<Arguments> arguments =
      Arguments::Parse(words, value_flags, command->switches);
  if (!arguments.ok()) {
    std::cerr << "roentgen: " << arguments.status().message() << '\n' << kUsage;
    return kExitUsage;
  }
  if (arguments->Has("help")) {
    std::cout << kUsage;
    return kExitOk;
  }
  return Run(*command, *arguments);
}

}  // namespace roentgen::server

#include "server/cli/client.h"

#include <grpc/grpc.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cstdlib>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include "server/cli/commands.h"

namespace roentgen::server {
namespace {

constexpr char kAddressDefault[] = "127.0.0.1:4317";
constexpr absl::Duration kTimeoutDefault = absl::Seconds(30);

constexpr std::string_view kCommonValues[] = {"address", "timeout"};
constexpr std::string_view kSearchValues[] = {"address", "timeout", "last",
                                              "start",   "end",     "type",
                                              "limit",   "group",   "by"};
constexpr std::string_view kGraphValues[] = {"address", "timeout", "last",
                                             "start",   "end",     "group",
                                             "filter",  "trace",   "compare"};
constexpr std::string_view kTopValues[] = {"address", "timeout", "last",
                                           "start",   "end",     "group",
                                           "filter",  "by",      "limit"};
constexpr std::string_view kCheckValues[] = {"address", "timeout", "last",
                                             "start", "end"};
constexpr std::string_view kCommonSwitches[] = {"json", "help"};
constexpr std::string_view kSearchSwitches[] = {"json", "help", "explain",
                                                "count"};
constexpr std::string_view kGraphSwitches[] = {"json", "help", "dot"};
constexpr std::string_view kTraceSwitches[] = {"json", "help", "original"};

struct Command {
  std::string_view name;
  int (*run)(const Arguments&, const CommandContext&);
  std::span<const std::string_view> value_flags;
  std::span<const std::string_view> switches;
};
constexpr Command kCommands[] = {
    {"put", PutCommand, kCommonValues, kCommonSwitches},
    {"trace", TraceCommand, kCommonValues, kTraceSwitches},
    {"search", SearchCommand, kSearchValues, kSearchSwitches},
    {"graph", GraphCommand, kGraphValues, kGraphSwitches},
    {"top", TopCommand, kTopValues, kCommonSwitches},
    {"groups", GroupsCommand, kCommonValues, kCommonSwitches},
    {"tail", TailCommand, kCommonValues, kCommonSwitches},
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
    "  roentgen groups [list | create NAME [FILTER] | update NAME FILTER |\n"
    "                   delete NAME]   list and change groups\n"
    "  roentgen tail [FILTER]          show traces as they arrive\n"
    "  roentgen check [--last 15m | --start T [--end T]] [FILTER...]\n"
    "                                  compare the index with stored traces\n"
    "  flags of all: --json, --address HOST:PORT, --timeout 30s\n";

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
  const std::shared_ptr<grpc::Channel> channel = Connect(address);
  const auto stub = v1::TraceService::NewStub(channel);
  const auto graphs = v1::GraphService::NewStub(channel);
  const auto groups = v1::GroupService::NewStub(channel);
  return command.run(arguments, {.stub = *stub,
                                 .graphs = *graphs,
                                 .groups = *groups,
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
  const absl::StatusOr<Arguments> arguments =
      Arguments::Parse(words, command->value_flags, command->switches);
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

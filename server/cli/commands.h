// The commands of the terminal client.
//
// Each returns the exit code: 0 done, 1 failed (said on `err`), 2 used wrongly.
#ifndef ROENTGEN_SERVER_CLI_COMMANDS_H_
#define ROENTGEN_SERVER_CLI_COMMANDS_H_

#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "server/cli/arguments.h"

namespace roentgen::server {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

// What a command works with; everything outlives it.
struct CommandContext {
  const std::shared_ptr<grpc::Channel>& channel;
  const std::string& key;  // "id:secret", or empty. Never shown.
  const std::string& address;
  absl::Duration timeout;
  const Clock& clock;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

int PutCommand(const Arguments& arguments, const CommandContext& context);
int TraceCommand(const Arguments& arguments, const CommandContext& context);
int SearchCommand(const Arguments& arguments, const CommandContext& context);
// search --count and search --group.
int FiguresCommand(const Arguments& arguments, const CommandContext& context);
int GraphCommand(const Arguments& arguments, const CommandContext& context);
int TopCommand(const Arguments& arguments, const CommandContext& context);
int GroupsCommand(const Arguments& arguments, const CommandContext& context);
int RulesCommand(const Arguments& arguments, const CommandContext& context);
int InsightsCommand(const Arguments& arguments, const CommandContext& context);
int TailCommand(const Arguments& arguments, const CommandContext& context);
int CheckCommand(const Arguments& arguments, const CommandContext& context);
// check --all.
int CheckStoreCommand(const Arguments& arguments,
                      const CommandContext& context);
int RepairCommand(const Arguments& arguments, const CommandContext& context);
int RekeyCommand(const Arguments& arguments, const CommandContext& context);
int BackupCommand(const Arguments& arguments, const CommandContext& context);
int CertCommand(const Arguments& arguments, const CommandContext& context);
int KeysCommand(const Arguments& arguments, const CommandContext& context);
int RestoreCommand(const Arguments& arguments, const CommandContext& context);

// One line; the JSON form of a protobuf message.
void PrintJson(const google::protobuf::Message& message,
               const CommandContext& context);

// A client context that ends after the command's timeout, or never. Both carry
// the key.
std::unique_ptr<grpc::ClientContext> NewCall(const CommandContext& context);
std::unique_ptr<grpc::ClientContext> NewEndlessCall(
    const CommandContext& context);

// Says what went wrong with the server; returns kExitFailed.
int Fail(const grpc::Status& status, const CommandContext& context);
// Says what the user got wrong; returns kExitUsage.
int Misuse(const std::string& message, const CommandContext& context);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_COMMANDS_H_

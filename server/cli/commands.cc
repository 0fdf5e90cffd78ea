#include "server/cli/commands.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/client_context.h>

#include <string>

namespace roentgen::server {

std::unique_ptr<grpc::ClientContext> NewCall(const CommandContext& context) {
  auto call = NewEndlessCall(context);
  call->set_deadline(
      absl::ToChronoTime(context.clock.Now().ToTime() + context.timeout));
  return call;
}

std::unique_ptr<grpc::ClientContext> NewEndlessCall(
    const CommandContext& context) {
  auto call = std::make_unique<grpc::ClientContext>();
  if (!context.key.empty()) {
    call->AddMetadata("authorization", "Bearer " + context.key);
  }
  return call;
}

int Fail(const grpc::Status& status, const CommandContext& context) {
  context.err << "roentgen: ";
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    context.err << "no answer from " << context.address << ": ";
  } else if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    context.err << context.address << " took longer than "
                << absl::FormatDuration(context.timeout) << ": ";
  }
  context.err << status.error_message() << '\n';
  return kExitFailed;
}

int Misuse(const std::string& message, const CommandContext& context) {
  context.err << "roentgen: " << message << '\n';
  return kExitUsage;
}

void PrintJson(const google::protobuf::Message& message,
               const CommandContext& context) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string text;
  if (google::protobuf::util::MessageToJsonString(message, &text, options)
          .ok()) {
    context.out << text << '\n';
  }
}

}  // namespace roentgen::server

#include "server/rpc/call_audit.h"

#include "base/limits.h"
#include "google/protobuf/util/json_util.h"
#include "server/audit/audit_log.h"
#include "server/aws_status.h"
#include "server/rpc/peer_address.h"

namespace roentgen::server {
namespace {

std::string TextOf(const google::protobuf::Message* request) {
  if (request == nullptr) return "";
  const size_t bytes = request->ByteSizeLong();
  std::string text;
  if (bytes > limits::kAuditParametersBytesMax ||
      !google::protobuf::util::MessageToJsonString(*request, &text).ok()) {
    return "(" + std::to_string(bytes) + " bytes)";
  }
  return text;
}

}  // namespace

void NoteCall(const CallContext& context,
              const grpc::CallbackServerContext& call, std::string_view method,
              const Principal& caller, const google::protobuf::Message* request,
              const absl::Status& outcome) {
  if (context.audit == nullptr) return;
  const auto fault = AwsFaultOf(outcome);
  const std::string name =
      fault ? fault->name : absl::StatusCodeToString(outcome.code());
  const std::string address = PeerOf(call).address;
  const std::string parameters = TextOf(request);
  const AuditEvent event = {.api = "grpc",
                            .operation = method,
                            .principal = caller.key_id,
                            .space = context.space,
                            .address = address,
                            .outcome = name,
                            .parameters = parameters};
  const bool is_refused =
      fault && (fault->http_status == 403 || fault->http_status == 429);
  is_refused ? context.audit->WriteRefusal(event) : context.audit->Write(event);
}

}  // namespace roentgen::server

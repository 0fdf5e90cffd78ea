#include "server/v1/api_service.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>

#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "server/aws_status.h"
#include "server/rpc/call_audit.h"
#include "server/rpc/call_guard.h"
#include "server/rpc/message_size.h"
#include "server/rpc/refused_call.h"
#include "server/rpc/unary_read.h"
#include "server/v1/api_codec.h"
#include "server/xray/model/api_check.h"
#include "server/xray/operations/xray_functions.h"

namespace roentgen::server {
namespace {

using google::protobuf::Message;
// Generated services register their methods with the same classes.
using Handler =
    grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>;
using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;

const Message* PrototypeOf(const google::protobuf::Descriptor* type) {
  return google::protobuf::MessageFactory::generated_factory()->GetPrototype(
      type);
}

bool IsSmall(std::string_view operation) {
  const ApiEntry* function = XrayFunctions().Find(operation);
  return function != nullptr && function->cost == ApiCost::kSmall;
}

absl::Status ToStatus(const AwsError& error) {
  return AwsStatus({.http_status = error.http_status,
                    .name = error.name,
                    .message = error.message,
                    .resource_name = error.resource_name});
}

}  // namespace

ApiService::ApiService(const V1Context& context,
                       const google::protobuf::FileDescriptor& file,
                       ProtoFunctions own)
    : context_(context), own_(std::move(own)) {
  const auto& service = *file.service(0);
  for (int i = 0; i < service.method_count(); ++i) {
    const auto& method = *service.method(i);
    const Method& added = methods_.emplace_back(
        Method{.path = '/' + service.full_name() + '/' + method.name(),
               .operation = FindApiOperation(method.name()),
               .request = PrototypeOf(method.input_type()),
               .response = PrototypeOf(method.output_type()),
               .small = IsSmall(method.name())});
    // gRPC owns both.
    AddMethod(std::make_unique<RpcServiceMethod>(added.path.c_str(),
                                                 RpcMethod::NORMAL_RPC, nullptr)
                  .release());
    MarkMethodRawCallback(
        i, std::make_unique<Handler>([this, &added](
                                         grpc::CallbackServerContext* call,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) {
             return Start(call, added, *request, response);
           }).release());
  }
}

grpc::ServerUnaryReactor* ApiService::Start(grpc::CallbackServerContext* call,
                                            const Method& method,
                                            const grpc::ByteBuffer& request,
                                            grpc::ByteBuffer* response) const {
  return Guarded(
      context_, call, method.operation->name,
      [&](const Principal& caller) -> grpc::ServerUnaryReactor* {
        const absl::Status size =
            CheckMessageSize(request.Length(), context_.message_bytes_max);
        if (!size.ok())
          return RefusedCall<grpc::ServerUnaryReactor>::Start(size);
        return (method.small ? StartSmallCall : StartUnaryRead)(
            context_, call,
            [this, call, caller, &method, &request,
             response](const Call& read) {
              return Run(*call, caller, method, request, read, response);
            });
      });
}

absl::StatusOr<size_t> ApiService::Run(const grpc::CallbackServerContext& call,
                                       const Principal& caller,
                                       const Method& method,
                                       const grpc::ByteBuffer& request,
                                       const Call& read,
                                       grpc::ByteBuffer* response) const {
  const std::unique_ptr<Message> message(method.request->New());
  grpc::ByteBuffer bytes = request;  // Shared, and emptied by the reader.
  if (!grpc::GenericDeserialize<grpc::ProtoBufferReader, Message>(&bytes,
                                                                  message.get())
           .ok()) {
    return absl::InvalidArgumentError("the request is no " +
                                      message->GetDescriptor()->full_name());
  }
  const std::unique_ptr<Message> answer(method.response->New());
  const absl::Status done =
      Answer(context_.spaces.Of(caller), method, *message, read, answer.get());
  const std::string_view name = method.operation->name;
  if (context_.access_of(name) == Access::kAdminister) {
    NoteCall(context_, call, name, caller, message.get(), done);
  }
  RTG_RETURN_IF_ERROR(done);
  bool own_buffer = false;
  const grpc::Status written =
      grpc::GenericSerialize<grpc::ProtoBufferWriter, Message>(
          *answer, response, &own_buffer);
  if (!written.ok()) return absl::InternalError(written.error_message());
  return response->Length();
}

absl::Status ApiService::Answer(Space& space, const Method& method,
                                const Message& message, const Call& read,
                                Message* response) const {
  const ApiOperation& operation = *method.operation;
  const ApiValue request = FromProto(message, *operation.input);
  if (const auto error = CheckRequest(*operation.input, request)) {
    return ToStatus(*error);
  }
  if (const auto own = own_.find(operation.name); own != own_.end()) {
    return own->second(space, message, request, read, response);
  }
  const ApiEntry* function = XrayFunctions().Find(operation.name);
  if (function == nullptr) {
    return absl::UnimplementedError(std::string(operation.name) +
                                    ": this server has no such operation");
  }
  RTG_ASSIGN_OR_RETURN(const ApiValue answer,
                       function->run(space, request, read));
  return ToProto(answer, *operation.output, response);
}

}  // namespace roentgen::server

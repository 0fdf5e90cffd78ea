// Services of roentgen.v1 whose methods are X-Ray's operations: one
// implementation of all, by reflection.
//
//   ApiService sampling(context,
//                       *v1::GetSamplingRulesRequest::descriptor()->file());
//   builder.RegisterService(&sampling);
//
// A method runs on the read pool: its request is read and checked by the
// operation's shape, and then the function of its name in XrayFunctions
// answers. Without one the method is UNIMPLEMENTED.
//
// Threads: gRPC's and the pool's.
#ifndef ROENTGEN_SERVER_V1_API_SERVICE_H_
#define ROENTGEN_SERVER_V1_API_SERVICE_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <list>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "server/v1/v1_context.h"
#include "server/xray/model/api_model.h"
#include "server/xray/model/api_value.h"

namespace roentgen::server {

// Fills the response of an operation whose answer is no ApiValue. `message` is
// the request as it came, `request` what was read and checked of it.
using ProtoFunction = std::function<absl::Status(
    Space& space, const google::protobuf::Message& message,
    const ApiValue& request, const Call& read,
    google::protobuf::Message* response)>;
using ProtoFunctions = std::map<std::string, ProtoFunction, std::less<>>;

class ApiService : public grpc::Service {
 public:
  // The only service of `file`, all of whose methods are unary and named as
  // operations. `own` are methods that are not in XrayFunctions. `context`
  // outlives this object.
  ApiService(const V1Context& context,
             const google::protobuf::FileDescriptor& file,
             ProtoFunctions own = {});

 private:
  struct Method {
    std::string path;  // gRPC keeps a pointer to it.
    const ApiOperation* operation;
    const google::protobuf::Message* request;  // Prototypes.
    const google::protobuf::Message* response;
    bool small = false;  // It reads no trace.
  };

  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* call,
                                  const Method& method,
                                  const grpc::ByteBuffer& request,
                                  grpc::ByteBuffer* response) const;
  absl::StatusOr<size_t> Run(const grpc::CallbackServerContext& call,
                             const Principal& caller, const Method& method,
                             const grpc::ByteBuffer& request, const Call& read,
                             grpc::ByteBuffer* response) const;
  absl::Status Answer(Space& space, const Method& method,
                      const google::protobuf::Message& message,
                      const Call& read,
                      google::protobuf::Message* response) const;

  const V1Context& context_;
  const ProtoFunctions own_;
  std::list<Method> methods_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_API_SERVICE_H_

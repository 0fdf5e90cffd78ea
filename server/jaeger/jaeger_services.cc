#include "server/jaeger/jaeger_services.h"

#include <memory>
#include <string_view>

#include "server/auth/access.h"
#include "server/jaeger/jaeger_context.h"
#include "server/jaeger/jaeger_query_service.h"
#include "server/jaeger/jaeger_storage_service.h"

namespace roentgen::server {
namespace {

Access AccessOfJaegerMethod(std::string_view) { return Access::kRead; }

struct JaegerGrpcServices {
  JaegerGrpcServices(const GrpcServer& server, const JaegerOptions& options)
      : context{server.CallsOf(AccessOfJaegerMethod), options.spaces,
                options.trace_chunk_bytes_max} {}

  const JaegerContext context;
  const std::unique_ptr<grpc::Service> traces = NewJaegerTraceReader(context);
  const std::unique_ptr<grpc::Service> dependencies =
      NewJaegerDependencyReader(context);
  const std::unique_ptr<grpc::Service> capabilities =
      NewJaegerCapabilities(context);
  const std::unique_ptr<grpc::Service> query = NewJaegerQueryService(context);
};

}  // namespace

void AddJaegerServices(GrpcServer& server, const JaegerOptions& options) {
  const auto all = std::make_shared<JaegerGrpcServices>(server, options);
  const auto add = [&](const char* name, grpc::Service& service) {
    server.Add({.name = name,
                .service = {all, &service},
                .message_bytes_max = options.message_bytes_max});
  };
  add("jaeger.storage.v2.TraceReader", *all->traces);
  add("jaeger.storage.v2.DependencyReader", *all->dependencies);
  add("jaeger.storage.v2.Capabilities", *all->capabilities);
  add("jaeger.api_v3.QueryService", *all->query);
  // What writes to it uses OTLP, but asks for the health of this name.
  server.AddHealth("jaeger.storage.v2.TraceWriter");
}

}  // namespace roentgen::server

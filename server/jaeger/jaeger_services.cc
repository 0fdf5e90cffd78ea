#include "server/jaeger/jaeger_services.h"

#include <memory>
#include <string_view>

#include "server/auth/access.h"
#include "server/jaeger/jaeger_context.h"
#include "server/jaeger/jaeger_query_service.h"
#include "server/jaeger/jaeger_storage_service.h"

namespace roentgen::server {
namespace {

namespace storage_v2 = jaeger::storage::v2;

Access AccessOfJaegerMethod(std::string_view) { return Access::kRead; }

struct JaegerGrpcServices {
  JaegerGrpcServices(const GrpcServer& server, const JaegerOptions& options)
      : context{server.CallsOf(AccessOfJaegerMethod), options.spaces,
                options.trace_chunk_bytes_max} {}

  const JaegerContext context;
  JaegerTraceReader traces{context};
  JaegerDependencyReader dependencies{context};
  JaegerCapabilities capabilities{context};
  JaegerQueryService query{context};
};

}  // namespace

void AddJaegerServices(GrpcServer& server, const JaegerOptions& options) {
  const auto all = std::make_shared<JaegerGrpcServices>(server, options);
  const auto add = [&](const char* name, grpc::Service& service) {
    server.Add({.name = name,
                .service = {all, &service},
                .message_bytes_max = options.message_bytes_max});
  };
  add(storage_v2::TraceReader::service_full_name(), all->traces);
  add(storage_v2::DependencyReader::service_full_name(), all->dependencies);
  add(storage_v2::Capabilities::service_full_name(), all->capabilities);
  add(jaeger::api_v3::QueryService::service_full_name(), all->query);
  // What writes to it uses OTLP, but asks for the health of this name.
  server.AddHealth("jaeger.storage.v2.TraceWriter");
}

}  // namespace roentgen::server

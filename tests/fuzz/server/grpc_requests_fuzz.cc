// Any bytes as a request of gRPC: taken or refused as an invalid argument. What
// the model's codec takes, it writes as the same again.
//
// The first byte says which message, the others are its wire form.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "jaeger/api_v3/query_service.pb.h"
#include "jaeger/storage/v2/dependency_storage.pb.h"
#include "jaeger/storage/v2/trace_storage.pb.h"
#include "roentgen/v1/account_service.pb.h"
#include "roentgen/v1/graph_service.pb.h"
#include "roentgen/v1/insight_service.pb.h"
#include "roentgen/v1/retrieval_service.pb.h"
#include "roentgen/v1/sampling_service.pb.h"
#include "roentgen/v1/trace_service.pb.h"
#include "server/jaeger/jaeger_convert.h"
#include "server/v1/api_codec.h"
#include "server/v1/graph_convert.h"
#include "server/v1/proto_convert.h"
#include "server/v1/search_convert.h"
#include "server/xray/model/api_check.h"
#include "server/xray/model/api_model.h"

namespace roentgen::server {
namespace {

void CheckRefusal(const absl::Status& status) {
  if (!status.ok() && !absl::IsInvalidArgument(status)) std::abort();
}

template <typename Request>
void FuzzOwn(const std::string& bytes) {
  Request request;
  if (!request.ParseFromString(bytes)) return;
  CheckRefusal(FromProto(request).status());
}

using Fuzz = void (*)(const std::string&);
constexpr Fuzz kOwn[] = {
    FuzzOwn<v1::GetTraceSummariesRequest>,
    FuzzOwn<v1::StreamTracesRequest>,
    FuzzOwn<v1::GetTraceFiguresRequest>,
    FuzzOwn<v1::CheckIndexRequest>,
    FuzzOwn<jaeger::storage::v2::TraceQueryParameters>,
    FuzzOwn<jaeger::api_v3::TraceQueryParameters>,
    FuzzOwn<jaeger::storage::v2::GetTracesRequest>,
    FuzzOwn<jaeger::storage::v2::GetDependenciesRequest>,
    FuzzOwn<jaeger::api_v3::GetDependenciesRequest>,
    FuzzOwn<v1::GetServiceGraphRequest>,
    FuzzOwn<v1::CompareGraphsRequest>,
    FuzzOwn<v1::GetTimeSeriesRequest>,
};

// Operations that the codec serves, and their messages.
struct Modelled {
  const ApiOperation* operation;
  const google::protobuf::Message* prototype;
};

std::vector<Modelled> FindModelled() {
  std::vector<Modelled> out;
  const google::protobuf::FileDescriptor* const files[] = {
      v1::SamplingRule::descriptor()->file(),
      v1::Insight::descriptor()->file(),
      v1::ResourcePolicy::descriptor()->file(),
      v1::RetrievedTrace::descriptor()->file(),
  };
  for (const ApiOperation& operation : ApiOperations()) {
    for (const auto* file : files) {
      const auto* type =
          file->FindMessageTypeByName(std::string(operation.name) + "Request");
      if (type == nullptr) continue;
      out.push_back(
          {&operation,
           google::protobuf::MessageFactory::generated_factory()->GetPrototype(
               type)});
    }
  }
  if (out.size() < 10) std::abort();  // They are called otherwise by now.
  return out;
}

void FuzzModelled(const Modelled& modelled, const std::string& bytes) {
  const std::unique_ptr<google::protobuf::Message> message(
      modelled.prototype->New());
  if (!message->ParseFromString(bytes)) return;
  const ApiShape& shape = *modelled.operation->input;
  const ApiValue value = FromProto(*message, shape);
  if (CheckRequest(shape, value)) return;
  const std::unique_ptr<google::protobuf::Message> written(
      modelled.prototype->New());
  if (!ToProto(value, shape, written.get()).ok()) std::abort();
  if (FromProto(*written, shape) != value) std::abort();
}

}  // namespace
}  // namespace roentgen::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace roentgen::server;  // NOLINT: one function.
  if (size == 0) return 0;
  static const std::vector<Modelled> modelled = FindModelled();
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t which = data[0] % (std::size(kOwn) + modelled.size());
  if (which < std::size(kOwn)) {
    kOwn[which](bytes);
  } else {
    FuzzModelled(modelled[which - std::size(kOwn)], bytes);
  }
  return 0;
}

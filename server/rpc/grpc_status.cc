#include "server/rpc/grpc_status.h"

#include <string>
#include <string_view>

#include "google/protobuf/any.pb.h"
#include "roentgen/rpc/status.pb.h"
#include "server/auth/access.h"
#include "server/status_mapping.h"

namespace roentgen::server {
namespace {

constexpr char kErrorDomain[] = "xray.roentgen";

struct Row {
  absl::StatusCode code;
  grpc::StatusCode grpc_code;
};

// What is not listed becomes INTERNAL.
constexpr Row kRows[] = {
    {absl::StatusCode::kCancelled, grpc::StatusCode::CANCELLED},
    {absl::StatusCode::kInvalidArgument, grpc::StatusCode::INVALID_ARGUMENT},
    {absl::StatusCode::kDeadlineExceeded, grpc::StatusCode::DEADLINE_EXCEEDED},
    {absl::StatusCode::kNotFound, grpc::StatusCode::NOT_FOUND},
    {absl::StatusCode::kPermissionDenied, grpc::StatusCode::PERMISSION_DENIED},
    {absl::StatusCode::kUnauthenticated, grpc::StatusCode::UNAUTHENTICATED},
    {absl::StatusCode::kResourceExhausted,
     grpc::StatusCode::RESOURCE_EXHAUSTED},
    {absl::StatusCode::kUnimplemented, grpc::StatusCode::UNIMPLEMENTED},
    {absl::StatusCode::kUnavailable, grpc::StatusCode::UNAVAILABLE},
    {absl::StatusCode::kDataLoss, grpc::StatusCode::DATA_LOSS},
};

void FillDuration(absl::Duration from, google::protobuf::Duration* to) {
  to->set_seconds(absl::IDivDuration(from, absl::Seconds(1), &from));
  to->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(from)));
}

// `type` is the name that gRPC clients know; ours lives in another package.
void AddDetail(std::string_view type, const google::protobuf::Message& detail,
               rpc::Status& status) {
  google::protobuf::Any* any = status.add_details();
  any->set_type_url("type.googleapis.com/google.rpc." + std::string(type));
  detail.SerializeToString(any->mutable_value());
}

}  // namespace

grpc::StatusCode GrpcCodeOf(const absl::Status& status) {
  if (IsUnknownCaller(status)) return grpc::StatusCode::UNAUTHENTICATED;
  for (const Row& row : kRows) {
    if (row.code == status.code()) return row.grpc_code;
  }
  return grpc::StatusCode::INTERNAL;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const AwsError error = ToAwsError(status);
  const grpc::StatusCode code = GrpcCodeOf(status);

  rpc::Status details;
  details.set_code(code);
  details.set_message(error.message);
  rpc::ErrorInfo info;
  info.set_reason(error.name);
  info.set_domain(kErrorDomain);
  if (!error.resource_name.empty()) {
    (*info.mutable_metadata())["resource_name"] = error.resource_name;
  }
  AddDetail("ErrorInfo", info, details);
  if (error.retry_after) {
    rpc::RetryInfo retry;
    FillDuration(*error.retry_after, retry.mutable_retry_delay());
    AddDetail("RetryInfo", retry, details);
  }
  return grpc::Status(code, error.message, details.SerializeAsString());
}

}  // namespace roentgen::server

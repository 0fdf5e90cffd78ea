#include "server/rpc/grpc_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "roentgen/rpc/status.pb.h"
#include "server/v1/batch_error.h"

namespace roentgen::server {
namespace {

struct Row {
  absl::StatusCode code;
  grpc::StatusCode grpc_code;
  const char* reason;
  bool retry;
  bool tells;  // Whether the client sees the text.
};

std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << absl::StatusCodeToString(row.code);
}

class GrpcStatusRowTest : public testing::TestWithParam<Row> {};

TEST_P(GrpcStatusRowTest, MapsCodeReasonAndRetry) {
  const Row& row = GetParam();
  const grpc::Status status = ToGrpcStatus(absl::Status(row.code, "what"));
  EXPECT_EQ(status.error_code(), row.grpc_code);
  EXPECT_EQ(status.error_message() == "what", row.tells);

  rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), row.grpc_code);
  EXPECT_EQ(details.message(), status.error_message());
  ASSERT_EQ(details.details_size(), row.retry ? 2 : 1);
  EXPECT_EQ(details.details(0).type_url(),
            "type.googleapis.com/google.rpc.ErrorInfo");
  rpc::ErrorInfo info;
  ASSERT_TRUE(info.ParseFromString(details.details(0).value()));
  EXPECT_EQ(info.reason(), row.reason);
  EXPECT_EQ(info.domain(), "xray.roentgen");
  if (row.retry) {
    EXPECT_EQ(details.details(1).type_url(),
              "type.googleapis.com/google.rpc.RetryInfo");
    rpc::RetryInfo retry;
    ASSERT_TRUE(retry.ParseFromString(details.details(1).value()));
    EXPECT_GE(retry.retry_delay().seconds(), 1);
  }
}

TEST_P(GrpcStatusRowTest, BatchErrorSaysTheSame) {
  const Row& row = GetParam();
  const v1::BatchError error = ToBatchError(absl::Status(row.code, "what"));
  EXPECT_EQ(error.code(), row.grpc_code);
  EXPECT_EQ(error.reason(), row.reason);
  EXPECT_EQ(error.message() == "what", row.tells);
  EXPECT_EQ(error.has_retry_delay(), row.retry);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, GrpcStatusRowTest,
    testing::Values(
        Row{absl::StatusCode::kInvalidArgument,
            grpc::StatusCode::INVALID_ARGUMENT, "InvalidRequestException",
            false, true},
        Row{absl::StatusCode::kNotFound, grpc::StatusCode::NOT_FOUND,
            "ResourceNotFoundException", false, true},
        Row{absl::StatusCode::kResourceExhausted,
            grpc::StatusCode::RESOURCE_EXHAUSTED, "ThrottledException", true,
            true},
        Row{absl::StatusCode::kUnavailable, grpc::StatusCode::UNAVAILABLE,
            "ServiceUnavailable", true, true},
        Row{absl::StatusCode::kDeadlineExceeded,
            grpc::StatusCode::DEADLINE_EXCEEDED, "ServiceUnavailable", true,
            true},
        Row{absl::StatusCode::kCancelled, grpc::StatusCode::CANCELLED,
            "RequestCancelled", false, true},
        Row{absl::StatusCode::kDataLoss, grpc::StatusCode::DATA_LOSS,
            "InternalFailure", false, false},
        Row{absl::StatusCode::kInternal, grpc::StatusCode::INTERNAL,
            "InternalFailure", false, false},
        Row{absl::StatusCode::kUnknown, grpc::StatusCode::INTERNAL,
            "InternalFailure", false, false},
        Row{absl::StatusCode::kFailedPrecondition, grpc::StatusCode::INTERNAL,
            "InternalFailure", false, false}));

TEST(GrpcStatusTest, OkStaysOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
}

}  // namespace
}  // namespace roentgen::server

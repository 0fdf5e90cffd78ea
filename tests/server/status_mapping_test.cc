#include "server/status_mapping.h"

#include "base/private_status.h"
#include "gmock/gmock.h"
#include "server/aws_status.h"

namespace roentgen::server {
namespace {

struct Row {
  absl::StatusCode code;
  int http_status;
  const char* name;
  bool retry;
};

constexpr Row kRows[] = {
    {absl::StatusCode::kInvalidArgument, 400, "InvalidRequestException", false},
    {absl::StatusCode::kNotFound, 404, "ResourceNotFoundException", false},
    {absl::StatusCode::kResourceExhausted, 429, "ThrottledException", true},
    {absl::StatusCode::kUnavailable, 503, "ServiceUnavailable", true},
    {absl::StatusCode::kDeadlineExceeded, 503, "ServiceUnavailable", true},
    {absl::StatusCode::kUnimplemented, 501, "UnsupportedOperationException",
     false},
    {absl::StatusCode::kCancelled, 499, "RequestCancelled", false},
};

TEST(StatusMappingTest, KnownCodesKeepTheirMessage) {
  for (const Row& row : kRows) {
    const AwsError error = ToAwsError(absl::Status(row.code, "why"), "id");
    EXPECT_EQ(error.http_status, row.http_status) << row.name;
    EXPECT_EQ(error.name, row.name);
    EXPECT_EQ(error.message, "why");
    EXPECT_EQ(error.retry_after.has_value(), row.retry) << row.name;
  }
}

TEST(StatusMappingTest, OtherCodesHideTheirMessage) {
  for (const absl::StatusCode code :
       {absl::StatusCode::kInternal, absl::StatusCode::kDataLoss,
        absl::StatusCode::kUnknown, absl::StatusCode::kFailedPrecondition,
        absl::StatusCode::kAborted, absl::StatusCode::kOutOfRange,
        absl::StatusCode::kPermissionDenied, absl::StatusCode::kUnauthenticated,
        absl::StatusCode::kAlreadyExists}) {
    const AwsError error = ToAwsError(absl::Status(code, "/secret/file"), "id");
    EXPECT_EQ(error.http_status, 500);
    EXPECT_EQ(error.name, "InternalFailure");
    EXPECT_THAT(error.message, testing::Not(testing::HasSubstr("secret")));
  }
}

TEST(StatusMappingTest, PrivateTextsStayInside) {
  const absl::Status open = absl::UnavailableError("/secret/file: full");
  const absl::Status hidden = PrivateStatus(open);
  EXPECT_EQ(hidden.message(), open.message());
  EXPECT_EQ(PublicMessage(open), "/secret/file: full");
  EXPECT_THAT(PublicMessage(hidden),
              testing::Not(testing::HasSubstr("secret")));
  const AwsError error = ToAwsError(hidden, "id");
  EXPECT_EQ(error.http_status, 503);
  EXPECT_EQ(error.name, "ServiceUnavailable");
  EXPECT_EQ(error.message, PublicMessage(hidden));
  EXPECT_TRUE(error.retry_after.has_value());
  EXPECT_TRUE(PrivateStatus(absl::OkStatus()).ok());
  EXPECT_FALSE(IsPrivate(PrivateStatus(absl::OkStatus())));
}

TEST(StatusMappingTest, AReadThatNeedsTooMuchIsNotToBeRepeated) {
  const AwsError error =
      ToAwsReadError(absl::ResourceExhaustedError("needs more"), "id");
  EXPECT_EQ(error.http_status, 400);
  EXPECT_EQ(error.name, "InvalidRequestException");
  EXPECT_EQ(error.message, "needs more");
  EXPECT_EQ(error.retry_after, std::nullopt);
  EXPECT_EQ(ToAwsReadError(absl::UnavailableError("later"), "id").http_status,
            503);
}

TEST(StatusMappingTest, NamedFaultsKeepTheirNameStatusAndResource) {
  const AwsError error =
      ToAwsError(AwsStatus({.http_status = 400,
                            .name = "TooManyTagsException",
                            .message = "51 tags\nare too many",
                            .resource_name = "arn:aws:xray:a:b:group/c"}),
                 "id");
  EXPECT_EQ(error, (AwsError{.http_status = 400,
                             .name = "TooManyTagsException",
                             .message = "51 tags\nare too many",
                             .retry_after = std::nullopt,
                             .resource_name = "arn:aws:xray:a:b:group/c"}));
  EXPECT_EQ(ResourceNotFound("x").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ToAwsError(ResourceNotFound("x"), "id").resource_name, "x");
  EXPECT_EQ(AwsFaultOf(absl::NotFoundError("x")), std::nullopt);
}

}  // namespace
}  // namespace roentgen::server

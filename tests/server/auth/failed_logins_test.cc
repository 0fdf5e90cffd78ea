#include "server/auth/failed_logins.h"

#include <chrono>
#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "server/auth/access.h"
#include "server/auth/authorization_header.h"
#include "server/aws_status.h"

namespace roentgen::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kUnknown[] = "UnrecognizedClientException";
constexpr char kThrottled[] = "ThrottledException";
constexpr char kBearer[] = "Bearer reader:wrong";
constexpr char kSigned[] =
    "AWS4-HMAC-SHA256 Credential=reader/20260131/eu-west-1/xray/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature="
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

class FailedLoginsTest : public testing::Test {
 protected:
  // The name of what is answered.
  std::string Fail(const std::string& peer, const std::string& authorization) {
    const auto fault = AwsFaultOf(
        logins_.Note(peer, authorization, UnrecognizedClient(), now_));
    return fault ? fault->name : "";
  }
  void FailOften(const std::string& peer, const std::string& authorization) {
    for (int64_t i = 0; i < FailedLogins::kBurst; ++i) {
      ASSERT_EQ(Fail(peer, authorization), kUnknown) << i;
    }
  }

  FailedLogins logins_;
  FailedLogins::SteadyTime now_ =
      FailedLogins::SteadyTime() + std::chrono::hours(5);
};

TEST(KeyIdInTest, NamesTheKeyWhateverTheForm) {
  EXPECT_EQ(KeyIdIn(kBearer), "reader");
  EXPECT_EQ(KeyIdIn("bEARER a:b:c"), "a");
  EXPECT_EQ(KeyIdIn("Bearer secret"), "");
  EXPECT_EQ(KeyIdIn(kSigned), "reader");
  EXPECT_EQ(KeyIdIn("Basic cmVhZGVyOng="), "");
  EXPECT_EQ(KeyIdIn(""), "");
}

TEST_F(FailedLoginsTest, GuessingASecretIsSlowed) {
  FailOften("10.0.0.1", kBearer);
  EXPECT_EQ(Fail("10.0.0.1", kBearer), kThrottled);
  // In whatever form the key is shown.
  EXPECT_EQ(Fail("10.0.0.1", "Bearer reader:other"), kThrottled);
  EXPECT_EQ(Fail("10.0.0.1", kSigned), kThrottled);
  // And whichever it is.
  EXPECT_EQ(Fail("10.0.0.1", "Bearer writer:x"), kThrottled);
  // Nobody else is.
  EXPECT_EQ(Fail("10.0.0.2", kBearer), kUnknown);
  // One for each period that has passed.
  now_ += FailedLogins::kPeriod - milliseconds(1);
  EXPECT_EQ(Fail("10.0.0.1", kBearer), kThrottled);
  now_ += milliseconds(2);
  EXPECT_EQ(Fail("10.0.0.1", kBearer), kUnknown);
  EXPECT_EQ(Fail("10.0.0.1", kBearer), kThrottled);
  now_ += seconds(1000);
  FailOften("10.0.0.1", kBearer);
  EXPECT_EQ(Fail("10.0.0.1", kBearer), kThrottled);
}

TEST_F(FailedLoginsTest, WhoShowsNothingHasNotTried) {
  for (int64_t i = 0; i < 2 * FailedLogins::kBurst; ++i) {
    ASSERT_EQ(Fail("10.0.0.1", ""), kUnknown);
  }
}

}  // namespace
}  // namespace roentgen::server

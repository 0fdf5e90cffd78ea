// Who may do what, in every mode; the ring of keys.
#include "server/auth/authenticator.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/aws_status.h"

namespace roentgen::server {
namespace {

constexpr char kMissing[] = "MissingAuthenticationTokenException";
constexpr char kIncomplete[] = "IncompleteSignatureException";
constexpr char kInvalid[] = "InvalidSignatureException";
constexpr char kUnrecognized[] = "UnrecognizedClientException";
constexpr char kDenied[] = "AccessDeniedException";

// As long as a real one; nobody has made it.
const std::string kSignature =
    "AWS4-HMAC-SHA256 Credential=READER/19700101/r/xray/aws4_request, "
    "SignedHeaders=host, Signature=" +
    std::string(64, '0');

Authenticator Make(AuthMode mode, UnsignedSampling unsigned_sampling =
                                      UnsignedSampling::kLoopback) {
  return {
      {.mode = mode, .unsigned_sampling = unsigned_sampling},
      *KeyRing::Make(
          {{.id = "READER",
            .secret = "s:1",
            .session_token = "token",
            .permissions = {.read = true}},
           {.id = "LOOKER", .secret = "s:1", .permissions = {.read = true}},
           {.id = "DAEMON", .secret = "s2", .permissions = {.ingest = true}},
           {.id = "ADMIN",
            .secret = "s3",
            .permissions = {.administer = true}}})};
}

std::string NameOf(const absl::Status& status) {
  const auto fault = AwsFaultOf(status);
  return status.ok() ? "" : fault ? fault->name : status.ToString();
}

// What becomes of an HTTP request with this header; empty: it is served.
std::string Http(const Authenticator& authenticator, const std::string& header,
                 Access access, bool loopback = true) {
  std::vector<std::pair<std::string_view, std::string_view>> headers = {
      {"Host", "x"}, {"X-Amz-Date", "19700101T000000Z"}};
  if (!header.empty()) headers.emplace_back("authorization", header);
  const auto principal = authenticator.Http({.method = "POST",
                                             .path = "/x",
                                             .query = "",
                                             .headers = headers,
                                             .body = ""},
                                            loopback, Timestamp());
  if (!principal.ok()) return NameOf(principal.status());
  return NameOf(Authorize(*principal, access, "GetTraceGraph"));
}

std::string Bearer(const Authenticator& authenticator, const std::string& value,
                   Access access) {
  const auto principal = authenticator.Bearer(value);
  if (!principal.ok()) return NameOf(principal.status());
  return NameOf(Authorize(*principal, access, "GetTraceGraph"));
}

TEST(Authenticator, OffLetsEverybodyIn) {
  for (const Authenticator& off : {Authenticator(), Make(AuthMode::kOff)}) {
    for (const std::string header : {"", "nonsense"}) {
      EXPECT_EQ(Http(off, header, Access::kAdminister, false), "");
      EXPECT_EQ(Bearer(off, header, Access::kAdminister), "");
    }
  }
}

TEST(Authenticator, ShapeWantsCredentialsButDoesNotCheckThem) {
  const Authenticator shape = Make(AuthMode::kShape);
  EXPECT_EQ(Http(shape, kSignature, Access::kAdminister), "");
  EXPECT_EQ(Http(shape, "Bearer a:b", Access::kAdminister), "");
  EXPECT_EQ(Bearer(shape, "Bearer a:b", Access::kAdminister), "");
  EXPECT_EQ(Http(shape, "", Access::kRead), kMissing);
  EXPECT_EQ(Http(shape, "", Access::kSampling), "");
  EXPECT_EQ(Http(shape, "", Access::kSampling, false), kMissing);
  EXPECT_EQ(Bearer(shape, "", Access::kRead), kMissing);
  for (const std::string bad : {"x", "Bearer", "Bearer ", "Bearer a",
                                "Bearer :b", "Bearer a:", "AWS4-HMAC-SHA256"}) {
    EXPECT_EQ(Http(shape, bad, Access::kOpen), kIncomplete) << bad;
    EXPECT_EQ(Bearer(shape, bad, Access::kOpen), kIncomplete) << bad;
  }
}

TEST(Authenticator, VerifyChecksThem) {
  const Authenticator verify = Make(AuthMode::kVerify);
  EXPECT_EQ(Http(verify, "Bearer LOOKER:s:1", Access::kRead), "");
  EXPECT_EQ(Http(verify, "bearer  LOOKER:s:1", Access::kRead), "");
  EXPECT_EQ(Bearer(verify, "BEARER DAEMON:s2", Access::kIngest), "");
  for (const std::string bad :
       {"Bearer LOOKER:s", "Bearer LOOKER:s:12", "Bearer READER:s:1",
        "Bearer looker:s:1", "Bearer DAEMON:s:1", "Bearer nobody:x"}) {
    EXPECT_EQ(Http(verify, bad, Access::kOpen), kUnrecognized) << bad;
    EXPECT_EQ(Bearer(verify, bad, Access::kOpen), kUnrecognized) << bad;
  }
  EXPECT_EQ(Http(verify, kSignature, Access::kOpen), kUnrecognized);  // Token.
  std::string daemon = kSignature;
  daemon.replace(daemon.find("READER"), 6, "DAEMON");
  EXPECT_EQ(Http(verify, daemon, Access::kOpen), kInvalid);
  EXPECT_EQ(Http(verify, "Basic eDp5", Access::kOpen), kIncomplete);
  EXPECT_EQ(Http(verify, "", Access::kOpen, false), "");
  EXPECT_EQ(Http(verify, "", Access::kRead), kMissing);
  EXPECT_EQ(Bearer(verify, "", Access::kIngest), kMissing);
}

TEST(Authenticator, TakesUnsignedSamplingCallsAsItIsTold) {
  const struct {
    UnsignedSampling option;
    bool loopback;
    std::string failure;
  } cases[] = {
      {UnsignedSampling::kNobody, true, kMissing},
      {UnsignedSampling::kNobody, false, kMissing},
      {UnsignedSampling::kLoopback, true, ""},
      {UnsignedSampling::kLoopback, false, kMissing},
      {UnsignedSampling::kAnybody, false, ""},
  };
  for (const auto& test : cases) {
    const Authenticator verify = Make(AuthMode::kVerify, test.option);
    EXPECT_EQ(Http(verify, "", Access::kSampling, test.loopback), test.failure);
    EXPECT_EQ(Http(verify, "", Access::kRead, test.loopback), kMissing);
    EXPECT_EQ(Http(verify, "", Access::kIngest, test.loopback), kMissing);
    // Whoever says who it is must be that one.
    EXPECT_EQ(Http(verify, "Bearer x:y", Access::kSampling, test.loopback),
              kUnrecognized);
  }
}

TEST(Authorize, GivesEachPermissionItsCalls) {
  const struct {
    Principal principal;
    std::vector<Access> may;
  } cases[] = {
      {{.key_id = "k", .permissions = {.ingest = true}},
       {Access::kOpen, Access::kIngest, Access::kSampling}},
      {{.key_id = "k", .permissions = {.read = true}},
       {Access::kOpen, Access::kSampling, Access::kRead}},
      {{.key_id = "k", .permissions = {.administer = true}},
       {Access::kOpen, Access::kAdminister}},
      {{.key_id = "k", .sampling = true}, {Access::kOpen, Access::kSampling}},
      {{.key_id = "k"}, {Access::kOpen}},
  };
  for (const auto& [principal, may] : cases) {
    std::vector<Access> granted;
    for (const Access access :
         {Access::kOpen, Access::kIngest, Access::kSampling, Access::kRead,
          Access::kAdminister}) {
      const absl::Status status = Authorize(principal, access, "GetGroup");
      if (status.ok()) {
        granted.push_back(access);
        continue;
      }
      EXPECT_EQ(NameOf(status), kDenied);
      EXPECT_FALSE(IsUnknownCaller(status));
      EXPECT_EQ(status.message(),
                "User: k is not authorized to perform: xray:GetGroup");
    }
    EXPECT_EQ(granted, may);
  }
}

TEST(Authorize, TellsWhoIsNotKnownFromWhoMayNot) {
  EXPECT_TRUE(IsUnknownCaller(MissingAuthenticationToken()));
  EXPECT_TRUE(IsUnknownCaller(UnrecognizedClient()));
  EXPECT_FALSE(IsUnknownCaller(absl::OkStatus()));
  EXPECT_FALSE(IsUnknownCaller(ResourceNotFound("x")));
}

TEST(KeyRing, SaysWhatIsWrong) {
  const auto refusal = [](std::vector<AccessKey> keys) {
    return std::string(KeyRing::Make(std::move(keys)).status().message());
  };
  const AccessKey good{.id = "k", .secret = "s", .permissions = {.read = true}};
  EXPECT_EQ(refusal({good, good}), "access key 'k' is there twice");
  AccessKey bad = good;
  bad.secret = "";
  EXPECT_EQ(refusal({bad}),
            "access key 'k': secret: must have 1 to 256 characters, visible "
            "ones of ASCII");
  bad = good;
  bad.id = "a/b";
  EXPECT_EQ(refusal({bad}),
            "access key 'a/b': id: must have 1 to 128 characters, letters, "
            "digits and _ - .");
  bad = good;
  bad.permissions = {};
  EXPECT_EQ(refusal({bad}),
            "access key 'k': permissions: must name some of ingest, read, "
            "administer");
  EXPECT_EQ(refusal(std::vector<AccessKey>(1'001, good)),
            "access keys: at most 1000, not 1001");
  const auto ring = KeyRing::Make({good});
  ASSERT_TRUE(ring.ok());
  EXPECT_EQ(*ring->Find("k"), good);
  EXPECT_EQ(ring->Find("K"), nullptr);
}

}  // namespace
}  // namespace roentgen::server

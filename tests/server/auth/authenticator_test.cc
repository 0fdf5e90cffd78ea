// Who may do what, in every mode; the ring of keys.
#include "server/auth/authenticator.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret_hash.h"
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

// --- Certificates ---

constexpr char kDigestA[] =
    "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

std::vector<AccessKey> CertificateKeys() {
  return {{.id = "PINNED",
           .permissions = {.read = true},
           .certificates = {kDigestA}},
          {.id = "NAMED",
           .permissions = {.ingest = true},
           .certificates = {"dns:Collector.Example", "uri:spiffe://x/y"}},
          {.id = "BOTH",
           .secret = "s",
           .permissions = {.administer = true},
           .certificates = {"dns:both.example"}}};
}

Peer Showing(std::vector<std::string> names) {
  return {.address = "192.0.2.1",
          .certificate = std::make_shared<const ClientCertificate>(
              ClientCertificate{.names = std::move(names)})};
}

// The key's id, over both protocols; they must agree.
std::string WhoIs(const Authenticator& authenticator, const Peer& peer,
                  const std::string& header = "") {
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  if (!header.empty()) headers.emplace_back("authorization", header);
  const auto http = authenticator.HttpFrom(peer,
                                           {.method = "POST",
                                            .path = "/x",
                                            .query = "",
                                            .headers = headers,
                                            .body = ""},
                                           Timestamp());
  const auto grpc = authenticator.BearerFrom(peer, header);
  EXPECT_EQ(http.ok(), grpc.ok());
  if (!http.ok()) return NameOf(http.status());
  EXPECT_EQ(http->key_id, grpc->key_id);
  EXPECT_EQ(http->permissions, grpc->permissions);
  return http->key_id;
}

TEST(AuthenticatorTest, ACertificateShowsAKeyWhereNothingElseDoes) {
  const Authenticator verify({.mode = AuthMode::kVerify},
                             *KeyRing::Make(CertificateKeys()));
  const std::string other = "sha256:" + std::string(64, 'b');
  EXPECT_EQ(WhoIs(verify, Showing({kDigestA})), "PINNED");
  EXPECT_EQ(WhoIs(verify, Showing({other})), "");
  EXPECT_EQ(WhoIs(verify, Showing({other, "dns:collector.example"})), "NAMED");
  EXPECT_EQ(WhoIs(verify, Showing({other, "uri:spiffe://x/y"})), "NAMED");
  EXPECT_EQ(WhoIs(verify, Showing({other, "uri:spiffe://x/Y"})), "");
  EXPECT_EQ(WhoIs(verify, Showing({other, "dns:spiffe://x/y"})), "");
  // The surest name decides.
  EXPECT_EQ(WhoIs(verify, Showing({kDigestA, "dns:collector.example"})),
            "PINNED");
  EXPECT_EQ(WhoIs(verify, {.address = "192.0.2.1"}), "");
  EXPECT_EQ(verify.KeyIdOf(Showing({kDigestA})), "PINNED");
  EXPECT_EQ(verify.KeyIdOf({}), "");
}

TEST(AuthenticatorTest, WhatIsShownInARequestWins) {
  const Authenticator verify({.mode = AuthMode::kVerify},
                             *KeyRing::Make(CertificateKeys()));
  const Peer pinned = Showing({kDigestA});
  EXPECT_EQ(WhoIs(verify, pinned, "Bearer BOTH:s"), "BOTH");
  EXPECT_EQ(WhoIs(verify, pinned, "Bearer BOTH:wrong"), kUnrecognized);
  EXPECT_EQ(WhoIs(verify, pinned, "Bearer nobody:s"), kUnrecognized);
}

// An empty secret is one that everybody knows.
TEST(AuthenticatorTest, AKeyWithoutSecretIsShownByItsCertificateAlone) {
  const Authenticator verify({.mode = AuthMode::kVerify},
                             *KeyRing::Make(CertificateKeys()));
  for (const char* header :
       {"Bearer PINNED:", "Bearer PINNED:x", "Bearer NAMED:x"}) {
    EXPECT_NE(WhoIs(verify, {.address = "192.0.2.1"}, header), "PINNED")
        << header;
  }
  EXPECT_EQ(verify.Bearer("Bearer PINNED:x").status(), UnrecognizedClient());
  EXPECT_EQ(KeyRing::Make(CertificateKeys())->Find("PINNED"), nullptr);
  EXPECT_NE(KeyRing::Make(CertificateKeys())->Find("BOTH"), nullptr);
}

TEST(AuthenticatorTest, CertificatesSayNothingWhereKeysAreNotChecked) {
  for (const AuthMode mode : {AuthMode::kOff, AuthMode::kShape}) {
    const Authenticator other({.mode = mode}, KeyRing());
    EXPECT_EQ(WhoIs(other, Showing({kDigestA})), "");
    EXPECT_EQ(other.KeyIdOf(Showing({kDigestA})), "");
  }
}

TEST(KeyRingTest, RefusesCertificatesThatAreNotClear) {
  const auto fault = [](std::vector<std::string> first,
                        std::vector<std::string> second = {}) {
    std::vector<AccessKey> keys = {{.id = "a",
                                    .permissions = {.read = true},
                                    .certificates = std::move(first)}};
    if (!second.empty()) {
      keys.push_back({.id = "b",
                      .permissions = {.read = true},
                      .certificates = std::move(second)});
    }
    return std::string(KeyRing::Make(std::move(keys)).status().message());
  };
  EXPECT_EQ(fault({kDigestA, "dns:a", "uri:b:c"}), "");
  for (const char* bad :
       {"", "a", "dns:", "uri:", "DNS:a", "dns:a b", "cn:a",
        "sha256:", "sha256:aa",
        "sha256:"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    EXPECT_THAT(fault({bad}), testing::HasSubstr("certificates: '")) << bad;
  }
  EXPECT_THAT(fault({"dns:a", "dns:A"}), testing::HasSubstr("is there twice"));
  EXPECT_THAT(fault({kDigestA}, {kDigestA}),
              testing::HasSubstr("is there twice"));
  // No way to show it.
  EXPECT_THAT(fault({}), testing::HasSubstr("secret"));
}

// What becomes of "Bearer ...", by the name of the error; empty: it is served.
std::string Show(const Authenticator& authenticator, const std::string& token) {
  return NameOf(
      authenticator.BearerFrom({.address = "192.0.2.7"}, "Bearer " + token)
          .status());
}

TEST(AuthenticatorTest, KeysEndWhenTheySay) {
  ManualClock clock(Timestamp::FromSeconds(1'700'000'000));
  const Authenticator authenticator(
      {.mode = AuthMode::kVerify, .clock = &clock},
      *KeyRing::Make({{.id = "A",
                       .secret = "s",
                       .permissions = {.read = true},
                       .expires = absl::FromUnixSeconds(1'700'000'060)}}));
  EXPECT_EQ(Show(authenticator, "A:s"), "");
  clock.Advance(absl::Seconds(59));
  EXPECT_EQ(Show(authenticator, "A:s"), "");
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(Show(authenticator, "A:s"), "ExpiredTokenException");
  // Who has not its secret does not learn that there is one.
  EXPECT_EQ(Show(authenticator, "A:t"), kUnrecognized);
}

TEST(AuthenticatorTest, CertificatesOfEndedKeysSayNothing) {
  ManualClock clock(Timestamp::FromSeconds(1'700'000'000));
  const Authenticator authenticator(
      {.mode = AuthMode::kVerify, .clock = &clock},
      *KeyRing::Make({{.id = "A",
                       .permissions = {.read = true},
                       .expires = absl::FromUnixSeconds(1'700'000'060),
                       .certificates = {"dns:a.example"}}}));
  const Peer peer = {.address = "192.0.2.7",
                     .certificate = std::make_shared<ClientCertificate>(
                         ClientCertificate{{"dns:a.example"}})};
  EXPECT_EQ(authenticator.BearerFrom(peer, "")->key_id, "A");
  EXPECT_EQ(authenticator.KeyIdOf(peer), "A");
  clock.Advance(absl::Minutes(1));
  EXPECT_EQ(authenticator.BearerFrom(peer, "")->key_id, "");
  EXPECT_EQ(authenticator.KeyIdOf(peer), "");
}

TEST(AuthenticatorTest, HashedSecretsDoForBearersAlone) {
  const std::string hash = HashSecret("secret", "sixteen bytes...");
  const Authenticator authenticator(
      {.mode = AuthMode::kVerify},
      *KeyRing::Make({{.id = "READER",
                       .secret_hash = hash,
                       .permissions = {.read = true}}}));
  EXPECT_EQ(Show(authenticator, "READER:secret"), "");
  EXPECT_EQ(Show(authenticator, "READER:secret"), "");
  EXPECT_EQ(Show(authenticator, "READER:Secret"), kUnrecognized);
  // The hash is no secret, and none that is empty.
  EXPECT_EQ(Show(authenticator, "READER:" + hash), kUnrecognized);
  EXPECT_EQ(Http(authenticator, kSignature, Access::kRead), kUnrecognized);
}

TEST(AuthenticatorTest, WhoFailsTooOftenHasNothingHashed) {
  const Authenticator authenticator(
      {.mode = AuthMode::kVerify},
      *KeyRing::Make({{.id = "A",
                       .secret_hash = HashSecret("s", "sixteen bytes..."),
                       .permissions = {.read = true}}}));
  for (int64_t i = 0; i < FailedLogins::kBurst; ++i) {
    EXPECT_EQ(Show(authenticator, "A:wrong"), kUnrecognized);
  }
  EXPECT_EQ(Show(authenticator, "A:wrong"), "ThrottledException");
  // Not even the right one; from elsewhere it is.
  EXPECT_EQ(Show(authenticator, "A:s"), "ThrottledException");
  EXPECT_TRUE(
      authenticator.BearerFrom({.address = "192.0.2.8"}, "Bearer A:s").ok());
  // Now it is known, and costs nothing.
  EXPECT_EQ(Show(authenticator, "A:s"), "");
}

TEST(AuthenticatorTest, NewKeysHoldInCopiesToo) {
  const Authenticator first(
      {.mode = AuthMode::kVerify},
      *KeyRing::Make(
          {{.id = "A", .secret = "s", .permissions = {.read = true}}}));
  const Authenticator copy = first;
  EXPECT_EQ(Show(copy, "A:s"), "");
  first.SetKeys(*KeyRing::Make(
      {{.id = "B", .secret = "s", .permissions = {.read = true}}}));
  EXPECT_EQ(Show(copy, "A:s"), kUnrecognized);
  EXPECT_EQ(Show(copy, "B:s"), "");
}

}  // namespace
}  // namespace roentgen::server

#include "server/tls/certificate_maker.h"

#include <string>
#include <vector>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "tests/server/tls/certificates.h"

namespace roentgen::server {
namespace {

TEST(CertificateMakerTest, GoesOnWithAnAuthorityThatItMade) {
  const CertificateMaker first = NewAuthority();
  const auto again = CertificateMaker::Of(first.authority());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->authority().certificate, first.authority().certificate);
  EXPECT_TRUE(again->ForServer({"a.example"}, TestNow()).ok());
}

TEST(CertificateMakerTest, RefusesAnAuthorityInParts) {
  const PemPair one = NewAuthority().authority();
  const PemPair other = NewAuthority().authority();
  for (const PemPair& bad :
       {PemPair{one.certificate, other.key}, PemPair{one.certificate, ""},
        PemPair{"", one.key}, PemPair{one.key, one.certificate}}) {
    EXPECT_EQ(CertificateMaker::Of(bad).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(CertificateMakerTest, TakesNamesAndAddressesOnly) {
  const CertificateMaker maker = NewAuthority();
  for (const char* good : {"localhost", "traces.example", "*.example",
                           "127.0.0.1", "::1", "2001:db8::1", "host_1"}) {
    EXPECT_TRUE(maker.ForServer({good}, TestNow()).ok()) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("a,IP:1.2.3.4"),
        std::string("a,DNS:b"), std::string("https://a"), std::string("a:1"),
        std::string("*"), std::string("a.*"), std::string("@section"),
        std::string(254, 'a')}) {
    EXPECT_EQ(maker.ForServer({bad}, TestNow()).status().code(),
              absl::StatusCode::kInvalidArgument)
        << bad;
  }
  EXPECT_FALSE(maker.ForServer({}, TestNow()).ok());
  EXPECT_FALSE(maker
                   .ForServer(std::vector<std::string>(
                                  limits::kCertificateHostsMax + 1, "a"),
                              TestNow())
                   .ok());
}

TEST(CertificateMakerTest, TakesClientsByNameOrUri) {
  const CertificateMaker maker = NewAuthority();
  for (const char* good : {"collector", "a.example", "spiffe://example/a/b"}) {
    EXPECT_TRUE(maker.ForClient(good, TestNow()).ok()) << good;
  }
  for (const char* bad :
       {"", "a b", "a,DNS:b", "spiffe://example/a,b", "spiffe://a?b", "a/b"}) {
    EXPECT_FALSE(maker.ForClient(bad, TestNow()).ok()) << bad;
  }
}

TEST(CertificateMakerTest, KeysDiffer) {
  const CertificateMaker maker = NewAuthority();
  const PemPair one = ClientPair(maker, "a");
  const PemPair other = ClientPair(maker, "a");
  EXPECT_NE(*KeyDigestName(one.certificate), *KeyDigestName(other.certificate));
  EXPECT_FALSE(KeyDigestName(one.key).ok());
}

}  // namespace
}  // namespace roentgen::server

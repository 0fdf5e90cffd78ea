// Which pairs of certificate and key a listener takes, and what it says of the
// others.
#include "server/tls/tls_context.h"

#include <functional>
#include <string>
#include <vector>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "tests/server/tls/certificates.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

struct Files {
  CertificateMaker authority = NewAuthority();
  PemPair pair = ServerPair(authority);
  std::string authorities = authority.authority().certificate;

  TlsSettings Write() const {
    TlsSettings settings;
    settings.certificate = WriteText("server.pem", pair.certificate);
    settings.key = WriteText("server.key", pair.key);
    settings.client_authorities = WriteText("ca.pem", authorities);
    settings.client_certificates = ClientCertificates::kAsked;
    return settings;
  }
};

TEST(TlsContextTest, TakesAPairAndKnowsWhenItEnds) {
  const Files files;
  const absl::Time now = TestNow();
  const auto made = TlsContext::Load(files.Write(), now);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_LT(absl::AbsDuration(made->expires() -
                              (now + CertificateMaker::kCertificateAge)),
            absl::Minutes(5));
}

TEST(TlsContextTest, TakesAChain) {
  Files files;
  files.pair.certificate += files.authority.authority().certificate;
  EXPECT_TRUE(TlsContext::Load(files.Write(), TestNow()).ok());
}

TEST(TlsContextTest, RefusesWhatIsNotWholeAndSaysWhatIsWrong) {
  const struct {
    const char* says;
    std::function<void(Files&)> spoil;
  } cases[] = {
      {"server.pem' has no certificate",
       [](Files& f) { f.pair.certificate.clear(); }},
      {"server.pem' has no certificate",
       [](Files& f) { f.pair.certificate = "hello\n"; }},
      {"server.pem' has no certificate",
       [](Files& f) { f.pair.certificate = f.pair.key; }},
      {"server.pem' is no list of certificates",
       [](Files& f) {
         f.pair.certificate.resize(f.pair.certificate.size() / 2);
       }},
      {"server.pem' is no list of certificates",
       [](Files& f) {
         f.pair.certificate += "-----BEGIN CERTIFICATE-----\nA";
       }},
      {"server.pem' is too large",
       [](Files& f) {
         f.pair.certificate.resize(limits::kCertificateFileBytesMax + 1, ' ');
       }},
      {"server.pem' has too many certificates",
       [](Files& f) {
         const std::string one = f.pair.certificate;
         while (f.pair.certificate.size() <=
                one.size() * limits::kCertificatesPerFileMax) {
           f.pair.certificate += one;
         }
         f.pair.certificate.resize(std::min(f.pair.certificate.size(),
                                            limits::kCertificateFileBytesMax));
       }},
      {"certificate 2 did not issue the one before it",
       [](Files& f) {
         f.pair.certificate += NewAuthority().authority().certificate;
       }},
      {"certificate 1 has expired",
       [](Files& f) {
         f.pair = ServerPair(f.authority, TestNow() - absl::Hours(24 * 400));
       }},
      {"certificate 1 is not valid yet",
       [](Files& f) {
         f.pair = ServerPair(f.authority, TestNow() + absl::Hours(48));
       }},
      {"server.key' has no private key", [](Files& f) { f.pair.key.clear(); }},
      {"server.key' has no private key",
       [](Files& f) { f.pair.key = f.pair.certificate; }},
      {"server.key' has no private key",
       [](Files& f) { f.pair.key.resize(f.pair.key.size() / 2); }},
      {"server.key' is not the key of",
       [](Files& f) { f.pair.key = ServerPair(f.authority).key; }},
      {"ca.pem' has no certificate", [](Files& f) { f.authorities.clear(); }},
      {"ca.pem' has no certificate", [](Files& f) { f.authorities = "junk"; }},
  };
  for (const auto& c : cases) {
    Files files;
    c.spoil(files);
    const auto made = TlsContext::Load(files.Write(), TestNow());
    ASSERT_FALSE(made.ok()) << c.says;
    EXPECT_THAT(std::string(made.status().message()), HasSubstr(c.says));
    EXPECT_EQ(made.status().message().find("PRIVATE"), std::string::npos);
  }
}

TEST(TlsContextTest, NamesTheFileThatIsNotThere) {
  const std::string nowhere = WriteText("x", "") + ".nowhere";
  for (std::string TlsSettings::*member :
       {&TlsSettings::certificate, &TlsSettings::key,
        &TlsSettings::client_authorities}) {
    TlsSettings settings = Files().Write();
    settings.*member = nowhere;
    const auto made = TlsContext::Load(settings, TestNow());
    EXPECT_EQ(made.status().code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(std::string(made.status().message()), HasSubstr(nowhere));
    settings.*member = nowhere.substr(0, nowhere.rfind('/'));  // A folder.
    EXPECT_FALSE(TlsContext::Load(settings, TestNow()).ok());
  }
}

TEST(TlsContextTest, TakesCiphersThatThereAre) {
  TlsSettings settings = Files().Write();
  for (const char* good :
       {"", "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384",
        "TLS_AES_256_GCM_SHA384:ECDHE+AESGCM", "HIGH:!aNULL"}) {
    settings.ciphers = good;
    EXPECT_TRUE(TlsContext::Load(settings, TestNow()).ok()) << good;
  }
  for (const char* bad :
       {"NONSENSE", "TLS_NONSENSE", "TLS_AES_256_GCM_SHA384:X"}) {
    settings.ciphers = bad;
    EXPECT_THAT(
        std::string(TlsContext::Load(settings, TestNow()).status().message()),
        HasSubstr("ciphers '" + settings.ciphers + "'"));
  }
}

}  // namespace
}  // namespace roentgen::server

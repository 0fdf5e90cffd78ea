// When certificates are read again, and what the log hears.
#include "server/app/entrance_setup.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "tests/server/tls/certificates.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class EntrancesTest : public testing::Test {
 protected:
  EntrancesTest() { Write(pair_); }

  void Write(const PemPair& pair) {
    // Another file each time, as tools leave it: it has another number.
    for (const auto& [name, text] : {std::pair{"server.pem", pair.certificate},
                                     std::pair{"server.key", pair.key}}) {
      const std::string aside = WriteText(std::string(name) + ".new", text);
      std::filesystem::rename(aside, aside.substr(0, aside.size() - 4));
    }
  }
  Listener Make(Protocol protocol) const {
    Listener listener;
    listener.where = "listeners[0]";
    listener.protocol = protocol;
    listener.tls.certificate = WriteText("x", "");
    listener.tls.certificate.replace(listener.tls.certificate.size() - 1, 1,
                                     "server.pem");
    listener.tls.key = listener.tls.certificate;
    listener.tls.key.replace(listener.tls.key.size() - 3, 3, "key");
    return listener;
  }
  void Start() {
    auto made = Entrances::Make(
        {Make(Protocol::kHttp), Make(Protocol::kGrpc), Make(Protocol::kUdp)},
        TestNow());
    ASSERT_TRUE(made.ok()) << made.status();
    entrances_ = *std::move(made);
  }
  // What the log hears of a look at the files.
  std::string Look(absl::Time now = TestNow()) {
    testing::internal::CaptureStderr();
    entrances_->ReloadChanged(now);
    return testing::internal::GetCapturedStderr();
  }

  CertificateMaker authority_ = NewAuthority();
  PemPair pair_ = ServerPair(authority_);
  std::shared_ptr<Entrances> entrances_;
};

TEST_F(EntrancesTest, ReadsWhatHasChangedAndOnce) {
  Start();
  EXPECT_EQ(Look(), "");
  Write(ServerPair(authority_));
  EXPECT_THAT(Look(), HasSubstr("read the certificate again"));
  EXPECT_EQ(Look(), "");
}

TEST_F(EntrancesTest, SaysOnceWhatCannotBeUsed) {
  Start();
  Write({.certificate = ServerPair(authority_).certificate, .key = pair_.key});
  EXPECT_THAT(Look(), HasSubstr("the old one stays"));
  EXPECT_EQ(Look(), "");
  // The other half comes later.
  Write(ServerPair(authority_));
  EXPECT_THAT(Look(), HasSubstr("read the certificate again"));
}

TEST_F(EntrancesTest, WarnsOfTheEndOnceADay) {
  Start();
  const absl::Time end = TestNow() + CertificateMaker::kCertificateAge;
  EXPECT_EQ(Look(end - absl::Hours(15 * 24)), "");
  EXPECT_THAT(Look(end - absl::Hours(13 * 24)),
              HasSubstr("a certificate ends soon"));
  EXPECT_EQ(Look(end - absl::Hours(13 * 24 - 1)), "");
  EXPECT_THAT(Look(end - absl::Hours(12 * 24 - 1)),
              HasSubstr("a certificate ends soon"));
  const std::string after = Look(end + absl::Hours(1));
  EXPECT_THAT(after, HasSubstr("a certificate has expired"));
  EXPECT_THAT(after, Not(HasSubstr("ends soon")));
}

TEST_F(EntrancesTest, WaysAreSharedByThoseThatAreAlike) {
  Start();
  const Listener http = Make(Protocol::kHttp);
  EXPECT_NE(entrances_->Of(http), nullptr);
  EXPECT_EQ(entrances_->Of(http), entrances_->Of(http));
  // They speak something else inside.
  EXPECT_NE(entrances_->Of(http), entrances_->Of(Make(Protocol::kGrpc)));
  EXPECT_EQ(entrances_->Of(Make(Protocol::kUdp)), nullptr);
}

}  // namespace
}  // namespace roentgen::server

// `roentgen cert`, and a client that trusts what it makes.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "server/tls/certificate_maker.h"
#include "server/tls/tls_context.h"
#include "tests/server/cli/command_run.h"
#include "tests/server/tls/certificates.h"
#include "tests/support/temp_dir.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing_support::TempDir;

class CertCommandTest : public testing::Test {
 protected:
  CommandRun Run(std::vector<std::string> line) {
    line.insert(line.begin(), "cert");
    line.push_back("--out=" + folder());
    return RunCommand(line, nullptr, "");
  }
  std::string folder() const { return dir_.path() + "/made"; }
  std::string Text(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder() + "/" + name).rdbuf();
    return text.str();
  }
  unsigned Mode(const std::string& name) const {
    struct stat about = {};
    EXPECT_EQ(stat((folder() + "/" + name).c_str(), &about), 0) << name;
    return about.st_mode & 0777u;
  }
  TlsSettings Settings() const {
    TlsSettings settings;
    settings.certificate = folder() + "/server.pem";
    settings.key = folder() + "/server.key";
    settings.client_authorities = folder() + "/ca.pem";
    settings.client_certificates = ClientCertificates::kRequired;
    return settings;
  }

  TempDir dir_;
};

TEST_F(CertCommandTest, MakesWhatAServerCanUse) {
  const CommandRun run =
      Run({"--host", "localhost,127.0.0.1", "--host", "::1", "traces.example"});
  ASSERT_EQ(run.code, kExitOk) << run.err;
  EXPECT_THAT(run.out, HasSubstr("--tls.certificate=" + folder()));
  EXPECT_TRUE(TlsContext::Load(Settings(), TestNow()).ok());
  EXPECT_EQ(Mode("server.key"), 0600u);
  EXPECT_EQ(Mode("ca.key"), 0600u);
  EXPECT_EQ(Mode("server.pem"), 0644u);
  EXPECT_EQ(Mode("ca.pem"), 0644u);
  struct stat about = {};
  ASSERT_EQ(stat(folder().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777u, 0700u);
}

TEST_F(CertCommandTest, GoesOnWithItsAuthority) {
  ASSERT_EQ(Run({"--host", "a.example"}).code, kExitOk);
  const std::string authority = Text("ca.pem");
  const std::string first = Text("server.pem");
  const CommandRun run =
      Run({"--host", "a.example", "--client", "spiffe://example/x"});
  ASSERT_EQ(run.code, kExitOk) << run.err;
  EXPECT_EQ(Text("ca.pem"), authority);
  EXPECT_NE(Text("server.pem"), first);
  const std::string client = "client-spiffe___example_x.pem";
  EXPECT_THAT(run.out, HasSubstr("\"uri:spiffe://example/x\""));
  EXPECT_THAT(run.out, HasSubstr(*KeyDigestName(Text(client))));
  EXPECT_EQ(Mode("client-spiffe___example_x.key"), 0600u);
  EXPECT_THAT(Run({"--client", "b.example"}).out,
              HasSubstr("\"dns:b.example\""));
}

TEST_F(CertCommandTest, SaysWhatItCannotDo) {
  EXPECT_EQ(Run({}).code, kExitUsage);
  EXPECT_THAT(Run({"--host", "a b"}).err, HasSubstr("'a b' is no host name"));
  EXPECT_EQ(Run({"--client", "../x"}).code, kExitUsage);
  ASSERT_EQ(Run({"--host", "a"}).code, kExitOk);
  std::ofstream(folder() + "/ca.key") << "junk";
  const CommandRun run = Run({"--host", "a"});
  EXPECT_EQ(run.code, kExitUsage);
  EXPECT_THAT(run.err, HasSubstr("ca.key"));
  EXPECT_EQ(Text("ca.key"), "junk");
}

}  // namespace
}  // namespace roentgen::server

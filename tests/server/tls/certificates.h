// Certificates for tests, made anew in each run.
#ifndef ROENTGEN_TESTS_SERVER_TLS_CERTIFICATES_H_
#define ROENTGEN_TESTS_SERVER_TLS_CERTIFICATES_H_

#include <cstdlib>
#include <fstream>
#include <string>

#include "base/clock.h"
#include "gtest/gtest.h"
#include "server/tls/certificate_maker.h"

namespace roentgen::server {

inline absl::Time TestNow() { return SystemClock().Now().ToTime(); }

inline CertificateMaker NewAuthority() {
  auto made = CertificateMaker::New(TestNow());
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

inline PemPair ServerPair(const CertificateMaker& authority,
                          absl::Time now = TestNow()) {
  auto pair = authority.ForServer({"localhost", "127.0.0.1"}, now);
  EXPECT_TRUE(pair.ok()) << pair.status();
  return *std::move(pair);
}

inline PemPair ClientPair(const CertificateMaker& authority,
                          const std::string& name, absl::Time now = TestNow()) {
  auto pair = authority.ForClient(name, now);
  EXPECT_TRUE(pair.ok()) << pair.status();
  return *std::move(pair);
}

// Its path. What is there is replaced.
inline std::string WriteText(const std::string& name, const std::string& text) {
  std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  return path;
}

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_TLS_CERTIFICATES_H_

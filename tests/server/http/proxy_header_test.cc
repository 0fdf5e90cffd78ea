#include "server/http/proxy_header.h"

#include <string>

#include "base/limits.h"
#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string Header(char command, char family, const std::string& rest) {
  return kSignature + command + family + static_cast<char>(rest.size() >> 8) +
         static_cast<char>(rest.size() & 0xff) + rest;
}

const std::string kV4("\xc0\x00\x02\x01\x7f\x00\x00\x01\x10\x00\x01\xbb", 12);
const std::string kV6 = std::string("\x20\x01\x0d\xb8", 4) +
                        std::string(11, '\0') + '\x07' + std::string(16, '\0') +
                        std::string(4, '\x01');

// The address, "" for none, or why it is no header.
std::string Told(const std::string& header) {
  const auto peer = ParseProxyHeader(header);
  if (!peer.ok()) return std::string(peer.status().message());
  return *peer ? IpText(**peer) : "";
}

TEST(ProxyHeaderTest, TellsWhoseConnectionItIs) {
  EXPECT_EQ(Told(Header(0x21, 0x11, kV4)), "192.0.2.1");
  EXPECT_EQ(Told(Header(0x21, 0x21, kV6)), "2001:db8::7");
  // More stands behind the addresses.
  EXPECT_EQ(Told(Header(0x21, 0x11, kV4 + std::string(200, 'x'))), "192.0.2.1");
  // The proxy's own, and what has no IP address.
  EXPECT_EQ(Told(Header(0x20, 0x11, kV4)), "");
  EXPECT_EQ(Told(Header(0x20, 0x00, "")), "");
  EXPECT_EQ(Told(Header(0x21, 0x00, "")), "");
  EXPECT_EQ(Told(Header(0x21, 0x31, std::string(216, 'p'))), "");
}

TEST(ProxyHeaderTest, RefusesWhatIsNone) {
  for (size_t i = 0; i < kSignature.size(); ++i) {
    std::string bad = Header(0x21, 0x11, kV4);
    bad[i] ^= 1;
    EXPECT_EQ(Told(bad), "PROXY header: there is none of version 2");
  }
  EXPECT_EQ(Told("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"),
            "PROXY header: there is none of version 2");
  EXPECT_EQ(Told(""), "PROXY header: there is none of version 2");
  for (const char command : {'\x11', '\x22', '\x31', '\x00'}) {
    EXPECT_EQ(Told(Header(command, 0x11, kV4)),
              "PROXY header: unknown command");
  }
  for (const char family : {'\x12', '\x22', '\x32', '\x41', '\x01'}) {
    EXPECT_EQ(Told(Header(0x21, family, kV6)),
              "PROXY header: it is of no stream");
  }
  EXPECT_EQ(Told(Header(0x21, 0x11, kV4.substr(1))),
            "PROXY header: an address is cut");
  EXPECT_EQ(Told(Header(0x21, 0x21, kV6.substr(1))),
            "PROXY header: an address is cut");
  EXPECT_EQ(Told(Header(0x21, 0x11, kV4) + "x"),
            "PROXY header: it is not whole");
  std::string cut = Header(0x21, 0x11, kV4);
  cut.pop_back();
  EXPECT_EQ(Told(cut), "PROXY header: it is not whole");
}

TEST(ProxyHeaderTest, IsBounded) {
  const size_t most = limits::kProxyHeaderBytesMax - kProxyHeadBytes;
  EXPECT_EQ(Told(Header(0x21, 0x11, kV4 + std::string(most - kV4.size(), 'x'))),
            "192.0.2.1");
  EXPECT_EQ(
      Told(Header(0x21, 0x11, kV4 + std::string(most - kV4.size() + 1, 'x'))),
      "PROXY header: it is too long");
}

}  // namespace
}  // namespace roentgen::server

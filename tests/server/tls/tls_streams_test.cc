// HTTP over TLS with OpenSSL's client: what is spoken, who comes in, and what
// becomes of it when certificates are replaced.
#include "server/tls/tls_streams.h"

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ip_network.h"
#include "base/limits.h"
#include "gmock/gmock.h"
#include "server/http/entrance.h"
#include "tests/server/http/http_server_fixture.h"
#include "tests/server/tls/certificates.h"
#include "tests/server/tls/tls_client.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

constexpr char kFixed[] = "GET /fixed HTTP/1.1\r\nHost: localhost\r\n\r\n";

class TlsStreamsTest : public HttpServerTest {
 protected:
  TlsStreamsTest() {
    settings_.certificate = WriteText("server.pem", pair_.certificate);
    settings_.key = WriteText("server.key", pair_.key);
    settings_.client_authorities =
        WriteText("ca.pem", authority_.authority().certificate);
  }

  void StartTls(EntranceOptions entrance = {}, HttpServerOptions options = {}) {
    auto loaded = TlsStreams::Load(settings_, TestNow());
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    streams_ = *std::move(loaded);
    entrance.streams = streams_;
    entrance_ = std::make_shared<Entrance>(std::move(entrance));
    StartListener({.address = {"127.0.0.1", 0},
                   .router = Routes(),
                   .entrance = entrance_},
                  std::move(options));
  }

  TlsClientOptions Trusting() const {
    TlsClientOptions options;
    options.authority = authority_.authority().certificate;
    options.host = "localhost";
    return options;
  }
  TlsClientOptions Showing(const PemPair& pair) const {
    TlsClientOptions options = Trusting();
    options.certificate = pair.certificate;
    options.key = pair.key;
    return options;
  }
  uint64_t NotIns(NotIn reason) const {
    return entrance_->Counts()[static_cast<size_t>(reason)];
  }
  // Whether a client gets an answer, and with TLS 1.3 hears only then whether
  // it is in.
  bool IsServed(const TlsClientOptions& options) {
    TlsClient client(port(), options);
    return client.Send(kFixed) && client.ReadResponse().body == "fixed";
  }

  CertificateMaker authority_ = NewAuthority();
  PemPair pair_ = ServerPair(authority_);
  TlsSettings settings_;
  std::shared_ptr<TlsStreams> streams_;
  std::shared_ptr<const Entrance> entrance_;
};

TEST_F(TlsStreamsTest, HoldsAWholeConversation) {
  StartTls();
  TlsClient client(port(), Trusting());
  ASSERT_TRUE(client.connected()) << client.error();
  ASSERT_TRUE(client.Send(Post("/echo", "one") + Post("/echo", "two")));
  EXPECT_EQ(client.ReadResponse().body, "one");
  EXPECT_EQ(client.ReadResponse().body, "two");
  // Around the bounds of a record, and many of them.
  for (const size_t size :
       {0u, 1u, 16'000u, 16'383u, 16'384u, 16'385u, 40'000u, 3'000'000u}) {
    std::string body(size, 'x');
    for (size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31 / 7);
    ASSERT_TRUE(client.Send(Post("/echo", body))) << client.error();
    EXPECT_TRUE(client.ReadResponse().body == body) << size;
  }
  ASSERT_TRUE(client.Send("GET /fixed HTTP/1.1\r\nConnection: close\r\n\r\n"));
  EXPECT_EQ(client.ReadResponse().body, "fixed");
  EXPECT_EQ(client.ReadRest(), "");
  EXPECT_TRUE(client.had_orderly_end());
}

TEST_F(TlsStreamsTest, AnswersThoseThatRefuseToRead) {
  StartTls({}, {.write_timeout = absl::Milliseconds(50)});
  TlsClient client(port(), Trusting());
  // More than any socket holds, so that writing has to wait, and ends.
  ASSERT_TRUE(client.Send(Post("/echo", std::string(15'000'000, 'x'))));
  server_->AwaitNoConnection(absl::Seconds(30));
  client.ReadRest();
  EXPECT_FALSE(client.had_orderly_end());
}

TEST_F(TlsStreamsTest, SpeaksTheVersionsThatItMay) {
  const struct {
    TlsVersion least;
    int version;
    const char* spoken;  // Empty: it is refused.
  } cases[] = {
      {TlsVersion::kTls12, TLS1_VERSION, ""},
      {TlsVersion::kTls12, TLS1_1_VERSION, ""},
      {TlsVersion::kTls12, TLS1_2_VERSION, "TLSv1.2"},
      {TlsVersion::kTls12, TLS1_3_VERSION, "TLSv1.3"},
      {TlsVersion::kTls12, 0, "TLSv1.3"},
      {TlsVersion::kTls13, TLS1_2_VERSION, ""},
      {TlsVersion::kTls13, TLS1_3_VERSION, "TLSv1.3"},
  };
  for (const auto& c : cases) {
    settings_.min_version = c.least;
    StartTls();
    TlsClientOptions options = Trusting();
    options.version = c.version;
    TlsClient client(port(), options);
    EXPECT_EQ(client.connected(), *c.spoken != '\0')
        << c.version << client.error();
    if (client.connected()) {
      EXPECT_EQ(client.version(), c.spoken);
      EXPECT_FALSE(client.HasTicket());
    }
  }
}

TEST_F(TlsStreamsTest, SpeaksSafeCiphersOnly) {
  StartTls();
  for (const char* bad :
       {"AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA",
        "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-NULL-SHA", "AECDH-NULL-SHA",
        "AECDH-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"}) {
    TlsClientOptions options = Trusting();
    options.version = TLS1_2_VERSION;
    options.ciphers = bad;
    EXPECT_FALSE(TlsClient(port(), options).connected()) << bad;
  }
  for (const char* good :
       {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    TlsClientOptions options = Trusting();
    options.version = TLS1_2_VERSION;
    options.ciphers = good;
    TlsClient client(port(), options);
    EXPECT_TRUE(client.connected()) << good << client.error();
    EXPECT_FALSE(client.Renegotiates());
  }
}

TEST_F(TlsStreamsTest, SpeaksTheCiphersThatAreAskedFor) {
  settings_.ciphers =
      "TLS_CHACHA20_POLY1305_SHA256:"
      "ECDHE-ECDSA-AES256-GCM-SHA384";
  StartTls();
  TlsClientOptions options = Trusting();
  EXPECT_EQ(TlsClient(port(), options).cipher(),
            "TLS_CHACHA20_POLY1305_SHA256");
  options.version = TLS1_2_VERSION;
  EXPECT_EQ(TlsClient(port(), options).cipher(),
            "ECDHE-ECDSA-AES256-GCM-SHA384");
  options.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  EXPECT_FALSE(TlsClient(port(), options).connected());
}

TEST_F(TlsStreamsTest, AgreesOnWhatIsSpoken) {
  const struct {
    TlsApplication application;
    std::vector<std::string> offered;
    bool connects;
    const char* spoken;
  } cases[] = {
      {TlsApplication::kHttp, {}, true, ""},
      {TlsApplication::kHttp, {"http/1.1"}, true, "http/1.1"},
      {TlsApplication::kHttp, {"h2", "http/1.1"}, true, "http/1.1"},
      {TlsApplication::kHttp, {"h2"}, false, ""},
      {TlsApplication::kGrpc, {"h2"}, true, "h2"},
      {TlsApplication::kGrpc, {"http/1.1", "grpc-exp", "h2"}, true, "h2"},
      {TlsApplication::kGrpc, {"http/1.1"}, false, ""},
  };
  for (const auto& c : cases) {
    settings_.application = c.application;
    StartTls();
    TlsClientOptions options = Trusting();
    options.protocols = c.offered;
    TlsClient client(port(), options);
    ASSERT_EQ(client.connected(), c.connects) << client.error();
    EXPECT_EQ(c.connects ? client.protocol() : "", c.spoken);
  }
  // The client has done its part by then, but comes no further.
  settings_.application = TlsApplication::kGrpc;
  StartTls();
  EXPECT_FALSE(IsServed(Trusting()));
}

TEST_F(TlsStreamsTest, LetsInWhoShowsWhatIsAskedFor) {
  const CertificateMaker other = NewAuthority();
  const PemPair good = ClientPair(authority_, "collector.example");
  const PemPair foreign = ClientPair(other, "collector.example");
  const PemPair old =
      ClientPair(authority_, "old", TestNow() - absl::Hours(24 * 400));
  const PemPair server = ServerPair(authority_);  // For another use.
  const struct {
    const char* name;
    TlsClientOptions options;
    bool off;
    bool asked;
    bool required;
  } cases[] = {
      {"none", Trusting(), true, true, false},
      {"good", Showing(good), true, true, true},
      // Where nothing is asked nothing is shown.
      {"foreign", Showing(foreign), true, false, false},
      {"old", Showing(old), true, false, false},
      {"server", Showing(server), true, false, false},
  };
  for (const auto mode : {ClientCertificates::kOff, ClientCertificates::kAsked,
                          ClientCertificates::kRequired}) {
    settings_.client_certificates = mode;
    StartTls();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      for (const auto& c : cases) {
        TlsClientOptions options = c.options;
        options.version = version;
        const bool may = mode == ClientCertificates::kOff     ? c.off
                         : mode == ClientCertificates::kAsked ? c.asked
                                                              : c.required;
        EXPECT_EQ(IsServed(options), may)
            << c.name << ' ' << version << ' ' << static_cast<int>(mode);
      }
    }
  }
}

TEST_F(TlsStreamsTest, TellsWhoForgotTls) {
  StartTls();
  TestClient plain(port());
  plain.Send("GET /fixed HTTP/1.1\r\n\r\n");
  const TestResponse answer = plain.Read();
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("TLS"));
  EXPECT_TRUE(plain.IsClosedByServer());
}

TEST_F(TlsStreamsTest, CountsWhatFails) {
  StartTls();
  EXPECT_TRUE(IsServed(Trusting()));
  TlsClientOptions old = Trusting();
  old.version = TLS1_1_VERSION;
  EXPECT_FALSE(IsServed(old));
  TestClient junk(port());
  junk.Send(std::string("\x16\x03\x01\x00\x05", 5) + "hello");
  junk.ReadRest();
  server_->AwaitNoConnection(absl::Seconds(30));
  const TlsCounts counts = streams_->Counts();
  EXPECT_EQ(counts.handshakes.at("TLSv1.3"), 1u);
  EXPECT_TRUE(counts.failures.contains("unsupported protocol"));
  EXPECT_EQ(NotIns(NotIn::kFailed), 2u);
}

TEST_F(TlsStreamsTest, WhoDoesNotShakeHandsInTimeGoes) {
  StartTls({.timeout = std::chrono::nanoseconds(1)},
           {.request_timeout = absl::Milliseconds(40)});
  for (const char* begun : {"", "\x16\x03\x01"}) {
    TestClient slow(port());
    slow.Send(begun);
    EXPECT_TRUE(slow.IsClosedByServer());
  }
  server_->AwaitNoConnection(absl::Seconds(30));
  EXPECT_EQ(NotIns(NotIn::kTimeout), 2u);
}

TEST_F(TlsStreamsTest, ThoseOnTheirWayInDoNotHoldUpTheStop) {
  StartTls({.timeout = std::chrono::hours(1)});
  TestClient slow(port());
  slow.Send("\x16\x03");
  EXPECT_TRUE(IsServed(Trusting()));
  server_->Drain(absl::Hours(1));
  EXPECT_TRUE(slow.IsClosedByServer());
}

TEST_F(TlsStreamsTest, OneAddressTakesNotAllWaysIn) {
  StartTls({.timeout = std::chrono::hours(1)}, {.io_threads = 1});
  std::vector<std::unique_ptr<TestClient>> slow;
  const size_t share = limits::kArrivalsMax * limits::kCallerSharePercent / 100;
  for (size_t i = 0; i < share; ++i) {
    slow.push_back(std::make_unique<TestClient>(port()));
    slow.back()->Send("\x16");
  }
  TestClient one_more(port());
  EXPECT_TRUE(one_more.IsClosedByServer());
  EXPECT_EQ(NotIns(NotIn::kArrivals), 1u);
}

TEST_F(TlsStreamsTest, NewCertificatesAreForNewConnections) {
  StartTls();
  TlsClient open(port(), Trusting());
  EXPECT_EQ(open.certificate(), pair_.certificate);
  const PemPair next = ServerPair(authority_);
  WriteText("server.pem", next.certificate);
  WriteText("server.key", next.key);
  EXPECT_EQ(TlsClient(port(), Trusting()).certificate(), pair_.certificate);
  ASSERT_TRUE(streams_->Reload(TestNow()).ok());
  EXPECT_EQ(TlsClient(port(), Trusting()).certificate(), next.certificate);
  ASSERT_TRUE(open.Send(kFixed));
  EXPECT_EQ(open.ReadResponse().body, "fixed");
}

TEST_F(TlsStreamsTest, WhatCannotBeUsedReplacesNothing) {
  StartTls();
  const PemPair next = ServerPair(authority_);
  const PemPair old = ServerPair(authority_, TestNow() - absl::Hours(24 * 400));
  for (const PemPair& bad :
       {PemPair{next.certificate, pair_.key}, PemPair{"", next.key},
        PemPair{next.certificate, ""}, PemPair{"junk", "junk"}, old}) {
    WriteText("server.pem", bad.certificate);
    WriteText("server.key", bad.key);
    EXPECT_FALSE(streams_->Reload(TestNow()).ok());
    EXPECT_EQ(TlsClient(port(), Trusting()).certificate(), pair_.certificate);
    EXPECT_TRUE(IsServed(Trusting()));
  }
}

TEST_F(TlsStreamsTest, AHeaderComesBeforeTheHandshake) {
  StartTls({.clients = {*IpNetwork::Parse("192.0.2.0/24")},
            .proxies = {*IpNetwork::Parse("127.0.0.0/8")},
            .proxy_protocol = true});
  const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);
  const auto header = [&](char last) {
    return signature + std::string("\x21\x11\x00\x0c", 4) +
           std::string("\xc0\x00\x02", 3) + last +
           std::string("\x7f\x00\x00\x01\x10\x00\x01\xbb", 8);
  };
  TlsClientOptions options = Trusting();
  options.before = header('\x09');
  EXPECT_TRUE(IsServed(options));
  EXPECT_FALSE(IsServed(Trusting()));
  options.before[18] = '\x03';  // Of another network.
  EXPECT_FALSE(IsServed(options));
  EXPECT_EQ(NotIns(NotIn::kNetwork), 1u);
}

}  // namespace
}  // namespace roentgen::server

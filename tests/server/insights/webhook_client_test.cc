// Webhooks against real servers on free ports.
#include "server/insights/webhook_client.h"

#include <atomic>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/http/http_server_fixture.h"
#include "tests/server/insights/tls_receiver.h"
#include "tests/support/calls.h"
#include "tests/support/temp_dir.h"

namespace roentgen::server {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(WebhookUrlTest, HasItsParts) {
  const struct {
    std::string url;
    WebhookUrl parts;
  } cases[] = {
      {"http://a", {.tls = false, .host = "a", .port = "80", .target = "/"}},
      {"https://a.b:8443/c/d?e=f#g",
       {.tls = true, .host = "a.b", .port = "8443", .target = "/c/d?e=f"}},
      {"https://a?b",
       {.tls = true, .host = "a", .port = "443", .target = "/?b"}},
      {"http://[::1]:1/",
       {.tls = false, .host = "::1", .port = "1", .target = "/"}},
      {"https://[::1]",
       {.tls = true, .host = "::1", .port = "443", .target = "/"}},
  };
  for (const auto& test : cases) {
    const auto parsed = ParseWebhookUrl(test.url);
    ASSERT_TRUE(parsed.ok()) << test.url;
    EXPECT_EQ(*parsed, test.parts) << test.url;
  }
}

TEST(WebhookUrlTest, RefusesWhatIsNone) {
  for (const std::string url :
       {"", "a", "ftp://a", "http://", "http://:80", "http:///x", "http://a:",
        "http://a:x", "http://a:123456", "http://u:p@a", "http://[::1",
        "http://[]/", "http://[::1]x", "http://a b", "http://a/\r\nX: y"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseWebhookUrl(url).status())) << url;
  }
}

class WebhookClientTest : public HttpServerTest {
 protected:
  std::string Url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port()) + path;
  }
  static Call InTenSeconds() {
    return testing_support::CallUntil(
        SystemClock(), SystemClock().Now().ToTime() + absl::Seconds(10));
  }

  WebhookClient client_{{}};
};

TEST_F(WebhookClientTest, PostsTheBody) {
  Start();
  std::thread server([this] {
    const HttpResponder respond = parked_.Take();
    respond.Send(PlainResponse("thanks"));
  });
  EXPECT_EQ(client_.Post(Url("/later"), "{}", InTenSeconds()),
            absl::OkStatus());
  server.join();
  EXPECT_EQ(
      client_.Post(Url("/echo?x"), std::string(300'000, 'x'), InTenSeconds()),
      absl::OkStatus());
}

TEST_F(WebhookClientTest, AnythingButSuccessIsAFailure) {
  Start();
  const absl::Status refused =
      client_.Post(Url("/nowhere"), "{}", InTenSeconds());
  EXPECT_TRUE(absl::IsUnavailable(refused));
  EXPECT_THAT(std::string(refused.message()), StartsWith("webhook answered 4"));
  const std::string url = Url("/secret");
  server_.reset();
  const absl::Status gone = client_.Post(url, "{}", InTenSeconds());
  EXPECT_TRUE(absl::IsUnavailable(gone));
  EXPECT_THAT(std::string(gone.message()), StartsWith("webhook: connect: "));
  EXPECT_THAT(std::string(gone.message()), testing::Not(HasSubstr("secret")));
}

TEST_F(WebhookClientTest, GivesUpAtItsDeadline) {
  Start();
  const absl::Status late = client_.Post(
      Url("/later"), "{}",
      testing_support::CallUntil(SystemClock(), SystemClock().Now().ToTime() +
                                                    absl::Milliseconds(50)));
  EXPECT_TRUE(absl::IsDeadlineExceeded(late)) << late;
}

TEST_F(WebhookClientTest, CanBeCancelled) {
  Start();
  std::stop_source cancel;
  std::thread canceller([&] {
    parked_.Take();
    cancel.request_stop();
  });
  const absl::Status status =
      client_.Post(Url("/later"), "{}",
                   Call(SystemClock(), absl::InfiniteFuture(), 0,
                        cancel.get_token(), nullptr));
  canceller.join();
  EXPECT_TRUE(absl::IsCancelled(status) || absl::IsUnavailable(status))
      << status;
}

class WebhookTlsTest : public testing::Test {
 protected:
  // What the receiver got.
  std::string Post(const std::string& names, const std::string& host,
                   bool trusted, absl::Status& status) {
    const std::string pem = dir_.path() + "/ca.pem";
    TlsReceiver receiver(names, pem);
    std::string got;
    std::thread server([&] { got = receiver.TakeOne(); });
    WebhookClient client({.ca_file = trusted ? pem : ""});
    status = client.Post(
        "https://" + host + ':' + std::to_string(receiver.port()) + "/hook",
        R"({"a":1})",
        testing_support::CallUntil(
            SystemClock(), SystemClock().Now().ToTime() + absl::Seconds(10)));
    server.join();
    return got;
  }

  testing_support::TempDir dir_;
};

TEST_F(WebhookTlsTest, PostsToWhomTheCertificateIsValidFor) {
  absl::Status status;
  const std::string got = Post("IP:127.0.0.1", "127.0.0.1", true, status);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(got, StartsWith("POST /hook HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(got, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(got, EndsWith("\r\n\r\n{\"a\":1}"));
}

TEST_F(WebhookTlsTest, NobodyElseGetsTheBody) {
  absl::Status status;
  EXPECT_EQ(Post("IP:127.0.0.2", "127.0.0.1", true, status), "");
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(Post("IP:127.0.0.1", "127.0.0.1", false, status), "");
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              StartsWith("webhook: TLS handshake: "));
}

}  // namespace
}  // namespace roentgen::server

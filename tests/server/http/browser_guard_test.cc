// Which requests of browsers pass: every way in which pages, tools and proxies
// may say who they are.
#include "server/http/browser_guard.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "server/http/cors.h"
#include "tests/server/http/http_server_fixture.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

enum class Outcome { kPasses, kForeignPage, kForeignHost };
using enum Outcome;

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Case {
  Headers headers;
  Outcome outcome;
  std::string authority = "";
};

const BrowserGuard& Guard() {
  static const BrowserGuard guard =
      *BrowserGuard::Make({"traces.example", "Shop.Example."});
  return guard;
}

void ExpectOutcomes(const std::vector<Case>& cases, const CorsPolicy& cors) {
  for (const Case& one : cases) {
    HttpRequest head;
    head.authority = one.authority;
    std::string text = one.authority;
    for (const auto& [name, value] : one.headers) {
      head.headers.Add(name, value);
      text += " | " + name + ": " + value;
    }
    const auto refusal = Guard().Check(head, cors);
    if (one.outcome == kPasses) {
      EXPECT_EQ(refusal, std::nullopt) << text << refusal->message;
      continue;
    }
    ASSERT_TRUE(refusal) << text;
    EXPECT_EQ(refusal->http_status, 403) << text;
    EXPECT_THAT(refusal->message,
                HasSubstr(one.outcome == kForeignPage ? "cors.allowed_origins"
                                                      : "http.allowed_hosts"))
        << text;
  }
}

TEST(BrowserGuardTest, WhatSendsNeitherHeaderIsNoBrowser) {
  ExpectOutcomes(
      {{{}, kPasses},
       {{{"Host", "evil.example"}}, kPasses},
       {{{"Host", ""}}, kPasses},
       {{{"Host", "a"}, {"Host", "b"}}, kPasses},
       {{{"Referer", "https://evil.example/"}}, kPasses},
       {{{"Host", "evil.example"}, {"User-Agent", "curl/8.0"}}, kPasses},
       {{{"Host", "evil.example"},
         {"User-Agent", "aws-sdk-java/2 Mozilla/5.0"}},
        kPasses},
       {{}, kPasses, "evil.example"}},
      {});
}

TEST(BrowserGuardTest, SameOriginUnderANameThatCannotBeRebound) {
  std::vector<Case> cases;
  for (const std::string host :
       {"127.0.0.1:2000", "127.0.0.1", "10.1.2.3:16686", "localhost",
        "localhost:16686", "LOCALHOST:16686", "localhost.:16686", "[::1]:2000",
        "[::1]", "[FE80::1]:2000", "[::ffff:10.0.0.1]:1", "traces.example",
        "Traces.Example:8080", "traces.example.", "shop.example:1"}) {
    for (const std::string scheme : {"http://", "https://", "HTTP://"}) {
      cases.push_back({{{"Host", host}, {"Origin", scheme + host}}, kPasses});
    }
    cases.push_back(
        {{{"Host", host}, {"Sec-Fetch-Site", "same-origin"}}, kPasses});
    cases.push_back({{{"host", host}, {"sec-fetch-site", "none"}}, kPasses});
    cases.push_back({{{"Host", host}, {"Sec-Fetch-Site", "None"}}, kPasses});
    cases.push_back({{{"Host", host},
                      {"Origin", "http://" + host},
                      {"Sec-Fetch-Site", "same-origin"}},
                     kPasses});
    cases.push_back(
        {{{"Host", host}, {"Sec-Fetch-Site", "none"}}, kPasses, host});
    // The same server asked for by another one's page.
    for (const std::string site : {"cross-site", "same-site", "", "x"}) {
      cases.push_back(
          {{{"Host", host}, {"Sec-Fetch-Site", site}}, kForeignPage});
    }
    for (const std::string origin :
         {"https://evil.example", "null", "", "http://", "file://",
          "http://127.0.0.1:2001", "http://localhost:1", "http://[::1]:7",
          "http://traces.example.evil.example", "http://user@localhost:16686",
          "ftp://127.0.0.1"}) {
      cases.push_back({{{"Host", host}, {"Origin", origin}}, kForeignPage});
    }
  }
  // The port that a scheme has is the port that is not said.
  cases.push_back(
      {{{"Host", "10.0.0.1:80"}, {"Origin", "http://10.0.0.1"}}, kPasses});
  cases.push_back(
      {{{"Host", "10.0.0.1"}, {"Origin", "https://10.0.0.1:443"}}, kPasses});
  cases.push_back({{{"Host", "10.0.0.1:443"}, {"Origin", "http://10.0.0.1"}},
                   kForeignPage});
  cases.push_back(
      {{{"Host", "[0:0:0:0:0:0:0:1]:5"}, {"Origin", "http://[::1]:5"}},
       kPasses});
  ExpectOutcomes(cases, {});
}

TEST(BrowserGuardTest, NamesThatCanBeReboundAreRefused) {
  std::vector<Case> cases;
  for (const std::string host : {"rebind.evil.example:2000",
                                 "localhost.evil.example",
                                 "evil.localhost",
                                 "127.0.0.1.evil.example",
                                 "1.2.3.4.5",
                                 "traces.example.evil.example",
                                 "xtraces.example",
                                 "",
                                 ":80",
                                 "[::1",
                                 "[::g]",
                                 "::1",
                                 "127.0.0.1:",
                                 "127.0.0.1:x",
                                 "127.0.0.1:123456",
                                 "a b.example",
                                 "@127.0.0.1",
                                 "user@localhost",
                                 "localhost/",
                                 "127.0.0.1,evil.example",
                                 "[fe80::1%25eth0]"}) {
    cases.push_back(
        {{{"Host", host}, {"Sec-Fetch-Site", "same-origin"}}, kForeignHost});
    cases.push_back(
        {{{"Host", host}, {"Sec-Fetch-Site", "none"}}, kForeignHost});
    cases.push_back(
        {{{"Host", host}, {"Origin", "http://" + host}}, kForeignHost});
  }
  cases.push_back({{{"Sec-Fetch-Site", "none"}}, kForeignHost});
  cases.push_back({{{"Origin", "http://127.0.0.1"}}, kForeignHost});
  cases.push_back({{{"Host", "127.0.0.1"},
                    {"Host", "evil.example"},
                    {"Sec-Fetch-Site", "none"}},
                   kForeignHost});
  cases.push_back({{{"Host", "127.0.0.1"}, {"Sec-Fetch-Site", "none"}},
                   kForeignHost,
                   "evil.example"});
  cases.push_back({{{"Host", "evil.example"}, {"Sec-Fetch-Site", "none"}},
                   kForeignHost,
                   "127.0.0.1"});
  cases.push_back({{{"Sec-Fetch-Site", "none"}}, kForeignHost, "127.0.0.1"});
  ExpectOutcomes(cases, {});
}

// A page that rebinds its own name sends nothing else with a GET.
TEST(BrowserGuardTest, WhatCallsItselfABrowserNamesTheServer) {
  for (const char* agent :
       {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130",
        "mozilla/5.0"}) {
    ExpectOutcomes(
        {{{{"Host", "rebind.evil.example"}, {"User-Agent", agent}},
          kForeignHost},
         {{{"Host", "127.0.0.1.evil.example:16686"}, {"User-Agent", agent}},
          kForeignHost},
         {{{"Host", "127.0.0.1:16686"}, {"User-Agent", agent}}, kPasses},
         {{{"Host", "localhost:16686"}, {"User-Agent", agent}}, kPasses},
         {{{"Host", "traces.example"}, {"User-Agent", agent}}, kPasses},
         {{{"Host", "roentgen:16686"}, {"User-Agent", agent}}, kPasses},
         {{{"Host", "127.0.0.1"},
           {"User-Agent", "curl/8.0"},
           {"user-agent", agent},
           {"Host", "evil.example"}},
          kForeignHost}},
        {});
    ExpectOutcomes(
        {{{{"Host", "rebind.evil.example"}, {"User-Agent", agent}}, kPasses}},
        *CorsPolicy::Make({.allowed_origins = {"*"}}));
  }
}

// Grafana takes Origin from what it passes on, but not Sec-Fetch-Site.
TEST(BrowserGuardTest, NamesOfContainersPassWithoutAnOrigin) {
  ExpectOutcomes(
      {{{{"Host", "roentgen:16686"}, {"Sec-Fetch-Site", "same-origin"}},
        kPasses},
       {{{"Host", "roentgen:16686"},
         {"Sec-Fetch-Site", "same-origin"},
         {"Origin", "http://roentgen:16686"}},
        kForeignHost},
       {{{"Host", "roentgen:16686"}, {"Origin", "http://roentgen:16686"}},
        kForeignHost},
       {{{"Host", "roentgen:16686"}, {"Sec-Fetch-Site", "cross-site"}},
        kForeignPage}},
      {});
}

TEST(BrowserGuardTest, EveryOneOfSeveralHeadersMustPass) {
  const std::string host = "127.0.0.1:1";
  ExpectOutcomes(
      {{{{"Host", host},
         {"Sec-Fetch-Site", "same-origin"},
         {"Sec-Fetch-Site", "cross-site"}},
        kForeignPage},
       {{{"Host", host},
         {"Sec-Fetch-Site", "same-origin"},
         {"Origin", "https://evil.example"}},
        kForeignPage},
       {{{"Host", host},
         {"Sec-Fetch-Site", "cross-site"},
         {"Origin", "http://127.0.0.1:1"}},
        kForeignPage},
       {{{"Host", host},
         {"Origin", "http://127.0.0.1:1"},
         {"Origin", "https://evil.example"}},
        kForeignPage},
       {{{"Host", host}, {"Origin", "http://127.0.0.1:1, http://evil.example"}},
        kForeignPage}},
      {});
}

TEST(BrowserGuardTest, OriginsOfCorsPassUnderEveryName) {
  const auto cors =
      *CorsPolicy::Make({.allowed_origins = {"https://*.example"}});
  const std::string page = "https://shop.example";
  ExpectOutcomes(
      {{{{"Host", "10.0.0.1"}, {"Origin", page}}, kPasses},
       {{{"Host", "any.name"},
         {"Origin", page},
         {"Sec-Fetch-Site", "cross-site"}},
        kPasses},
       {{{"Origin", page}}, kPasses},
       {{{"Host", "10.0.0.1"},
         {"Origin", page},
         {"Origin", "https://evil.test"}},
        kForeignPage},
       {{{"Host", "10.0.0.1"}, {"Origin", "https://evil.test"}}, kForeignPage},
       // Nobody says whose page it is.
       {{{"Host", "10.0.0.1"}, {"Sec-Fetch-Site", "cross-site"}}, kForeignPage},
       {{{"Host", "10.0.0.1"}, {"Sec-Fetch-Site", "same-origin"}}, kPasses}},
      cors);
  ExpectOutcomes({{{{"Host", "any.name"}, {"Origin", "null"}}, kPasses},
                  {{{"Sec-Fetch-Site", "cross-site"}}, kPasses}},
                 *CorsPolicy::Make({.allowed_origins = {"*"}}));
}

TEST(BrowserGuardTest, AllowedHostsAreNames) {
  for (const char* wrong :
       {"", "http://a.example", "a.example:80", "*.example", "a b", "[::1"}) {
    EXPECT_FALSE(BrowserGuard::Make({wrong}).ok()) << wrong;
  }
}

class BrowserRequestTest : public HttpServerTest {
 protected:
  TestResponse Answer(const std::string& request) {
    TestClient client(port());
    client.Send(request);
    return client.Read();
  }
};

TEST_F(BrowserRequestTest, IsRefusedBeforeItsBodyIsRead) {
  Start();
  // Nothing of the body is ever sent.
  const std::string start =
      "POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://evil.example"
      "\r\nContent-Type: text/plain\r\n";
  for (const std::string rest :
       {"Content-Length: 1000\r\n\r\n", "Content-Length: 99999999999\r\n\r\n",
        "Content-Length: 9\r\nExpect: 100-continue\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n"}) {
    const TestResponse response = Answer(start + rest);
    EXPECT_EQ(response.status, 403) << rest;
    EXPECT_EQ(response.headers.at("x-amzn-errortype"), "AccessDeniedException");
    EXPECT_THAT(response.body, HasSubstr("cors.allowed_origins"));
  }
}

TEST_F(BrowserRequestTest, IsJudgedInEveryFormOfRequest) {
  Start();
  const std::string rebound = "Sec-Fetch-Site: same-origin\r\n\r\n";
  for (const std::string line :
       {"GET /fixed HTTP/1.1\r\nHost: evil.example\r\n",
        "GET /fixed HTTP/1.1\r\n", "GET /fixed HTTP/1.0\r\n",
        "GET http://evil.example/fixed HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        "GET HTTP://evil.example/fixed HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        "GET http://127.0.0.1/fixed HTTP/1.1\r\nHost: evil.example\r\n",
        "HEAD /fixed HTTP/1.1\r\nHost: evil.example\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: evil.example\r\n",
        "GET /nowhere HTTP/1.1\r\nHost: evil.example\r\n"}) {
    TestClient client(port());
    client.Send(line + rebound);
    EXPECT_EQ(client.ReadHead().status, 403) << line;
  }
  const std::string own =
      "Host: 127.0.0.1:9\r\nOrigin: http://127.0.0.1:9\r\n\r\n";
  EXPECT_EQ(Answer("GET /fixed HTTP/1.1\r\n" + own).status, 200);
  EXPECT_EQ(Answer("GET /fixed HTTP/1.0\r\n" + own).status, 200);
  EXPECT_EQ(Answer("GET http://127.0.0.1:9/fixed HTTP/1.1\r\n" + own).status,
            200);
  EXPECT_EQ(
      Answer("GET http://evil.example?x HTTP/1.1\r\nHost: a\r\n\r\n").status,
      404);
}

// A refusal ends its connection: what follows might be meant as the body.
TEST_F(BrowserRequestTest, OthersOfTheConnectionAreServedUntilThen) {
  Start();
  TestClient client(port());
  client.Send(
      "GET /fixed HTTP/1.1\r\n\r\n"
      "GET /fixed HTTP/1.1\r\nOrigin: null\r\n\r\n"
      "GET /fixed HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(client.Read().status, 403);
  EXPECT_TRUE(client.IsClosedByServer());
}

}  // namespace
}  // namespace roentgen::server

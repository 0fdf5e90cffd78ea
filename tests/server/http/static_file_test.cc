// Files served as they are, over real sockets.
#include "server/http/static_file.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/memory_budget.h"
#include "gmock/gmock.h"
#include "server/http/inflate.h"
#include "tests/server/http/gzip.h"
#include "tests/server/http/http_server_fixture.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

constexpr char kBrotli[] = "what Brotli would make of it";

std::string Page() {
  std::string page = "<html>";
  for (int i = 0; i < 2'000; ++i) page += "line " + std::to_string(i) + "\n";
  return page;
}

std::shared_ptr<const StaticFile> Made(StaticFile::Content content) {
  auto file = StaticFile::Make(std::move(content));
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *std::move(file) : nullptr;
}

std::string Plain(const TestResponse& response) {
  const auto coding = response.headers.find("content-encoding");
  if (coding == response.headers.end()) return response.body;
  if (coding->second == "br") return response.body == kBrotli ? Page() : "";
  MemoryLease lease;
  return Inflate(ContentCoding::kGzip, response.body, 1 << 20, lease)
      .value_or("damaged");
}

std::string Field(const TestResponse& response, const std::string& name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? "" : found->second;
}

class StaticFileTest : public HttpServerTest {
 protected:
  void Serve(StaticFile::Content content, HttpServerOptions options = {}) {
    auto router = std::make_shared<HttpRouter>();
    router->Add({"GET", "/assets/*", "Asset",
                 [file = Made(std::move(content))](
                     const HttpRequest& request, const HttpResponder& respond) {
                   respond.Send(file->Answer(request));
                 }});
    StartListener({.address = {"127.0.0.1", 0}, .router = router},
                  std::move(options));
  }
  void ServePage() {
    Serve({.content_type = "text/html; charset=utf-8",
           .headers = {{"X-Content-Type-Options", "nosniff"}},
           .plain = SharedBytes(Page()),
           .brotli = SharedBytes::OfProgram(kBrotli)});
  }
  TestResponse Get(const std::string& headers,
                   const std::string& method = "GET") {
    TestClient client(port());
    client.Send(method + " /assets/page HTTP/1.1\r\n" + headers + "\r\n");
    return method == "HEAD" ? client.ReadHead() : client.Read();
  }
};

TEST_F(StaticFileTest, ClientsGetTheFormTheyLikeBest) {
  ServePage();
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},
      {"Accept-Encoding:\r\n", ""},
      {"Accept-Encoding: gzip, deflate, br\r\n", "br"},
      {"Accept-Encoding: gzip, deflate\r\n", "gzip"},
      {"Accept-Encoding: gzip;q=1, br;q=0.9\r\n", "gzip"},
      {"Accept-Encoding: gzip;q=0.5, br;q=0.5\r\n", "br"},
      {"Accept-Encoding: gzip;q=0.5, identity\r\n", ""},
      {"Accept-Encoding: *\r\n", "br"},
      {"Accept-Encoding: br;q=0, *\r\n", "gzip"},
      {"Accept-Encoding: br;q=0\r\nAccept-Encoding: gzip\r\n", "gzip"},
      {"Accept-Encoding: identity;q=0, gzip;q=0.001\r\n", "gzip"},
      {"Accept-Encoding: zstd, deflate\r\n", ""},
      {"Accept-Encoding: gzip;q=nonsense\r\n", ""}};
  for (const auto& [header, coding] : vectors) {
    const TestResponse response = Get(header);
    EXPECT_EQ(response.status, 200) << header;
    EXPECT_EQ(Field(response, "content-encoding"), coding) << header;
    EXPECT_EQ(Plain(response), Page()) << header;
    EXPECT_EQ(Field(response, "vary"), "Accept-Encoding") << header;
    EXPECT_EQ(Field(response, "cache-control"), "no-cache");
    EXPECT_EQ(Field(response, "content-type"), "text/html; charset=utf-8");
    EXPECT_EQ(Field(response, "x-content-type-options"), "nosniff");
  }
}

TEST_F(StaticFileTest, WhoRefusesEveryFormIsToldSo) {
  ServePage();
  for (const char* header :
       {"Accept-Encoding: *;q=0\r\n", "Accept-Encoding: identity;q=0\r\n",
        "Accept-Encoding: identity;q=0, gzip;q=0, zstd\r\n"}) {
    const TestResponse response = Get(header);
    EXPECT_EQ(response.status, 406) << header;
    EXPECT_EQ(Field(response, "vary"), "Accept-Encoding") << header;
    EXPECT_EQ(Field(response, "etag"), "") << header;
  }
}

TEST_F(StaticFileTest, EachFormHasATagOfItsOwn) {
  ServePage();
  std::set<std::string> tags;
  for (const std::string coding : {"identity", "gzip", "br"}) {
    const std::string accept = "Accept-Encoding: " + coding + "\r\n";
    const TestResponse first = Get(accept);
    const std::string tag = Field(first, "etag");
    EXPECT_THAT(tag, testing::MatchesRegex("\"[0-9a-f-]+[a-z]*\""));
    tags.insert(tag);
    for (const std::string& known :
         {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
      TestClient client(port());
      const std::string request = "/assets/page HTTP/1.1\r\n" + accept +
                                  "If-None-Match: " + known + "\r\n\r\n";
      for (const char* method : {"GET ", "HEAD "}) {
        client.Send(method + request);
        // No body, nor a word about one; the connection goes on.
        const TestResponse same = client.ReadHead();
        EXPECT_EQ(same.status, 304) << known;
        EXPECT_EQ(Field(same, "etag"), tag);
        EXPECT_EQ(Field(same, "vary"), "Accept-Encoding");
        EXPECT_EQ(Field(same, "cache-control"), "no-cache");
        EXPECT_EQ(Field(same, "content-length"), "");
        EXPECT_EQ(Field(same, "content-type"), "");
        EXPECT_EQ(Field(same, "content-encoding"), "");
      }
      client.Send("GET /assets/page HTTP/1.1\r\n\r\n");
      EXPECT_EQ(client.Read().body, Page());
    }
    const TestResponse other =
        Get(accept + "If-None-Match: \"x\", " + tag.substr(0, 9) + "\r\n");
    EXPECT_EQ(other.status, 200);
  }
  EXPECT_EQ(tags.size(), 3u);
  // One form's tag says nothing of another.
  for (const std::string& tag : tags) {
    if (tag.ends_with("-gzip\"")) continue;
    EXPECT_EQ(
        Get("Accept-Encoding: gzip\r\nIf-None-Match: " + tag + "\r\n").status,
        200);
  }
}

TEST_F(StaticFileTest, HeadSaysWhatGetWould) {
  ServePage();
  for (const std::string accept :
       {"", "Accept-Encoding: gzip\r\n", "Accept-Encoding: br\r\n"}) {
    TestResponse get = Get(accept);
    TestResponse head = Get(accept, "HEAD");
    for (TestResponse* response : {&get, &head}) {
      response->headers.erase("date");
      response->headers.erase("x-amzn-requestid");
    }
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.headers, get.headers);
  }
  EXPECT_EQ(Get("", "POST").status, 405);
}

TEST_F(StaticFileTest, SmallOnesHaveOneForm) {
  Serve({.content_type = "text/plain",
         .cache_control = "public, max-age=31536000, immutable",
         .plain = SharedBytes(std::string("small"))});
  const TestResponse response = Get("Accept-Encoding: gzip\r\n");
  EXPECT_EQ(response.body, "small");
  EXPECT_EQ(Field(response, "vary"), "");
  EXPECT_EQ(Field(response, "content-encoding"), "");
  EXPECT_EQ(Field(response, "cache-control"),
            "public, max-age=31536000, immutable");
}

TEST_F(StaticFileTest, EmptyOnesAreServed) {
  Serve({.content_type = "text/plain"});
  TestClient client(port());
  for (int i = 0; i < 2; ++i) {
    client.Send("GET /assets/x HTTP/1.1\r\n\r\n");
    const TestResponse response = client.Read();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(Field(response, "content-length"), "0");
  }
}

// Many clients that take nothing hold the file once, and no memory for it.
TEST_F(StaticFileTest, AnswersHoldNoMemory) {
  auto memory = std::make_shared<MemoryBudget>(1'000);
  Serve({.content_type = "application/octet-stream",
         .plain = SharedBytes(std::string(20'000'000, 'x'))},
        {.memory = memory});
  std::vector<std::unique_ptr<TestClient>> stuck;
  for (int i = 0; i < 5; ++i) {
    stuck.push_back(std::make_unique<TestClient>(port()));
    stuck.back()->Send("GET /assets/x HTTP/1.1\r\n\r\n");
    EXPECT_EQ(stuck.back()->ReadHead().status, 200);
  }
  EXPECT_EQ(memory->used(), 0u);
  EXPECT_EQ(stuck[0]->ReadBytes(20'000'000), std::string(20'000'000, 'x'));
}

TEST(StaticFileMake, FormsAreMadeOfEachOther) {
  const auto from_gzip =
      Made({.content_type = "text/html", .gzip = SharedBytes(Gzip(Page()))});
  HttpRequest request;
  EXPECT_EQ(from_gzip->Answer(request).Body(), Page());
  // Nothing is copied.
  EXPECT_EQ(from_gzip->Answer(request).Body().data(),
            from_gzip->Answer(request).Body().data());
  request.headers.Add("Accept-Encoding", "gzip");
  EXPECT_EQ(from_gzip->Answer(request).Body(), Gzip(Page()));
  const auto same = Made({.content_type = "text/html",
                          .plain = SharedBytes(Page()),
                          .gzip = SharedBytes(Gzip(Page()))});
  EXPECT_EQ(same->Answer(request).headers, from_gzip->Answer(request).headers);
}

TEST(StaticFileMake, RefusesWhatIsNotOneFile) {
  const auto refusal = [](StaticFile::Content content) {
    const auto file = StaticFile::Make(std::move(content));
    EXPECT_EQ(file.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(file.status().message());
  };
  const std::string packed = Gzip(Page());
  EXPECT_THAT(refusal({.gzip = SharedBytes(std::string("no gzip"))}),
              HasSubstr("cannot be inflated"));
  EXPECT_THAT(refusal({.gzip = SharedBytes(packed.substr(0, 100))}),
              HasSubstr("cannot be inflated"));
  EXPECT_THAT(refusal({.plain = SharedBytes(Page() + "x"),
                       .gzip = SharedBytes(packed)}),
              HasSubstr("another one"));
  EXPECT_THAT(refusal({.gzip = SharedBytes(Gzip(std::string(
                           limits::kStaticFileBytesMax + 1, 'x')))}),
              HasSubstr("cannot be inflated"));
}

}  // namespace
}  // namespace roentgen::server

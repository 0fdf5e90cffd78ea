#include "server/http/gzip_answer.h"

#include <memory>
#include <random>
#include <string>
#include <utility>

#include "base/memory_budget.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/http/inflate.h"
#include "tests/server/http/http_server_fixture.h"

namespace roentgen::server {
namespace {

std::string Inflated(std::string_view bytes) {
  MemoryLease lease;
  const auto text = Inflate(ContentCoding::kGzip, bytes, 100 << 20, lease);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

HttpResponse Answer(std::string body, std::string type = "application/json") {
  HttpResponse response;
  response.content_type = std::move(type);
  response.body = std::move(body);
  return response;
}

std::string Words(size_t bytes) {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < bytes) text += "word-" + std::to_string(random()) + ",";
  return text;
}

TEST(GzipAnswerTest, LargeTextsGetSmaller) {
  for (const size_t size : {1'025, 100'000, 3'000'000}) {
    const std::string text = Words(size);
    HttpResponse response = Answer(text);
    GzipAnswer(response, true);
    EXPECT_LT(response.body.size(), text.size());
    EXPECT_EQ(Inflated(response.body), text);
    EXPECT_THAT(
        response.headers,
        testing::ElementsAre(testing::Pair("Vary", "Accept-Encoding"),
                             testing::Pair("Content-Encoding", "gzip")));
  }
}

TEST(GzipAnswerTest, OthersStayAsTheyAre) {
  for (const HttpResponse& as_is :
       {Answer(std::string(1'024, 'x')), Answer(""),
        Answer(std::string(5'000, 'x'), "application/x-protobuf")}) {
    HttpResponse response = as_is;
    GzipAnswer(response, true);
    EXPECT_EQ(response.body, as_is.body);
    EXPECT_TRUE(response.headers.empty());
  }
}

TEST(GzipAnswerTest, WhatIsPackedStaysSo) {
  HttpResponse response = Answer(Words(5'000));
  response.headers.emplace_back("content-encoding", "br");
  const std::string body = response.body;
  GzipAnswer(response, true);
  EXPECT_EQ(response.body, body);
  EXPECT_THAT(response.headers, testing::SizeIs(1));
}

// Caches keep the two forms apart.
TEST(GzipAnswerTest, WhatMightBeSmallerSaysSo) {
  std::mt19937 random(1);
  std::string noise;
  for (int i = 0; i < 300'000; ++i) noise += static_cast<char>(random());
  const HttpResponse answers[] = {Answer(noise), Answer(Words(5'000))};
  for (const bool takes_gzip : {true, false}) {
    HttpResponse response = answers[takes_gzip ? 0 : 1];
    const std::string body = response.body;
    GzipAnswer(response, takes_gzip);
    EXPECT_EQ(response.body, body);
    EXPECT_THAT(response.headers,
                testing::ElementsAre(testing::Pair("Vary", "Accept-Encoding")));
  }
}

TEST_F(HttpServerTest, AnswersInGzipToThoseWhoAsk) {
  Start();
  const std::string text = Words(50'000);
  TestClient client(port());
  client.Send(Post("/echo", text, "Accept-Encoding: gzip, deflate\r\n"));
  TestResponse response = client.Read();
  EXPECT_EQ(response.headers.at("content-encoding"), "gzip");
  EXPECT_EQ(response.headers.at("content-length"),
            std::to_string(response.body.size()));
  EXPECT_EQ(Inflated(response.body), text);
  client.Send(Post("/echo", text));
  response = client.Read();
  EXPECT_FALSE(response.headers.contains("content-encoding"));
  EXPECT_EQ(response.body, text);
  client.Send(Post("/echo", "short", "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(client.Read().body, "short");
}

// While it is packed both forms are there.
TEST_F(HttpServerTest, AnswersPlainWhereThereIsNoRoomForBothForms) {
  const std::string text = Words(50'000);
  auto memory = std::make_shared<MemoryBudget>(10 * text.size());
  Start({.memory = memory});
  MemoryLease others(memory);
  const std::string request = Post("/echo", text, "Accept-Encoding: gzip\r\n");
  // The request itself takes one of what is left, until it is answered.
  for (const auto& [taken, packed] :
       {std::pair{size_t{0}, true}, {text.size() * 17 / 2, false}}) {
    ASSERT_TRUE(others.GrowTo(taken));
    TestClient client(port());
    client.Send(request);
    const TestResponse response = client.Read();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.contains("content-encoding"), packed);
    EXPECT_EQ(packed ? Inflated(response.body) : response.body, text);
    memory->AwaitUsed(others.bytes());
  }
}

}  // namespace
}  // namespace roentgen::server

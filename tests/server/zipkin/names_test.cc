// Names of services as Zipkin has them: in lower case, found in any, and none
// for who does not say one, whatever the settings were when its spans came.
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/spans/span_search.h"
#include "server/http/query_string.h"
#include "server/ingest/span_pipeline.h"
#include "server/zipkin/zipkin_api.h"
#include "server/zipkin/zipkin_reader.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);
constexpr char kTimes[] = R"("timestamp":1700000000000000,"duration":5)";

class NamesTest : public testing::TestWithParam<EngineKind> {
 protected:
  // With the setting otlp.unknown_service_name.
  void Put(const std::string& unnamed, const std::string& spans) {
    SpanPipeline::Options options;
    options.profile.unknown_service = unnamed;
    SpanPipeline pipeline(store_.engine(), store_.clock(), options);
    const auto request = ReadZipkinJson("[" + spans + "]");
    ASSERT_TRUE(request.ok()) << request.status();
    const auto outcome = pipeline.ExportAndWait(
        request->otlp, SpanSource::kZipkin, absl::InfiniteFuture());
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    ASSERT_EQ(outcome->rejected, 0u) << outcome->message;
  }

  std::string Ask(ZipkinApi::Json (ZipkinApi::*method)(const QueryString&,
                                                       const Call&) const,
                  const std::string& query,
                  const std::string& unnamed = "unknown_service") {
    const query::SpanSearch search(store_.engine());
    const ZipkinApi api(search, store_.clock(), unnamed);
    const auto json =
        (api.*method)(*QueryString::Parse(query), testing_support::AnyCall());
    return json.ok() ? *json : json.status().ToString();
  }
  std::string Services(const std::string& unnamed) {
    const query::SpanSearch search(store_.engine());
    const auto json = ZipkinApi(search, store_.clock(), unnamed)
                          .Services(testing_support::AnyCall());
    return json.ok() ? *json : json.status().ToString();
  }

  EngineUnderTest store_{GetParam(), kNow};
};

std::string SpanOf(const std::string& ids, const std::string& service,
                   const std::string& remote, const std::string& kind,
                   const std::string& more = "") {
  std::string json = "{" + ids + R"(,"name":"get",)" + more + kTimes;
  if (!kind.empty()) json += R"(,"kind":")" + kind + "\"";
  if (!service.empty()) {
    json += R"(,"localEndpoint":{"serviceName":")" + service + "\"}";
  }
  if (!remote.empty()) {
    json += R"(,"remoteEndpoint":{"serviceName":")" + remote + "\"}";
  }
  return json + "}";
}

TEST_P(NamesTest, WhoSaysNoNameHasNone) {
  const std::string settings[] = {"unknown_service", "nobody", "Someone"};
  int trace = 0;
  for (const std::string& setting : settings) {
    const std::string ids =
        R"("traceId":")" + std::to_string(++trace) + R"(","id":")";
    // "front" calls "back" by way of a service without a name, which calls
    // another one, too.
    Put(setting,
        SpanOf(ids + "1\"", "front", "", "SERVER") + "," +
            SpanOf(ids + "2\",\"parentId\":\"1\"", "", "", "CLIENT") + "," +
            SpanOf(ids + "3\",\"parentId\":\"2\"", "back", "", "SERVER") + "," +
            SpanOf(ids + "4\",\"parentId\":\"1\"", "", "db", "CLIENT"));
  }
  for (int settled = 0; settled < 2; ++settled) {
    for (const std::string& setting : settings) {
      SCOPED_TRACE(setting + " settled " + std::to_string(settled));
      EXPECT_EQ(Services(setting), R"(["back","front"])");
      EXPECT_EQ(Ask(&ZipkinApi::Dependencies, "", setting),
                R"([{"parent":"front","child":"back","callCount":3},)"
                R"({"parent":"front","child":"db","callCount":3}])");
      for (const std::string& name : settings) {
        const std::string query = "serviceName=" + name;
        EXPECT_EQ(Ask(&ZipkinApi::SpanNames, query, setting), "[]") << name;
        EXPECT_EQ(Ask(&ZipkinApi::RemoteServices, query, setting), "[]")
            << name;
        EXPECT_EQ(Ask(&ZipkinApi::FindTraces, query, setting), "[]") << name;
      }
      const std::string all = Ask(&ZipkinApi::FindTraces, "limit=100", setting);
      EXPECT_THAT(all, HasSubstr("front"));
      for (const std::string& name : settings) {
        EXPECT_THAT(all, Not(HasSubstr(name)));
      }
    }
    store_.Settle();
  }
}

// Whoever is called what others are called for want of a name keeps it.
TEST_P(NamesTest, ANameThatWasTheSettingsOnce) {
  Put("nobody", SpanOf(R"("traceId":"1","id":"1")", "", "", "SERVER"));
  Put("unknown_service",
      SpanOf(R"("traceId":"2","id":"1")", "nobody", "", "SERVER"));
  store_.Settle();
  EXPECT_EQ(Services("unknown_service"), R"(["nobody"])");
  EXPECT_EQ(Ask(&ZipkinApi::SpanNames, "serviceName=nobody"), R"(["get"])");
  EXPECT_THAT(Ask(&ZipkinApi::FindTraces, "serviceName=nobody"),
              HasSubstr(R"("traceId":"0000000000000002")"));
}

TEST_P(NamesTest, WhateverRemoteServicesListsFindsItsTraces) {
  Put("unknown_service",
      SpanOf(R"("traceId":"1","id":"1")", "Front", "BACK", "CLIENT") + "," +
          SpanOf(R"("traceId":"2","id":"1")", "front", "Back", "CLIENT") + "," +
          SpanOf(R"("traceId":"3","id":"1")", "front", "back", "CLIENT") + "," +
          // Of the newer convention, and with another one's name beside.
          SpanOf(R"("traceId":"4","id":"1")", "front", "", "CLIENT",
                 R"("tags":{"service.peer.name":"baCk"},)") +
          "," +
          SpanOf(R"("traceId":"5","id":"1")", "front", "other", "CLIENT") +
          "," + SpanOf(R"("traceId":"6","id":"1")", "", "bacK", "CLIENT"));
  const auto found = [&](const std::string& query) {
    std::string json = Ask(&ZipkinApi::FindTraces, query + "&limit=100"), ids;
    for (char trace = '1'; trace <= '6'; ++trace) {
      const std::string id =
          std::string(R"("traceId":"000000000000000)") + trace;
      if (json.find(id) != json.npos) ids += trace;
    }
    return ids;
  };
  for (int settled = 0; settled < 2; ++settled) {
    EXPECT_EQ(Ask(&ZipkinApi::RemoteServices, "serviceName=front"),
              R"(["back","other"])");
    for (const std::string name : {"back", "BACK", "bAck"}) {
      EXPECT_EQ(found("remoteServiceName=" + name), "12346") << name;
      EXPECT_EQ(found("serviceName=FRONT&remoteServiceName=" + name), "1234")
          << name;
      EXPECT_EQ(found("spanName=GET&remoteServiceName=" + name), "12346")
          << name;
      EXPECT_EQ(found("spanName=put&remoteServiceName=" + name), "") << name;
    }
    EXPECT_EQ(found("remoteServiceName=Other"), "5");
    EXPECT_EQ(found("remoteServiceName=none"), "");
    EXPECT_EQ(found("remoteServiceName=back&endTs=1600000000000"), "");
    EXPECT_EQ(found("remoteServiceName=back&endTs=1&lookback=9000000000000"),
              "");
    store_.Settle();
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, NamesTest, testing_support::AllEngines(),
                         testing_support::EngineName());

}  // namespace
}  // namespace roentgen::server

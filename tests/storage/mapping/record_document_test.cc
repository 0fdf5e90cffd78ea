#include "storage/mapping/record_document.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "storage/span/span_profile.h"
#include "storage/span/span_view.h"
#include "tests/support/document_text.h"
#include "tests/support/span_builder.h"
#include "tests/support/span_load.h"

namespace roentgen::storage {
namespace {

using testing_support::AppendSpans;
using testing_support::CapturedRequests;
using testing_support::DocumentText;
using testing_support::SpanOf;

// Reads it both ways; what they agree on is left in `document`, with texts.
void ExpectAgreement(RecordDocuments& documents, const StoredRecord& record,
                     SegmentDocument& document) {
  SegmentDocument direct;
  ASSERT_TRUE(documents.Read(record, Texts::kOmitted, direct).ok());
  const absl::Status status = documents.Read(record, Texts::kWanted, document);
  ASSERT_TRUE(status.ok()) << status.ToString();
  ASSERT_EQ(DocumentText(direct), DocumentText(document))
      << document.root().json;
  SpanView span;
  ASSERT_TRUE(ReadSpan(record.document, span));
  const RecordFacts facts = SpanFacts(TraceIdOf(span), span);
  EXPECT_EQ(facts, document.Facts());
  EXPECT_EQ(facts, direct.Facts());
}

SegmentDocument Read(const std::vector<std::string>& lines) {
  RecordDocuments documents;
  SegmentDocument document;
  ExpectAgreement(documents, SpanOf(lines), document);
  return document;
}

TEST(RecordDocumentTest, XrayDocumentsAreParsed) {
  RecordDocuments documents;
  SegmentDocument document;
  StoredRecord record{.document = R"({"id":"00000000000000ab","name":"shop",)"
                                  R"("trace_id":"1-00000001-)"
                                  R"(000000000000000000000001",)"
                                  R"("start_time":1,"end_time":2})"};
  ASSERT_TRUE(documents.Read(record, Texts::kOmitted, document).ok());
  EXPECT_EQ(document.root().name, "shop");
  EXPECT_FALSE(document.span);
  record.document.pop_back();
  EXPECT_TRUE(
      absl::IsDataLoss(documents.Read(record, Texts::kOmitted, document)));
}

TEST(RecordDocumentTest, DamagedSpansAreDataLoss) {
  RecordDocuments documents;
  SegmentDocument document;
  for (Texts texts : {Texts::kOmitted, Texts::kWanted}) {
    StoredRecord record = SpanOf({"name a"});
    record.document.pop_back();
    EXPECT_TRUE(absl::IsDataLoss(documents.Read(record, texts, document)));
    record = SpanOf({"parent 0102"});
    EXPECT_TRUE(absl::IsDataLoss(documents.Read(record, texts, document)));
    record = SpanOf({"name a"});
    record.context = nullptr;
    EXPECT_TRUE(absl::IsDataLoss(documents.Read(record, texts, document)));
    record.context = std::make_shared<SpanContext>(SpanContext{
        .resource_spans = "\x0a", .scope_spans = {}, .profile = {}});
    EXPECT_TRUE(absl::IsDataLoss(documents.Read(record, texts, document)));
  }
}

TEST(RecordDocumentTest, DocumentsOutliveTheirRecordsAndReaders) {
  SegmentDocument document;
  {
    auto record = std::make_unique<StoredRecord>(
        SpanOf({"resource service.name = \"a service with a long name\"",
                "kind SERVER", "attr an.attribute = \"a long text of one\""}));
    RecordDocuments documents;
    ASSERT_TRUE(documents.Read(*record, Texts::kOmitted, document).ok());
  }
  EXPECT_EQ(document.root().name, "a service with a long name");
  ASSERT_EQ(document.annotations.size(), 2u);
  EXPECT_EQ(document.annotations[0].key, "otel.resource.service.name");
  EXPECT_EQ(std::get<std::string_view>(document.annotations[1].value),
            "a long text of one");
}

TEST(RecordDocumentTest, TimesAreExactAndNeverRunBackwards) {
  struct Case {
    const char *start, *end;
    int64_t start_ns, end_ns;
  };
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  for (const Case& c : {
           Case{"1700000000123456789", "1700000000123456790",
                1700000000123456789, 1700000000123456790},
           Case{"5", "0", 5, 5},
           Case{"5", "4", 5, 5},
           Case{"0", "0", 0, 0},
           Case{"18446744073709551615", "18446744073709551615", kMax, kMax},
           Case{"1", "9223372036854775808", 1, kMax},
       }) {
    const SegmentDocument document =
        Read({std::string("start ") + c.start, std::string("end ") + c.end});
    EXPECT_EQ(document.root().start.ns, c.start_ns);
    EXPECT_EQ(document.root().end.ns, c.end_ns);
    EXPECT_FALSE(document.root().in_progress);
  }
}

TEST(RecordDocumentTest, OfKeysThatBecomeEqualTheLastWins) {
  const SegmentDocument document = Read(
      {"attr a/b = 1", "attr c = true", "attr a_b = \"two\"", "attr c = false",
       "resource x/y = 1", "resource x y = 2", "attr otel.resource.x_y = 3"});
  ASSERT_EQ(document.annotations.size(), 3u);
  EXPECT_EQ(document.annotations[0].key, "otel.resource.x_y");
  EXPECT_EQ(std::get<double>(document.annotations[0].value), 3);
  EXPECT_EQ(std::get<std::string_view>(document.annotations[1].value), "two");
  EXPECT_EQ(std::get<bool>(document.annotations[2].value), false);
}

TEST(RecordDocumentTest, LongKeysAreCutAndLongTextsOnlyInTheView) {
  const std::string key(600, 'k'), text(3000, 't');
  const SegmentDocument document =
      Read({"attr " + key + " = \"" + text + "\"", "attr \xC3\xA4/ = 1"});
  ASSERT_EQ(document.annotations.size(), 2u);
  EXPECT_EQ(document.annotations[0].key, key.substr(0, 500));
  EXPECT_EQ(std::get<std::string_view>(document.annotations[0].value).size(),
            1000u);
  EXPECT_EQ(document.annotations[1].key, "__");
  EXPECT_NE(document.root().json.find(text), std::string_view::npos);
}

TEST(RecordDocumentTest, NumbersThatJsonLacksAreNoAnnotations) {
  const SegmentDocument document =
      Read({"attr a = NaN", "attr b = Infinity", "attr c = -0.0",
            "attr d = 9223372036854775807", "attr e = 1e308"});
  ASSERT_EQ(document.annotations.size(), 3u);
  EXPECT_TRUE(std::signbit(std::get<double>(document.annotations[0].value)));
  EXPECT_EQ(std::get<double>(document.annotations[1].value), 0x1p63);
  EXPECT_NE(document.root().json.find(R"("a":"NaN","b":"Infinity")"),
            std::string_view::npos);
}

TEST(RecordDocumentTest, NoMoreAttributesAreLookedAtThanTheLimit) {
  std::vector<std::string> lines;
  for (int i = 0; i < 1000; ++i) {
    lines.push_back("attr k" + std::to_string(i) + " = " + std::to_string(i));
  }
  lines.push_back("kind CLIENT");
  lines.push_back("attr aws.span.kind = \"LOCAL_ROOT\"");
  const SegmentDocument document = Read(lines);
  EXPECT_EQ(document.annotations.size(), 1000u);
  EXPECT_EQ(document.entities.size(), 1u);
}

TEST(RecordDocumentTest, TextsThatAreNotUtf8AreMendedInBothViews) {
  const SegmentDocument document =
      Read({"name \xFF\xFE", "attr a = 1", "status ERROR \xC3"});
  EXPECT_EQ(document.entities.size(), 1u);
  // Also those of the context.
  const SegmentDocument other = Read({"kind SERVER", "scope \xFF 1"});
  EXPECT_EQ(other.root().name, "unknown_service");
}

TEST(RecordDocumentTest, MadeIdsAreTheSameAtEveryRead) {
  const std::vector<std::string> lines = {"kind CLIENT",
                                          "parent 0000000000000001",
                                          "status ERROR broken",
                                          "attr aws.span.kind = \"LOCAL_ROOT\"",
                                          "start 5",
                                          "end 6"};
  const SegmentDocument first = Read(lines);
  ASSERT_EQ(first.entities.size(), 2u);
  EXPECT_EQ(DocumentText(first), DocumentText(Read(lines)));
  // What is on other servers, and in what people kept.
  EXPECT_EQ(first.entities[0].id.ToString(), "7539e99f53eeeccb");
  EXPECT_EQ(first.entities[0].cause_json, first.entities[1].cause_json);
  EXPECT_EQ(first.entities[0].cause_json,
            R"({"exceptions":[{"id":"819d728318eb2221","message":"broken",)"
            R"("remote":true}]})");
}

TEST(RecordDocumentTest, ReadersForgetContextsAndGoOn) {
  RecordDocuments documents;
  SegmentDocument document;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 600; ++i) {
      const std::string name = "service" + std::to_string(i % 300);
      const StoredRecord record =
          SpanOf({"kind SERVER", "resource service.name = \"" + name + "\""});
      ASSERT_TRUE(documents.Read(record, Texts::kOmitted, document).ok());
      ASSERT_EQ(document.root().name, name);
    }
  }
}

// Spans with attributes that the mapping knows and some that it does not, of
// all types.
std::vector<std::string> RandomLines(std::mt19937& random) {
  const auto pick = [&](const auto& list) -> const char* {
    return list[random() % std::size(list)];
  };
  constexpr const char* kKinds[] = {"SERVER",   "CLIENT",   "INTERNAL",
                                    "PRODUCER", "CONSUMER", "UNSPECIFIED",
                                    "77"};
  constexpr const char* kKeys[] = {"aws.span.kind",
                                   "aws.local.service",
                                   "aws.remote.service",
                                   "aws.remote.operation",
                                   "peer.service",
                                   "aws.service",
                                   "rpc.service",
                                   "rpc.system",
                                   "rpc.method",
                                   "messaging.url",
                                   "aws.dynamodb.table_names",
                                   "message.type",
                                   "messaging.message_payload_size_bytes",
                                   "http.method",
                                   "http.request.method",
                                   "http.user_agent",
                                   "http.status_code",
                                   "http.response.status_code",
                                   "http.client_ip",
                                   "client.address",
                                   "net.peer.ip",
                                   "network.peer.address",
                                   "http.url",
                                   "url.full",
                                   "http.scheme",
                                   "http.target",
                                   "url.path",
                                   "url.query",
                                   "http.host",
                                   "http.server_name",
                                   "net.host.port",
                                   "net.host.name",
                                   "host.name",
                                   "net.peer.name",
                                   "net.peer.port",
                                   "server.address",
                                   "server.port",
                                   "http.status_text",
                                   "aws.operation",
                                   "aws.account_id",
                                   "aws.region",
                                   "aws.request_id",
                                   "aws.queue_url",
                                   "aws.table_name",
                                   "db.name",
                                   "db.namespace",
                                   "db.connection_string",
                                   "db.system",
                                   "db.system.name",
                                   "db.user",
                                   "user.name",
                                   "db.statement",
                                   "enduser.id",
                                   "user.id",
                                   "aws.xray.annotations",
                                   "aws.xray.metadata.default",
                                   "aws.xray.metadata.x",
                                   "plain",
                                   "not plain",
                                   "\xC3\xBC",
                                   ""};
  constexpr const char* kValues[] = {
      "\"LOCAL_ROOT\"",
      "\"aws-api\"",
      "\"AWS.SDK.dynamodb\"",
      "\"sqs\"",
      "\"10.1.2.3\"",
      "\"::1\"",
      "\"shop.example.com\"",
      "\"https\"",
      "443",
      "8080",
      "200",
      "404",
      "429",
      "503",
      "1000",
      "-1",
      "true",
      "1.5",
      "NaN",
      "\"mysql\"",
      "\"microsoft.sql_server\"",
      "\"redis\"",
      "null",
      "\"jdbc:mysql://u:p@db.example.com:3306/x\"",
      "[\"plain\",\"rpc.method\"]",
      "[\"table\"]",
      "\"\"",
      "{\"a\":[1,null]}",
      "bytes \"abc\"",
      "\"{\\\"a\\\":1,\\\"a\\\":[{}]}\"",
      "\"{\\\"a\\\":\"",
      "\"quote \\\" \\n\"",
      "\"\\u00fcml\\u00e4ut\"",
      "\"RECEIVED\""};
  constexpr const char* kResource[] = {"service.name",
                                       "cloud.provider",
                                       "cloud.platform",
                                       "cloud.account.id",
                                       "host.id",
                                       "cloud.availability_zone",
                                       "telemetry.sdk.language",
                                       "telemetry.sdk.name",
                                       "service.version",
                                       "x/y"};
  constexpr const char* kResourceValues[] = {
      "\"shop\"",       "\"aws\"",  "\"gcp\"",    "\"aws_ecs\"", "\"aws_ec2\"",
      "\"aws_lambda\"", "\"java\"", "\"python\"", "7",           "[1]"};
  std::vector<std::string> lines = {std::string("kind ") + pick(kKinds)};
  if (random() % 2) lines.push_back("parent 00000000000000ab");
  if (random() % 4 == 0) lines.push_back("profile indexed http.method");
  if (random() % 3 == 0) lines.push_back("status ERROR broken");
  if (random() % 2) lines.push_back("name do \"it\"!");
  if (random() % 4 == 0) {
    lines.push_back("event exception");
    lines.push_back("event.attr exception.type = \"E\"");
    lines.push_back(
        "event.attr exception.stacktrace = \"E: m\\n\\tat a.b(C.java:1)\\n"
        "Caused by: F: n\\n\\tat d.e(G.java:2)\"");
  }
  if (random() % 3 == 0) {
    lines.push_back("link 0123456789abcdef0123456789abcdef 00000000000000cd");
    if (random() % 2) {
      lines.push_back(std::string("link.attr ") +
                      "aws.xray.reserved.reference_type = " +
                      (random() % 2 ? "\"parent\"" : pick(kValues)));
    }
  }
  for (size_t n = random() % 12; n > 0; --n) {
    lines.push_back(std::string("attr ") + pick(kKeys) + " = " + pick(kValues));
  }
  for (size_t n = random() % 6; n > 0; --n) {
    lines.push_back(std::string("resource ") + pick(kResource) + " = " +
                    pick(kResourceValues));
  }
  return lines;
}

TEST(RecordDocumentTest, BothViewsAgreeOnRandomSpans) {
  std::mt19937 random(20'260'101);
  RecordDocuments documents;
  SegmentDocument document;
  for (int i = 0; i < 5'000; ++i) {
    const std::vector<std::string> lines = RandomLines(random);
    ASSERT_NO_FATAL_FAILURE(ExpectAgreement(documents, SpanOf(lines), document))
        << ::testing::PrintToString(lines);
  }
}

TEST(RecordDocumentTest, BothViewsAgreeOnACapturedLoad) {
  const std::vector<std::string> requests = CapturedRequests();
  if (requests.empty()) GTEST_SKIP() << "no captured load here";
  for (const bool index_all : {true, false}) {
    SpanProfile profile{.index_all = index_all};
    profile.indexed_attributes = {"http.method", "rpc.method",
                                  "otel.resource.service.name"};
    std::vector<StoredRecord> records;
    for (const std::string& request : requests) {
      ASSERT_TRUE(AppendSpans(request, EncodeSpanProfile(profile), records));
    }
    RecordDocuments documents;
    SegmentDocument document;
    for (const StoredRecord& record : records) {
      ASSERT_NO_FATAL_FAILURE(ExpectAgreement(documents, record, document));
    }
  }
}

}  // namespace
}  // namespace roentgen::storage

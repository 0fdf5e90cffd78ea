#include "trace/mapping/record_document.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "tests/support/document_text.h"
#include "tests/support/span_builder.h"
#include "tests/support/span_load.h"
#include "tests/trace/mapping/random_spans.h"
#include "trace/span/span_profile.h"
#include "trace/span/span_view.h"

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
  ASSERT_TRUE(
      documents.Read(record, SpanPlace::kInService, Texts::kOmitted, direct)
          .ok());
  const absl::Status status =
      documents.Read(record, SpanPlace::kInService, Texts::kWanted, document);
  ASSERT_TRUE(status.ok()) << status.ToString();
  ASSERT_EQ(DocumentText(direct), DocumentText(document))
      << document.root().json;
  SpanView span;
  ASSERT_TRUE(ReadSpan(record.document, span));
  ContextView context;
  ASSERT_TRUE(ReadContext(*record.context, context));
  const RecordFacts facts =
      SpanFacts(TraceIdOf(span), span, context.service_name);
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
  ASSERT_TRUE(
      documents.Read(record, SpanPlace::kInService, Texts::kOmitted, document)
          .ok());
  EXPECT_EQ(document.root().name, "shop");
  EXPECT_FALSE(document.span);
  record.document.pop_back();
  EXPECT_TRUE(absl::IsDataLoss(documents.Read(record, SpanPlace::kInService,
                                              Texts::kOmitted, document)));
}

TEST(RecordDocumentTest, DamagedSpansAreDataLoss) {
  RecordDocuments documents;
  SegmentDocument document;
  for (Texts texts : {Texts::kOmitted, Texts::kWanted}) {
    StoredRecord record = SpanOf({"name a"});
    record.document.pop_back();
    EXPECT_TRUE(absl::IsDataLoss(
        documents.Read(record, SpanPlace::kInService, texts, document)));
    record = SpanOf({"parent 0102"});
    EXPECT_TRUE(absl::IsDataLoss(
        documents.Read(record, SpanPlace::kInService, texts, document)));
    record = SpanOf({"name a"});
    record.context = nullptr;
    EXPECT_TRUE(absl::IsDataLoss(
        documents.Read(record, SpanPlace::kInService, texts, document)));
    record.context = std::make_shared<SpanContext>(SpanContext{
        .resource_spans = "\x0a", .scope_spans = {}, .profile = {}});
    EXPECT_TRUE(absl::IsDataLoss(
        documents.Read(record, SpanPlace::kInService, texts, document)));
  }
}

TEST(RecordDocumentTest, DocumentsOutliveTheirRecordsAndReaders) {
  SegmentDocument document;
  {
    auto record = std::make_unique<StoredRecord>(
        SpanOf({"resource service.name = \"a service with a long name\"",
                "kind SERVER", "attr an.attribute = \"a long text of one\""}));
    RecordDocuments documents;
    ASSERT_TRUE(
        documents
            .Read(*record, SpanPlace::kInService, Texts::kOmitted, document)
            .ok());
  }
  EXPECT_EQ(document.root().name, "a service with a long name");
  ASSERT_NE(document.context_annotations, nullptr);
  EXPECT_EQ(document.context_annotations->at(0).key,
            "otel.resource.service.name");
  ASSERT_EQ(document.annotations.size(), 1u);
  EXPECT_EQ(std::get<std::string_view>(document.annotations[0].value),
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
  EXPECT_EQ(std::get<ExactNumber>(document.annotations[0].value), 3);
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
  EXPECT_TRUE(std::signbit(
      std::get<ExactNumber>(document.annotations[0].value).AsDouble()));
  EXPECT_EQ(std::get<ExactNumber>(document.annotations[1].value), INT64_MAX);
  EXPECT_NE(document.root().json.find(R"("a":"NaN","b":"Infinity")"),
            std::string_view::npos);
}

TEST(RecordDocumentTest, NoMoreAttributesAreLookedAtThanTheLimit) {
  std::vector<std::string> lines;
  for (int i = 0; i < 1000; ++i) {
    lines.push_back("attr k" + std::to_string(i) + " = " + std::to_string(i));
  }
  lines.push_back("kind CLIENT");
  lines.push_back("parent 00000000000000ab");
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

size_t Count(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != text.npos; ++at) ++count;
  return count;
}

TEST(RecordDocumentTest, NoMoreExceptionsAndFramesAreShownThanTheLimits) {
  std::string frames, causes;
  for (int i = 0; i < 300; ++i) frames += "\\n\\tat a.b(C.java:1)";
  for (int i = 0; i < 50; ++i) causes += "\\nCaused by: F: inner";
  const std::string java = "resource telemetry.sdk.language = \"java\"";
  const std::string trace = "event.attr exception.stacktrace = \"E: outer";
  SegmentDocument document =
      Read({java, "event exception", trace + frames + "\""});
  EXPECT_EQ(Count(document.root().cause_json, R"("label":"a.b")"), 200u);
  EXPECT_EQ(Count(document.root().cause_json, R"("truncated":100)"), 1u);
  document =
      Read({java, "event exception", trace + causes + "\"", "event exception"});
  EXPECT_EQ(Count(document.root().cause_json, R"("remote")"), 20u);
  EXPECT_EQ(Count(document.root().cause_json, R"("cause":)"), 19u);
  document = Read(std::vector<std::string>(25, "event exception"));
  EXPECT_EQ(Count(document.root().cause_json, R"("remote")"), 20u);
}

TEST(RecordDocumentTest, ValuesOfAnyLegalDepthMakeADocument) {
  const std::string deep = std::string(32, '[') + std::string(32, ']');
  const std::string json =
      "{\\\"a\\\":" + std::string(60, '[') + std::string(60, ']') + "}";
  const std::string too_deep =
      "{\\\"a\\\":" + std::string(100, '[') + std::string(100, ']') + "}";
  const SegmentDocument document =
      Read({"kind CLIENT", "attr aws.span.kind = \"LOCAL_ROOT\"",
            "attr deep = " + deep, "event e", "event.attr deep = " + deep,
            "attr aws.xray.metadata.fits = \"" + json + "\"",
            "attr aws.xray.metadata.not = \"" + too_deep + "\""});
  const std::string_view text = document.root().json;
  EXPECT_EQ(Count(text, std::string(60, '[') + "]"), 2u);
  EXPECT_EQ(Count(text, R"("fits":{"a":[)"), 1u);
  EXPECT_EQ(Count(text, R"("aws.xray.metadata.not":"{\"a\":[)"), 1u);
}

TEST(RecordDocumentTest, NoMoreLinksAreFollowedThanTheLimit) {
  const std::vector<std::string> lines(
      limits::kLinksPerSegmentMax + 10,
      "link 0123456789abcdef0123456789abcdef 00000000000000cd");
  const SegmentDocument document = Read(lines);
  EXPECT_EQ(document.links.size(), limits::kLinksPerSegmentMax);
  EXPECT_EQ(Count(document.root().json, "00000000000000cd"), lines.size());
}

TEST(RecordDocumentTest, LinksThatNameNothingAreLeftOut) {
  const SegmentDocument document =
      Read({"link 0123456789abcdef0123456789abcdef 0000000000000000",
            "link 00000000000000000000000000000000 00000000000000cd"});
  EXPECT_TRUE(document.links.empty());
  EXPECT_EQ(Count(document.root().json, "links"), 0u);
}

TEST(RecordDocumentTest, ReadersForgetContextsAndGoOn) {
  RecordDocuments documents;
  SegmentDocument document;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 600; ++i) {
      const std::string name = "service" + std::to_string(i % 300);
      const StoredRecord record =
          SpanOf({"kind SERVER", "resource service.name = \"" + name + "\""});
      ASSERT_TRUE(
          documents
              .Read(record, SpanPlace::kInService, Texts::kOmitted, document)
              .ok());
      ASSERT_EQ(document.root().name, name);
    }
  }
}

TEST(RecordDocumentTest, BothViewsAgreeOnRandomSpans) {
  std::mt19937 random(20'260'101);
  RecordDocuments documents;
  SegmentDocument document;
  for (int i = 0; i < 5'000; ++i) {
    const std::vector<std::string> lines =
        testing_support::RandomSpanLines(random);
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

#include "server/account/trace_retrieval.h"

#include <iterator>
#include <map>
#include <set>
#include <string>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"
#include "opentelemetry/proto/trace/v1/trace.pb.h"
#include "server/aws_status.h"
#include "server/ingest/span_pipeline.h"
#include "storage/memory/memory_engine.h"
#include "storage/memory/memory_settings.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing_support::EntityText;
using testing_support::SegmentSpec;
using testing_support::TraceNumber;

constexpr int64_t kNow = 1'700'000'000;

class TraceRetrievalTest : public testing::Test {
 protected:
  TraceRetrievalTest() { Reopen(); }
  void Reopen() {
    retrievals_ = *TraceRetrieval::Open(settings_, queries_, graphs_,
                                        {.clock = &clock_, .random = [this] {
                                           return ++random_ * 0x9E3779B9;
                                         }});
  }
  void Put(const SegmentSpec& spec) {
    const absl::Status written =
        storage::WriteAndWait(engine_, {testing_support::Record(spec)});
    ASSERT_TRUE(written.ok()) << written;
  }
  absl::StatusOr<std::string> Start(std::vector<std::string> ids,
                                    int64_t from = kNow - 60,
                                    int64_t to = kNow + 60) {
    return retrievals_->Start({.trace_ids = std::move(ids),
                               .start = Timestamp::FromSeconds(from),
                               .end = Timestamp::FromSeconds(to)});
  }
  absl::StatusOr<RetrievedPage> List(const std::string& token,
                                     const std::string& next = "",
                                     TraceFormat format = TraceFormat::kXray) {
    return retrievals_->List(token, format, next, testing_support::AnyCall());
  }
  // Ids of all spans, over all pages; none may come twice.
  std::vector<std::string> AllSpans(const std::string& token,
                                    TraceFormat format, int& pages) {
    std::vector<std::string> out;
    std::string next;
    pages = 0;
    do {
      const auto page = List(token, next, format);
      EXPECT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->traces.size(), limits::kRetrievedTracesPerPage);
      for (const RetrievedTrace& trace : page->traces) {
        EXPECT_LE(trace.spans.size(), limits::kRetrievedSpansPerPage);
        for (const auto& span : trace.spans) {
          out.push_back(trace.id.ToString() + span.id);
        }
      }
      next = page->next_token;
      ++pages;
    } while (!next.empty() && pages < 100);
    EXPECT_EQ(std::set(out.begin(), out.end()).size(), out.size());
    return out;
  }

  ManualClock clock_{Timestamp::FromSeconds(kNow)};
  uint64_t random_ = 0;
  storage::MemoryEngine engine_{clock_, absl::Hours(24)};
  query::TraceQueries queries_{engine_, {}};
  query::ServiceGraphs graphs_{engine_, {}};
  storage::MemorySettings settings_;
  std::unique_ptr<TraceRetrieval> retrievals_;
};

TEST_F(TraceRetrievalTest, FindsWholeTracesThatTouchTheRange) {
  Put({.trace = 1, .id = 1, .start = kNow - 100, .seconds = 50});
  Put({.trace = 1, .id = 2, .start = kNow - 95, .seconds = 1, .parent = 1});
  Put({.trace = 2, .id = 1, .start = kNow - 100, .seconds = 1});
  const auto token =
      Start({TraceNumber(1).ToString(), TraceNumber(2).ToString(),
             TraceNumber(3).ToString()});
  ASSERT_TRUE(token.ok()) << token.status();
  const auto page = List(*token);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->traces.size(), 1u);
  EXPECT_EQ(page->traces[0].id, TraceNumber(1));
  EXPECT_EQ(page->traces[0].duration, absl::Seconds(50));
  EXPECT_EQ(page->traces[0].spans.size(), 2u);
  EXPECT_EQ(page->next_token, "");
}

// Folded together they would be too long for one document.
TEST_F(TraceRetrievalTest, SpansOfATooLongSegmentComeOneByOne) {
  opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest request;
  auto* scope = request.add_resource_spans()->add_scope_spans();
  for (int i = 1; i <= 3; ++i) {
    auto* span = scope->add_spans();
    span->set_trace_id(std::string(16, 't'));
    span->set_span_id(std::string(7, 's') + static_cast<char>('0' + i));
    if (i > 1) span->set_parent_span_id("sssssss1");
    span->set_kind(
        i == 1 ? opentelemetry::proto::trace::v1::Span::SPAN_KIND_SERVER
               : opentelemetry::proto::trace::v1::Span::SPAN_KIND_INTERNAL);
    span->set_start_time_unix_nano(uint64_t{kNow} * 1'000'000'000);
    span->set_end_time_unix_nano(uint64_t{kNow} * 1'000'000'000 + 1'000);
    auto* attribute = span->add_attributes();
    attribute->set_key("long");
    attribute->mutable_value()->set_string_value(std::string(100'000, 'x'));
  }
  SpanPipeline pipeline(engine_, clock_, {});
  ASSERT_EQ(pipeline
                .ExportAndWait(request.SerializeAsString(),
                               SpanSource::kOtlpHttp, absl::InfiniteFuture())
                ->accepted,
            3u);
  const std::string text = "1-74747474-747474747474747474747474";
  const std::string token = *Start({text});
  const auto page = List(token);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->traces.size(), 1u);
  ASSERT_EQ(page->traces[0].spans.size(), 3u);
  for (int i = 1; i <= 3; ++i) {
    const RetrievedSpan& span = page->traces[0].spans[i - 1];
    EXPECT_THAT(span.document, HasSubstr("\"id\":\"737373737373733" +
                                         std::to_string(i) + "\""));
    EXPECT_EQ(span.document.front(), '{');
    EXPECT_LE(span.document.size(), limits::kRetrievedDocumentCharsMax);
  }
}

// Also what is a segment only because its parent is of another service.
TEST_F(TraceRetrievalTest, SpansOneByOneAreSegmentsWhereTheyAreInTheTrace) {
  using opentelemetry::proto::trace::v1::Span;
  struct Service {
    const char* name;
    Span::SpanKind kind;
    const char* parent;  // Service of the parent.
  };
  const Service services[] = {
      {"server", Span::SPAN_KIND_SERVER, ""},
      {"worker", Span::SPAN_KIND_INTERNAL, "server"},
      {"caller", Span::SPAN_KIND_CLIENT, "server"},
      {"sender", Span::SPAN_KIND_PRODUCER, "worker"},
      {"orphan", Span::SPAN_KIND_INTERNAL, "nobody"},
  };
  const auto id_of = [](const std::string& service) {
    return (service + "________").substr(0, 8);
  };
  // "name id" of each document, at two sizes: folded together they are too long
  // for one document at the second.
  std::map<size_t, std::set<std::string>> seen;
  for (const size_t bytes : {size_t{1}, size_t{100'000}}) {
    opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest all;
    for (const Service& service : services) {
      auto* resource = all.add_resource_spans();
      auto* attribute = resource->mutable_resource()->add_attributes();
      attribute->set_key("service.name");
      attribute->mutable_value()->set_string_value(service.name);
      // In its service, below the one that comes first: never a segment.
      for (const bool inner : {false, true}) {
        if (inner && service.kind != Span::SPAN_KIND_SERVER) continue;
        auto* span = resource->add_scope_spans()->add_spans();
        span->set_trace_id(std::string(16, bytes == 1 ? 's' : 'l'));
        span->set_span_id(inner ? "innerone" : id_of(service.name));
        if (inner) {
          span->set_parent_span_id(id_of(service.name));
        } else if (*service.parent != '\0') {
          span->set_parent_span_id(id_of(service.parent));
        }
        span->set_name("op");
        span->set_kind(inner ? Span::SPAN_KIND_INTERNAL : service.kind);
        span->set_start_time_unix_nano(uint64_t{kNow} * 1'000'000'000);
        span->set_end_time_unix_nano(uint64_t{kNow} * 1'000'000'000 + 1'000);
        auto* filler = span->add_attributes();
        filler->set_key("long");
        filler->mutable_value()->set_string_value(std::string(bytes, 'x'));
        // With the inner one the server's document is too long.
        if (service.kind == Span::SPAN_KIND_SERVER && bytes > 1) {
          filler->mutable_value()->set_string_value(std::string(150'000, 'x'));
        }
      }
    }
    SpanPipeline pipeline(engine_, clock_, {});
    ASSERT_TRUE(pipeline
                    .ExportAndWait(all.SerializeAsString(),
                                   SpanSource::kOtlpHttp,
                                   absl::InfiniteFuture())
                    .ok());
    const std::string hex = bytes == 1 ? "73" : "6c";
    std::string text = "1-";
    for (int i = 0; i < 16; ++i) text += (i == 4 ? "-" : "") + hex;
    const auto page = List(*Start({text}));
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_EQ(page->traces.size(), 1u);
    for (const RetrievedSpan& span : page->traces[0].spans) {
      if (span.document.find(R"("type":"subsegment")") != std::string::npos) {
        EXPECT_THAT(span.document, HasSubstr("696e6e65726f6e65"));
        continue;
      }
      const size_t at = span.document.find(R"("name":")") + 8;
      seen[bytes].insert(
          span.document.substr(at, span.document.find('"', at) - at));
    }
  }
  EXPECT_EQ(seen[1].size(), std::size(services));
  EXPECT_EQ(seen[100'000], seen[1]);
}

TEST_F(TraceRetrievalTest, PagesHoldEverySpanOnce) {
  for (uint64_t id = 1; id <= 250; ++id) {
    Put({.trace = 1,
         .id = id,
         .start = kNow + 0.001 * static_cast<double>(id),
         .parent = id == 1 ? 0 : uint64_t{1}});
  }
  std::vector<std::string> ids = {TraceNumber(1).ToString()};
  for (uint64_t trace = 2; trace <= 12; ++trace) {
    Put({.trace = trace, .id = 1, .start = kNow});
    ids.push_back(TraceNumber(trace).ToString());
  }
  const std::string token = *Start(ids);
  int pages;
  EXPECT_EQ(AllSpans(token, TraceFormat::kXray, pages).size(), 261u);
  EXPECT_EQ(pages, 5);
  EXPECT_EQ(AllSpans(token, TraceFormat::kOtel, pages).size(), 261u);
}

TEST_F(TraceRetrievalTest, LivesForAnHourAlsoOverRestarts) {
  Put({.trace = 1, .id = 1, .start = kNow});
  const std::string token = *Start({TraceNumber(1).ToString()});
  clock_.Advance(absl::Minutes(59));
  Reopen();
  EXPECT_EQ(List(token)->traces.size(), 1u);
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(AwsFaultOf(List(token).status())->resource_name, token);
  EXPECT_TRUE(absl::IsNotFound(retrievals_->Cancel(token)));
  ASSERT_TRUE(Start({TraceNumber(1).ToString()}).ok());
  EXPECT_EQ(settings_.List("retrieval/")->size(), 1u);  // The old one is gone.
}

TEST_F(TraceRetrievalTest, CancelsUntilAPageWasRead) {
  Put({.trace = 1, .id = 1, .start = kNow});
  const std::string first = *Start({TraceNumber(1).ToString()});
  ASSERT_TRUE(retrievals_->Cancel(first).ok());
  Reopen();
  EXPECT_TRUE(List(first)->cancelled);
  EXPECT_TRUE(List(first)->traces.empty());
  EXPECT_TRUE(retrievals_->Graph(first, testing_support::AnyCall())->cancelled);
  const std::string second = *Start({TraceNumber(1).ToString()});
  EXPECT_FALSE(List(second)->cancelled);
  ASSERT_TRUE(retrievals_->Cancel(second).ok());
  EXPECT_FALSE(List(second)->cancelled);
}

TEST_F(TraceRetrievalTest, HasAGraph) {
  for (uint64_t trace = 1; trace <= 7; ++trace) {
    Put({.trace = trace, .id = 1, .start = kNow, .name = "shop"});
  }
  std::vector<std::string> ids;
  for (uint64_t t = 1; t <= 8; ++t) ids.push_back(TraceNumber(t).ToString());
  const auto graph =
      retrievals_->Graph(*Start(ids), testing_support::AnyCall());
  ASSERT_TRUE(graph.ok()) << graph.status();
  ASSERT_EQ(graph->map.nodes.size(), 2u);  // The shop, and its client.
  EXPECT_EQ(graph->map.nodes[0].figures.calls.count(), 7);
}

TEST_F(TraceRetrievalTest, OversizeSegmentsComeAsTheyWereSent) {
  const std::string filler(50'000, 'x');
  Put({.trace = 1, .id = 1, .start = kNow});
  for (uint64_t id = 2; id <= 6; ++id) {
    Put({.trace = 1,
         .id = id,
         .start = kNow,
         .parent = 1,
         .subsegment = true,
         .extra = R"("metadata":{"a":{"b":")" + filler + R"("}},)"});
  }
  const auto page = List(*Start({TraceNumber(1).ToString()}));
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->traces.size(), 1u);
  ASSERT_EQ(page->traces[0].spans.size(), 6u);
  EXPECT_EQ(page->traces[0].spans[5].id, EntityText(6));
  EXPECT_THAT(page->traces[0].spans[5].document, HasSubstr("subsegment"));
}

TEST_F(TraceRetrievalTest, RefusesWhatMakesNoSense) {
  EXPECT_EQ(Start({}).status().message(), "Zero trace ids provided");
  EXPECT_THAT(Start({"x"}).status().message(),
              HasSubstr("Invalid trace id x: incorrect id format"));
  const std::string id = TraceNumber(1).ToString();
  EXPECT_EQ(Start({id, id}).status().message(),
            "Containing duplicate trace ids");
  EXPECT_THAT(Start({id}, 2, 1).status().message(), HasSubstr("End time"));
  const std::string token = *Start({id});
  for (const char* next : {"x", "1", "0.", ".0", "0.0x", "1.0", "-1.0"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(List(token, next).status())) << next;
  }
}

TEST_F(TraceRetrievalTest, ThereIsALimit) {
  const std::string id = TraceNumber(1).ToString();
  for (size_t i = 0; i < limits::kRetrievalsMax; ++i) {
    ASSERT_TRUE(Start({id}).ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(Start({id}).status()));
  clock_.Advance(absl::Hours(1));
  EXPECT_TRUE(Start({id}).ok());
}

}  // namespace
}  // namespace roentgen::server

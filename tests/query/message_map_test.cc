// Messages on the map of OpenTelemetry's spans: sender, broker, consumer, in
// whatever order they came and whether their traces are open or sealed.
#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/maps/service_graphs.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/span_builder.h"

namespace roentgen::query {
namespace {

using testing::UnorderedElementsAre;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;

using Lines = std::vector<std::string>;

constexpr int64_t kBase = 1'700'000'000;  // When the builder's spans start.

std::string Hex(uint64_t number, int digits) {
  std::string text(static_cast<size_t>(digits), '0');
  for (size_t i = text.size(); number > 0; number /= 16) {
    text[--i] = "0123456789abcdef"[number % 16];
  }
  return text;
}

Lines Span(uint64_t trace, uint64_t id, uint64_t parent,
           const std::string& service, const std::string& kind,
           const Lines& more = {}) {
  Lines lines = {"resource service.name = \"" + service + "\"",
                 "trace " + Hex(trace, 32), "id " + Hex(id, 16), "kind " + kind,
                 "name orders " + kind};
  if (parent != 0) lines.push_back("parent " + Hex(parent, 16));
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

std::string LinkTo(uint64_t trace, uint64_t span) {
  return "link " + Hex(trace, 32) + " " + Hex(span, 16);
}

const Lines kBroker = {"attr peer.service = \"kafka\""};

class MessageMapTest : public testing::TestWithParam<EngineKind> {
 protected:
  // Each span by itself; the store settles after each where `settle` says so.
  void Put(const std::vector<Lines>& spans, bool settle) {
    for (const Lines& lines : spans) {
      std::vector<storage::NewRecord> records;
      records.push_back(
          testing_support::AsNewRecord(testing_support::SpanOf(lines)));
      ASSERT_TRUE(
          storage::WriteAndWait(store_->engine(), std::move(records)).ok());
      if (settle) store_->Settle();
    }
    store_->Settle();
  }

  // "shop -> kafka", with " *" behind edges of links; clients left out.
  std::vector<std::string> Edges() {
    ServiceGraphs graphs(store_->engine(), {});
    const auto graph =
        graphs.Graph({.window = {.start = Timestamp::FromSeconds(kBase - 300),
                                 .end = Timestamp::FromSeconds(kBase + 300)}},
                     testing_support::AnyCall());
    EXPECT_TRUE(graph.ok()) << graph.status();
    std::vector<std::string> edges;
    for (const MapNode& node : graph->map.nodes) {
      if (IsClient(node.service)) continue;
      for (const MapEdge& edge : node.edges) {
        edges.push_back(node.service.name + " -> " +
                        graph->map.nodes[edge.target].service.name +
                        (edge.link ? " *" : ""));
      }
    }
    return edges;
  }

  // For each order of the spans, and with and without settling in between. A
  // sender that comes after its consumer was sealed is not linked: with
  // `linked`, spans settle in the given order only.
  void ExpectEdges(std::vector<Lines> spans,
                   const std::vector<std::string>& expected,
                   bool linked = false) {
    const std::vector<Lines> given = spans;
    std::sort(spans.begin(), spans.end());
    do {
      for (const bool settle : {false, true}) {
        if (settle && linked && spans != given) continue;
        store_ = std::make_unique<EngineUnderTest>(
            GetParam(), Timestamp::FromSeconds(kBase));
        Put(spans, settle);
        EXPECT_THAT(Edges(), testing::UnorderedElementsAreArray(expected))
            << "settled each time: " << settle << ", first: " << spans[0][2];
      }
    } while (std::next_permutation(spans.begin(), spans.end()));
  }

  std::unique_ptr<EngineUnderTest> store_;
};

TEST_P(MessageMapTest, OfOneTrace) {
  ExpectEdges({Span(1, 1, 0, "shop", "SERVER"),
               Span(1, 2, 1, "shop", "PRODUCER", kBroker),
               Span(1, 3, 2, "worker", "CONSUMER")},
              {"shop -> kafka", "kafka -> worker"});
}

// A cron job that sends, without anything above it.
TEST_P(MessageMapTest, OfASenderThatIsTheRoot) {
  ExpectEdges(
      {Span(1, 2, 0, "cron", "PRODUCER", kBroker),
       Span(1, 3, 2, "worker", "CONSUMER"), Span(1, 4, 2, "audit", "CONSUMER")},
      {"cron -> kafka", "kafka -> worker", "kafka -> audit"});
}

TEST_P(MessageMapTest, OfAConsumerInATraceOfItsOwn) {
  ExpectEdges({Span(1, 1, 0, "shop", "SERVER"),
               Span(1, 2, 1, "shop", "PRODUCER", kBroker),
               Span(2, 3, 0, "worker", "CONSUMER", {LinkTo(1, 2)})},
              {"shop -> kafka", "kafka -> worker *"}, true);
}

// What is linked is the parent itself: one edge.
TEST_P(MessageMapTest, OfAConsumerWithParentAndLink) {
  ExpectEdges({Span(1, 2, 0, "shop", "PRODUCER", kBroker),
               Span(1, 3, 2, "worker", "CONSUMER", {LinkTo(1, 2)})},
              {"shop -> kafka", "kafka -> worker"});
}

// Messages are sent with client spans, too.
TEST_P(MessageMapTest, OfAClientThatSends) {
  ExpectEdges({Span(1, 2, 0, "shop", "CLIENT",
                    {"attr messaging.system = \"rabbitmq\"",
                     "attr messaging.destination.name = \"orders\""}),
               Span(1, 3, 2, "worker", "CONSUMER"),
               Span(2, 4, 0, "audit", "CONSUMER", {LinkTo(1, 2)})},
              {"shop -> orders", "orders -> worker", "orders -> audit *"},
              true);
}

// A sender that does not say what it calls has no node between.
TEST_P(MessageMapTest, OfABrokerThatNobodyNames) {
  ExpectEdges(
      {Span(1, 2, 0, "shop", "PRODUCER"), Span(1, 3, 2, "worker", "CONSUMER")},
      {"shop -> worker"});
}

TEST_P(MessageMapTest, OfABatchOfMessages) {
  store_ = std::make_unique<EngineUnderTest>(GetParam(),
                                             Timestamp::FromSeconds(kBase));
  std::vector<Lines> spans;
  Lines links;
  for (uint64_t i = 1; i <= 60; ++i) {
    const std::string sender = i <= 50 ? "lost" : "shop";
    if (i > 50) spans.push_back(Span(i, 2, 0, sender, "PRODUCER", kBroker));
    links.push_back(LinkTo(i, 2));
  }
  spans.push_back(Span(100, 3, 0, "worker", "CONSUMER", links));
  Put(spans, false);
  EXPECT_THAT(Edges(),
              UnorderedElementsAre("shop -> kafka", "kafka -> worker *"));
}

INSTANTIATE_TEST_SUITE_P(Engines, MessageMapTest, testing_support::AllEngines(),
                         testing_support::EngineName());

}  // namespace
}  // namespace roentgen::query

// Who called whom by the rules of Zipkin's linker.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/calls.h"
#include "tests/support/spans.h"
#include "trace/assembly/observations.h"
#include "trace/assembly/operations.h"
#include "trace/assembly/trace.h"
#include "trace/model/operation.h"
#include "trace/model/record.h"
#include "trace/model/service_id.h"
#include "trace/span/span_profile.h"

namespace roentgen::storage {
namespace {

using testing::UnorderedElementsAreArray;
using testing_support::SpanSpec;

enum Kind : uint64_t {
  kNoKind,
  kLocal,
  kServer,
  kClient,
  kProducer,
  kConsumer
};

struct Span {
  uint64_t id;
  uint64_t parent;  // 0: none.
  Kind kind;
  std::string service;  // Empty: not said.
  std::string peer = "";
  bool failed = false;
};

struct Variation {
  // Whoever answers starts later by that, seconds.
  double delay = 0.1;
  // The name that others give to who says none.
  std::string unnamed = SpanProfile().unknown_service;
};

Trace Assembled(const std::vector<Span>& spans, const Variation& variation) {
  TraceRecords records;
  for (const Span& span : spans) {
    SpanSpec spec{.id = span.id, .parent = span.parent};
    spec.kind = span.kind;
    spec.start += span.kind == kServer ? variation.delay : 0;
    spec.service = span.service;
    spec.status = span.failed ? 2 : 0;
    if (!span.peer.empty()) spec.attributes = {{"peer.service", span.peer}};
    const NewRecord made = testing_support::Record(spec);
    SpanContext context = *made.context;
    context.profile = EncodeSpanProfile({.unknown_service = variation.unnamed});
    records.trace_id = made.trace_id;
    records.records.push_back(
        {.sequence = {1, static_cast<uint32_t>(records.records.size())},
         .received = {1},
         .format = made.format,
         .document = made.document,
         .context = std::make_shared<const SpanContext>(std::move(context))});
  }
  auto trace = AssembleTrace(records, testing_support::AnyCall());
  EXPECT_TRUE(trace.ok()) << trace.status();
  return trace.ok() ? *std::move(trace) : Trace();
}

// "caller>callee calls errors" of each.
std::vector<std::string> CallsOf(const std::vector<Span>& spans, CallSet set,
                                 const Variation& variation = {}) {
  const Trace trace = Assembled(spans, variation);
  std::vector<std::string> out;
  for (const CallSeen& call : ObserveOperations(trace).calls) {
    if (!IsIn(set, call.kind)) continue;
    std::string text(call.caller);
    text.append(">").append(call.callee);
    text += " " + std::to_string(call.calls);
    if (call.errors > 0) text += " " + std::to_string(call.errors);
    out.push_back(text);
  }
  return out;
}

// "source>target" of each edge of the map; clients have their type.
std::vector<std::string> EdgesOf(const std::vector<Span>& spans) {
  const Trace trace = Assembled(spans, {});
  const TraceObservations seen = Observe(trace);
  const auto name = [&](uint32_t service) {
    const ServiceId& id = seen.services[service];
    return id.type == "client" ? id.name + "/client" : id.name;
  };
  std::vector<std::string> out;
  for (const auto& edge : seen.edges) {
    out.push_back(name(edge.source) + ">" + name(edge.target));
  }
  return out;
}

struct Case {
  const char* what;
  std::vector<Span> spans;
  std::vector<std::string> links;
};

void ExpectLinks(const std::vector<Case>& cases) {
  const Variation variations[] = {
      {}, {.delay = 0}, {.unnamed = "nobody"}, {.delay = 0, .unnamed = "web"}};
  for (const Case& c : cases) {
    for (const Variation& variation : variations) {
      EXPECT_THAT(CallsOf(c.spans, CallSet::kWithPeers, variation),
                  UnorderedElementsAreArray(c.links))
          << c.what << ", " << variation.delay << ", " << variation.unnamed;
    }
  }
}

TEST(ServiceLinksTest, CallsAndMessages) {
  ExpectLinks(
      {{"a call in two spans",
        {{1, 0, kClient, "web"}, {2, 1, kServer, "app"}},
        {"web>app 1"}},
       {"a call in two halves with one id",
        {{1, 0, kServer, "web"},
         {2, 1, kClient, "web"},
         {2, 1, kServer, "app"}},
        {"web>app 1"}},
       {"the halves the other way round",
        {{2, 0, kServer, "app"}, {2, 0, kClient, "web"}},
        {"web>app 1"}},
       {"through a broker, and nothing beside it",
        {{1, 0, kProducer, "front", "kafka"},
         {2, 1, kConsumer, "back", "kafka"}},
        {"front>kafka 1", "kafka>back 1"}},
       {"one message for two",
        {{1, 0, kProducer, "front", "kafka"},
         {2, 1, kConsumer, "back", "kafka"},
         {3, 1, kConsumer, "mail", "kafka", true}},
        {"front>kafka 1", "kafka>back 1", "kafka>mail 1 1"}},
       {"a broker that only one of them names",
        {{1, 0, kProducer, "front"}, {2, 1, kConsumer, "back", "kafka"}},
        {"kafka>back 1"}},
       {"a broker that only the other names",
        {{1, 0, kProducer, "front", "kafka"}, {2, 1, kConsumer, "back"}},
        {"front>kafka 1"}},
       {"a broker without a name",
        {{1, 0, kProducer, "front"}, {2, 1, kConsumer, "back"}},
        {}},
       {"what a consumer calls",
        {{1, 0, kProducer, "front", "kafka"},
         {2, 1, kConsumer, "back", "kafka"},
         {3, 2, kClient, "back", "db"}},
        {"front>kafka 1", "kafka>back 1", "back>db 1"}},
       {"a service that calls itself",
        {{1, 0, kServer, "web"},
         {2, 1, kClient, "web"},
         {3, 2, kServer, "web"}},
        {"web>web 1"}},
       {"itself without a client's span",
        {{1, 0, kServer, "web"}, {2, 1, kServer, "web"}},
        {"web>web 1"}},
       {"itself by name", {{1, 0, kClient, "web", "web"}}, {"web>web 1"}},
       {"work within a service is no call",
        {{1, 0, kServer, "web"}, {2, 1, kLocal, "web"}, {3, 2, kNoKind, "web"}},
        {}}});
}

TEST(ServiceLinksTest, WhatIsMissing) {
  ExpectLinks(
      {{"local spans in between",
        {{1, 0, kServer, "web"},
         {2, 1, kLocal, "web"},
         {3, 2, kLocal, "web"},
         {4, 3, kServer, "app"}},
        {"web>app 1"}},
       {"a client without a name in between",
        {{1, 0, kServer, "web"}, {2, 1, kClient, ""}, {3, 2, kServer, "app"}},
        {"web>app 1"}},
       {"clients named like the server, below one without a name",
        {{1, 0, kServer, "web"},
         {2, 1, kClient, ""},
         {3, 2, kClient, "app"},
         {4, 2, kClient, "app"}},
        {"web>app 2"}},
       {"a server in between did not send its span",
        {{1, 0, kServer, "web"}, {2, 1, kClient, "app", "db", true}},
        {"web>app 1", "app>db 1 1"}},
       {"a span in between is not here",
        {{1, 0, kServer, "web"}, {3, 2, kServer, "app"}},
        {"web>app 1"}},
       {"the root is not here",
        {{2, 1, kServer, "web"}, {3, 2, kServer, "app"}},
        {"web>app 1"}},
       {"two whose parents are not here",
        {{2, 1, kServer, "web"}, {4, 3, kServer, "app"}},
        {}},
       {"whoever calls first is named",
        {{1, 0, kServer, "web", "browser"}, {2, 1, kServer, "app", "proxy"}},
        {"browser>web 1", "web>app 1"}},
       {"nobody names who calls first", {{1, 0, kServer, "web"}}, {}},
       {"without kinds, both sides named",
        {{1, 0, kNoKind, "a", "b"},
         {2, 1, kNoKind, "b", "c"},
         {3, 2, kLocal, "c", "d", true}},
        {"a>b 1", "b>c 1", "c>d 1 1"}},
       {"below a service without a kind",
        {{1, 0, kLocal, "cron"}, {2, 1, kLocal, ""}, {3, 2, kServer, "app"}},
        {"cron>app 1"}},
       {"a call that is answered goes to who answers",
        {{1, 0, kClient, "web", "alias"}, {2, 1, kServer, "app"}},
        {"web>app 1"}},
       {"the client's error is the link's",
        {{1, 0, kClient, "web", "", true}, {2, 1, kServer, "app"}},
        {"web>app 1 1"}},
       {"but not one further above",
        {{1, 0, kClient, "web", "", true},
         {2, 1, kLocal, "web"},
         {3, 2, kServer, "app"}},
        {"web>app 1"}},
       {"spans that were sent twice",
        {{1, 0, kServer, "web"},
         {1, 0, kServer, "web"},
         {2, 1, kClient, "web", "db"},
         {2, 1, kClient, "web", "db"},
         {3, 1, kProducer, "web", "kafka"},
         {3, 1, kProducer, "web", "kafka"},
         {4, 1, kServer, "app"},
         {4, 1, kServer, "app"}},
        {"web>db 1", "web>kafka 1", "web>app 1"}},
       {"parents in a circle",
        {{1, 2, kServer, "a"}, {2, 1, kLocal, "b"}, {3, 2, kClient, "b", "db"}},
        {"b>a 1", "a>b 1", "b>db 1"}},
       {"a circle of spans that say nothing",
        {{1, 2, kLocal, ""}, {2, 1, kLocal, ""}, {3, 2, kServer, "b"}},
        {}}});
}

// Jaeger's dependencies are of spans and their parents.
// What a server does inside a call whose halves share an id is the server's,
// whether the halves have a parent or not, and whichever comes first.
TEST(ServiceLinksTest, ChildrenOfASharedSpanAreTheServers) {
  for (const uint64_t parent : {uint64_t{0}, uint64_t{1}}) {
    for (const Kind kind : {kNoKind, kLocal, kServer, kClient, kProducer}) {
      for (const int count : {0, 1, 5}) {
        for (int order = 0; order < 3; ++order) {
          std::vector<Span> spans;
          if (parent != 0) spans.push_back({1, 0, kServer, "web"});
          spans.push_back({2, parent, kClient, "web"});
          spans.push_back({2, parent, kServer, "app"});
          for (int i = 0; i < count; ++i) {
            spans.push_back({10 + static_cast<uint64_t>(i), 2, kind, "app",
                             kind == kClient ? "db" : ""});
          }
          if (order == 1) std::reverse(spans.begin(), spans.end());
          if (order == 2)
            std::rotate(spans.begin(), spans.end() - 1, spans.end());
          std::vector<std::string> links = {"web>app 1"};
          const std::string times = " " + std::to_string(count);
          if (count > 0 && kind == kClient) links.push_back("app>db" + times);
          if (count > 0 && kind == kServer) links.push_back("app>app" + times);
          EXPECT_THAT(CallsOf(spans, CallSet::kWithPeers),
                      UnorderedElementsAreArray(links))
              << parent << ", " << kind << ", " << count << ", " << order;
          std::vector<std::string> edges = {"web/client>web", "web>app"};
          for (int i = 0; i < count; ++i) {
            if (kind == kClient) edges.push_back("app>db");
            if (kind == kServer) edges.push_back("app>app");
          }
          if (kind != kProducer) {
            EXPECT_THAT(EdgesOf(spans), UnorderedElementsAreArray(edges))
                << parent << ", " << kind << ", " << count << ", " << order;
          }
          // Of spans, too: each child once within its service.
          std::vector<std::string> calls = {"web>app 1"};
          if (parent != 0) calls.push_back("web>web 1");
          if (count > 0) calls.push_back("app>app" + times);
          EXPECT_THAT(CallsOf(spans, CallSet::kSpans),
                      UnorderedElementsAreArray(calls))
              << parent << ", " << kind << ", " << count << ", " << order;
        }
      }
    }
  }
}

TEST(ServiceLinksTest, SpansCountBesideLinks) {
  EXPECT_THAT(CallsOf({{1, 0, kProducer, "front", "kafka"},
                       {2, 1, kConsumer, "back", "kafka"},
                       {3, 2, kLocal, "back"}},
                      CallSet::kSpans),
              testing::UnorderedElementsAre("front>back 1", "back>back 1"));
}

// The way up is walked once, however many spans share it.
TEST(ServiceLinksTest, DeepTraces) {
  std::vector<Span> spans = {{1, 0, kServer, "web"}};
  constexpr uint64_t kDepth = 5'000;
  for (uint64_t i = 1; i <= kDepth; ++i) {
    spans.push_back({i + 1, i, kLocal, ""});
    spans.push_back({kDepth + 1 + i, i, kClient, "web", "db"});
  }
  EXPECT_THAT(CallsOf(spans, CallSet::kWithPeers),
              testing::ElementsAre("web>db " + std::to_string(kDepth)));
}

}  // namespace
}  // namespace roentgen::storage

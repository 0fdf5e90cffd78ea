// Traces as Jaeger's query service shows them.
#include "server/jaeger/trace_adjust.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "opentelemetry/proto/trace/v1/trace.pb.h"
#include "query/spans/span_twins.h"

namespace roentgen::server {
namespace {

using opentelemetry::proto::trace::v1::Span;
using testing::ElementsAre;

constexpr auto kClient = Span::SPAN_KIND_CLIENT;
constexpr auto kServer = Span::SPAN_KIND_SERVER;
constexpr auto kInternal = Span::SPAN_KIND_INTERNAL;

std::string Id(char last) { return std::string(7, '\0') + last; }

Span MakeSpan(const std::string& id, const std::string& parent,
              Span::SpanKind kind, const std::string& name) {
  Span span;
  span.set_trace_id(std::string(16, 't'));
  span.set_span_id(id);
  span.set_parent_span_id(parent);
  span.set_kind(kind);
  span.set_name(name);
  return span;
}

std::shared_ptr<const storage::SpanContext> Context(const std::string& scope) {
  storage::SpanContext context;
  context.scope_spans = scope;
  return std::make_shared<const storage::SpanContext>(std::move(context));
}

query::SpanTrace TraceOf(const std::vector<Span>& spans) {
  query::SpanTrace trace;
  for (const Span& span : spans) {
    trace.spans.push_back(
        {.id = {}, .context = Context(""), .span = span.SerializeAsString()});
  }
  return trace;
}

std::vector<Span> SpansOf(const query::SpanTrace& trace) {
  std::vector<Span> out;
  for (const auto& span : trace.spans) {
    EXPECT_TRUE(out.emplace_back().ParseFromString(span.span));
  }
  return out;
}

// "name id<parent"
std::vector<std::string> Shape(const query::SpanTrace& trace) {
  std::vector<std::string> out;
  for (const Span& span : SpansOf(trace)) {
    const auto digit = [](const std::string& id) {
      return id.empty() ? std::string("-")
                        : std::to_string(static_cast<unsigned char>(id.back()));
    };
    out.push_back(span.name() + " " + digit(span.span_id()) + "<" +
                  digit(span.parent_span_id()));
  }
  return out;
}

TEST(TraceAdjustTest, ASpanThatCameTwiceIsThereOnce) {
  const Span a = MakeSpan(Id(5), "", kServer, "a");
  const Span b = MakeSpan(Id(6), Id(5), kInternal, "b");
  Span other = b;
  other.set_name("c");
  const query::SpanTrace trace = TraceOf({a, b, a, other, b, b});
  EXPECT_THAT(Shape(AdjustedTrace(trace)),
              ElementsAre("a 5<-", "b 6<5", "c 6<5"));
  EXPECT_THAT(Shape(query::WithoutTwins(trace)),
              ElementsAre("a 5<-", "b 6<5", "c 6<5"));
  // Of another scope it is another span.
  query::SpanTrace scopes = TraceOf({a, a});
  scopes.spans[1].context = Context("other");
  EXPECT_EQ(AdjustedTrace(scopes).spans.size(), 2u);
}

TEST(TraceAdjustTest, ServersThatShareAnIdGetTheirOwn) {
  // Jaeger's rule: new ids from 1 on, children of the shared id follow.
  EXPECT_THAT(Shape(AdjustedTrace(
                  TraceOf({MakeSpan(Id(9), "", kServer, "root"),
                           MakeSpan(Id(7), Id(9), kClient, "client"),
                           MakeSpan(Id(7), Id(9), kServer, "server"),
                           MakeSpan(Id(8), Id(7), kInternal, "child")}))),
              ElementsAre("root 9<-", "client 7<9", "server 1<7", "child 8<1"));
  // In any order, and beside ids that are in use.
  EXPECT_THAT(Shape(AdjustedTrace(
                  TraceOf({MakeSpan(Id(8), Id(7), kClient, "child"),
                           MakeSpan(Id(7), Id(1), kServer, "server"),
                           MakeSpan(Id(7), Id(1), kClient, "client")}))),
              ElementsAre("child 8<2", "server 2<7", "client 7<1"));
  // A server alone keeps its id, as do spans of other kinds.
  EXPECT_THAT(
      Shape(AdjustedTrace(TraceOf({MakeSpan(Id(7), "", kServer, "a"),
                                   MakeSpan(Id(7), "", kInternal, "b"),
                                   MakeSpan(Id(8), Id(7), kServer, "c")}))),
      ElementsAre("a 7<-", "b 7<-", "c 8<7"));
  // Sent twice it is parted once.
  const Span client = MakeSpan(Id(7), "", kClient, "client");
  const Span server = MakeSpan(Id(7), "", kServer, "server");
  EXPECT_THAT(Shape(AdjustedTrace(TraceOf({client, server, server}))),
              ElementsAre("client 7<-", "server 1<7"));
}

TEST(TraceAdjustTest, LinksThatNameNothingAreLeftOut) {
  const std::string trace_id(16, 'l');
  const std::pair<std::string, std::string> ids[] = {
      {"", ""},
      {trace_id, ""},
      {"", Id(1)},
      {std::string(16, '\0'), Id(1)},
      {trace_id, std::string(8, '\0')},
      {trace_id, Id(1)}};
  Span span = MakeSpan(Id(5), Id(4), kServer, "a");
  span.set_trace_state("s");
  span.add_events()->set_name("e");
  Span expected = span;
  for (const auto& [trace, id] : ids) {
    auto* link = span.add_links();
    link->set_trace_id(trace);
    link->set_span_id(id);
  }
  *expected.add_links() = span.links(5);
  const auto adjusted = SpansOf(AdjustedTrace(TraceOf({span})));
  ASSERT_EQ(adjusted.size(), 1u);
  EXPECT_EQ(adjusted[0].SerializeAsString(), expected.SerializeAsString());
}

TEST(TraceAdjustTest, WhatNeedsNothingStaysToTheByte) {
  query::SpanTrace trace = TraceOf({MakeSpan(Id(5), "", kServer, "a")});
  trace.spans[0].span += std::string("\x98\x06\x01", 3);  // Unknown field 99.
  trace.spans.push_back({.id = {}, .context = Context(""), .span = "\xFF"});
  const query::SpanTrace adjusted = AdjustedTrace(trace);
  ASSERT_EQ(adjusted.spans.size(), 2u);
  EXPECT_EQ(adjusted.spans[0].span, trace.spans[0].span);
  EXPECT_EQ(adjusted.spans[1].span, trace.spans[1].span);
}

}  // namespace
}  // namespace roentgen::server

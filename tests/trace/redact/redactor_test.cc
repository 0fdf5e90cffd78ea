// Documents and spans as rules let them be kept.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "opentelemetry/proto/trace/v1/trace.pb.h"
#include "trace/redact/document_redactor.h"
#include "trace/redact/span_redactor.h"
#include "trace/span/otlp_schema.h"

namespace roentgen::storage {
namespace {

using enum RedactedPart;
using enum RedactionAction;

namespace otlp = opentelemetry::proto;

RedactionRules Rules(std::vector<RedactionRule> rules) {
  auto made =
      RedactionRules::Make(std::move(rules), "a key of many, many bytes");
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

std::string Kept(const RedactionRules& rules, const std::string& text) {
  auto kept = RedactedDocument(rules, text);
  EXPECT_TRUE(kept.ok()) << kept.status();
  if (!kept.ok()) return "";
  return kept->value_or("(as it is)");
}

TEST(DocumentRedactorTest, RulesMeetNamesWhereverTheyAre) {
  const RedactionRules rules = Rules({{kAttribute, "secret", kMask},
                                      {kAttribute, "gone", kDrop},
                                      {kAttribute, "user.email", kMask},
                                      {kAttribute, "user", kMask},
                                      {kClientAddress, "", kMask},
                                      {kSql, "", kMask},
                                      {kQueryParameter, "token", kMask}});
  const struct {
    const char* text;
    const char* kept;
  } kCases[] = {
      {R"({"annotations":{"secret":"x","a":1}})",
       R"({"annotations":{"secret":"***","a":1}})"},
      {R"({"annotations":{"secret":12.50,"b":true}})",
       R"({"annotations":{"secret":"***","b":true}})"},
      {R"({"annotations":{"gone":1},"id":"2"})",
       R"({"annotations":{},"id":"2"})"},
      {R"({"annotations":{"gone":1,"a":2,"gone":3}})",
       R"({"annotations":{"a":2}})"},
      {R"({"metadata":{"default":{"secret":{"a":[1,null,"x"],"b":{}}}}})",
       R"({"metadata":{"default":{"secret":{"a":["***",null,"***"],"b":{}}}}})"},
      {R"({"metadata":{"default":{"user":{"email":"x"}}}})",
       R"({"metadata":{"default":{"user":{"email":"***"}}}})"},
      {R"({"metadata":{"default":{"list":[{"secret":"x"},7]}}})",
       R"({"metadata":{"default":{"list":[{"secret":"***"},7]}}})"},
      {R"({"metadata":{"secret":"x"}})", R"({"metadata":{"secret":"***"}})"},
      {R"({"metadata":{"secret":{"a":"x"}}})",
       R"({"metadata":{"secret":{"a":"***"}}})"},
      {R"({"user":"ada"})", R"({"user":"***"})"},
      {R"({"http":{"request":{"client_ip":"192.0.2.7"}}})",
       R"({"http":{"request":{"client_ip":"192.0.2.0"}}})"},
      {R"({"http":{"request":{"url":"http://x/?token=a&b=c"}}})",
       R"({"http":{"request":{"url":"http://x/?token=***&b=c"}}})"},
      {R"({"sql":{"sanitized_query":"SELECT 1"}})",
       R"({"sql":{"sanitized_query":"SELECT ?"}})"},
      {R"({"subsegments":[{"subsegments":[{"annotations":{"secret":"x"}}]}]})",
       R"({"subsegments":[{"subsegments":[{"annotations":{"secret":"***"}}]}]})"},
      {R"({"annotations":{"secr\u0065t":"x"}})",
       R"({"annotations":{"secret":"***"}})"},
      {R"({"cause":{"exceptions":[{"message":"GET /?token=abc failed"}]}})",
       R"({"cause":{"exceptions":[{"message":"GET /?token=*** failed"}]}})"},
      // What is not touched keeps its spelling.
      {R"({"annotations":{"secret":"x"},"start_time":1.50e3,"m":"\u00e9\n"})",
       R"({"annotations":{"secret":"***"},"start_time":1.50e3,"m":"\u00e9\n"})"},
  };
  for (const auto& [text, kept] : kCases) {
    EXPECT_EQ(Kept(rules, text), kept) << text;
  }
}

TEST(DocumentRedactorTest, WhatIdentifiesASegmentStays) {
  const RedactionRules rules = Rules({{kAttribute, "*", kDrop}});
  const std::string text =
      R"({"name":"shop","id":"1","trace_id":"2","start_time":1,"end_time":2,)"
      R"("http":{"response":{"status":200}},"annotations":{"a":1},"user":"x",)"
      R"("subsegments":[{"id":"3","name":"db","start_time":1}]})";
  EXPECT_EQ(Kept(rules, text),
            R"({"name":"shop","id":"1","trace_id":"2","start_time":1,)"
            R"("end_time":2,"http":{},"annotations":{},)"
            R"("subsegments":[{"id":"3","name":"db","start_time":1}]})");
}

TEST(DocumentRedactorTest, NothingToHideIsLeftAlone) {
  const RedactionRules rules =
      Rules({{kAttribute, "secret", kMask}, {kQueryParameter, "token", kDrop}});
  for (const char* text :
       {R"({ "a" : [1 , 2], "annotations" : {"b": "?c=d"} })", "{}"}) {
    EXPECT_EQ(Kept(rules, text), "(as it is)") << text;
  }
}

TEST(DocumentRedactorTest, NumbersOfXRaysOwnStayNumbers) {
  const RedactionRules rules =
      Rules({{kAttribute, "http.response.status", kMask}});
  EXPECT_EQ(Kept(rules, R"({"http":{"response":{"status":200}}})"),
            "(as it is)");
}

TEST(DocumentRedactorTest, WhatIsNoDocumentIsRefused) {
  const RedactionRules rules = Rules({});
  for (const char* text : {"", "[]", "{", R"({"a":})", R"("text")"}) {
    EXPECT_FALSE(RedactedDocument(rules, text).ok()) << text;
  }
}

otlp::common::v1::KeyValue* Add(otlp::trace::v1::Span& span, const char* key) {
  auto* attribute = span.add_attributes();
  attribute->set_key(key);
  return attribute;
}

TEST(SpanRedactorTest, RulesMeetAttributesWhereverTheyAre) {
  otlp::trace::v1::Span span;
  span.set_name("GET /?token=abc");
  span.set_trace_id(std::string(16, 't'));
  Add(span, "secret")->mutable_value()->set_int_value(42);
  Add(span, "gone")->mutable_value()->set_string_value("x");
  Add(span, "url.query")->mutable_value()->set_string_value("token=abc&a=b");
  Add(span, "plain")->mutable_value()->set_double_value(1.5);
  auto* map = Add(span, "user")->mutable_value()->mutable_kvlist_value();
  auto* email = map->add_values();
  email->set_key("email");
  email->mutable_value()->set_string_value("ada");
  auto* array = Add(span, "list")->mutable_value()->mutable_array_value();
  auto* inner = array->add_values()->mutable_kvlist_value()->add_values();
  inner->set_key("secret");
  inner->mutable_value()->set_bytes_value("raw");
  auto* event = span.add_events();
  event->set_name("n");
  auto* of_event = event->add_attributes();
  of_event->set_key("secret");
  of_event->mutable_value()->set_bool_value(true);
  auto* of_link = span.add_links()->add_attributes();
  of_link->set_key("gone");

  const RedactionRules rules = Rules({{kAttribute, "secret", kMask},
                                      {kAttribute, "gone", kDrop},
                                      {kAttribute, "user.email", kMask},
                                      {kQueryParameter, "token", kMask}});
  const auto kept =
      RedactedMessage(rules, span.SerializeAsString(), kSpanMessage);
  ASSERT_TRUE(kept.has_value());
  otlp::trace::v1::Span expected = span;
  expected.set_name("GET /?token=***");
  auto* attributes = expected.mutable_attributes();
  attributes->Mutable(0)->mutable_value()->set_string_value("***");
  attributes->DeleteSubrange(1, 1);
  attributes->Mutable(1)->mutable_value()->set_string_value("token=***&a=b");
  attributes->Mutable(3)
      ->mutable_value()
      ->mutable_kvlist_value()
      ->mutable_values(0)
      ->mutable_value()
      ->set_string_value("***");
  attributes->Mutable(4)
      ->mutable_value()
      ->mutable_array_value()
      ->mutable_values(0)
      ->mutable_kvlist_value()
      ->mutable_values(0)
      ->mutable_value()
      ->set_string_value("***");
  expected.mutable_events(0)
      ->mutable_attributes(0)
      ->mutable_value()
      ->set_string_value("***");
  expected.mutable_links(0)->clear_attributes();
  otlp::trace::v1::Span read;
  ASSERT_TRUE(read.ParseFromString(*kept));
  EXPECT_EQ(read.DebugString(), expected.DebugString());
}

TEST(SpanRedactorTest, ResourcesAndScopesAreMetToo) {
  otlp::trace::v1::ResourceSpans resource;
  auto* name = resource.mutable_resource()->add_attributes();
  name->set_key("host.name");
  name->mutable_value()->set_string_value("secret-host");
  otlp::trace::v1::ScopeSpans scope;
  auto* of_scope = scope.mutable_scope()->add_attributes();
  of_scope->set_key("host.name");
  of_scope->mutable_value()->set_string_value("secret-host");
  const RedactionRules rules = Rules({{kAttribute, "host.name", kHash}});
  for (const auto& kept : {RedactedMessage(rules, resource.SerializeAsString(),
                                           kResourceSpansMessage),
                           RedactedMessage(rules, scope.SerializeAsString(),
                                           kScopeSpansMessage)}) {
    ASSERT_TRUE(kept.has_value());
    EXPECT_EQ(kept->find("secret-host"), kept->npos);
    EXPECT_NE(kept->find("hash-"), kept->npos);
  }
}

TEST(SpanRedactorTest, EqualValuesJoinAcrossProtocols) {
  const RedactionRules rules = Rules({{kAttribute, "user.id", kHash}});
  otlp::trace::v1::Span span;
  Add(span, "user.id")->mutable_value()->set_int_value(42);
  const auto of_span =
      RedactedMessage(rules, span.SerializeAsString(), kSpanMessage);
  otlp::trace::v1::Span read;
  ASSERT_TRUE(of_span && read.ParseFromString(*of_span));
  EXPECT_EQ(Kept(rules, R"({"annotations":{"user_id":42}})"),
            R"({"annotations":{"user_id":")" +
                read.attributes(0).value().string_value() + "\"}}");
}

TEST(SpanRedactorTest, NothingToHideIsLeftAlone) {
  otlp::trace::v1::Span span;
  span.set_name("n");
  Add(span, "a")->mutable_value()->set_string_value("b");
  EXPECT_EQ(RedactedMessage(Rules({{kAttribute, "c", kMask}}),
                            span.SerializeAsString(), kSpanMessage),
            std::nullopt);
}

}  // namespace
}  // namespace roentgen::storage

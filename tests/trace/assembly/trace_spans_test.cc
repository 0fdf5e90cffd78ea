#include "trace/assembly/trace_spans.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "tests/support/calls.h"
#include "trace/span/span_view.h"
#include "trace/span/wire_fields.h"

namespace roentgen::storage {
namespace {

using testing::ElementsAre;

class TraceSpansTest : public testing::Test {
 protected:
  void Put(const std::string& name, const std::string& id,
           const std::string& members) {
    Add({.document = R"({"trace_id":"1-66f01000-0123456789abcdef01234567",)"
                     R"("name":")" +
                     name + R"(","id":"00000000000000)" + id + "\"," + members +
                     "}"});
  }

  void PutSpan(const std::string& id, const std::string& service) {
    std::string pair, value, resource, span;
    AppendBytesField(1, service, value);
    AppendBytesField(1, "service.name", pair);
    AppendBytesField(2, value, pair);
    AppendBytesField(1, pair, resource);
    auto context = std::make_shared<SpanContext>();
    AppendBytesField(1, resource, context->resource_spans);
    AppendBytesField(2, std::string(7, '\0') + id, span);
    Add({.format = RecordFormat::kOtlpSpan,
         .document = span,
         .context = std::move(context)});
  }

  void Add(StoredRecord record) {
    record.sequence = {records_.size() + 1, 0};
    records_.push_back(std::move(record));
  }

  // "id service" of each span.
  std::vector<std::string> Spans() const {
    const auto spans = SpansOfTrace(records_, testing_support::AnyCall());
    EXPECT_TRUE(spans.ok()) << spans.status();
    std::vector<std::string> out;
    if (!spans.ok()) return out;
    for (const TraceSpan& span : *spans) {
      SpanView view;
      ContextView context;
      EXPECT_TRUE(ReadSpan(span.span, view));
      EXPECT_EQ(EntityIdOf(view.span_id), span.id);
      EXPECT_TRUE(ReadContext(*span.context, context));
      out.push_back(span.id.ToString().substr(14) + " " +
                    std::string(context.service_name));
    }
    return out;
  }

  std::vector<StoredRecord> records_;
};

constexpr char kTimes[] = R"("start_time":1,"end_time":2)";

std::string Below(const std::string& id) {
  return std::string(kTimes) +
         R"(,"type":"subsegment","parent_id":"00000000000000)" + id + "\"";
}

TEST_F(TraceSpansTest, EntitiesThatCount) {
  Put("shop", "a1", R"("start_time":1,"in_progress":true)");
  Put("shop", "a1",
      std::string(kTimes) +
          R"(,"subsegments":[{"name":"x","id":"00000000000000b1",)" + kTimes +
          R"(},{"name":"y","id":"00000000000000b1",)" + kTimes + "}]");
  Put("shop", "a1", kTimes);
  EXPECT_THAT(Spans(), ElementsAre("a1 shop", "b1 shop"));
}

TEST_F(TraceSpansTest, SubsegmentsOnTheirOwnAreOfTheServiceAbove) {
  Put("second", "b2", Below("b1"));
  Put("first", "b1", Below("a1"));
  Put("shop", "a1", kTimes);
  Put("lost", "b3", Below("ff"));
  Put("deeper", "b4", Below("b3"));
  EXPECT_THAT(Spans(), ElementsAre("b2 shop", "b1 shop", "a1 shop", "b3 lost",
                                   "b4 deeper"));
}

TEST_F(TraceSpansTest, ParentsThatGoRoundInACircle) {
  Put("x", "b1", Below("b2"));
  Put("y", "b2", Below("b1"));
  Put("z", "b3", Below("b3"));
  EXPECT_THAT(Spans(), ElementsAre("b1 x", "b2 y", "b3 z"));
}

TEST_F(TraceSpansTest, SpansAreAsTheyCame) {
  PutSpan("\x01", "cart");
  PutSpan("\x01", "cart");
  Put("call", "b1", Below("01"));
  EXPECT_THAT(Spans(), ElementsAre("01 cart", "01 cart", "b1 cart"));
  EXPECT_EQ((*SpansOfTrace(records_, testing_support::AnyCall()))[1].span,
            records_[1].document);
}

TEST_F(TraceSpansTest, ALongChain) {
  Put("shop", "00", kTimes);
  for (int i = 1; i < 200; ++i) {
    const auto hex = [](int n) {
      constexpr char kDigits[] = "0123456789abcdef";
      return std::string{kDigits[n / 16], kDigits[n % 16]};
    };
    Put("call", hex(i), Below(hex(i - 1)));
  }
  EXPECT_THAT(Spans(), testing::Each(testing::EndsWith(" shop")));
}

TEST_F(TraceSpansTest, RefusesWhatDoesNotRead) {
  Add({.document = "{}"});
  EXPECT_TRUE(absl::IsDataLoss(
      SpansOfTrace(records_, testing_support::AnyCall()).status()));
  records_.clear();
  Add({.format = RecordFormat::kOtlpSpan, .document = ""});
  EXPECT_TRUE(absl::IsDataLoss(
      SpansOfTrace(records_, testing_support::AnyCall()).status()));
}

}  // namespace
}  // namespace roentgen::storage

#include "server/cli/waterfall.h"

#include <gtest/gtest.h>

namespace roentgen::server {
namespace {

TEST(WaterfallTest, DrawsCallersAboveWhatTheyCalled) {
  const std::vector<std::string> documents = {
      R"({"id":"a1b2c3d4e5f60718","name":"shop-front","trace_id":"t",
          "origin":"AWS::EC2::Instance","start_time":1700000000,
          "end_time":1700000000.4,"fault":true,
          "http":{"request":{"method":"GET","url":"http://shop/cart"},
                  "response":{"status":500}},
          "subsegments":[
            {"id":"0000000000000002","name":"stock","namespace":"remote",
             "start_time":1700000000.2,"end_time":1700000000.3},
            {"id":"0000000000000001","name":"auth",
             "start_time":1700000000.1,"end_time":1700000000.15,
             "subsegments":[{"id":"0000000000000003","name":"cache",
               "start_time":1700000000.1,"end_time":1700000000.10001}]}]})",
      R"({"id":"b1b2c3d4e5f60718","name":"stock","parent_id":
          "0000000000000002","start_time":1700000000.21,"throttle":true,
          "end_time":1700000000.29,"http":{"response":{"status":429}}})",
      R"({"id":"c1b2c3d4e5f60718","name":"mailer","start_time":1700000000.3,
          "in_progress":true,"inferred":true})",
  };
  EXPECT_EQ("\n" + RenderWaterfall("1-2-3", BuildTraceTree(documents)),
            R"(
1-2-3  2023-11-14 22:13:20.000 UTC  400 ms  3 segments, 3 subsegments
NAME                                         STATUS           START  DURATION
shop-front (AWS::EC2::Instance)  GET http:/> FAULT 500         0 us    400 ms |========================================|
  - auth                                     ok              100 ms     50 ms |          =====                         |
    - cache                                  ok              100 ms     10 us |          =                             |
  - stock [remote]                           ok              200 ms    100 ms |                    ==========          |
    stock                                    THROTTLE 429    210 ms     80 ms |                     ========           |
mailer *                                     open            300 ms       ... |                              ~~~~~~~~~~|
)");
}

TEST(WaterfallTest, ShowsATraceWithoutSegments) {
  EXPECT_EQ(RenderWaterfall("1-2-3", {}), "1-2-3  no segments yet\n");
}

TEST(WaterfallTest, ShowsSegmentsWhoseParentIsMissingOrInACircle) {
  const std::vector<TraceNode> roots = BuildTraceTree({
      R"({"id":"01","parent_id":"99","name":"lost","start_time":3})",
      R"({"id":"02","parent_id":"03","name":"a","start_time":1})",
      R"({"id":"03","parent_id":"02","name":"b","start_time":2})",
      R"({"id":"04","parent_id":"04","name":"self","start_time":4})",
  });
  size_t shown = 0;
  const auto count = [&](const auto& self,
                         const std::vector<TraceNode>& nodes) -> void {
    for (const TraceNode& node : nodes) {
      ++shown;
      self(self, node.children);
    }
  };
  count(count, roots);
  EXPECT_EQ(shown, 4u);
}

TEST(WaterfallTest, BrokenDocumentsDoNotCrash) {
  const std::string good =
      R"({"id":"01","name":"a","start_time":1,"end_time":2,"subsegments":[)"
      R"({"id":"02","name":"b\u00e9"}],"http":{"request":{"url":"u"}}})";
  bool shown = false;
  for (size_t i = 0; i <= good.size(); ++i) {
    const std::vector<TraceNode> roots = BuildTraceTree({good.substr(0, i)});
    EXPECT_LE(roots.size(), 1u) << i;
    // What can be read of a document that was cut off is shown, and stays so.
    const bool shows =
        RenderWaterfall("t", roots).find("b\xC3\xA9") != std::string::npos;
    EXPECT_TRUE(shows || !shown) << i;
    shown = shows;
  }
  EXPECT_TRUE(shown);
}

TEST(WaterfallTest, FitsTextToTheTerminal) {
  EXPECT_EQ(FitWidth("ab", 4), "ab  ");
  EXPECT_EQ(FitWidth("abcd", 4), "abcd");
  EXPECT_EQ(FitWidth("abcde", 4), "abc>");
  EXPECT_EQ(FitWidth("äöüßx", 4), "äöü>");
  EXPECT_EQ(FitWidth("a\x1b[2J", 5), "a?[2J");
}

TEST(WaterfallTest, FormatsDurations) {
  EXPECT_EQ(FormatShort(absl::ZeroDuration()), "0 us");
  EXPECT_EQ(FormatShort(absl::Microseconds(80)), "80 us");
  EXPECT_EQ(FormatShort(absl::Microseconds(1250)), "1.25 ms");
  EXPECT_EQ(FormatShort(absl::Milliseconds(350)), "350 ms");
  EXPECT_EQ(FormatShort(absl::Milliseconds(1250)), "1.25 s");
  EXPECT_EQ(FormatShort(absl::Seconds(3600)), "3600 s");
}

}  // namespace
}  // namespace roentgen::server

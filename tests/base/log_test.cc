#include "base/log.h"

#include "gtest/gtest.h"

namespace roentgen {
namespace {

TEST(LogTest, TextQuotesOnlyWhatNeedsIt) {
  const std::string path = "/a b";
  EXPECT_EQ(FormatLogLine(LogFormat::kText, LogLevel::kWarn, "odd thing",
                          {{"n", 3},
                           {"ok", true},
                           {"share", 0.5},
                           {"plain", "x-1"},
                           {"path", path},
                           {"empty", ""},
                           {"line", "a\nb"}}),
            R"(WARN odd thing n=3 ok=true share=0.5 plain=x-1 path="/a b")"
            R"( empty="" line="a\nb")");
}

TEST(LogTest, JsonIsTheRestOfAnObject) {
  EXPECT_EQ(FormatLogLine(LogFormat::kJson, LogLevel::kError, "a \"b\"",
                          {{"n", size_t{3}}, {"s", "x"}}),
            R"("level":"error","message":"a \"b\"","n":3,"s":"x"})");
}

TEST(LogTest, LevelsAreNamed) {
  EXPECT_EQ(FormatLogLine(LogFormat::kText, LogLevel::kDebug, "m", {}),
            "DEBUG m");
  EXPECT_EQ(FormatLogLine(LogFormat::kText, LogLevel::kInfo, "m", {}),
            "INFO m");
}

TEST(LogTest, WritesWholeLines) {
  testing::internal::CaptureStderr();
  LogInfo("hello", {{"k", "v"}});
  LogDebug("not shown");
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_NE(out.find("Z INFO hello k=v\n"), std::string::npos) << out;
  EXPECT_EQ(out.find("not shown"), std::string::npos);
}

}  // namespace
}  // namespace roentgen

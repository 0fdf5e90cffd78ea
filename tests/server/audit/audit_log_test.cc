// Lines of the audit log.
#include "server/audit/audit_log.h"

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

#include "base/json_check.h"
#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'000);

TEST(AuditLogTest, ALineSaysWhoDidWhat) {
  EXPECT_EQ(FormatAuditLine({.api = "http",
                             .operation = "CreateGroup",
                             .principal = "OPS",
                             .space = "default",
                             .address = "192.0.2.7",
                             .outcome = "200",
                             .request_id = "1-a",
                             .parameters = R"({"GroupName":"pay"})"},
                            kNow),
            R"({"time":"2023-11-14T22:13:20.000Z","api":"http",)"
            R"("operation":"CreateGroup","principal":"OPS",)"
            R"("space":"default","address":"192.0.2.7","outcome":"200",)"
            R"("request_id":"1-a","parameters":{"GroupName":"pay"}})");
  EXPECT_EQ(FormatAuditLine({.operation = "/x", .outcome = "403"}, kNow),
            R"({"time":"2023-11-14T22:13:20.000Z","operation":"/x",)"
            R"("principal":"","outcome":"403"})");
}

TEST(AuditLogTest, EveryLineIsOneLineOfJson) {
  const std::string large(1'000'000, 'x');
  for (const std::string& text :
       {std::string("{\"a\":1}\n{\"time\":\"forged\"}"),
        std::string("{\"a\":\n1}"), std::string("{\"a\":\"\xff\"}"),
        std::string("\"}\r\n{\""), std::string("\0", 1), large,
        "\"" + large + "\""}) {
    const std::string line = FormatAuditLine({.api = text,
                                              .operation = text,
                                              .principal = text,
                                              .space = text,
                                              .address = text,
                                              .outcome = text,
                                              .request_id = text,
                                              .parameters = text},
                                             kNow);
    EXPECT_TRUE(CheckJson(line).valid) << line;
    EXPECT_EQ(line.find_first_of("\r\n"), line.npos) << line;
    EXPECT_LT(line.size(), 32'768u);
  }
  EXPECT_THAT(FormatAuditLine({.parameters = large}, kNow),
              HasSubstr("xxx... (1000000 bytes)"));
}

TEST(AuditLogTest, LinesAreInTheFileWhenWriteReturns) {
  const std::string path = testing::TempDir() + "/audit_log_test.log";
  std::ofstream(path, std::ios::trunc).close();
  ManualClock clock(kNow);
  auto log = AuditLog::Open(
      {.file = path, .file_bytes_max = 1'000'000, .files_max = 1}, clock);
  ASSERT_TRUE(log.ok()) << log.status();
  (*log)->Write({.operation = "DeleteGroup", .outcome = "200"});
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("\"DeleteGroup\""));
  EXPECT_THAT(text.str(), testing::EndsWith("}\n"));
  EXPECT_EQ((*log)->written(), 1u);
  EXPECT_EQ((*log)->lost(), 0u);
}

TEST(AuditLogTest, RefusalsDoNotFillTheFiles) {
  const std::string path = testing::TempDir() + "/audit_refusals_test.log";
  std::ofstream(path, std::ios::trunc).close();
  ManualClock clock(kNow);
  auto log = AuditLog::Open(
      {.file = path, .file_bytes_max = 10'000'000, .files_max = 1}, clock);
  ASSERT_TRUE(log.ok()) << log.status();
  auto now = std::chrono::steady_clock::time_point() + std::chrono::hours(1);
  for (int64_t i = 0; i < AuditLog::kRefusalsBurst + 7; ++i) {
    (*log)->WriteRefusal({.operation = "GetGroups", .outcome = "403"}, now);
  }
  EXPECT_EQ((*log)->written(), uint64_t{AuditLog::kRefusalsBurst});
  EXPECT_EQ((*log)->left_out(), 7u);
  // Who administers always has a line.
  (*log)->Write({.operation = "CreateGroup", .outcome = "200"});
  now += std::chrono::seconds(1);
  (*log)->WriteRefusal({.operation = "Last", .outcome = "403"}, now);
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("\"CreateGroup\""));
  EXPECT_THAT(text.str(), HasSubstr("\"left_out\":7}"));
}

TEST(AuditLogTest, AFileThatCannotBeOpenedIsNamed) {
  ManualClock clock(kNow);
  const auto log = AuditLog::Open(
      {.file = "/no/such/folder/a.log", .file_bytes_max = 1}, clock);
  EXPECT_THAT(std::string(log.status().message()),
              HasSubstr("/no/such/folder"));
}

}  // namespace
}  // namespace roentgen::server

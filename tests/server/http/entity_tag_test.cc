#include "server/http/entity_tag.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

bool Has(const std::vector<std::string>& fields) {
  HttpHeaders headers;
  headers.Add("If-Match", "\"abc\"");
  for (const std::string& field : fields) headers.Add("if-none-match", field);
  return HasEntity(headers, "\"abc\"");
}

TEST(EntityTag, FindsItInLists) {
  const std::vector<std::vector<std::string>> yes = {
      {"\"abc\""},
      {"W/\"abc\""},
      {"  \"abc\"  "},
      {"\"x\", \"abc\""},
      {"\"x\",W/\"y\" ,\t\"abc\",\"z\""},
      {"\"x\"\"abc\""},
      {"\"a,b\", \"abc\""},
      {",,\"abc\",,"},
      {"\"\", \"abc\""},
      {"\"x\"", "\"abc\""},
      {"broken", "\"abc\""},
      {"*"},
      {" * "},
      {"\"abc\", broken"}};
  for (const auto& fields : yes) EXPECT_TRUE(Has(fields)) << fields[0];
  const std::vector<std::vector<std::string>> no = {
      {},
      {""},
      {"abc"},
      {"\"ABC\""},
      {"\"abc"},
      {"abc\""},
      {"\"abcd\""},
      {"\"ab\""},
      {"\"x, \"abc"},
      {"w/\"abc\""},
      {"W/abc"},
      {"W/"},
      {"W/W/\"abc\""},
      {"x\"abc\""},
      {"broken, \"abc\""},
      {"**"},
      {"\"*\""},
      {"*, \"x\""},
      {"\""},
      {"\"\""},
      {std::string(30'000, '"') + "x"},
      {std::string(30'000, ',')}};
  for (const auto& fields : no) {
    EXPECT_FALSE(Has(fields)) << (fields.empty() ? "" : fields[0]);
  }
}

}  // namespace
}  // namespace roentgen::server

#include "query/search/page_token.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/segments.h"

namespace roentgen::query {
namespace {

const storage::TracePosition kPosition{
    .key = 1'700'000'000'123'456'789,
    .trace_id = testing_support::TraceNumber(7)};

TEST(PageTokenTest, ComesBackForTheSameRequest) {
  const std::string token = EncodePageToken(kPosition, 11, 22);
  EXPECT_LE(token.size(), 80u);
  EXPECT_EQ(DecodePageToken(token, 11, 22), kPosition);
  EXPECT_EQ(EncodePageToken(kPosition, 11, 22), token);
}

TEST(PageTokenTest, IsRefusedForAnotherRequestStoreOrText) {
  const std::string token = EncodePageToken(kPosition, 11, 22);
  EXPECT_FALSE(DecodePageToken(token, 12, 22));
  EXPECT_FALSE(DecodePageToken(token, 11, 23));
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(DecodePageToken(changed, 11, 22), kPosition) << i;
    EXPECT_FALSE(DecodePageToken(token.substr(0, i), 11, 22)) << i;
  }
  EXPECT_FALSE(DecodePageToken("", 11, 22));
  EXPECT_FALSE(DecodePageToken("not a token", 11, 22));
}

}  // namespace
}  // namespace roentgen::query

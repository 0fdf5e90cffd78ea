// Keys of several parts come apart as they were joined, whatever is in them.
#include "trace/model/joined_key.h"

#include <string>

#include "gtest/gtest.h"

namespace roentgen::storage {
namespace {

TEST(JoinedKeyTest, PartsComeBackWhereverSpecialBytesStand) {
  for (size_t size = 0; size < 40; ++size) {
    for (size_t at = 0; at <= size; ++at) {
      for (const char special : {'\0', '\1', '\2', '\x80', '\xFF'}) {
        std::string part(size, 'a');
        if (at < size) part[at] = special;
        std::string key;
        AppendKeyPart(part, key);
        EXPECT_EQ(key.find('\0'), key.npos) << size << " " << at;
        key += '\0';
        AppendKeyPart("rest", key);
        std::string_view left = key;
        EXPECT_EQ(TakeKeyPart(left), part) << size << " " << at;
        EXPECT_EQ(TakeKeyPart(left), "rest");
      }
    }
  }
}

// Different parts never make one key.
TEST(JoinedKeyTest, EscapesAreToldFromWhatLooksLikeThem) {
  std::string zero, text;
  AppendKeyPart(std::string(1, '\0'), zero);
  AppendKeyPart("\1z", text);
  EXPECT_NE(zero, text);
}

}  // namespace
}  // namespace roentgen::storage

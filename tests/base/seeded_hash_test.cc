#include "base/seeded_hash.h"

#include <array>
#include <cstddef>
#include <string>
#include <unordered_set>

#include "base/caller.h"
#include "gtest/gtest.h"
#include "xxhash.h"

namespace roentgen {
namespace {

// For a text of 96 bytes XXH3 multiplies bytes 32 to 39 by bytes 40 to 47, both
// after an XOR with bytes of its secret: with these, the product is always 0.
std::string Colliding(size_t n) {
  constexpr std::array<unsigned char, 8> kUndo = {0x3c, 0x28, 0x52, 0xbb,
                                                  0x91, 0xc3, 0x00, 0xcb};
  std::string text(96, 'x');
  for (size_t i = 0; i < kUndo.size(); ++i) {
    text[32 + i] = static_cast<char>(kUndo[i]);
    text[40 + i] = static_cast<char>(n >> (8 * i));
  }
  return text;
}

TEST(SeededHashTest, TellsTextsApartWhateverTheirLengths) {
  for (const size_t length : {1, 3, 8, 16, 17, 96, 128, 129, 240, 241, 5000}) {
    std::unordered_set<size_t> hashes;
    std::string text(length, 'a');
    hashes.insert(SeededHash()(text));
    for (size_t i = 0; i < length; ++i) {
      text[i] = 'b';
      hashes.insert(SeededHash()(text));
      text[i] = 'a';
    }
    EXPECT_EQ(hashes.size(), length + 1);
    EXPECT_EQ(SeededHash()(text), SeededHash()(std::string(length, 'a')));
  }
}

TEST(SeededHashTest, TextsMadeForTheLibraryDoNotCollide) {
  std::unordered_set<size_t> plain;
  std::unordered_set<size_t> seeded;
  for (size_t n = 0; n < 1000; ++n) {
    const std::string text = Colliding(n);
    plain.insert(XXH3_64bits(text.data(), text.size()));
    seeded.insert(SeededHash()(text));
  }
  EXPECT_EQ(plain.size(), 1u);
  EXPECT_EQ(seeded.size(), 1000u);
}

TEST(CallerTest, ANameIsOneCallerAndNeverNobody) {
  EXPECT_EQ(CallerOf("127.0.0.1"), CallerOf("127.0.0.1"));
  EXPECT_NE(CallerOf("127.0.0.1"), CallerOf("127.0.0.2"));
  EXPECT_NE(CallerOf(""), kNoCaller);
}

}  // namespace
}  // namespace roentgen

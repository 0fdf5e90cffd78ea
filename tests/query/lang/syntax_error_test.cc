#include "query/lang/syntax_error.h"

#include <string>
#include <variant>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/lang/characters.h"
#include "query/lang/filter.h"

namespace roentgen::query {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

SyntaxError ErrorOf(const std::string& text) {
  return std::get<SyntaxError>(ParseFilter(text));
}

TEST(SyntaxErrorTest, MessageBeginsAsXRaysClientsKnowIt) {
  const SyntaxError error = ErrorOf("ok AND\n  \"\u00e9\" ma");
  EXPECT_THAT(error.Message(),
              StartsWith("Error Location: line 2, position 3 : Invalid input "
                         "symbol: '\"\u00e9\"'"));
  EXPECT_EQ(error.length, 3u);
}

TEST(SyntaxErrorTest, HintsComeAfterTheMessage) {
  EXPECT_EQ(ErrorOf("ok and duratoin > 3").Message(),
            "Error Location: line 1, position 8 : Invalid input symbol: "
            "'duratoin'; did you mean 'duration'?");
}

TEST(SyntaxErrorTest, DisplayMarksTheOffender) {
  const std::string text = "ok\nAND\t\u00e9 x";
  EXPECT_THAT(ErrorOf(text).Display(text),
              StartsWith("AND \u00e9 x\n    ^\nError Location: line 2, "));
  EXPECT_THAT(ErrorOf("").Display(""), StartsWith("\n^\nError"));
  EXPECT_THAT(ErrorOf("ok and").Display("ok and"),
              StartsWith("ok and\n      ^\n"));
}

TEST(SyntaxErrorTest, DisplayShowsAPartOfALongLine) {
  const std::string text = std::string(500, '(').replace(0, 498, 498, ' ') +
                           "x" + std::string(500, 'y');
  const std::string shown = ErrorOf(text).Display(text);
  const std::string line = shown.substr(0, shown.find('\n'));
  EXPECT_THAT(line, StartsWith("..."));
  EXPECT_LT(line.size(), 120u);
  const size_t caret = shown.find('^') - line.size() - 1;
  EXPECT_EQ(line[caret], 'x');
}

TEST(SyntaxErrorTest, DisplayOfBytesIsPrintable) {
  const std::string text = "ok \x01\xff";
  EXPECT_THAT(ErrorOf(text).Display(text), StartsWith("ok \\u0001\\xff\n"));
}

TEST(CharactersTest, PrintableIsBoundedAndUtf8) {
  EXPECT_EQ(Printable("a\x7f\n\xf0\x9f\x98\x80\xf0\x9f", 99),
            "a\\u007f\\u000a\U0001f600\\xf0\\x9f");
  EXPECT_EQ(Printable("\u00e9\u00e9\u00e9", 2), "\u00e9\u00e9...");
  EXPECT_EQ(Printable("\u00e9\u00e9", 2), "\u00e9\u00e9");
}

TEST(CharactersTest, LengthsAreThoseOfShortestUtf8) {
  const auto length = [](const char* text) { return CharacterLength(text); };
  EXPECT_EQ(length("a"), 1u);
  EXPECT_EQ(length("\xc2\x80"), 2u);
  EXPECT_EQ(length("\xe0\xa0\x80"), 3u);
  EXPECT_EQ(length("\xf0\x90\x80\x80"), 4u);
  EXPECT_EQ(length("\xf4\x8f\xbf\xbf"), 4u);
  for (const char* bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41",
        "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "\xe2\x82"}) {
    EXPECT_EQ(length(bad), 0u);
  }
}

TEST(CharactersTest, AppendsWhatItReads) {
  for (uint32_t point :
       {0x41u, 0x7fu, 0x80u, 0x7ffu, 0x800u, 0xffffu, 0x10000u, 0x10ffffu}) {
    std::string text;
    AppendCharacter(text, point);
    EXPECT_EQ(CharacterLength(text), text.size()) << point;
  }
}

}  // namespace
}  // namespace roentgen::query

#include "query/lang/lexer.h"

#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace roentgen::query {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Texts(std::string_view text) {
  Lexer lexer(text);
  std::vector<std::string> out;
  for (Token t = lexer.Next(); t.kind != TokenKind::kEnd; t = lexer.Next()) {
    out.emplace_back(t.text);
  }
  return out;
}

Token One(std::string_view text) { return Lexer(text).Next(); }

TEST(LexerTest, BlanksAroundOperatorsAreOptional) {
  EXPECT_THAT(Texts("duration>=3 http.status!=200"),
              ElementsAre("duration", ">=", "3", "http.status", "!=", "200"));
  EXPECT_THAT(Texts("!ok(!x)"), ElementsAre("!", "ok", "(", "!", "x", ")"));
}

TEST(LexerTest, NumbersAreThoseOfJsonAndWithoutOneSideOfThePoint) {
  const std::vector<std::pair<std::string, double>> kNumbers = {
      {"0", 0},      {"-3", -3},    {"2.50", 2.5},  {".5", 0.5},     {"5.", 5},
      {"-.5", -0.5}, {"1e3", 1000}, {"1E+3", 1000}, {"25e-1", 2.5},  {"-0", 0},
      {"5.e1", 50},  {"1e-999", 0}, {"0.3", 0.3},   {"1e308", 1e308}};
  for (const auto& [text, value] : kNumbers) {
    const Token token = One(text);
    EXPECT_EQ(token.kind, TokenKind::kNumber) << text;
    EXPECT_EQ(token.number, value) << text;
    EXPECT_EQ(token.text, text);
  }
  EXPECT_FALSE(std::signbit(One("-0").number.AsDouble()));
}

TEST(LexerTest, WhatBeginsLikeANumberIsNoNumberAndMore) {
  for (const char* text : {"5abc", "1.2.3", "007", "1e", "1e+", "--3", "-.",
                           "0x10", "1e999", "-1e999", "5_", "..5"}) {
    const Token token = One(text);
    EXPECT_EQ(token.kind, TokenKind::kInvalid) << text;
    // A sign that nothing follows is not part of the number.
    EXPECT_EQ(std::string(text).rfind(token.text, 0), 0u) << text;
  }
  EXPECT_THAT(One("1e999").hint, HasSubstr("too large"));
}

TEST(LexerTest, StringsHaveTheEscapesOfJson) {
  EXPECT_EQ(One(R"("a\"b\\c\/d\b\f\n\r\t")").string, "a\"b\\c/d\b\f\n\r\t");
  EXPECT_EQ(One(R"("\u00e9\u20AC\ud83d\ude00")").string,
            "\u00e9\u20ac\U0001f600");
  EXPECT_EQ(One(R"("\u0000")").string, std::string(1, '\0'));
  EXPECT_EQ(One("\"\u00e9\U0001f600\"").string, "\u00e9\U0001f600");
  EXPECT_EQ(One("\"\"").kind, TokenKind::kString);
  EXPECT_EQ(One("\"* ?\"").string, "* ?");
}

TEST(LexerTest, BadEscapesAreShownAlone) {
  const std::vector<std::pair<std::string, std::string>> kBad = {
      {R"("ab\qc")", R"(\q)"},       {R"("\u12")", R"(\u)"},
      {R"("\ud83d")", R"(\ud83d)"},  {R"("\ude00")", R"(\ude00)"},
      {R"("\ud83dx")", R"(\ud83d)"}, {R"("\ud83d\u0041")", R"(\ud83d)"},
      {"\"\\\u00e9\"", "\\\u00e9"},  {"\"a\nb\"", "\n"},
      {"\"a\x01\"", "\x01"},         {"\"\xff\"", "\xff"},
      {"\"\xed\xa0\x80\"", "\xed"},  {"\"\xc0\x80\"", "\xc0"},
      {R"("\u+123")", R"(\u)"},      {R"("\u-123")", R"(\u)"}};
  for (const auto& [text, shown] : kBad) {
    const Token token = One(text);
    EXPECT_EQ(token.kind, TokenKind::kInvalid) << text;
    EXPECT_EQ(token.text, shown) << text;
    EXPECT_NE(token.hint, "") << text;
  }
}

TEST(LexerTest, AStringThatIsNotClosedSaysWhereItBegan) {
  for (const char* text : {"ok \"abc", "ok \"", "ok \"a\\", "ok \"a\\\""}) {
    Lexer lexer(text);
    lexer.Next();
    const Token token = lexer.Next();
    EXPECT_EQ(token.kind, TokenKind::kUnfinished) << text;
    EXPECT_THAT(token.hint, HasSubstr("line 1, position 4")) << text;
    EXPECT_EQ(token.position.column, std::string(text).size() + 1) << text;
    EXPECT_EQ(lexer.Next().kind, TokenKind::kEnd) << text;
  }
}

TEST(LexerTest, PositionsCountCharactersAndLines) {
  Lexer lexer("\"\u00e9\U0001f600\" x\n\t y\r\nz");
  EXPECT_EQ(lexer.Next().position, (SourcePosition{1, 1}));
  EXPECT_EQ(lexer.Next().position, (SourcePosition{1, 6}));
  EXPECT_EQ(lexer.Next().position, (SourcePosition{2, 3}));
  EXPECT_EQ(lexer.Next().position, (SourcePosition{3, 1}));
  EXPECT_EQ(lexer.Next().position, (SourcePosition{3, 2}));
}

TEST(LexerTest, KeysOfAnnotationsHaveNoBlanksQuotesOrBrackets) {
  const auto key = [](std::string_view text) {
    return std::string(Lexer(text).NextKey().text);
  };
  EXPECT_EQ(key("aws.local.operation]"), "aws.local.operation");
  EXPECT_EQ(key("  a=b:c!(  ]"), "a=b:c!(");
  EXPECT_EQ(key("\u00e9]"), "\u00e9");
  EXPECT_EQ(key("\"a b\"]"), "\"a b\"");
  EXPECT_EQ(key("]"), "]");
  EXPECT_EQ(Lexer("\x01]").NextKey().kind, TokenKind::kInvalid);
  EXPECT_EQ(Lexer("\xff]").NextKey().kind, TokenKind::kInvalid);
  EXPECT_EQ(Lexer("").NextKey().kind, TokenKind::kEnd);
}

TEST(LexerTest, WhatOtherLanguagesWriteGetsAHint) {
  for (const char* text : {"==", "&&", "||", "<>", "=~", "'a'", "# ["}) {
    const Token token = One(text);
    EXPECT_EQ(token.kind, TokenKind::kInvalid) << text;
    EXPECT_NE(token.hint, "") << text;
  }
  EXPECT_EQ(One("#[").kind, TokenKind::kSymbol);
}

TEST(LexerTest, LettersBeyondAsciiAreShownTogether) {
  EXPECT_EQ(One("\u00e9\u00e9x").text, "\u00e9\u00e9");
  EXPECT_EQ(One("$$").text, "$");
}

}  // namespace
}  // namespace roentgen::query

#include "query/lang/parser.h"

#include <string>
#include <string_view>
#include <variant>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/lang/checker.h"
#include "query/lang/filter.h"
#include "query/lang/printer.h"

namespace roentgen::query {
namespace {

using testing::HasSubstr;

std::string Printed(std::string_view text) {
  const auto parsed = ParseFilter(text);
  if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
    return error->Message();
  }
  return Print(std::get<Expression>(parsed));
}

std::string Repeat(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(ParserTest, NodesKnowWhereTheyBegin) {
  const auto parsed = ParseFilter("ok OR\n (fault AND !partial)");
  const auto& either = std::get<OrNode>(std::get<Expression>(parsed).node);
  EXPECT_EQ(either.terms[0].position, (SourcePosition{1, 1}));
  EXPECT_EQ(either.terms[1].position, (SourcePosition{2, 3}));
  const auto& both = std::get<AndNode>(either.terms[1].node);
  EXPECT_EQ(both.terms[1].position, (SourcePosition{2, 13}));
}

TEST(ParserTest, PositionsDoNotCountForEquality) {
  EXPECT_EQ(std::get<Expression>(Parse("ok")),
            std::get<Expression>(Parse("  OK ")));
  EXPECT_NE(std::get<Expression>(Parse("ok")),
            std::get<Expression>(Parse("fault")));
}

TEST(ParserTest, DepthIsBounded) {
  const size_t most = limits::kFilterDepthMax;
  for (const char* level : {"!", "(", "NOT "}) {
    const std::string close(level[0] == '(' ? most - 1 : 0, ')');
    EXPECT_EQ(Printed(Repeat(level, most - 1) + "ok" + close).find("Error"),
              std::string::npos);
    EXPECT_THAT(Printed(Repeat(level, most) + "ok" + close + ")"),
                HasSubstr("nested too deeply"));
    EXPECT_THAT(Printed(Repeat(level, 16'000)), HasSubstr("nested too deeply"));
  }
}

TEST(ParserTest, LengthIsBounded) {
  const std::string blanks(limits::kFilterBytesMax - 2, ' ');
  EXPECT_EQ(Printed("ok" + blanks), "ok");
  EXPECT_EQ(Printed("ok " + blanks),
            "Error Location: line 1, position 1 : Expression is too long; at "
            "most 65536 bytes");
}

TEST(ParserTest, NumberOfTermsIsBounded) {
  const size_t most = limits::kFilterTermsMax;
  EXPECT_EQ(Printed(Repeat("ok ", most)).find("Error"), std::string::npos);
  EXPECT_EQ(Printed(Repeat("ok ", most + 1)),
            "Error Location: line 1, position 3001 : Expression has too many "
            "terms; at most 1000");
  const std::string json = "rootcause.json = #[{}" + Repeat(",{}", most) + "]";
  EXPECT_THAT(Printed(json), HasSubstr("too many terms"));
}

TEST(ParserTest, BytesThatAreNoUtf8AreErrorsEverywhere) {
  for (const char* text :
       {"\xff", "ok \xff", "user = \"\xff\"", "annotation[\xff]",
        "annotation[\"\xff\"]", "service(\"\xff\")", "ok\xffk"}) {
    EXPECT_THAT(Printed(text), HasSubstr("'\\xff'")) << text;
    EXPECT_THAT(Printed(text), HasSubstr("not UTF-8")) << text;
  }
}

TEST(ParserTest, NulBytesAreErrorsAndEscapedOnesAreNot) {
  using std::string_literals::operator""s;
  EXPECT_THAT(Printed("ok\0"s), HasSubstr("'\\u0000'"));
  EXPECT_THAT(Printed("user = \"a\0b\""s), HasSubstr("'\\u0000'"));
  EXPECT_EQ(Printed(R"(user = "a\u0000b")"), R"(user = "a\u0000b")");
}

TEST(ParserTest, BlankTextIsAnError) {
  for (const char* text : {"", " ", "\n\t\r "}) {
    EXPECT_THAT(Printed(text), HasSubstr("Unexpected end of expression"));
  }
}

TEST(ParserTest, LongOffendersAreCut) {
  const std::string message = Printed(std::string(5'000, 'x'));
  EXPECT_THAT(message, HasSubstr("'" + std::string(40, 'x') + "...'"));
  EXPECT_LT(message.size(), 700u);
}

TEST(CheckerTest, IsNotPartOfParse) {
  EXPECT_TRUE(std::holds_alternative<Expression>(Parse("name = \"x\"")));
  EXPECT_TRUE(Check(std::get<Expression>(Parse("name = \"x\""))));
  EXPECT_FALSE(Check(std::get<Expression>(Parse("user = \"x\""))));
}

TEST(PrinterTest, ParenthesesStandOnlyWhereTheyMatter) {
  EXPECT_EQ(Printed("((ok)) and (((fault) (error)))"),
            "ok AND fault AND error");
  EXPECT_EQ(Printed("(ok or fault) or error"), "ok OR fault OR error");
  EXPECT_EQ(Printed("(ok and fault) or error"), "ok AND fault OR error");
  EXPECT_EQ(Printed("ok and (fault or error)"), "ok AND (fault OR error)");
  EXPECT_EQ(Printed("!(ok and fault)"), "!(ok AND fault)");
  EXPECT_EQ(Printed("!(ok)"), "!ok");
  EXPECT_EQ(Printed("not not (!ok)"), "!!!ok");
  EXPECT_EQ(Printed("service(){(ok or fault)}"), "service() { ok OR fault }");
}

TEST(PrinterTest, NumbersAreShortest) {
  EXPECT_EQ(Printed("duration > 0.30000"), "duration > 0.3");
  EXPECT_EQ(Printed("duration > 5."), "duration > 5");
  EXPECT_EQ(Printed("duration > -0"), "duration > 0");
  EXPECT_EQ(Printed("duration > 1E300"), "duration > 1e+300");
}

TEST(PrinterTest, ConstantsHaveAWord) {
  EXPECT_EQ(Print({.node = ConstantNode{true}}), "true");
  EXPECT_EQ(Print({.node = ConstantNode{false}}), "false");
}

// Nodes are stored without some characters; whoever types the name as the
// service has it means them.
TEST(ParserTest, NamesOfNodesAreAsTheyAreStored) {
  const std::pair<std::string, std::string> cases[] = {
      {R"x(service("my service (prod)"))x", R"x(service("my service prod"))x"},
      {R"x(service(id(name: "a*b", type: "x*")))x",
       R"x(service(id(name: "ab", type: "x*")))x"},
      {R"x(edge("a!", id(name: "b?")))x", R"x(edge("a", id(name: "b")))x"},
      {R"x(service("?"))x", R"x(service("unknown"))x"},
      {R"x(service(""))x", R"x(service(""))x"}};
  for (const auto& [typed, stored] : cases) {
    EXPECT_EQ(Printed(typed), Printed(stored)) << typed;
  }
}

}  // namespace
}  // namespace roentgen::query

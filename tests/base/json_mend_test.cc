#include "base/json_mend.h"

#include <optional>
#include <string>

#include "base/json_check.h"
#include "base/utf8.h"
#include "gtest/gtest.h"

namespace roentgen {
namespace {

struct Case {
  std::string text;
  std::optional<std::string> mended;
};

TEST(JsonMendTest, HalvesOfPairsAndBytesBecomeReplacementCharacters) {
  const Case cases[] = {
      {R"(["x"])", std::nullopt},
      {R"(["\ud83d\ude00"])", std::nullopt},
      {R"(["\uD83D\uDE00"])", std::nullopt},
      {R"(["\ud83D\uDe00x\ud83d\ude00"])", std::nullopt},
      // A backslash that is escaped begins no escape.
      {R"(["\\ud83d"])", std::nullopt},
      {R"(["\\\\ud83d"])", std::nullopt},
      {R"(["\\\ud83d"])", R"(["\\\ufffd"])"},
      {R"(["\ud83d"])", R"(["\ufffd"])"},
      {R"(["\uD83D"])", R"(["\ufffd"])"},
      {R"(["\ude00"])", R"(["\ufffd"])"},
      {R"(["\udfff"])", R"(["\ufffd"])"},
      {R"(["\uDBFF"])", R"(["\ufffd"])"},
      // Swapped, doubled, parted.
      {R"(["\ude00\ud83d"])", R"(["\ufffd\ufffd"])"},
      {R"(["\ud83d\ud83d\ude00"])", R"(["\ufffd\ud83d\ude00"])"},
      {R"(["\ud83d\ude00\ude00"])", R"(["\ud83d\ude00\ufffd"])"},
      {R"(["\ud83d \ude00"])", R"(["\ufffd \ufffd"])"},
      {R"(["\ud83d\\ude00"])", R"(["\ufffd\\ude00"])"},
      {R"(["\ud83d\n"])", R"(["\ufffd\n"])"},
      {R"({"\ud83d":1})", R"({"\ufffd":1})"},
      // What breaks the grammar stays.
      {R"(["\ud8)", std::nullopt},
      {R"(["\ud83)", std::nullopt},
      {R"(["\ud83g"])", std::nullopt},
      {R"(["\)", std::nullopt},
      {"", std::nullopt},
      {R"(\ud83d)", R"(\ufffd)"},
      // Characters just outside the halves.
      {R"(["\ud7ff\ue000"])", std::nullopt},
      {"[\"\xF0\x9F\x98\x80\"]", std::nullopt},
      {"[\"\xFF\"]", "[\"\xEF\xBF\xBD\"]"},
      {"[\"\xF0\x9F\x98\"]", "[\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"]"},
      // A half as some write it in bytes.
      {"[\"\xED\xA0\xBD\"]", "[\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"]"},
      {"[\"\xC0\x80\"]", "[\"\xEF\xBF\xBD\xEF\xBF\xBD\"]"},
      {"[\"\xFF\\ud83d\xFF\"]", "[\"\xEF\xBF\xBD\\ufffd\xEF\xBF\xBD\"]"},
      {"\xFF", "\xEF\xBF\xBD"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(MendedJson(c.text), c.mended) << c.text;
    EXPECT_EQ(MendedJsonSize(c.text), c.mended ? c.mended->size() : 0)
        << c.text;
    if (!c.mended) continue;
    EXPECT_EQ(MendedJson(*c.mended), std::nullopt) << "twice: " << c.text;
    EXPECT_TRUE(IsUtf8(*c.mended)) << c.text;
    EXPECT_EQ(CheckJson(c.text).valid, CheckJson(*c.mended).valid) << c.text;
  }
}

TEST(JsonMendTest, FindsHalvesWhereverTheyStand) {
  for (size_t before = 0; before < 200; ++before) {
    for (const size_t after : {0, 1, 63, 64, 65, 200}) {
      const std::string text =
          std::string(before, 'x') + R"(\uDe00)" + std::string(after, '\\');
      EXPECT_TRUE(HasHalfSurrogate(text)) << before << " " << after;
      EXPECT_EQ(MendedJson(text)->substr(before, 6), R"(\ufffd)");
    }
    EXPECT_FALSE(HasHalfSurrogate(std::string(before, 'u') + R"(\ud)"));
  }
}

TEST(JsonFaultTest, SaysWhereAndWhatStandsThere) {
  const std::pair<std::string, std::string> cases[] = {
      {"{}", ""},
      {R"(["\ud83d"])", ""},
      {"", "it ends too soon, after 0 bytes"},
      {R"({"a":)", "it ends too soon, after 5 bytes"},
      {R"({"a":"b)", "it ends too soon, after 7 bytes"},
      {"[1", "it ends too soon, after 2 bytes"},
      {"hello", R"(at byte 0 stands "hello")"},
      {"{\"a\":1} x", R"(at byte 8 stands "x")"},
      {"{'a':1}", R"(at byte 1 stands "'a':1}")"},
      {"[1,]", R"(at byte 3 stands "]")"},
      {"[01]", R"(at byte 1 stands "01]")"},
      {R"({"a" 1})", R"(at byte 5 stands "1}")"},
      {R"(["a\q"])", R"(at byte 3 stands "\\q\"]")"},
      {"[\"a\nb\"]", R"(at byte 3 stands "\nb\"]")"},
      {"\xFF\xFE{", "at byte 0 stands \"\xEF\xBF\xBD\xEF\xBF\xBD{\""},
      {"<html>" + std::string(100, 'x'),
       R"(at byte 0 stands "<html>xxxxxxxxxxxxxx")"},
      {"x" + std::string(18, ' ') + "\xC3\xA4\xC3\xA4",
       "at byte 0 stands \"x" + std::string(18, ' ') + "\""},
  };
  for (const auto& [text, fault] : cases) EXPECT_EQ(JsonFault(text), fault);
}

TEST(Utf8Test, MendsByteByByte) {
  for (const std::string_view text :
       {"", "a", "\xC3\xA4", "\xE2\x82\xAC", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(text));
    EXPECT_EQ(MendedUtf8(text), text);
  }
  for (const std::string_view text : {"\x80", "\xC3", "\xE0\x80\x80",
                                      "\xF4\x90\x80\x80", "\xF5", "\xC1\x81"}) {
    EXPECT_FALSE(IsUtf8(text));
    EXPECT_TRUE(IsUtf8(MendedUtf8(text)));
  }
  EXPECT_EQ(MendedUtf8Size("a\xFF\xC3\xA4\xC3"), 9u);
  EXPECT_EQ(MendedUtf8("a\xFF\xC3\xA4\xC3"),
            "a\xEF\xBF\xBD\xC3\xA4\xEF\xBF\xBD");
}

}  // namespace
}  // namespace roentgen

#include "base/json_check.h"

#include <algorithm>
#include <vector>

#include "base/decimal_time.h"
#include "base/hex_digit.h"
#include "base/json_writer.h"

namespace roentgen {
namespace {

// Of what is no JSON, as much as a message shows.
constexpr size_t kShownBytesMax = 20;

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text), rest_(text) {}

  JsonCheck Check() {
    bool good = true;
    while (good) {
      SkipSpace();
      if (rest_.empty()) break;
      good = Step();
    }
    // A token that is none was taken from the rest, or not.
    const size_t fault = good ? text_.size() : std::max(fault_, token_);
    return {.valid = good && expected_ == Expected::kSeparator && open_.empty(),
            .levels = levels_,
            .fault = fault};
  }

 private:
  enum class Expected { kValue, kValueOrEnd, kKey, kKeyOrEnd, kSeparator };

  void SkipSpace() {
    const size_t begin = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(begin, rest_.size()));
  }

  bool Step() {
    token_ = text_.size() - rest_.size();
    switch (expected_) {
      case Expected::kValueOrEnd:
        return rest_[0] == ']' ? Close() : Value();
      case Expected::kValue:
        return Value();
      case Expected::kKeyOrEnd:
        return rest_[0] == '}' ? Close() : Key();
      case Expected::kKey:
        return Key();
      case Expected::kSeparator:
        return Separator();
    }
    return false;
  }

  bool Value() {
    const char c = rest_[0];
    if (c == '{' || c == '[') return Open(c == '{');
    expected_ = Expected::kSeparator;
    if (c == '"') return String();
    const size_t size =
        std::min(rest_.find_first_of(" \t\r\n,:]}[{\""), rest_.size());
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token == "true" || token == "false" || token == "null" ||
           IsJsonNumber(token);
  }

  bool Open(bool object) {
    rest_.remove_prefix(1);
    open_.push_back(object);
    levels_ = std::max(levels_, open_.size());
    expected_ = object ? Expected::kKeyOrEnd : Expected::kValueOrEnd;
    return true;
  }

  bool Close() {
    rest_.remove_prefix(1);
    open_.pop_back();
    expected_ = Expected::kSeparator;
    return true;
  }

  bool Key() {
    if (rest_[0] != '"' || !String()) return false;
    SkipSpace();
    token_ = text_.size() - rest_.size();
    if (!rest_.starts_with(':')) return false;
    rest_.remove_prefix(1);
    expected_ = Expected::kValue;
    return true;
  }

  bool Separator() {
    if (open_.empty()) return false;
    const bool object = open_.back();
    if (rest_[0] == (object ? '}' : ']')) return Close();
    if (rest_[0] != ',') return false;
    rest_.remove_prefix(1);
    expected_ = object ? Expected::kKey : Expected::kValue;
    return true;
  }

  bool FailAt(size_t in_rest) {
    fault_ = text_.size() - rest_.size() + in_rest;
    return false;
  }

  bool String() {
    for (size_t i = 1; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (static_cast<unsigned char>(c) < 0x20) return FailAt(i);
      if (c == '"') {
        rest_.remove_prefix(i + 1);
        return true;
      }
      if (c != '\\') continue;
      const size_t escape = EscapeSize(rest_.substr(i + 1));
      if (escape == 0) return FailAt(i);
      i += escape;
    }
    return FailAt(rest_.size());
  }

  // Of what follows a backslash; 0: it is none.
  static size_t EscapeSize(std::string_view text) {
    constexpr std::string_view kSimple = "\"\\/bfnrt";
    if (text.empty()) return 0;
    if (kSimple.find(text[0]) != kSimple.npos) return 1;
    const std::string_view digits = text.substr(1, 4);
    const bool good = text[0] == 'u' && digits.size() == 4 &&
                      std::all_of(digits.begin(), digits.end(), IsHexDigit);
    return good ? 5 : 0;
  }

  const std::string_view text_;
  std::string_view rest_;
  size_t token_ = 0;  // Where the last one begins.
  size_t fault_ = 0;  // Within a token; 0: at its begin.
  Expected expected_ = Expected::kValue;
  std::vector<bool> open_;  // From the outermost: whether it is an object.
  size_t levels_ = 0;
};

}  // namespace

JsonCheck CheckJson(std::string_view text) { return Checker(text).Check(); }

std::string JsonFault(std::string_view text) {
  const JsonCheck check = CheckJson(text);
  if (check.valid) return "";
  if (check.fault >= text.size()) {
    return "it ends too soon, after " + std::to_string(text.size()) + " bytes";
  }
  std::string_view shown = text.substr(check.fault, kShownBytesMax + 1);
  std::string out = "at byte " + std::to_string(check.fault) + " stands ";
  if (shown.size() > kShownBytesMax) {
    size_t size = kShownBytesMax;
    // Not within a character.
    while (size > 1 && (static_cast<unsigned char>(shown[size]) & 0xC0) == 0x80)
      --size;
    shown = shown.substr(0, size);
  }
  AppendJsonString(out, shown);
  return out;
}

}  // namespace roentgen

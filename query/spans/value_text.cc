#include "query/spans/value_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

#include "absl/strings/escaping.h"
#include "base/json_writer.h"
#include "trace/mapping/value_json.h"

namespace roentgen::query {

using storage::AnyValueView;
using Kind = AnyValueView::Kind;

namespace {

// Finite.
std::string DoubleText(double value) {
  constexpr double kLeastPlain = 1e-6, kLeastLarge = 1e21;
  char digits[32];
  const double size = std::abs(value);
  const bool plain = value == 0 || (size >= kLeastPlain && size < kLeastLarge);
  const auto end = std::to_chars(digits, digits + sizeof(digits), value,
                                 std::chars_format::scientific)
                       .ptr;
  std::string text(digits, end);
  const size_t e = text.find('e');
  const int exponent = std::atoi(text.c_str() + e + 1);
  if (!plain) {
    // "e-07" is "e-7".
    return text.substr(0, e) + (exponent < 0 ? "e-" : "e+") +
           std::to_string(std::abs(exponent));
  }
  // The digits without their point, which goes elsewhere.
  std::string out = text.starts_with('-') ? "-" : "";
  std::string number = text.substr(out.size(), e - out.size());
  std::erase(number, '.');
  if (exponent < 0) {
    return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') +
           number;
  }
  const auto whole = static_cast<size_t>(exponent) + 1;
  if (number.size() <= whole) {
    return out + number + std::string(whole - number.size(), '0');
  }
  return out + number.insert(whole, 1, '.');
}

}  // namespace

std::string ValueText(const AnyValueView& value) {
  switch (value.kind) {
    case Kind::kEmpty:
      return "";
    case Kind::kString:
      return std::string(value.bytes);
    case Kind::kBytes:
      return absl::Base64Escape({value.bytes.data(), value.bytes.size()});
    case Kind::kDouble:
      if (std::isfinite(value.number)) return DoubleText(value.number);
      break;
    case Kind::kBool:
    case Kind::kInt:
    case Kind::kArray:
    case Kind::kMap:
      break;
  }
  std::string text;
  JsonWriter json(text);
  storage::WriteValue(value, json);
  // Doubles that JSON has no number for are in quotes.
  if (value.kind == Kind::kDouble && text.size() > 2 && text.front() == '"') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

bool IsText(const AnyValueView& value, std::string_view text) {
  switch (value.kind) {
    case Kind::kEmpty:
      return text.empty();
    case Kind::kString:
      return value.bytes == text;
    case Kind::kBool:
      return text == (value.boolean ? "true" : "false");
    case Kind::kInt:
    case Kind::kDouble:
    case Kind::kArray:
    case Kind::kMap:
    case Kind::kBytes:
      break;
  }
  return ValueText(value) == text;
}

}  // namespace roentgen::query

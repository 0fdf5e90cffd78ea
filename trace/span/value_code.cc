#include "trace/span/value_code.h"

#include <charconv>
#include <string>

// Texts are short: a call of the library costs as much as the hash.
#define XXH_INLINE_ALL
#include "xxhash.h"

namespace roentgen::storage {
namespace {

// Odd; spreads neighbouring numbers.
constexpr uint64_t kSpread = 0x9e3779b97f4a7c15;
// Of integers; the text of a number has another code.
constexpr uint64_t kIntMark = 0x2545f4914f6cdd1d;

uint64_t CodeOfInt(int64_t value) {
  return (static_cast<uint64_t>(value) ^ kIntMark) * kSpread;
}

}  // namespace

uint64_t CodeOfText(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

uint64_t CodeOfValue(const AnyValueView& value) {
  using Kind = AnyValueView::Kind;
  switch (value.kind) {
    case Kind::kEmpty:
      return CodeOfText({});
    case Kind::kString:
      return CodeOfText(value.bytes);
    case Kind::kBool:
      return CodeOfText(value.boolean ? "true" : "false");
    case Kind::kInt:
      return CodeOfInt(value.integer);
    case Kind::kDouble:
    case Kind::kArray:
    case Kind::kMap:
    case Kind::kBytes:
      break;
  }
  return kAnyValueCode;
}

std::vector<uint64_t> CodesOfText(std::string_view text) {
  std::vector<uint64_t> codes = {CodeOfText(text)};
  int64_t number;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && stop == end && text == std::to_string(number)) {
    codes.push_back(CodeOfInt(number));
  }
  codes.push_back(kAnyValueCode);
  return codes;
}

}  // namespace roentgen::storage

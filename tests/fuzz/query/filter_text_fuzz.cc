// Any bytes as a filter expression. What parses prints as text that parses to
// the same tree, and prints the same again; what does not has an error that can
// be shown.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "query/lang/characters.h"
#include "query/lang/checker.h"
#include "query/lang/filter.h"
#include "query/lang/parser.h"
#include "query/lang/printer.h"

namespace roentgen::query {
namespace {

void Expect(bool ok, const char* what, std::string_view text) {
  if (ok) return;
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(text.size()),
               text.data());
  std::abort();
}

bool IsPrintable(std::string_view text) {
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    const auto lead = static_cast<uint8_t>(text[0]);
    if (length == 0 || lead < 0x20 || lead == 0x7F) return false;
    text.remove_prefix(length);
  }
  return true;
}

void ExpectShowable(const SyntaxError& error, std::string_view text) {
  const std::string message = error.Message();
  Expect(message.starts_with("Error Location: line "), "form", text);
  Expect(message.size() < 2'000, "bounded", text);
  Expect(IsPrintable(message), "printable", text);
  const std::string shown = error.Display(text);
  Expect(shown.size() < 4'000, "display is bounded", text);
  Expect(shown.find(message) != std::string::npos, "display", text);
}

void FuzzOne(std::string_view text) {
  const auto parsed = Parse(text);
  const auto checked = ParseFilter(text);
  if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
    ExpectShowable(*error, text);
    Expect(std::get<SyntaxError>(checked) == *error, "same error", text);
    return;
  }
  const auto& tree = std::get<Expression>(parsed);
  const std::optional<SyntaxError> fault = Check(tree);
  Expect(fault.has_value() == std::holds_alternative<SyntaxError>(checked),
         "check is part of it", text);
  if (fault) ExpectShowable(*fault, text);
  const std::string printed = Print(tree);
  Expect(IsPrintable(printed), "one line", printed);
  // "a b" prints as "a AND b", which is longer.
  if (text.size() > 10'000) return;
  const auto again = Parse(printed);
  Expect(std::holds_alternative<Expression>(again), "refused", printed);
  Expect(std::get<Expression>(again) == tree, "another tree", printed);
  Expect(Print(std::get<Expression>(again)) == printed, "unstable", printed);
}

}  // namespace
}  // namespace roentgen::query

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  roentgen::query::FuzzOne({reinterpret_cast<const char*>(data), size});
  return 0;
}

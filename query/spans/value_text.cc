#include "query/spans/value_text.h"

#include "absl/strings/escaping.h"
#include "base/json_writer.h"
#include "storage/mapping/value_json.h"

namespace roentgen::query {

using storage::AnyValueView;
using Kind = AnyValueView::Kind;

std::string ValueText(const AnyValueView& value) {
  switch (value.kind) {
    case Kind::kEmpty:
      return "";
    case Kind::kString:
      return std::string(value.bytes);
    case Kind::kBytes:
      return absl::Base64Escape({value.bytes.data(), value.bytes.size()});
    default:
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
    default:
      return ValueText(value) == text;
  }
}

}  // namespace roentgen::query

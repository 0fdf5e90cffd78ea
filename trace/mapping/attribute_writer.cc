#include "trace/mapping/attribute_writer.h"

#include <bit>
#include <cmath>
#include <variant>

#include "absl/strings/numbers.h"
#include "base/limits.h"
#include "trace/document/json_split.h"
#include "trace/span/json_integer.h"
#include "trace/span/wire_fields.h"

namespace roentgen::storage {
namespace {

// Fields of AnyValue.
constexpr uint32_t kString = 1, kBool = 2, kInt = 3, kDouble = 4, kArray = 5,
                   kMap = 6;

void AppendDouble(double value, std::string& out) {
  AppendFixed64Field(kDouble, std::bit_cast<uint64_t>(value), out);
}

void AppendNumber(std::string_view token, std::string& out) {
  int64_t whole;
  double number;
  if (token.find_first_of(".eE") == token.npos &&
      ParseJsonInt64(token, whole)) {
    AppendVarintField(kInt, static_cast<uint64_t>(whole), out);
  } else if (absl::SimpleAtod({token.data(), token.size()}, &number) &&
             std::isfinite(number)) {
    AppendDouble(number, out);
  } else {
    AppendBytesField(kString, token, out);
  }
}

void AppendValue(std::string_view json, int depth, std::string& out);

void AppendArray(std::string_view json, int depth, std::string& out) {
  std::string array, value;
  for (std::string_view element : SplitArray(json)) {
    value.clear();
    AppendValue(element, depth, value);
    AppendBytesField(1, value, array);
  }
  AppendBytesField(kArray, array, out);
}

void AppendMap(std::string_view json, int depth, std::string& out) {
  std::string map, pair, value;
  for (const JsonMember& member : SplitObject(json)) {
    pair.clear();
    value.clear();
    AppendValue(member.value, depth, value);
    AppendBytesField(1, member.key, pair);
    AppendBytesField(2, value, pair);
    AppendBytesField(1, pair, map);
  }
  AppendBytesField(kMap, map, out);
}

// The fields of an AnyValue; none of null.
void AppendValue(std::string_view json, int depth, std::string& out) {
  const char first = json.empty() ? 'n' : json[0];
  if ((first == '{' || first == '[') && depth <= 0) {
    return AppendBytesField(kString, json, out);
  }
  switch (first) {
    case '"':
      return AppendBytesField(kString, UnescapeJson(json), out);
    case '{':
      return AppendMap(json, depth - 1, out);
    case '[':
      return AppendArray(json, depth - 1, out);
    case 't':
    case 'f':
      return AppendVarintField(kBool, first == 't' ? 1 : 0, out);
    case 'n':
      return;
    default:
      return AppendNumber(json, out);
  }
}

}  // namespace

void AttributeWriter::Text(std::string_view key, std::string_view value) {
  if (value.empty()) return;
  AppendBytesField(kString, value, value_);
  Add(key);
}

void AttributeWriter::Bool(std::string_view key, bool value) {
  AppendVarintField(kBool, value ? 1 : 0, value_);
  Add(key);
}

void AttributeWriter::Int(std::string_view key, int64_t value) {
  AppendVarintField(kInt, static_cast<uint64_t>(value), value_);
  Add(key);
}

void AttributeWriter::Double(std::string_view key, double value) {
  AppendDouble(value, value_);
  Add(key);
}

void AttributeWriter::Texts(std::string_view key,
                            const std::vector<std::string>& values) {
  if (values.empty()) return;
  std::string array, element;
  for (const std::string& value : values) {
    element.clear();
    AppendBytesField(kString, value, element);
    AppendBytesField(1, element, array);
  }
  AppendBytesField(kArray, array, value_);
  Add(key);
}

void AttributeWriter::Scalar(std::string_view key,
                             const AnnotationView& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return Bool(key, *flag);
  if (const auto* number = std::get_if<ExactNumber>(&value)) {
    if (number->is_integer()) return Int(key, number->integer());
    return Double(key, number->AsDouble());
  }
  AppendBytesField(kString, std::get<std::string_view>(value), value_);
  Add(key);
}

void AttributeWriter::Json(std::string_view key, std::string_view json) {
  if (json == "\"\"") return;
  AppendValue(json, limits::kAttributeDepthMax, value_);
  if (!value_.empty()) Add(key);
}

void AttributeWriter::Add(std::string_view key) {
  pair_.clear();
  AppendBytesField(1, key, pair_);
  AppendBytesField(2, value_, pair_);
  AppendBytesField(field_, pair_, out_);
  value_.clear();
}

}  // namespace roentgen::storage

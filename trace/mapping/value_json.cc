#include "trace/mapping/value_json.h"

#include <cmath>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "base/limits.h"

namespace roentgen::storage {
namespace {

using Kind = AnyValueView::Kind;

void WriteNumber(double number, JsonWriter& json) {
  if (std::isfinite(number)) {
    json.Double(number);
  } else {
    json.String(std::isnan(number) ? "NaN"
                : number > 0       ? "Infinity"
                                   : "-Infinity");
  }
}

}  // namespace

void WriteValue(const AnyValueView& value, JsonWriter& json) {
  switch (value.kind) {
    case Kind::kEmpty:
      json.Null();
      return;
    case Kind::kString:
      json.String(value.bytes);
      return;
    case Kind::kBool:
      json.Bool(value.boolean);
      return;
    case Kind::kInt:
      json.Int(value.integer);
      return;
    case Kind::kDouble:
      WriteNumber(value.number, json);
      return;
    case Kind::kBytes:
      json.String(absl::Base64Escape({value.bytes.data(), value.bytes.size()}));
      return;
    case Kind::kArray: {
      std::vector<AnyValueView> elements;
      ReadArray(value.bytes, elements);
      json.BeginArray();
      for (const AnyValueView& element : elements) WriteValue(element, json);
      json.EndArray();
      return;
    }
    case Kind::kMap: {
      std::vector<AttributeView> members;
      ReadAttributes(value.bytes, 1, members);
      WriteAttributes(members, json);
      return;
    }
  }
}

void WriteAttributes(const std::vector<AttributeView>& attributes,
                     JsonWriter& json) {
  absl::flat_hash_map<std::string_view, size_t> last;
  for (size_t i = 0; i < attributes.size(); ++i) last[attributes[i].key] = i;
  json.BeginObject();
  for (size_t i = 0; i < attributes.size(); ++i) {
    if (last[attributes[i].key] != i) continue;
    json.Key(attributes[i].key);
    WriteValue(attributes[i].value, json);
  }
  json.EndObject();
}

std::vector<AttributeView> MappedAttributes(std::string_view message,
                                            uint32_t field) {
  std::vector<AttributeView> attributes;
  ReadAttributes(message, field, attributes);
  if (attributes.size() > limits::kMappedAttributesMax) {
    attributes.resize(limits::kMappedAttributesMax);
  }
  return attributes;
}

}  // namespace roentgen::storage

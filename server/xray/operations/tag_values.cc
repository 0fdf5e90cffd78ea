#include "server/xray/operations/tag_values.h"

namespace roentgen::server {

std::vector<query::Tag> TagsOf(const ApiValue& request) {
  std::vector<query::Tag> out;
  const ApiValue* tags = request.Find("Tags");
  if (tags == nullptr) return out;
  for (const ApiValue& tag : tags->list()) {
    out.push_back({.key = tag.Text("Key").value_or(""),
                   .value = tag.Text("Value").value_or("")});
  }
  return out;
}

ApiList ToValue(const std::vector<query::Tag>& tags) {
  ApiList out;
  for (const query::Tag& tag : tags) {
    out.push_back(ApiFields{{"Key", tag.key}, {"Value", tag.value}});
  }
  return out;
}

}  // namespace roentgen::server

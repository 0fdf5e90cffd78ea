#include "query/groups/group_rules.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "base/limits.h"

namespace roentgen::query {
namespace {

bool IsNameChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
}

// Letters of other alphabets count as letters.
bool IsTagChar(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || absl::ascii_isalnum(byte) ||
         std::string_view(" _.:/=+-@").find(c) != std::string_view::npos;
}

bool IsTagText(const std::string& text) {
  return std::all_of(text.begin(), text.end(), IsTagChar);
}

}  // namespace

absl::Status CheckGroupName(std::string_view name) {
  if (name.empty() || name.size() > limits::kGroupNameCharsMax ||
      !std::all_of(name.begin(), name.end(), IsNameChar)) {
    return absl::InvalidArgumentError(
        "GroupName must have 1 to " +
        std::to_string(limits::kGroupNameCharsMax) +
        " letters, digits and dashes");
  }
  return absl::OkStatus();
}

absl::Status CheckTags(const std::vector<Tag>& tags) {
  if (tags.size() > limits::kTagsMax) {
    return absl::InvalidArgumentError("must not have more than " +
                                      std::to_string(limits::kTagsMax) +
                                      " user tags.");
  }
  std::set<std::string_view> keys;
  for (const Tag& tag : tags) {
    if (tag.key.starts_with("aws:")) {
      return absl::InvalidArgumentError("Tag keys must not begin with aws:");
    }
    if (!IsTagText(tag.key) || !IsTagText(tag.value)) {
      return absl::InvalidArgumentError(
          "Tags may have letters, digits, spaces and _ . : / = + - @ only");
    }
    if (!keys.insert(tag.key).second) {
      return absl::InvalidArgumentError("Tag key given twice: " + tag.key);
    }
  }
  return absl::OkStatus();
}

}  // namespace roentgen::query

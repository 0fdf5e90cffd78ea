#include "server/http/entity_tag.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/match.h"

namespace roentgen::server {
namespace {

constexpr std::string_view kWeakMark = "W/";

void SkipBetween(std::string_view& list) {
  list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
}

// Whether `tag` is in `list`; a mark that it is weak says nothing here.
bool IsListed(std::string_view list, std::string_view tag) {
  for (SkipBetween(list); !list.empty(); SkipBetween(list)) {
    if (list.starts_with(kWeakMark)) list.remove_prefix(kWeakMark.size());
    if (!list.starts_with('"')) return false;
    const size_t end = list.find('"', 1);
    if (end == list.npos) return false;
    if (list.substr(0, end + 1) == tag) return true;
    list.remove_prefix(end + 1);
  }
  return false;
}

bool IsAny(std::string_view list) {
  SkipBetween(list);
  return list.starts_with('*') && list.find_first_not_of(" \t", 1) == list.npos;
}

}  // namespace

bool HasEntity(const HttpHeaders& headers, std::string_view tag) {
  for (const auto& [field, value] : headers.fields()) {
    if (!absl::EqualsIgnoreCase(field, "If-None-Match")) continue;
    if (IsAny(value) || IsListed(value, tag)) return true;
  }
  return false;
}

}  // namespace roentgen::server

#include "server/sampling/tag_change.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "query/groups/group_rules.h"
#include "server/aws_status.h"

namespace roentgen::server {
namespace {

absl::Status TooManyTags(std::string_view arn) {
  return AwsStatus({.http_status = 400,
                    .name = "TooManyTagsException",
                    .message = "Resource " + std::string(arn) +
                               " must not have more than " +
                               std::to_string(limits::kTagsMax) + " user tags.",
                    .resource_name = std::string(arn)});
}

}  // namespace

absl::Status ApplyTagChange(std::string_view arn,
                            const std::vector<query::Tag>& upsert,
                            const std::vector<std::string>& remove_keys,
                            std::vector<query::Tag>& tags) {
  if (upsert.size() > limits::kTagsMax) return TooManyTags(arn);
  RTG_RETURN_IF_ERROR(query::CheckTags(upsert));
  for (const std::string& key : remove_keys) {
    if (!key.starts_with("aws:")) continue;
    return absl::InvalidArgumentError(
        "Caller is an end user and not allowed to mutate system tags");
  }
  std::vector<query::Tag> changed = tags;
  for (const query::Tag& tag : upsert) {
    const auto at =
        std::find_if(changed.begin(), changed.end(),
                     [&](const query::Tag& old) { return old.key == tag.key; });
    if (at == changed.end()) {
      changed.push_back(tag);
    } else {
      at->value = tag.value;
    }
  }
  if (changed.size() > limits::kTagsMax) return TooManyTags(arn);
  const std::set<std::string> removed(remove_keys.begin(), remove_keys.end());
  std::erase_if(changed, [&](const query::Tag& tag) {
    return removed.contains(tag.key);
  });
  tags = std::move(changed);
  return absl::OkStatus();
}

}  // namespace roentgen::server

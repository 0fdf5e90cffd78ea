// A group as it is kept in the settings store. docs/on_disk_format.md draws
// the bytes.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_GROUPS_GROUP_CODEC_H_
#define ROENTGEN_QUERY_GROUPS_GROUP_CODEC_H_

#include <optional>
#include <string>
#include <string_view>

#include "query/groups/group.h"
#include "query/groups/group_history.h"

namespace roentgen::query {

// Without the ARN: that depends on the server's identity, too.
struct StoredGroup {
  std::string unique_id;  // Last part of the ARN; empty for Default.
  Group group;
  GroupHistory history;

  friend bool operator==(const StoredGroup&, const StoredGroup&) = default;
};

// Name and ARN are not written: the name is the setting's key.
std::string EncodeGroup(const StoredGroup& group);
// Of this version and of older ones, which had no history. Nothing when the
// bytes make no sense.
std::optional<StoredGroup> DecodeGroup(std::string_view name,
                                       std::string_view bytes);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_GROUPS_GROUP_CODEC_H_

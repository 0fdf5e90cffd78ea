// A block of a segment document, by its members.
//
//   const SegmentBlock aws(entity.aws_json);
//   out.Text("host.id", aws.Block("ec2").Text("instance_id"));
//
// For text that DocumentParser took. What is absent, or no object where an
// object is asked for, is an empty block.
//
// Threads: thread-compatible.
#ifndef ROENTGEN_TRACE_MAPPING_SEGMENT_BLOCK_H_
#define ROENTGEN_TRACE_MAPPING_SEGMENT_BLOCK_H_

#include <string>
#include <string_view>
#include <vector>

#include "trace/document/json_split.h"

namespace roentgen::storage {

class SegmentBlock {
 public:
  // Points into `json`.
  explicit SegmentBlock(std::string_view json) {
    if (json.starts_with('{')) members_ = SplitObject(json);
  }

  const std::vector<JsonMember>& members() const { return members_; }

  // JSON text of a member; empty when there is none.
  std::string_view Json(std::string_view key) const {
    for (const JsonMember& member : members_) {
      if (member.key == key) return member.value;
    }
    return {};
  }
  // Empty also when it is no string.
  std::string Text(std::string_view key) const {
    const std::string_view json = Json(key);
    return json.starts_with('"') ? UnescapeJson(json) : std::string();
  }
  SegmentBlock Block(std::string_view key) const {
    return SegmentBlock(Json(key));
  }
  // The elements of a list; none when it is no list.
  std::vector<std::string_view> List(std::string_view key) const {
    const std::string_view json = Json(key);
    return json.starts_with('[') ? SplitArray(json)
                                 : std::vector<std::string_view>();
  }

 private:
  std::vector<JsonMember> members_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_SEGMENT_BLOCK_H_

#include "trace/document/entity_members.h"

#include <array>

namespace roentgen::storage {
namespace {

using ondemand::json_type;

struct Row {
  std::string_view key;
  EntityMember member;
  json_type type;
  bool embedded = true;  // Embedded subsegments have it too.
};

constexpr Row kRows[] = {
    {"id", EntityMember::kId, json_type::string},
    {"name", EntityMember::kName, json_type::string},
    {"start_time", EntityMember::kStartTime, json_type::number},
    {"end_time", EntityMember::kEndTime, json_type::number},
    {"in_progress", EntityMember::kInProgress, json_type::boolean},
    {"trace_id", EntityMember::kTraceId, json_type::string},
    {"parent_id", EntityMember::kParentId, json_type::string},
    {"type", EntityMember::kType, json_type::string},
    {"namespace", EntityMember::kNamespace, json_type::string},
    {"http", EntityMember::kHttp, json_type::object},
    {"aws", EntityMember::kAws, json_type::object},
    {"annotations", EntityMember::kAnnotations, json_type::object},
    {"metadata", EntityMember::kMetadata, json_type::object},
    {"subsegments", EntityMember::kSubsegments, json_type::array},
    {"fault", EntityMember::kFault, json_type::boolean},
    {"error", EntityMember::kError, json_type::boolean},
    {"throttle", EntityMember::kThrottle, json_type::boolean},
    {"cause", EntityMember::kCause, json_type::object},
    {"sql", EntityMember::kSql, json_type::object},
    {"origin", EntityMember::kOrigin, json_type::string, false},
    {"service", EntityMember::kService, json_type::object, false},
    {"user", EntityMember::kUser, json_type::string, false},
    {"resource_arn", EntityMember::kResourceArn, json_type::string, false},
    {"links", EntityMember::kLinks, json_type::array},
    {"inferred", EntityMember::kInferred, json_type::boolean, false},
    {"precursor_ids", EntityMember::kPrecursorIds, json_type::array},
    {"traced", EntityMember::kTraced, json_type::boolean},
};

constexpr size_t kMembers = static_cast<size_t>(EntityMember::kSql) + 1;

constexpr std::array<Row, kMembers> RowsByMember() {
  std::array<Row, kMembers> rows{};
  for (const Row& row : kRows) rows[static_cast<size_t>(row.member)] = row;
  return rows;
}
constexpr std::array<Row, kMembers> kByMember = RowsByMember();

}  // namespace

EntityMember EntityMemberOf(std::string_view key) {
  for (const Row& row : kRows) {
    if (row.key == key) return row.member;
  }
  return EntityMember::kUnknown;
}

bool IsMemberOf(EntityMember member, bool top_level) {
  return top_level || kByMember[static_cast<size_t>(member)].embedded;
}

json_type ExpectedType(EntityMember member) {
  return kByMember[static_cast<size_t>(member)].type;
}

}  // namespace roentgen::storage

// The members that X-Ray's schema gives segments and subsegments.
//
// One table for parser and editor: what is not in it is dropped from the
// processed document.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_DOCUMENT_ENTITY_MEMBERS_H_
#define ROENTGEN_TRACE_DOCUMENT_ENTITY_MEMBERS_H_

#include <string_view>

#include "base/json_walk.h"

namespace roentgen::storage {

enum class EntityMember {
  kUnknown,
  kName,
  kId,
  kTraceId,
  kStartTime,
  kEndTime,
  kInProgress,
  kParentId,
  kType,
  kService,
  kUser,
  kOrigin,
  kResourceArn,
  kHttp,
  kAws,
  kError,
  kThrottle,
  kFault,
  kCause,
  kAnnotations,
  kMetadata,
  kSubsegments,
  kLinks,
  kInferred,
  kNamespace,
  kPrecursorIds,
  kTraced,
  kSql,
};

EntityMember EntityMemberOf(std::string_view key);

// Whether documents' own entities (`top_level`) or embedded subsegments have
// this member. An independent subsegment is a top-level entity.
bool IsMemberOf(EntityMember member, bool top_level);

// The JSON type a member must have. `cause` may also be a string.
ondemand::json_type ExpectedType(EntityMember member);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_DOCUMENT_ENTITY_MEMBERS_H_

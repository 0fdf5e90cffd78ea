#include "trace/document/entity_draft.h"

namespace roentgen::storage {
namespace {

void ResetIdentity(EntityMember member, EntityView& entity,
                   EntityDraft& draft) {
  switch (member) {
    case EntityMember::kId:
      draft.id = Given::kAbsent;
      break;
    case EntityMember::kTraceId:
      draft.trace_id = Given::kAbsent;
      break;
    case EntityMember::kParentId:
      draft.parent_id = Given::kAbsent;
      entity.parent_id.reset();
      break;
    case EntityMember::kStartTime:
      draft.start = Given::kAbsent;
      break;
    case EntityMember::kEndTime:
      draft.end = Given::kAbsent;
      break;
    case EntityMember::kInProgress:
      entity.in_progress = false;
      break;
    case EntityMember::kName:
      draft.has_name = false;
      break;
    case EntityMember::kType:
      draft.has_type = draft.is_subsegment = false;
      break;
    default:
      break;
  }
}

}  // namespace

void ResetMember(EntityMember member, EntityView& entity, EntityDraft& draft) {
  ResetIdentity(member, entity, draft);
  switch (member) {
    case EntityMember::kNamespace:
      entity.name_space = Namespace::kLocal;
      break;
    case EntityMember::kError:
      entity.error = Flag::kAbsent;
      break;
    case EntityMember::kThrottle:
      entity.throttle = Flag::kAbsent;
      break;
    case EntityMember::kFault:
      entity.fault = Flag::kAbsent;
      break;
    case EntityMember::kCause:
      entity.cause_json = {};
      break;
    case EntityMember::kHttp:
      entity.http = {};
      entity.http_json = {};
      break;
    case EntityMember::kAws:
      entity.aws = {};
      entity.aws_json = {};
      draft.resource_name = {};
      draft.has_resource_names = false;
      break;
    case EntityMember::kSql:
      entity.sql_json = {};
      entity.has_sql = false;
      break;
    case EntityMember::kLinks:
      draft.links_json = {};
      break;
    case EntityMember::kUser:
      entity.user = {};
      break;
    case EntityMember::kOrigin:
      entity.origin = {};
      break;
    case EntityMember::kResourceArn:
      entity.resource_arn = {};
      break;
    default:
      break;
  }
}

}  // namespace roentgen::storage

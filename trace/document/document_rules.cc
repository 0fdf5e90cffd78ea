#include "trace/document/document_rules.h"

#include "trace/document/name_rules.h"

namespace roentgen::storage {
namespace {

using Subject = DocumentFault::Subject;

// Name and times, which every entity needs.
std::string_view EntityFault(const EntityView& entity, const EntityDraft& draft,
                             bool subsegment) {
  if (draft.start == Given::kAbsent) return "MissingStartTime";
  if (draft.start == Given::kBad || draft.end == Given::kBad) {
    return "ParseError";
  }
  if (entity.in_progress && draft.end == Given::kGood) {
    return subsegment ? "InProgressSubsegmentHasEndTime"
                      : "InProgressSegmentHasEndTime";
  }
  if (!entity.in_progress && draft.end == Given::kAbsent) {
    return "MissingEndTime";
  }
  return {};
}

std::string_view IdentityFault(const EntityDraft& draft) {
  if (draft.id == Given::kAbsent) return "MissingId";
  if (draft.id == Given::kBad) return "InvalidId";
  if (!draft.has_name) return "MissingName";
  return {};
}

std::string_view RootFault(const EntityView& entity, const EntityDraft& draft) {
  if (auto code = IdentityFault(draft); !code.empty()) return code;
  if (draft.trace_id == Given::kAbsent) return "MissingTraceId";
  if (draft.trace_id == Given::kBad) return "InvalidTraceId";
  if (auto code = EntityFault(entity, draft, draft.is_subsegment);
      !code.empty()) {
    return code;
  }
  if (draft.is_subsegment && draft.parent_id == Given::kAbsent) {
    return "MissingParentId";
  }
  if (draft.parent_id == Given::kBad) return "InvalidParentId";
  return {};
}

}  // namespace

DocumentFault MakeFault(Subject subject, std::string_view code,
                        std::string_view detail) {
  return {.subject = subject,
          .code = std::string(code),
          .id = std::nullopt,
          .detail = std::string(detail)};
}

std::optional<DocumentFault> CheckDocument(
    const SegmentDocument& doc, const std::vector<EntityDraft>& drafts) {
  const EntityDraft& root = drafts.front();
  if (root.has_type && !root.is_subsegment) {
    return MakeFault(Subject::kEntity, "UnknownType");
  }
  Subject subject =
      root.is_subsegment ? Subject::kSubsegment : Subject::kSegment;
  std::string_view code = RootFault(doc.entities.front(), root);
  for (size_t i = 1; i < drafts.size() && code.empty(); ++i) {
    subject = Subject::kSubsegment;
    code = IdentityFault(drafts[i]);
    if (code.empty()) code = EntityFault(doc.entities[i], drafts[i], true);
  }
  if (code.empty()) return std::nullopt;
  return MakeFault(code == "ParseError" ? Subject::kEntity : subject, code);
}

void Normalize(EntityView& entity, const EntityDraft& draft,
               TextStore& strings) {
  entity.name = draft.raw_name;
  if (!IsPlainName(entity.name)) {
    entity.name = strings.Add(NormalizeName(entity.name));
  }
  if (entity.name_space == Namespace::kAws) {
    entity.name = CanonicalAwsName(entity.name);
    const std::string_view resource = TargetOf(entity).resource;
    if (!resource.empty() &&
        (!draft.has_resource_names || draft.resource_name != resource)) {
      entity.needs_edit = true;
    }
  }
  if (entity.name != draft.raw_name) entity.needs_edit = true;
  if (entity.in_progress) entity.end = entity.start;
}

std::string DocumentFault::Message() const {
  std::string message = "Invalid ";
  message += subject == Subject::kEntity    ? "entity"
             : subject == Subject::kSegment ? "segment"
                                            : "subsegment";
  message += ". ErrorCode: " + code;
  if (subject == Subject::kSubsegment) message += ", Cause: null";
  if (!detail.empty()) message += ". " + detail;
  return message;
}

}  // namespace roentgen::storage

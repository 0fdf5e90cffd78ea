// X-Ray's rules for documents that are JSON: what refuses them, and in which
// order it is looked for; and the normal form of names.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_DOCUMENT_DOCUMENT_RULES_H_
#define ROENTGEN_TRACE_DOCUMENT_DOCUMENT_RULES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trace/document/entity_draft.h"
#include "trace/document/segment_document.h"

namespace roentgen::storage {

// Why a document is refused, in X-Ray's terms.
struct DocumentFault {
  enum class Subject { kEntity, kSegment, kSubsegment };
  Subject subject = Subject::kEntity;
  std::string code;               // "MissingId", ...
  std::optional<std::string> id;  // The document's own id, where readable.
  std::string detail;             // Extra text of the message, may be empty.

  // "Invalid segment. ErrorCode: MissingId"
  std::string Message() const;
};

DocumentFault MakeFault(DocumentFault::Subject subject, std::string_view code,
                        std::string_view detail = {});

// The first rule that the document breaks; `drafts` are those of its entities.
std::optional<DocumentFault> CheckDocument(
    const SegmentDocument& document, const std::vector<EntityDraft>& drafts);

// Gives the entity its processed name and notes whether its text must be
// edited for that. New strings go to `strings`.
void Normalize(EntityView& entity, const EntityDraft& draft,
               TextStore& strings);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_DOCUMENT_DOCUMENT_RULES_H_

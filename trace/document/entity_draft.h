// What validation must know of an entity beyond its EntityView.
//
// Threads: plain data.
#ifndef ROENTGEN_TRACE_DOCUMENT_ENTITY_DRAFT_H_
#define ROENTGEN_TRACE_DOCUMENT_ENTITY_DRAFT_H_

#include <string_view>

#include "trace/document/entity_members.h"
#include "trace/document/segment_document.h"

namespace roentgen::storage {

// How an identity or time member was given.
enum class Given { kAbsent, kBad, kGood };

struct EntityDraft {
  Given id = Given::kAbsent;
  Given trace_id = Given::kAbsent;
  Given parent_id = Given::kAbsent;
  Given start = Given::kAbsent;
  Given end = Given::kAbsent;
  bool has_name = false;
  bool has_type = false;
  bool is_subsegment = false;
  std::string_view raw_name;
  // For aws.resource_names: the one name it holds, if it holds just one.
  std::string_view resource_name;
  bool has_resource_names = false;
  std::string_view links_json;  // An array; empty when absent.
};

// Brings what `member` sets back to what it is when the member is absent.
// Annotations and subsegments are the caller's to remove.
void ResetMember(EntityMember member, EntityView& entity, EntityDraft& draft);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_DOCUMENT_ENTITY_DRAFT_H_

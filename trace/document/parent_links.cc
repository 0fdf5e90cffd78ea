#include "trace/document/parent_links.h"

#include <optional>
#include <string>

#include "base/limits.h"
#include "trace/document/json_split.h"

namespace roentgen::storage {
namespace {

bool IsParent(std::string_view attributes) {
  if (attributes[0] != '{') return true;
  for (const JsonMember& m : SplitObject(attributes)) {
    if (m.key != "aws.xray.reserved.reference_type") continue;
    return m.value[0] == '"' && UnescapeJson(m.value) == "parent";
  }
  return true;
}

std::optional<ParentLink> ReadLink(std::string_view json, uint32_t entity) {
  if (json[0] != '{') return std::nullopt;
  std::optional<TraceId> trace;
  std::optional<EntityId> sender;
  for (const JsonMember& m : SplitObject(json)) {
    if (m.key == "attributes" && !IsParent(m.value)) return std::nullopt;
    if (m.value[0] != '"') continue;
    if (m.key == "trace_id") trace = TraceId::ParseXray(UnescapeJson(m.value));
    if (m.key == "id") sender = EntityId::Parse(UnescapeJson(m.value));
  }
  if (!trace || !sender || *trace == TraceId() || *sender == EntityId()) {
    return std::nullopt;
  }
  return ParentLink{.entity = entity, .trace = *trace, .sender = *sender};
}

}  // namespace

void AppendParentLinks(std::string_view json, uint32_t entity,
                       std::vector<ParentLink>& links) {
  size_t kept = 0;
  for (std::string_view element : SplitArray(json)) {
    const std::optional<ParentLink> link = ReadLink(element, entity);
    if (!link) continue;
    links.push_back(*link);
    if (++kept == limits::kLinksPerSegmentMax) return;
  }
}

}  // namespace roentgen::storage

#include "trace/mapping/span_links.h"

#include <string_view>

#include "base/json_writer.h"
#include "base/limits.h"
#include "trace/mapping/value_json.h"

namespace roentgen::storage {
namespace {

constexpr uint32_t kLinkAttributes = 4;
constexpr std::string_view kReferenceType = "aws.xray.reserved.reference_type";

// Ids of zeros name nothing.
bool NamesSpan(const LinkView& link) {
  const auto is_zero = [](std::string_view bytes) {
    return bytes.find_first_not_of('\0') == bytes.npos;
  };
  return link.trace_id.size() == 16 && link.span_id.size() == 8 &&
         !is_zero(link.trace_id) && !is_zero(link.span_id);
}

// A link that does not say what it is stands for a message consumed.
bool IsParent(const std::vector<AttributeView>& attributes) {
  const AnyValueView* type = FindAttribute(attributes, kReferenceType);
  return type == nullptr ||
         (type->kind == AnyValueView::Kind::kString && type->bytes == "parent");
}

}  // namespace

std::string LinksOf(const SpanView& span) {
  std::string text;
  JsonWriter json(text);
  json.BeginArray();
  for (const LinkView& link : span.links) {
    if (!NamesSpan(link)) continue;
    json.BeginObject();
    json.Key("trace_id").String(TraceId::FromBytes(link.trace_id).ToString());
    json.Key("id").String(EntityIdOf(link.span_id).ToString());
    const std::vector<AttributeView> attributes =
        MappedAttributes(link.message, kLinkAttributes);
    if (!attributes.empty()) {
      json.Key("attributes");
      WriteAttributes(attributes, json);
    }
    json.EndObject();
  }
  json.EndArray();
  return text == "[]" ? std::string() : text;
}

bool AppendLinks(const SpanView& span, uint32_t entity,
                 std::vector<ParentLink>& links) {
  bool any = false;
  size_t kept = 0;
  for (const LinkView& link : span.links) {
    if (!NamesSpan(link)) continue;
    any = true;
    if (kept == limits::kLinksPerSegmentMax ||
        !IsParent(MappedAttributes(link.message, kLinkAttributes))) {
      continue;
    }
    links.push_back({.entity = entity,
                     .trace = TraceId::FromBytes(link.trace_id),
                     .sender = EntityIdOf(link.span_id)});
    ++kept;
  }
  return any;
}

}  // namespace roentgen::storage

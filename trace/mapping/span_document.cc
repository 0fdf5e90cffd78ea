#include "trace/mapping/span_document.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/limits.h"
#include "trace/document/name_rules.h"
#include "trace/mapping/span_links.h"

namespace roentgen::storage {
namespace {

Flag FlagOf(bool on) { return on ? Flag::kTrue : Flag::kFalse; }

std::string_view Cut(std::string_view text) {
  return CutChars(text, limits::kStringCharsMax);
}

HttpView HttpViewOf(const HttpParts& http) {
  HttpView view{.method = Cut(http.method),
                .url = Cut(http.url),
                .user_agent = Cut(http.user_agent),
                .client_ip = Cut(http.client_ip)};
  const int64_t status = http.status.value_or(0);
  if (status >= 0 && status <= 999) view.status = static_cast<int32_t>(status);
  return view;
}

// What the service's segment and the call have in common.
EntityView& AddEntity(const SpanParts& parts, const MappedContext& context,
                      SegmentDocument& out) {
  EntityView& entity = out.entities.emplace_back();
  entity.start = parts.times.start;
  entity.end = parts.times.end;
  entity.error = FlagOf(parts.error);
  entity.fault = FlagOf(parts.fault);
  entity.throttle = FlagOf(parts.throttle);
  entity.cause_json = parts.cause_json;
  // The parser does not look whether an exception's stack is empty.
  entity.needs_edit = !parts.cause_json.empty();
  entity.has_sql = parts.has_sql;
  entity.aws.instance_id = context.aws.instance_id;
  entity.aws.availability_zone = context.aws.availability_zone;
  return entity;
}

// What only the document's own entity has.
void SetOwn(const SpanParts& parts, const MappedContext& context,
            EntityView& entity) {
  entity.parent_id = parts.parent_id;
  entity.origin = Cut(context.aws.origin);
  entity.user = Cut(parts.user);
}

void SetSpan(const SpanParts& parts, EntityView& entity) {
  entity.id = parts.id;
  entity.name = parts.name;
  entity.name_space = parts.name_space;
  if (parts.http.present) entity.http = HttpViewOf(parts.http);
  entity.aws.account_id = parts.aws.account_id;
  entity.aws.operation = parts.aws.operation;
  entity.aws.queue_url = parts.aws.queue_url;
  entity.aws.table_name = parts.aws.table_name;
  if (entity.name_space == Namespace::kAws &&
      !TargetOf(entity).resource.empty()) {
    entity.needs_edit = true;
  }
}

void AddAnnotations(const AnnotationList& list, uint32_t entity,
                    SegmentDocument& out) {
  const size_t first = out.annotations.size();
  out.annotations.resize(first + list.items().size());
  AnnotationPair* to = out.annotations.data() + first;
  for (const Annotation& a : list.items()) {
    *to++ = {.entity = entity,
             .number = a.number,
             .key = a.key,
             .value = AnnotationOf(*a.value)};
  }
}

void AddLinks(const SpanView& span, uint32_t entity, SegmentDocument& out) {
  if (AppendLinks(span, entity, out.links)) {
    out.entities[entity].needs_edit = true;
  }
}

}  // namespace

void FillDocument(const SpanView& span, const SpanParts& parts,
                  const MappedContext& context, SegmentDocument& out) {
  out.trace_id = parts.trace_id;
  out.span = true;
  out.independent_subsegment = parts.shape == SpanShape::kSubsegment;
  EntityView& own = AddEntity(parts, context, out);
  SetOwn(parts, context, own);
  if (parts.shape != SpanShape::kServiceAndCall) {
    SetSpan(parts, own);
    AddAnnotations(parts.annotations, 0, out);
    AddLinks(span, 0, out);
    return;
  }
  own.id = parts.service_id;
  own.name = parts.service_name;
  if (parts.http.present) own.http = HttpViewOf(parts.http);
  AddAnnotations(parts.service_annotations, 0, out);
  EntityView& call = AddEntity(parts, context, out);
  call.parent = 0;
  SetSpan(parts, call);
  AddAnnotations(parts.annotations, 1, out);
  AddLinks(span, 1, out);
}

}  // namespace roentgen::storage

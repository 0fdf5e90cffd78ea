// Which kind of span a segment or subsegment is.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_ENTITY_KIND_H_
#define ROENTGEN_TRACE_MAPPING_ENTITY_KIND_H_

#include "trace/document/segment_document.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

// A segment serves; a subsegment that stands for a call is a client; one that
// knows its client serves, too.
inline SpanKind KindOfEntity(const EntityView& entity, bool subsegment) {
  if (!subsegment) return SpanKind::kServer;
  if (entity.name_space != Namespace::kLocal) return SpanKind::kClient;
  return entity.http.client_ip.empty() ? SpanKind::kInternal
                                       : SpanKind::kServer;
}

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_ENTITY_KIND_H_

// Reads the `links` of a segment: which entities of other traces sent what it
// consumed.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_DOCUMENT_PARENT_LINKS_H_
#define ROENTGEN_TRACE_DOCUMENT_PARENT_LINKS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "trace/document/segment_document.h"

namespace roentgen::storage {

// Appends the links of entity number `entity` to `links`: at most
// limits::kLinksPerSegmentMax, in text order. Left out are invalid ones and
// those of another reference type than "parent". A link that gives no type
// counts as "parent": that is what span links of OpenTelemetry mean.
// `json` is a JSON array that was already checked.
void AppendParentLinks(std::string_view json, uint32_t entity,
                       std::vector<ParentLink>& links);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_DOCUMENT_PARENT_LINKS_H_

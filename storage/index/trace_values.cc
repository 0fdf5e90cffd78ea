#include "storage/index/trace_values.h"

#include <algorithm>
#include <cstdint>

namespace roentgen::storage {
namespace {

template <typename T>
void KeepDistinct(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

void AddText(std::string_view text, TraceValues::Texts& texts) {
  // Neighbours often say the same.
  if (text.empty() || (!texts.empty() && texts.back() == text)) return;
  texts.push_back(text);
}

// Of entities that count: a document may hold others.
void AddAnnotations(const Trace& trace, TraceValues& values) {
  std::vector<uint8_t> counts;
  for (size_t first = 0; first < trace.nodes.size();) {
    const uint32_t document = trace.nodes[first].document;
    const SegmentDocument& doc = trace.documents[document];
    counts.assign(doc.entities.size(), 0);
    for (;
         first < trace.nodes.size() && trace.nodes[first].document == document;
         ++first) {
      counts[trace.nodes[first].entity] = 1;
    }
    for (const AnnotationPair& pair : doc.annotations) {
      if (counts[pair.entity] != 0) {
        values.annotations.emplace_back(pair.key, pair.value);
      }
    }
  }
}

}  // namespace

TraceValues ValuesOf(const Trace& trace) {
  TraceValues values;
  for (uint32_t node = 0; node < trace.nodes.size(); ++node) {
    const EntityView& entity = trace.entity(node);
    AddText(entity.user, values.users);
    AddText(entity.resource_arn, values.resource_arns);
    AddText(entity.aws.instance_id, values.instance_ids);
    AddText(entity.aws.availability_zone, values.availability_zones);
  }
  AddAnnotations(trace, values);
  KeepDistinct(values.users);
  KeepDistinct(values.resource_arns);
  KeepDistinct(values.instance_ids);
  KeepDistinct(values.availability_zones);
  KeepDistinct(values.annotations);
  return values;
}

}  // namespace roentgen::storage

#include "query/eval/trace_annotations.h"

#include <algorithm>

namespace roentgen::query {
namespace {

using storage::AnnotationPair;

}  // namespace

void TraceAnnotations::Gather() {
  gathered_ = true;
  // Nodes come document by document: one document's entities are looked up at
  // a time. Entities that a later version replaced have no node.
  constexpr uint32_t kNone = UINT32_MAX;
  std::vector<uint32_t> node_of;
  for (uint32_t first = 0; first < trace_.nodes.size();) {
    const uint32_t document = trace_.nodes[first].document;
    const storage::SegmentDocument& doc = trace_.documents[document];
    node_of.assign(doc.entities.size(), kNone);
    for (; first < trace_.nodes.size() &&
           trace_.nodes[first].document == document;
         ++first) {
      node_of[trace_.nodes[first].entity] = first;
    }
    doc.ForEachAnnotation([&](const AnnotationPair& pair) {
      if (node_of[pair.entity] == kNone) return;
      entries_.push_back({.node = node_of[pair.entity], .pair = &pair});
    });
  }
  std::stable_sort(
      entries_.begin(), entries_.end(),
      [](const Entry& a, const Entry& b) { return a.node < b.node; });
}

bool TraceAnnotations::Any(uint32_t node, std::string_view key,
                           AnnotationValueTest is) {
  if (!gathered_) Gather();
  auto entry =
      std::lower_bound(entries_.begin(), entries_.end(), node,
                       [](const Entry& e, uint32_t n) { return e.node < n; });
  for (; entry != entries_.end() && entry->node == node; ++entry) {
    if (entry->pair->key == key && is(entry->pair->value)) return true;
  }
  return false;
}

}  // namespace roentgen::query

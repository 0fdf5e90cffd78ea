// What the spans of one resource and scope have in common as segments; made
// once, used for each of them.
//
// Threads: immutable once made.
#ifndef ROENTGEN_TRACE_MAPPING_MAPPED_CONTEXT_H_
#define ROENTGEN_TRACE_MAPPING_MAPPED_CONTEXT_H_

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "trace/document/segment_document.h"
#include "trace/mapping/annotation_list.h"
#include "trace/mapping/aws_resource.h"
#include "trace/mapping/stack_trace.h"
#include "trace/model/record.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

struct MappedContext {
  // What the views below point into.
  std::shared_ptr<const SpanContext> source;
  std::deque<std::string> strings;

  bool valid_text = true;
  // Never empty: the profile names services that do not name themselves.
  std::string_view service_name;
  bool unnamed = false;  // That name is the profile's.
  std::string_view service_version;
  StackLanguage language = StackLanguage::kOther;
  std::string_view scope_name;
  std::string_view scope_version;

  AwsResource aws;

  std::vector<AttributeView> resource_attributes;
  // Of the resource, keyed "otel.resource.<key>"; segments have them.
  AnnotationList annotations;
  // The same as documents have them.
  std::vector<AnnotationPair> annotation_pairs;
  std::vector<AttributeView> metadata;

  // Attributes that no annotation tells, for segments and for subsegments,
  // which have none of the resource.
  std::vector<AttributeElsewhere> elsewhere_in_segment;
  std::vector<AttributeElsewhere> elsewhere_in_subsegment;

  size_t memory_bytes = 0;  // Of all this, about.

  bool index_all = true;
  absl::flat_hash_set<std::string_view> indexed;

  bool IsIndexed(std::string_view key) const {
    return !indexed.empty() && indexed.contains(key);
  }
};

// Errors: DataLoss when its bytes do not read.
absl::StatusOr<std::shared_ptr<const MappedContext>> MapContext(
    std::shared_ptr<const SpanContext> context);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_MAPPED_CONTEXT_H_

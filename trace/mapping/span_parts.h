// What a span says as a segment, before it is written as JSON or seen as a
// document: both are made of this, so that they agree.
//
//   SpanMapper mapper;  // One per thread; keeps its buffers.
//   const SpanParts& parts = mapper.Map(span, notes, context,
//                                       SpanPlace::kInService,
//                                       Texts::kOmitted, out);
//
// Sources: the rules of the OpenTelemetry collector's X-Ray exporter, with the
// semantic conventions that came after it. Which spans are segments, and their
// names, go by services instead (docs/decisions/0033-segments-by-service.md).
//
// Threads: one thread at a time.
#ifndef ROENTGEN_TRACE_MAPPING_SPAN_PARTS_H_
#define ROENTGEN_TRACE_MAPPING_SPAN_PARTS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "trace/document/segment_document.h"
#include "trace/mapping/annotation_list.h"
#include "trace/mapping/attribute_notes.h"
#include "trace/mapping/attribute_slots.h"
#include "trace/mapping/mapped_context.h"
#include "trace/mapping/span_http.h"
#include "trace/model/ids.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

// Whether the JSON text of documents is made.
enum class Texts { kOmitted, kWanted };

// Where a span stands in its trace, as far as other records tell.
enum class SpanPlace : uint8_t {
  kInService,  // The span above it is here, and of the same service.
  kEntry,      // It is not: the span is the first of its service.
};

enum class SpanShape : uint8_t {
  kSegment,
  kSubsegment,  // An independent one.
  // A call that is the first of its service: the segment of the service, and in
  // it the subsegment that the span is.
  kServiceAndCall
};

// A span is a segment when it serves (SERVER, CONSUMER), has no parent, or is
// an entry. `local_root`: attribute aws.span.kind is "LOCAL_ROOT", which makes
// an entry of it.
SpanShape ShapeOf(const SpanView& span, bool local_root, SpanPlace place);

struct SpanTimes {
  Timestamp start;
  Timestamp end;
};
// An end that is missing or before the start is the start.
SpanTimes TimesOf(const SpanView& span);

// Members of `aws` that the span gives.
struct AwsParts {
  std::string_view account_id;
  std::string_view operation;
  std::string_view region;
  std::string_view request_id;
  std::string_view queue_url;
  std::string_view table_name;
};

struct SpanParts {
  SpanPlace place = SpanPlace::kInService;
  SpanShape shape = SpanShape::kSegment;
  TraceId trace_id;
  EntityId id;  // The span's.
  std::optional<EntityId> parent_id;
  SpanTimes times;
  std::string_view name;
  Namespace name_space = Namespace::kLocal;
  // The span says what it calls: `name` is not just the span's own.
  bool names_callee = false;
  bool error = false;
  bool fault = false;
  bool throttle = false;
  HttpParts http;
  AwsParts aws;  // Nothing when the context has no `aws`.
  bool has_sql = false;
  std::string_view user;
  std::string_view cause_json;  // Empty: none.
  AnnotationList annotations;   // Of the entity with the span's id.

  // Of kServiceAndCall.
  EntityId service_id;
  std::string_view service_name;
  AnnotationList service_annotations;

  // Attributes of the span that no annotation tells.
  std::vector<AttributeElsewhere> elsewhere;
  // Some annotation took the place of another, maybe of the resource.
  bool overwritten = false;
  // The context's annotations are not in the lists: they hold unchanged.
  bool shares_annotations = false;

  // With Texts::kWanted: attributes that are no annotations, and those of
  // which no block came.
  std::vector<AttributeView> metadata;
  std::vector<AttributeView> left_over;
};

class SpanMapper {
 public:
  // `span` is valid: its ids have their lengths; `notes` are those on its
  // attributes. The result lives until the next call; it points into `span`,
  // `context` and `owner`.
  const SpanParts& Map(const SpanView& span,
                       std::span<const AttributeNotes> notes,
                       const MappedContext& context, SpanPlace place,
                       Texts texts, SegmentDocument& owner);
  // Of the last span.
  const AttributeSlots& slots() const { return slots_; }
  const SpanParts& parts() const { return parts_; }

 private:
  void MapIdentity(const SpanView& span, const MappedContext& context,
                   SpanPlace place, SegmentDocument& owner);
  void MapOutcome(const SpanView& span);
  void MapAws();
  void MapAttributes(const SpanView& span,
                     std::span<const AttributeNotes> notes,
                     const MappedContext& context, Texts texts,
                     SegmentDocument& owner);
  void Annotate(const AttributeView& attribute, const AttributeNotes& notes,
                SegmentDocument& owner);
  bool IsUsedUp(KnownKey known, const AnyValueView& value,
                const MappedContext& context) const;
  bool IsAskedFor(std::string_view key) const;

  AttributeSlots slots_;
  SpanParts parts_;
  bool status_text_used_ = false;
  // What aws.xray.annotations names.
  std::vector<AnyValueView> asked_for_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_SPAN_PARTS_H_

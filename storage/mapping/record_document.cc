#include "storage/mapping/record_document.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/document/document_parser.h"
#include "storage/mapping/context_cache.h"
#include "storage/mapping/made_ids.h"
#include "storage/mapping/span_document.h"
#include "storage/mapping/span_json.h"

namespace roentgen::storage {
namespace {

// Documents of spans are as long as they are; those of clients were held
// against the limit when they came.
constexpr size_t kAnySize = std::numeric_limits<size_t>::max();

bool HasValidIds(const SpanView& span) {
  return span.trace_id.size() == 16 && span.span_id.size() == 8 &&
         (span.parent_span_id.empty() || span.parent_span_id.size() == 8);
}

// As the mapping looks for it: in the attributes that it looks at.
bool IsLocalRootSpan(const SpanView& span) {
  const size_t count =
      std::min(span.attributes.size(), limits::kMappedAttributesMax);
  for (size_t i = count; i > 0; --i) {
    const AttributeView& a = span.attributes[i - 1];
    if (a.key != "aws.span.kind") continue;
    return a.value.kind == AnyValueView::Kind::kString &&
           a.value.bytes == "LOCAL_ROOT";
  }
  return false;
}

}  // namespace

struct RecordDocuments::State {
  DocumentParser parser;
  ContextCache contexts;
  SpanMapper mapper;
  SpanView span;
  // Keeps the strings of a span of which only the text is wanted.
  SegmentDocument scratch;

  absl::Status Parse(std::string_view text, SegmentDocument& out) {
    if (auto fault = parser.Parse(text, out, kAnySize)) {
      return absl::DataLossError("a stored document does not parse: " +
                                 fault->Message());
    }
    return absl::OkStatus();
  }

  absl::Status ReadSpanRecord(const StoredRecord& record, Texts texts,
                              SegmentDocument& out);
  // By way of the document's text.
  absl::Status ReadText(std::string_view bytes, const MappedContext& context,
                        SegmentDocument& out);
};

absl::Status RecordDocuments::State::ReadSpanRecord(const StoredRecord& record,
                                                    Texts texts,
                                                    SegmentDocument& out) {
  out.Clear();
  RTG_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedContext> context,
                       contexts.Get(record.context));
  const std::string_view bytes = out.Own(record.document);
  if (!ReadSpan(bytes, span) || !HasValidIds(span)) {
    return absl::DataLossError("a stored span does not read");
  }
  // Texts that are not UTF-8 are mended when they are written.
  if (texts == Texts::kOmitted && span.valid_text && context->valid_text) {
    FillDocument(span, mapper.Map(span, *context, texts, out), *context, out);
  } else {
    RTG_RETURN_IF_ERROR(ReadText(record.document, *context, out));
  }
  // Views may point into the mapped context, which holds the other.
  out.context = {context, context->source.get()};
  return absl::OkStatus();
}

absl::Status RecordDocuments::State::ReadText(std::string_view bytes,
                                              const MappedContext& context,
                                              SegmentDocument& out) {
  scratch.Clear();
  ReadSpan(bytes, span);
  const SpanParts& parts = mapper.Map(span, context, Texts::kWanted, scratch);
  RTG_RETURN_IF_ERROR(
      Parse(SegmentJson(span, bytes, mapper.slots(), parts, context), out));
  out.span = true;
  return absl::OkStatus();
}

RecordDocuments::RecordDocuments() : state_(std::make_unique<State>()) {}
RecordDocuments::~RecordDocuments() = default;
RecordDocuments::RecordDocuments(RecordDocuments&&) noexcept = default;
RecordDocuments& RecordDocuments::operator=(RecordDocuments&&) noexcept =
    default;

absl::Status RecordDocuments::Read(const StoredRecord& record, Texts texts,
                                   SegmentDocument& out) {
  switch (record.format) {
    case RecordFormat::kXrayJson:
      return state_->Parse(record.document, out);
    case RecordFormat::kOtlpSpan:
      return state_->ReadSpanRecord(record, texts, out);
  }
  return absl::DataLossError("a record of an unknown format");
}

RecordFacts SpanFacts(const TraceId& trace_id, const SpanView& span) {
  const SpanShape shape = ShapeOf(span, IsLocalRootSpan(span));
  const SpanTimes times = TimesOf(span);
  RecordFacts facts{.independent_subsegment = shape == SpanShape::kSubsegment,
                    .span = true,
                    .entities = {{.id = EntityIdOf(span.span_id),
                                  .parent = -1,
                                  .start = times.start,
                                  .end = times.end,
                                  .complete = true}}};
  if (shape == SpanShape::kServiceAndCall) {
    EntityFact call = facts.entities.front();
    call.parent = 0;
    facts.entities.front().id = ServiceSegmentId(trace_id, call.id);
    facts.entities.push_back(call);
  }
  return facts;
}

}  // namespace roentgen::storage

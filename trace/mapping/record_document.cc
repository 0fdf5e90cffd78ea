#include "trace/mapping/record_document.h"

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/status_macros.h"
#include "base/wire.h"
#include "trace/document/document_parser.h"
#include "trace/mapping/context_cache.h"
#include "trace/mapping/made_ids.h"
#include "trace/mapping/span_document.h"
#include "trace/mapping/span_json.h"
#include "trace/span/value_code.h"

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

SpanStatuses StatusBit(uint64_t code) {
  if (code == kStatusError) return kErrorStatuses;
  return code == kStatusOk ? kOkStatuses : kUnsetStatuses;
}

}  // namespace

struct RecordDocuments::State {
  DocumentParser parser;
  ContextCache contexts;
  SpanMapper mapper;
  SpanView span;
  std::vector<AttributeNotes> notes;  // On the attributes of `span`.
  std::string ids;                    // Of a span in parts.
  std::vector<AttributeView> attributes;
  // Keeps the strings of a span of which only the text is wanted.
  SegmentDocument scratch;

  absl::Status Parse(std::string_view text, SegmentDocument& out) {
    if (auto fault = parser.Parse(text, out, kAnySize)) {
      return absl::DataLossError("a stored document does not parse: " +
                                 fault->Message());
    }
    // Room for entities that did not come is as large as the rest.
    out.entities.shrink_to_fit();
    return absl::OkStatus();
  }

  // Attributes that an index must look for elsewhere than among the annotations
  // of the document.
  void FillElsewhere(const SpanParts& parts,
                     const std::shared_ptr<const MappedContext>& context,
                     SegmentDocument& out);
  absl::Status ReadSpanRecord(const StoredRecord& record, SpanPlace place,
                              Texts texts, SegmentDocument& out);
  absl::StatusOr<bool> ReadParts(const SpanInParts& parts, SpanPlace place,
                                 SegmentDocument& out);
  // Of `span`, whose attributes are looked up.
  void MakeNotes();
  void MapWithoutTexts(const std::shared_ptr<const MappedContext>& context,
                       SpanPlace place, SegmentDocument& out);
  void SetIdentity(const std::shared_ptr<const MappedContext>& context,
                   SegmentDocument& out) const;
  // By way of the document's text.
  absl::Status ReadText(std::string_view bytes, const MappedContext& context,
                        SpanPlace place, SegmentDocument& out);
};

absl::Status RecordDocuments::State::ReadSpanRecord(const StoredRecord& record,
                                                    SpanPlace place,
                                                    Texts texts,
                                                    SegmentDocument& out) {
  out.Clear();
  RTG_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedContext> context,
                       contexts.Get(record.context));
  const std::string_view bytes = texts == Texts::kOmitted
                                     ? out.OwnSource(record.document)
                                     : std::string_view(record.document);
  if (!ReadSpan(bytes, span) || !HasValidIds(span)) {
    return absl::DataLossError("a stored span does not read");
  }
  // Texts that are not UTF-8 are mended when they are written.
  if (texts == Texts::kOmitted && span.valid_text && context->valid_text) {
    MakeNotes();
    MapWithoutTexts(context, place, out);
    SetIdentity(context, out);
    return absl::OkStatus();
  }
  RTG_RETURN_IF_ERROR(ReadText(record.document, *context, place, out));
  SetIdentity(context, out);
  // `out` does not have the span's bytes.
  out.identity.name = out.Own(std::string(out.identity.name));
  out.identity.peer = out.Own(std::string(out.identity.peer));
  return absl::OkStatus();
}

absl::StatusOr<bool> RecordDocuments::State::ReadParts(const SpanInParts& parts,
                                                       SpanPlace place,
                                                       SegmentDocument& out) {
  out.Clear();
  RTG_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedContext> context,
                       contexts.Get(parts.context));
  ids.clear();
  ids += parts.trace_id.AsBytes();
  AppendBigEndian(parts.id.value, ids);
  AppendBigEndian(parts.parent_id.value_or(EntityId()).value, ids);
  const std::string_view all = ids;
  span.Clear();
  span.trace_id = all.substr(0, 16);
  span.span_id = all.substr(16, 8);
  if (parts.parent_id) span.parent_span_id = all.substr(24, 8);
  span.start_ns = parts.start_ns;
  span.end_ns = parts.end_ns;
  notes.clear();
  for (const NotedField* noted : parts.fields) {
    if (!AddSpanField(noted->field, span)) {
      return absl::DataLossError("a stored span does not read");
    }
    if (noted->field.is_attribute) notes.push_back(noted->notes);
  }
  if (!span.valid_text || !context->valid_text) return false;
  MapWithoutTexts(context, place, out);
  SetIdentity(context, out);
  return true;
}

void RecordDocuments::State::MapWithoutTexts(
    const std::shared_ptr<const MappedContext>& context, SpanPlace place,
    SegmentDocument& out) {
  const SpanParts& parts =
      mapper.Map(span, notes, *context, place, Texts::kOmitted, out);
  FillDocument(span, parts, *context, out);
  FillElsewhere(parts, context, out);
  if (parts.shares_annotations && !context->annotation_pairs.empty()) {
    out.context_annotations = {context, &context->annotation_pairs};
  }
}

void RecordDocuments::State::MakeNotes() {
  notes.clear();
  for (const AttributeView& a : span.attributes) {
    notes.push_back(NotesOn(a));
  }
}

void RecordDocuments::State::SetIdentity(
    const std::shared_ptr<const MappedContext>& context,
    SegmentDocument& out) const {
  // Views may point into the mapped context, which holds the other.
  out.context = {context, context->source.get()};
  out.entry = mapper.parts().place == SpanPlace::kEntry;
  out.identity = {.id = EntityIdOf(span.span_id),
                  .service = context->service_name,
                  .unnamed = context->unnamed,
                  .name = span.name,
                  .peer = mapper.slots().Text(KnownKey::kPeerService,
                                              KnownKey::kServicePeerName),
                  .kind = span.kind,
                  .failed = span.status_code == kStatusError,
                  .status = StatusBit(span.status_code),
                  .names_callee = mapper.parts().names_callee};
}

void RecordDocuments::State::FillElsewhere(
    const SpanParts& parts, const std::shared_ptr<const MappedContext>& context,
    SegmentDocument& out) {
  out.attributes_elsewhere.assign(parts.elsewhere.begin(),
                                  parts.elsewhere.end());
  const bool told = parts.shape != SpanShape::kSubsegment && !parts.overwritten;
  const std::vector<AttributeElsewhere>& shared =
      told ? context->elsewhere_in_segment : context->elsewhere_in_subsegment;
  if (!shared.empty()) out.context_elsewhere = {context, &shared};
  const auto add = [&](std::string_view message, uint32_t field) {
    attributes.clear();
    ReadAttributes(message, field, attributes);
    for (const AttributeView& a : attributes) {
      out.attributes_elsewhere.push_back(
          {.key = a.key, .value_code = CodeOfValue(a.value)});
    }
  };
  for (const EventView& event : span.events) add(event.message, 3);
  for (const LinkView& link : span.links) add(link.message, 4);
  const auto add_member = [&](std::string_view key, std::string_view text) {
    if (text.empty()) return;
    for (const uint64_t code :
         {CodeOfText(text),
          CodeOfText(MemberOfService(context->service_name, text))}) {
      out.attributes_elsewhere.push_back({.key = key, .value_code = code});
    }
  };
  for (const EventView& event : span.events) {
    add_member(kEventMember, event.name);
  }
  add_member(kTraceStateMember, span.trace_state);
  add_member(kStatusTextMember, span.status_message);
}

absl::Status RecordDocuments::State::ReadText(std::string_view bytes,
                                              const MappedContext& context,
                                              SpanPlace place,
                                              SegmentDocument& out) {
  scratch.Clear();
  ReadSpan(bytes, span);
  MakeNotes();
  const SpanParts& parts =
      mapper.Map(span, notes, context, place, Texts::kWanted, scratch);
  RTG_RETURN_IF_ERROR(
      Parse(SegmentJson(span, bytes, mapper.slots(), parts, context), out));
  out.span = true;
  // What no annotation tells is not known of it.
  out.attributes_left_out = true;
  return absl::OkStatus();
}

RecordDocuments::RecordDocuments() : state_(std::make_unique<State>()) {}
RecordDocuments::~RecordDocuments() = default;
RecordDocuments::RecordDocuments(RecordDocuments&&) noexcept = default;
RecordDocuments& RecordDocuments::operator=(RecordDocuments&&) noexcept =
    default;

absl::Status RecordDocuments::Read(const StoredRecord& record, SpanPlace place,
                                   Texts texts, SegmentDocument& out) {
  switch (record.format) {
    case RecordFormat::kXrayJson:
      return state_->Parse(record.document, out);
    case RecordFormat::kOtlpSpan:
      return state_->ReadSpanRecord(record, place, texts, out);
  }
  return absl::DataLossError("a record of an unknown format");
}

absl::StatusOr<bool> RecordDocuments::ReadParts(const SpanInParts& span,
                                                SpanPlace place,
                                                SegmentDocument& out) {
  return state_->ReadParts(span, place, out);
}

size_t RecordDocuments::mapped_bytes() const {
  return state_->contexts.mapped_bytes();
}

RecordFacts SpanFacts(const TraceId& trace_id, const SpanView& span,
                      std::string_view service) {
  const SpanShape shape =
      ShapeOf(span, IsLocalRootSpan(span), SpanPlace::kInService);
  const SpanTimes times = TimesOf(span);
  RecordFacts facts{.independent_subsegment = shape == SpanShape::kSubsegment,
                    .span = true,
                    .print = PrintOfSpan(span.kind, service),
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

#include "trace/document/segment_document.h"

#include <cstring>

namespace roentgen::storage {

RecordFacts SegmentDocument::Facts() const {
  RecordFacts facts;
  facts.independent_subsegment = independent_subsegment;
  facts.span = span;
  if (span) {
    facts.print =
        PrintOfSpan(identity.kind,
                    identity.unnamed ? std::string_view() : identity.service);
  }
  facts.entities.reserve(entities.size());
  for (const EntityView& e : entities) {
    facts.entities.push_back({.id = e.id,
                              .parent = e.parent,
                              .start = e.start,
                              .end = e.end,
                              .complete = !e.in_progress});
  }
  return facts;
}

char* SegmentDocument::SourceBuffer(size_t bytes) {
  if (padded_capacity_ < bytes) {
    padded_ = std::make_unique_for_overwrite<char[]>(bytes);
    padded_capacity_ = bytes;
  }
  return padded_.get();
}

std::string_view SegmentDocument::OwnSource(std::string_view source) {
  char* const copy = SourceBuffer(source.size());
  if (!source.empty()) std::memcpy(copy, source.data(), source.size());
  return {copy, source.size()};
}

size_t SegmentDocument::MemoryBytes() const {
  return sizeof(*this) + padded_capacity_ + strings_.MemoryBytes() +
         entities.capacity() * sizeof(EntityView) +
         annotations.capacity() * sizeof(AnnotationPair) +
         attributes_elsewhere.capacity() * sizeof(AttributeElsewhere) +
         links.capacity() * sizeof(ParentLink);
}

void SegmentDocument::LeaveOutAttributes() {
  // Assigning {} would keep the memory.
  annotations = std::vector<AnnotationPair>();
  attributes_elsewhere = std::vector<AttributeElsewhere>();
  attributes_left_out = true;
}

void SegmentDocument::Clear() {
  trace_id = {};
  independent_subsegment = false;
  entry = false;
  span = false;
  context = nullptr;
  identity = {};
  attributes_elsewhere.clear();
  context_elsewhere = nullptr;
  entities.clear();
  annotations.clear();
  context_annotations = nullptr;
  attributes_left_out = false;
  links.clear();
  strings_.Clear();
}

Outcome OutcomeOf(const EntityView& e) {
  const int status = e.http.status;
  Outcome out;
  out.throttle = e.throttle == Flag::kTrue || status == 429;
  out.fault = e.fault == Flag::kTrue || (status >= 500 && status <= 599);
  out.error = !out.throttle &&
              (e.error == Flag::kTrue || (status >= 400 && status <= 499));
  return out;
}

InferredFlags InferredFlagsOf(const EntityView& call) {
  InferredFlags flags{
      .error = call.error, .fault = call.fault, .throttle = call.throttle};
  const int status = call.http.status;
  if (status == 0) return flags;
  const auto decide = [](Flag& flag, bool on) {
    if (on) {
      flag = Flag::kTrue;
    } else if (flag == Flag::kTrue) {
      flag = Flag::kAbsent;
    }
  };
  decide(flags.error, status >= 400 && status <= 499);
  decide(flags.fault, status >= 500 && status <= 599);
  return flags;
}

Outcome InferredOutcomeOf(const EntityView& call) {
  EntityView inferred;
  const InferredFlags flags = InferredFlagsOf(call);
  inferred.error = flags.error;
  inferred.fault = flags.fault;
  inferred.throttle = flags.throttle;
  inferred.http.status = call.http.status;
  return OutcomeOf(inferred);
}

}  // namespace roentgen::storage

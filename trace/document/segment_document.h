// A segment document, parsed: what validation, assembly, summaries and the
// index need of it. The text itself stays the truth.
//
// Format: AWS X-Ray segment documents (the X-Ray Developer Guide).
//
// Threads: plain data; one thread at a time.
#ifndef ROENTGEN_TRACE_DOCUMENT_SEGMENT_DOCUMENT_H_
#define ROENTGEN_TRACE_DOCUMENT_SEGMENT_DOCUMENT_H_

#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/timestamp.h"
#include "trace/model/exact_number.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"
#include "trace/model/span_member.h"

namespace roentgen::storage {

// What kind of downstream call a subsegment is.
enum class Namespace : uint8_t { kLocal, kAws, kRemote };

// A flag as written: absent is not the same as false (8.2 of the outcome
// rules: an explicit false does not hide a 4xx or 5xx status).
enum class Flag : uint8_t { kAbsent, kFalse, kTrue };

struct HttpView {
  std::string_view method;
  std::string_view url;
  std::string_view user_agent;
  std::string_view client_ip;
  int32_t status = 0;
};

// Members of `aws` that name resources, accounts and hosts.
struct AwsView {
  std::string_view operation;
  std::string_view account_id;
  std::string_view table_name;
  std::string_view bucket_name;
  std::string_view queue_url;
  std::string_view topic_arn;
  std::string_view function_name;
  std::string_view instance_id;
  std::string_view availability_zone;
};

// A segment or subsegment. Views point into the owning SegmentDocument.
struct EntityView {
  int32_t parent = -1;  // Index of the enclosing entity; -1 for the first.
  EntityId id;
  std::optional<EntityId> parent_id;
  // As in the processed document: stripped, cut, AWS services in canonical
  // casing.
  std::string_view name;
  Timestamp start;
  Timestamp end;  // Equal to `start` while in progress.
  bool in_progress = false;
  Namespace name_space = Namespace::kLocal;
  Flag error = Flag::kAbsent;
  Flag throttle = Flag::kAbsent;
  Flag fault = Flag::kAbsent;
  HttpView http;
  AwsView aws;
  std::string_view user;
  std::string_view origin;
  std::string_view resource_arn;
  bool has_sql = false;
  // JSON text of blocks that are looked into later; empty when absent, and,
  // but for the cause, in documents made of a span without their texts.
  std::string_view http_json;
  std::string_view aws_json;
  std::string_view sql_json;
  // An object, or a string that is the id of an exception of another entity.
  std::string_view cause_json;
  // JSON text of the whole entity.
  std::string_view json;
  // The processed form of this entity differs from its text.
  bool needs_edit = false;
};

using AnnotationView = std::variant<bool, ExactNumber, std::string_view>;

struct AnnotationPair {
  uint32_t entity = 0;  // Index into `entities`.
  // Pairs with the same number have the same key and value, in documents that
  // one reader made of spans in parts; 0 for no number.
  uint32_t number = 0;
  std::string_view key;
  AnnotationView value;
};

// An attribute of a span that no annotation of its name tells.
struct AttributeElsewhere {
  std::string_view key;
  uint64_t value_code = 0;  // trace/span/value_code.h.
  uint32_t number = 0;      // As AnnotationPair has it.
};

// An entity consumed what that entity of that trace produced (`links` with
// reference type "parent").
struct ParentLink {
  uint32_t entity = 0;  // Index into `entities`.
  TraceId trace;
  EntityId sender;

  friend bool operator==(const ParentLink&, const ParentLink&) = default;
};

// What OpenTelemetry calls a span that a document is made of.
struct SpanIdentity {
  EntityId id;
  std::string_view service;  // A made one where the resource names none.
  bool unnamed = false;      // It is a made one.
  std::string_view name;
  std::string_view peer;  // The service of the other side; empty: not named.
  uint64_t kind = 0;      // As in the span.
  bool failed = false;    // Its status is an error.
  SpanStatuses status = kUnsetStatuses;  // The bit of it.
  // The subsegment that it is has the name of what it calls.
  bool names_callee = false;
};

// Texts at addresses that stay, also when the store is moved. Costs nothing
// while it is empty, as most are.
class TextStore {
 public:
  std::string_view Add(std::string text) {
    texts_.push_front(std::move(text));
    return texts_.front();
  }
  void Clear() { texts_.clear(); }
  size_t MemoryBytes() const {
    size_t bytes = 0;
    for (const std::string& text : texts_) {
      bytes += sizeof(void*) + sizeof(text) + text.capacity();
    }
    return bytes;
  }

 private:
  std::forward_list<std::string> texts_;
};

class SegmentDocument {
 public:
  SegmentDocument() = default;
  SegmentDocument(SegmentDocument&&) = default;
  SegmentDocument& operator=(SegmentDocument&&) = default;
  SegmentDocument(const SegmentDocument&) = delete;
  SegmentDocument& operator=(const SegmentDocument&) = delete;

  TraceId trace_id;
  bool independent_subsegment = false;
  // Made of a span. Its context is kept alive: views may point into it.
  bool span = false;
  // Made of a span that is the first of its service here, which the records
  // around it tell.
  bool entry = false;
  std::shared_ptr<const SpanContext> context;
  SpanIdentity identity;
  // Attributes of the span, its events and its links that are not told by an
  // annotation of their name. Without texts only.
  std::vector<AttributeElsewhere> attributes_elsewhere;
  // Likewise of its resource and scope. Null: none.
  std::shared_ptr<const std::vector<AttributeElsewhere>> context_elsewhere;
  // Pre-order: the document's own entity first, children in text order.
  std::vector<EntityView> entities;
  std::vector<AnnotationPair> annotations;
  // Those that it shares with other documents of its context, before the ones
  // above; of the document's own entity. Null: none.
  std::shared_ptr<const std::vector<AnnotationPair>> context_annotations;
  // What is said of attributes in these lists was left out, for want of room:
  // the document may have any.
  bool attributes_left_out = false;
  // Which of them are kept: parent_links.h.
  std::vector<ParentLink> links;

  const EntityView& root() const { return entities.front(); }
  // All annotations, in order.
  template <typename Fn>
  void ForEachAnnotation(Fn fn) const {
    if (context_annotations != nullptr) {
      for (const AnnotationPair& pair : *context_annotations) fn(pair);
    }
    for (const AnnotationPair& pair : annotations) fn(pair);
  }
  RecordFacts Facts() const;
  // About, without what it shares with others.
  size_t MemoryBytes() const;

  // Annotations and attributes elsewhere that it lists itself.
  size_t attributes() const {
    return annotations.size() + attributes_elsewhere.size();
  }
  // Gives back what those took.
  void LeaveOutAttributes();

  // Empty again; buffers stay.
  void Clear();
  // Keeps a text that views are to point into.
  std::string_view Own(std::string text) {
    return strings_.Add(std::move(text));
  }
  // Likewise, a copy of what the document is made of, at most once between two
  // calls of Clear: the buffer is used again.
  std::string_view OwnSource(std::string_view source);

 private:
  friend class DocumentParser;

  // Room for so many bytes; what was in it is gone.
  char* SourceBuffer(size_t bytes);

  // The text with the slack bytes that simdjson reads past the end, or the
  // span. Its address stays when the document is moved.
  std::unique_ptr<char[]> padded_;
  size_t padded_capacity_ = 0;
  // Strings that had to be unescaped or normalised.
  TextStore strings_;
};

// True where the outcome rules say so: throttle, then fault, then error.
struct Outcome {
  bool throttle = false;
  bool fault = false;
  bool error = false;
};
Outcome OutcomeOf(const EntityView& entity);

// Flags of the segment that is inferred from a call. Where the call has an HTTP
// status that decides, as AWS does it: what the caller made of the answer is
// the caller's. Of what AWS leaves out, an explicit false stays.
struct InferredFlags {
  Flag error = Flag::kAbsent;
  Flag fault = Flag::kAbsent;
  Flag throttle = Flag::kAbsent;
};
InferredFlags InferredFlagsOf(const EntityView& call);
Outcome InferredOutcomeOf(const EntityView& call);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_DOCUMENT_SEGMENT_DOCUMENT_H_

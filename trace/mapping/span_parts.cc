#include "trace/mapping/span_parts.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/limits.h"
#include "trace/mapping/made_ids.h"
#include "trace/mapping/span_cause.h"
#include "trace/mapping/span_name.h"
#include "trace/mapping/span_sql.h"

namespace roentgen::storage {
namespace {

using Kind = AnyValueView::Kind;

Timestamp TimeOf(uint64_t ns) {
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  return {static_cast<int64_t>(std::min(ns, kMax))};
}

// What the segment of the service has nothing to do with.
bool IsOfCallOnly(KnownKey key) {
  return key == KnownKey::kAwsRemoteService ||
         key == KnownKey::kAwsRemoteOperation ||
         key == KnownKey::kRemoteTarget || key == KnownKey::kRemoteNamespace;
}

// The only table of several that a call names.
std::string_view OnlyTable(const AttributeSlots& slots) {
  const AnyValueView* value = slots.Find(KnownKey::kDynamoTableNames);
  if (value == nullptr || value->kind != Kind::kArray) return {};
  std::vector<AnyValueView> names;
  ReadArray(value->bytes, names);
  return names.size() == 1 && names[0].kind == Kind::kString
             ? names[0].bytes
             : std::string_view();
}

// Whether some annotation of the span may take the place of a resource's.
bool NamesResource(const SpanView& span) {
  constexpr std::string_view kPrefix = "otel.resource.";
  return std::any_of(span.attributes.begin(), span.attributes.end(),
                     [&](const AttributeView& a) {
                       return a.key.substr(0, kPrefix.size()) == kPrefix;
                     });
}

AttributeElsewhere ElsewhereOf(const AttributeView& attribute,
                               const AttributeNotes& notes) {
  return {.key = attribute.key,
          .value_code = notes.value_code,
          .number = notes.number};
}

}  // namespace

SpanShape ShapeOf(const SpanView& span, bool local_root, SpanPlace place) {
  const SpanKind kind = KindOf(span);
  if (kind == SpanKind::kServer || kind == SpanKind::kConsumer) {
    return SpanShape::kSegment;
  }
  if (HasParent(span) && !local_root && place == SpanPlace::kInService) {
    return SpanShape::kSubsegment;
  }
  const bool call = kind == SpanKind::kClient || kind == SpanKind::kProducer;
  // Application Signals marks calls whatever their kind.
  const bool told = local_root && kind == SpanKind::kUnspecified;
  return call || told ? SpanShape::kServiceAndCall : SpanShape::kSegment;
}

SpanTimes TimesOf(const SpanView& span) {
  const Timestamp start = TimeOf(span.start_ns);
  return {.start = start, .end = std::max(start, TimeOf(span.end_ns))};
}

const SpanParts& SpanMapper::Map(const SpanView& span,
                                 std::span<const AttributeNotes> notes,
                                 const MappedContext& context, SpanPlace place,
                                 Texts texts, SegmentDocument& owner) {
  slots_.Read(span, notes);
  MapIdentity(span, context, place, owner);
  parts_.http = HttpOf(slots_, KindOf(span) == SpanKind::kServer, owner);
  MapOutcome(span);
  std::string cause = CauseOf(span, slots_, context.language);
  parts_.cause_json = {};
  if (!cause.empty()) parts_.cause_json = owner.Own(std::move(cause));
  parts_.aws = {};
  if (context.aws.is_aws) MapAws();
  if (parts_.aws.account_id.empty()) {
    parts_.aws.account_id = context.aws.account_id;
  }
  parts_.has_sql = IsSql(slots_);
  parts_.user = slots_.Text(KnownKey::kEnduserId, KnownKey::kUserId);
  MapAttributes(span, notes, context, texts, owner);
  return parts_;
}

void SpanMapper::MapIdentity(const SpanView& span, const MappedContext& context,
                             SpanPlace place, SegmentDocument& owner) {
  parts_.place = place;
  parts_.shape = ShapeOf(span, IsLocalRoot(slots_), place);
  parts_.trace_id = TraceIdOf(span);
  parts_.id = EntityIdOf(span.span_id);
  parts_.parent_id = std::nullopt;
  if (HasParent(span)) parts_.parent_id = EntityIdOf(span.parent_span_id);
  parts_.times = TimesOf(span);
  parts_.name_space = Namespace::kLocal;
  parts_.names_callee = false;
  if (parts_.shape == SpanShape::kSegment) {
    parts_.name = SegmentNameOf(slots_, context, owner);
    return;
  }
  parts_.name_space = NamespaceOf(span, slots_);
  const bool split = parts_.shape == SpanShape::kServiceAndCall;
  if (split && parts_.name_space == Namespace::kLocal) {
    parts_.name_space = Namespace::kRemote;
  }
  const SubsegmentName name =
      SubsegmentNameOf(span, slots_, parts_.name_space, owner);
  parts_.name = name.name;
  parts_.names_callee = name.known;
  if (!split) return;
  parts_.service_id = ServiceSegmentId(parts_.trace_id, parts_.id);
  parts_.service_name = SegmentNameOf(slots_, context, owner);
}

void SpanMapper::MapOutcome(const SpanView& span) {
  const int64_t code = HttpStatusOf(slots_).value_or(0);
  parts_.throttle = code == 429;
  parts_.error = code >= 400 && code <= 499;
  parts_.fault = (code >= 500 && code <= 599) ||
                 (!parts_.error && span.status_code == kStatusError);
  status_text_used_ =
      span.status_code == kStatusError && !HasExceptionEvents(span, slots_);
}

void SpanMapper::MapAws() {
  AwsParts& aws = parts_.aws;
  aws.account_id = slots_.Text(KnownKey::kAwsAccountId);
  aws.operation = slots_.Text(KnownKey::kAwsOperation);
  if (aws.operation.empty()) {
    // "S3/PutObject" of newer instrumentation.
    const std::string_view method = slots_.Text(KnownKey::kRpcMethod);
    aws.operation = IsAwsCall(slots_)
                        ? method.substr(method.find_last_of('/') + 1)
                        : method;
  }
  aws.region = slots_.Text(KnownKey::kAwsRegion);
  aws.request_id =
      slots_.Text(KnownKey::kAwsRequestId, KnownKey::kAwsRequestIdOld);
  aws.queue_url = slots_.Text(KnownKey::kMessagingUrl);
  if (aws.queue_url.empty()) {
    aws.queue_url =
        slots_.Text(KnownKey::kAwsQueueUrl, KnownKey::kAwsQueueUrlNew);
  }
  if (aws.queue_url.empty()) {
    aws.queue_url = slots_.Text(KnownKey::kAwsSqsQueueUrl);
  }
  aws.table_name = OnlyTable(slots_);
  if (aws.table_name.empty()) {
    aws.table_name =
        slots_.Text(KnownKey::kAwsTableName, KnownKey::kAwsTableNameNew);
  }
}

void SpanMapper::MapAttributes(const SpanView& span,
                               std::span<const AttributeNotes> notes,
                               const MappedContext& context, Texts texts,
                               SegmentDocument& owner) {
  const bool split = parts_.shape == SpanShape::kServiceAndCall;
  parts_.annotations.Clear();
  parts_.service_annotations.Clear();
  parts_.shares_annotations = texts == Texts::kOmitted &&
                              parts_.shape != SpanShape::kSubsegment &&
                              !NamesResource(span);
  if (!parts_.shares_annotations && parts_.shape == SpanShape::kSegment) {
    parts_.annotations.Assign(context.annotations);
  }
  if (!parts_.shares_annotations && split) {
    parts_.service_annotations.Assign(context.annotations);
  }
  parts_.elsewhere.clear();
  parts_.overwritten = false;
  parts_.metadata.clear();
  parts_.left_over.clear();
  asked_for_.clear();
  const AnyValueView* asked = slots_.Find(KnownKey::kXrayAnnotations);
  if (asked != nullptr && asked->kind == Kind::kArray) {
    ReadArray(asked->bytes, asked_for_);
    asked_for_.resize(
        std::min(asked_for_.size(), limits::kMappedAttributesMax));
  }
  for (size_t i = 0; i < slots_.size(); ++i) {
    const AttributeView& a = span.attributes[i];
    const KnownKey known = notes[i].known;
    if (known == KnownKey::kXrayAnnotations && a.value.kind == Kind::kArray) {
      parts_.elsewhere.push_back(ElsewhereOf(a, notes[i]));
      continue;
    }
    const bool used = IsUsedUp(known, a.value, context);
    const bool indexed = context.IsIndexed(a.key) ||
                         (!used && (context.index_all || IsAskedFor(a.key)));
    if (indexed && IsAnnotationValue(a.value) && !a.key.empty() &&
        !IsMetadataNamespace(a.key)) {
      Annotate(a, notes[i], owner);
      continue;
    }
    parts_.elsewhere.push_back(ElsewhereOf(a, notes[i]));
    if (texts == Texts::kWanted && !used) {
      parts_.metadata.push_back(a);
    } else if (texts == Texts::kWanted && !parts_.http.present &&
               IsHttpAttribute(known, a.value)) {
      parts_.left_over.push_back(a);
    }
  }
  const size_t from = parts_.overwritten ? 0 : slots_.size();
  for (size_t i = from; i < span.attributes.size(); ++i) {
    parts_.elsewhere.push_back(ElsewhereOf(span.attributes[i], notes[i]));
  }
}

void SpanMapper::Annotate(const AttributeView& attribute,
                          const AttributeNotes& notes, SegmentDocument& owner) {
  std::string_view key = attribute.key;
  uint32_t hash = notes.key_hash;
  if (!notes.plain_key) {
    key = owner.Own(MakeAnnotationKey(key));
    hash = AnnotationKeyHash(key);
  }
  parts_.overwritten |=
      !parts_.annotations.Set(key, hash, attribute.value, notes.number);
  if (parts_.shape == SpanShape::kServiceAndCall &&
      !IsOfCallOnly(notes.known)) {
    parts_.overwritten |= !parts_.service_annotations.Set(
        key, hash, attribute.value, notes.number);
  }
}

bool SpanMapper::IsUsedUp(KnownKey known, const AnyValueView& value,
                          const MappedContext& context) const {
  if (known < kFirstHttpKey) return false;
  if (known <= kLastHttpKey) return IsHttpAttribute(known, value);
  if (value.kind != Kind::kString) return false;
  if (known == KnownKey::kHttpStatusText) return status_text_used_;
  if (known >= kFirstAwsKey && known <= kLastAwsKey) {
    return context.aws.is_aws;
  }
  if (known == KnownKey::kUserName) {
    return parts_.has_sql && slots_.Text(KnownKey::kDbUser).empty();
  }
  if (known >= kFirstSqlKey && known <= kLastSqlKey) return parts_.has_sql;
  return known == KnownKey::kEnduserId ||
         (known == KnownKey::kUserId &&
          slots_.Text(KnownKey::kEnduserId).empty());
}

bool SpanMapper::IsAskedFor(std::string_view key) const {
  return std::any_of(asked_for_.begin(), asked_for_.end(),
                     [&](const AnyValueView& name) {
                       return name.kind == Kind::kString && name.bytes == key;
                     });
}

}  // namespace roentgen::storage

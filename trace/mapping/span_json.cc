#include "trace/mapping/span_json.h"

#include <cstdint>
#include <vector>

#include "base/decimal_time.h"
#include "base/json_writer.h"
#include "trace/mapping/span_links.h"
#include "trace/mapping/span_metadata.h"
#include "trace/mapping/span_name.h"
#include "trace/mapping/span_sql.h"
#include "trace/mapping/value_json.h"

namespace roentgen::storage {
namespace {

using Kind = AnyValueView::Kind;

// Of a message that came in, as an attribute of the span or of an event.
int64_t PayloadSize(const AnyValueView* type, const AnyValueView* size) {
  const bool received = type != nullptr && type->kind == Kind::kString &&
                        type->bytes == "RECEIVED";
  return received && size != nullptr && size->kind == Kind::kInt ? size->integer
                                                                 : 0;
}

class Writer {
 public:
  Writer(const SpanView& span, std::string_view bytes,
         const AttributeSlots& slots, const SpanParts& parts,
         const MappedContext& context, std::string& out)
      : span_(span),
        bytes_(bytes),
        slots_(slots),
        parts_(parts),
        context_(context),
        json_(out) {}

  void Document() {
    switch (parts_.shape) {
      case SpanShape::kSegment:
        Entity(SpanEntity::kSegment);
        return;
      case SpanShape::kSubsegment:
        Entity(SpanEntity::kSubsegment);
        return;
      case SpanShape::kServiceAndCall:
        Entity(SpanEntity::kService);
        return;
    }
  }

 private:
  void Entity(SpanEntity entity) {
    const bool service = entity == SpanEntity::kService;
    json_.BeginObject();
    Identity(entity);
    json_.Key("error").Bool(parts_.error);
    json_.Key("fault").Bool(parts_.fault);
    json_.Key("throttle").Bool(parts_.throttle);
    if (!parts_.cause_json.empty()) json_.Key("cause").Raw(parts_.cause_json);
    if (entity != SpanEntity::kCall) Service();
    if (parts_.http.present) Http();
    if (context_.aws.is_aws) Aws(entity);
    if (parts_.has_sql) {
      json_.Key("sql");
      WriteSql(span_, slots_, json_);
    }
    Annotations(service ? parts_.service_annotations : parts_.annotations);
    const std::string metadata =
        MetadataOf(span_, bytes_, parts_, context_, entity);
    if (!metadata.empty()) json_.Key("metadata").Raw(metadata);
    if (service) {
      json_.Key("subsegments").BeginArray();
      Entity(SpanEntity::kCall);
      json_.EndArray();
    }
    Links(entity);
    json_.EndObject();
  }

  void Identity(SpanEntity entity) {
    const bool service = entity == SpanEntity::kService;
    const EntityId id = service ? parts_.service_id : parts_.id;
    json_.Key("id").String(id.ToString());
    json_.Key("name").String(service ? parts_.service_name : parts_.name);
    json_.Key("start_time").Raw(FormatEpochSeconds(parts_.times.start));
    json_.Key("end_time").Raw(FormatEpochSeconds(parts_.times.end));
    if (entity != SpanEntity::kCall) {
      json_.Key("trace_id").String(parts_.trace_id.ToString());
      if (parts_.parent_id) {
        json_.Key("parent_id").String(parts_.parent_id->ToString());
      }
    }
    if (entity == SpanEntity::kSubsegment) {
      json_.Key("type").String("subsegment");
    }
    if (!service && parts_.name_space != Namespace::kLocal) {
      json_.Key("namespace")
          .String(parts_.name_space == Namespace::kAws ? "aws" : "remote");
    }
  }

  // What only documents' own entities have.
  void Service() {
    Put("origin", context_.aws.origin);
    Put("user", parts_.user);
    if (context_.service_version.empty()) return;
    json_.Key("service").BeginObject();
    Put("version", context_.service_version);
    json_.EndObject();
  }

  void Http() {
    const HttpParts& http = parts_.http;
    json_.Key("http").BeginObject().Key("request").BeginObject();
    Put("method", http.method);
    Put("url", http.url);
    Put("user_agent", http.user_agent);
    Put("client_ip", http.client_ip);
    if (http.x_forwarded_for) json_.Key("x_forwarded_for").Bool(true);
    json_.EndObject().Key("response").BeginObject();
    if (http.status) json_.Key("status").Int(*http.status);
    json_.Key("content_length").Int(ContentLength());
    json_.EndObject().EndObject();
  }

  int64_t ContentLength() {
    int64_t size = PayloadSize(slots_.Find(KnownKey::kMessageType),
                               slots_.Find(KnownKey::kMessagePayloadSize));
    for (const EventView& event : span_.events) {
      if (size != 0) break;
      const std::vector<AttributeView> attributes =
          MappedAttributes(event.message, 3);
      size = PayloadSize(
          FindAttribute(attributes, "message.type"),
          FindAttribute(attributes, "messaging.message_payload_size_bytes"));
    }
    return size;
  }

  void Aws(SpanEntity entity) {
    const AwsParts& aws = parts_.aws;
    json_.Key("aws").BeginObject();
    if (entity != SpanEntity::kService) {
      Put("account_id", aws.account_id);
      Put("operation", aws.operation);
      Put("region", aws.region);
      Put("request_id", aws.request_id);
      Put("queue_url", aws.queue_url);
      Put("table_name", aws.table_name);
      TableNames();
    }
    json_.Raw(context_.aws.members).EndObject();
  }

  // Several; one is the table_name.
  void TableNames() {
    const AnyValueView* value = slots_.Find(KnownKey::kDynamoTableNames);
    if (value == nullptr || value->kind != Kind::kArray) return;
    std::vector<AnyValueView> names;
    ReadArray(value->bytes, names);
    if (names.size() < 2) return;
    json_.Key("table_names");
    WriteValue(*value, json_);
  }

  void Annotations(const AnnotationList& list) {
    if (list.items().empty()) return;
    json_.Key("annotations").BeginObject();
    for (const Annotation& a : list.items()) {
      json_.Key(a.key);
      WriteValue(*a.value, json_);
    }
    json_.EndObject();
  }

  void Links(SpanEntity entity) {
    if (entity == SpanEntity::kService) return;
    const std::string links = LinksOf(span_);
    if (!links.empty()) json_.Key("links").Raw(links);
  }

  void Put(std::string_view name, std::string_view value) {
    if (!value.empty()) json_.Key(name).String(value);
  }

  const SpanView& span_;
  const std::string_view bytes_;
  const AttributeSlots& slots_;
  const SpanParts& parts_;
  const MappedContext& context_;
  JsonWriter json_;
};

}  // namespace

std::string SegmentJson(const SpanView& span, std::string_view bytes,
                        const AttributeSlots& slots, const SpanParts& parts,
                        const MappedContext& context) {
  std::string out;
  Writer(span, bytes, slots, parts, context, out).Document();
  return out;
}

}  // namespace roentgen::storage

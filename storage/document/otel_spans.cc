#include "storage/document/otel_spans.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <optional>
#include <utility>

#include "base/json_writer.h"
#include "simdjson.h"
#include "storage/document/document_parser.h"
#include "storage/document/segment_document.h"

namespace roentgen::storage {
namespace {

namespace dom = simdjson::dom;

// OTLP's SpanKind and StatusCode.
constexpr int kInternal = 1;
constexpr int kServer = 2;
constexpr int kClient = 3;
constexpr int kStatusUnset = 0;
constexpr int kStatusError = 2;

// Writes attributes, one by one.
class Attributes {
 public:
  explicit Attributes(JsonWriter& json) : json_(json) { json_.BeginArray(); }
  ~Attributes() { json_.EndArray(); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  void Text(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    Open(key).Key("stringValue").String(value);
    Close();
  }
  void Bool(std::string_view key, bool value) {
    Open(key).Key("boolValue").Bool(value);
    Close();
  }
  // OTLP/JSON writes 64-bit integers as strings.
  void Int(std::string_view key, int64_t value) {
    Open(key).Key("intValue").String(std::to_string(value));
    Close();
  }
  void Double(std::string_view key, double value) {
    Open(key).Key("doubleValue").Double(value);
    Close();
  }
  void Texts(std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    Open(key).Key("arrayValue").BeginObject().Key("values").BeginArray();
    for (const std::string& value : values) {
      json_.BeginObject().Key("stringValue").String(value).EndObject();
    }
    json_.EndArray().EndObject();
    Close();
  }
  // A scalar of a block; others are left out.
  void Element(std::string_view key, dom::element value) {
    std::string_view text;
    bool flag;
    int64_t number;
    double real;
    if (!value.get_string().get(text)) return Text(key, text);
    if (!value.get_bool().get(flag)) return Bool(key, flag);
    if (!value.get_int64().get(number)) return Int(key, number);
    if (!value.get_double().get(real)) return Double(key, real);
  }

 private:
  JsonWriter& Open(std::string_view key) {
    json_.BeginObject().Key("key").String(key);
    return json_.Key("value").BeginObject();
  }
  void Close() { json_.EndObject().EndObject(); }

  JsonWriter& json_;
};

struct Member {
  const char* member;
  const char* attribute;
};

constexpr Member kRequestMembers[] = {
    {"x_forwarded_for", "aws.xray.x_forwarded_for"},
    {"traced", "aws.xray.traced"}};
constexpr Member kAwsMembers[] = {
    {"account_id", "aws.account_id"}, {"operation", "aws.operation"},
    {"region", "aws.region"},         {"request_id", "aws.request_id"},
    {"queue_url", "aws.queue_url"},   {"table_name", "aws.table_name"},
    {"retries", "aws.xray.retries"}};
constexpr Member kSqlMembers[] = {{"connection_string", "db.connection_string"},
                                  {"url", "db.connection_string"},
                                  {"database_type", "db.system"},
                                  {"sanitized_query", "db.statement"},
                                  {"user", "db.user"}};

// A block of the document. Numbers that no double holds make it unreadable as
// a tree: its attributes are left out, the document has them.
class Block {
 public:
  explicit Block(std::string_view json) {
    readable_ =
        !json.empty() && !parser_.parse(json.data(), json.size()).get(root_);
  }
  std::optional<dom::element> root() const {
    return readable_ ? std::optional(root_) : std::nullopt;
  }

 private:
  dom::parser parser_;
  dom::element root_;
  bool readable_ = false;
};

template <size_t N>
void AddMembers(const std::optional<dom::element>& block,
                const Member (&members)[N], Attributes& out) {
  if (!block) return;
  for (const Member& member : members) {
    dom::element value;
    if (!(*block)[member.member].get(value)) {
      out.Element(member.attribute, value);
    }
  }
}

// `metadata` of the entity: each namespace as JSON text.
void AddMetadata(std::string_view entity_json, Attributes& out) {
  simdjson::ondemand::parser parser;
  const simdjson::padded_string text(entity_json.data(), entity_json.size());
  simdjson::ondemand::document document;
  simdjson::ondemand::object metadata;
  if (parser.iterate(text).get(document) ||
      document.find_field_unordered("metadata").get_object().get(metadata)) {
    return;
  }
  for (auto field : metadata) {
    std::string_view key;
    std::string_view value;
    simdjson::ondemand::value element;
    if (field.unescaped_key().get(key)) return;
    const std::string name = "aws.xray.metadata." + std::string(key);
    if (field.value().get(element)) return;
    simdjson::ondemand::json_type type;
    if (element.type().get(type)) return;
    if (type == simdjson::ondemand::json_type::object) {
      simdjson::ondemand::object object;
      if (element.get_object().get(object) || object.raw_json().get(value)) {
        return;
      }
    } else if (type == simdjson::ondemand::json_type::array) {
      simdjson::ondemand::array array;
      if (element.get_array().get(array) || array.raw_json().get(value)) return;
    } else {
      value = element.raw_json_token();
    }
    out.Text(name, value);
  }
}

class SpanWriter {
 public:
  SpanWriter(const SegmentDocument& document, uint32_t index)
      : document_(document),
        index_(index),
        entity_(document.entities[index]),
        http_(entity_.http_json),
        aws_(entity_.aws_json),
        sql_(entity_.sql_json),
        cause_(entity_.cause_json) {}

  std::string Write() {
    std::string out;
    JsonWriter json(out);
    json.BeginObject();
    json.Key("resource").BeginObject().Key("attributes");
    WriteResource(json);
    json.EndObject();
    json.Key("scope").BeginObject().EndObject();
    json.Key("traceId").String(TraceHex());
    json.Key("spanId").String(entity_.id.ToString());
    if (const auto parent = Parent()) {
      json.Key("parentSpanId").String(parent->ToString());
    }
    json.Key("name").String(entity_.name);
    json.Key("kind").Int(Kind());
    json.Key("startTimeUnixNano").String(std::to_string(entity_.start.ns));
    json.Key("endTimeUnixNano").String(std::to_string(entity_.end.ns));
    json.Key("attributes");
    WriteAttributes(json);
    json.Key("events");
    WriteEvents(json);
    json.Key("status").BeginObject();
    json.Key("code").Int(HasFailed() ? kStatusError : kStatusUnset);
    if (const auto cause = cause_.root()) {
      std::string_view id;
      if (!cause->get_string().get(id)) json.Key("message").String(id);
    }
    json.EndObject().EndObject();
    return out;
  }

 private:
  bool IsSegment() const {
    return index_ == 0 && !document_.independent_subsegment;
  }

  std::string TraceHex() const {
    std::string hex = document_.trace_id.ToString().substr(2);
    hex.erase(std::remove(hex.begin(), hex.end(), '-'), hex.end());
    return hex;
  }

  std::optional<EntityId> Parent() const {
    if (entity_.parent >= 0) {
      return document_.entities[static_cast<size_t>(entity_.parent)].id;
    }
    return entity_.parent_id;
  }

  int Kind() const {
    if (IsSegment()) return kServer;
    return entity_.name_space == Namespace::kLocal ? kInternal : kClient;
  }

  bool HasFailed() const {
    const Outcome outcome = OutcomeOf(entity_);
    return outcome.throttle || outcome.fault || outcome.error;
  }

  void WriteResource(JsonWriter& json) const {
    const EntityView& root = document_.root();
    Attributes out(json);
    out.Text("service.name", root.name);
    out.Text("aws.xray.origin", root.origin);
    out.Text("aws.xray.resource_arn", root.resource_arn);
    out.Text("cloud.provider", root.aws_json.empty() ? "unknown" : "aws");
    out.Text("cloud.account.id", root.aws.account_id);
    out.Text("cloud.availability_zone", root.aws.availability_zone);
    out.Text("host.id", root.aws.instance_id);
  }

  void WriteAttributes(JsonWriter& json) const {
    Attributes out(json);
    const HttpView& http = entity_.http;
    out.Text("http.request.method", http.method);
    out.Text("url.full", http.url);
    out.Text("user_agent.original", http.user_agent);
    out.Text("client.address", http.client_ip);
    if (http.status != 0) out.Int("http.response.status_code", http.status);
    AddHttp(out);
    if (entity_.name_space == Namespace::kAws) {
      out.Text("aws.service", entity_.name);
    }
    AddMembers(aws_.root(), kAwsMembers, out);
    AddMembers(sql_.root(), kSqlMembers, out);
    out.Text("enduser.id", entity_.user);
    if (entity_.in_progress) out.Bool("aws.xray.inprogress", true);
    AddFlag("aws.xray.fault", entity_.fault, out);
    AddFlag("aws.xray.error", entity_.error, out);
    AddFlag("aws.xray.throttle", entity_.throttle, out);
    AddAnnotations(out);
    AddMetadata(entity_.json, out);
  }

  static void AddFlag(std::string_view key, Flag flag, Attributes& out) {
    if (flag != Flag::kAbsent) out.Bool(key, flag == Flag::kTrue);
  }

  void AddHttp(Attributes& out) const {
    const auto block = http_.root();
    dom::element part, length;
    if (!block) return;
    if (!(*block)["request"].get(part))
      AddMembers({part}, kRequestMembers, out);
    if (!(*block)["response"].get(part) &&
        !part["content_length"].get(length)) {
      out.Element("http.response.body.size", length);
    }
  }

  void AddAnnotations(Attributes& out) const {
    std::vector<std::string> keys;
    for (const AnnotationPair& annotation : document_.annotations) {
      if (annotation.entity != index_) continue;
      const std::string_view key = annotation.key;
      keys.emplace_back(key);
      if (const auto* flag = std::get_if<bool>(&annotation.value)) {
        out.Bool(key, *flag);
      } else if (const auto* number = std::get_if<double>(&annotation.value)) {
        out.Double(key, *number);
      } else {
        out.Text(key, std::get<std::string_view>(annotation.value));
      }
    }
    out.Texts("aws.xray.annotations", keys);
  }

  void WriteEvents(JsonWriter& json) const {
    json.BeginArray();
    const auto cause = cause_.root();
    dom::array exceptions;
    if (cause && !(*cause)["exceptions"].get_array().get(exceptions)) {
      for (dom::element exception : exceptions) WriteEvent(exception, json);
    }
    json.EndArray();
  }

  void WriteEvent(dom::element exception, JsonWriter& json) const {
    constexpr Member kMembers[] = {
        {"id", "aws.xray.exception.id"},
        {"message", "exception.message"},
        {"type", "exception.type"},
        {"remote", "aws.xray.exception.remote"},
        {"truncated", "aws.xray.exception.truncated"},
        {"skipped", "aws.xray.exception.skipped"},
        {"cause", "aws.xray.exception.cause"}};
    json.BeginObject();
    json.Key("name").String("exception");
    json.Key("timeUnixNano").String(std::to_string(entity_.end.ns));
    json.Key("attributes");
    {
      Attributes out(json);
      AddMembers({exception}, kMembers, out);
      out.Text("exception.stacktrace", StackOf(exception));
    }
    json.EndObject();
  }

  // A line per frame: "label (path:line)".
  static std::string StackOf(dom::element exception) {
    std::string out;
    dom::array stack;
    if (exception["stack"].get_array().get(stack)) return out;
    for (dom::element frame : stack) {
      std::string_view label, path;
      int64_t line = 0;
      if (frame["label"].get_string().get(label)) label = "";
      if (frame["path"].get_string().get(path)) path = "";
      if (frame["line"].get_int64().get(line)) line = 0;
      out += "at " + std::string(label) + '(' + std::string(path) + ':' +
             std::to_string(line) + ")\n";
    }
    return out;
  }

  const SegmentDocument& document_;
  const uint32_t index_;
  const EntityView& entity_;
  const Block http_, aws_, sql_, cause_;
};

}  // namespace

absl::StatusOr<std::vector<OtelSpan>> OtelSpansOf(std::string_view text) {
  DocumentParser parser;
  SegmentDocument document;
  if (const auto fault = parser.Parse(text, document)) {
    return absl::DataLossError("a document does not parse");
  }
  std::vector<OtelSpan> out;
  for (uint32_t i = 0; i < document.entities.size(); ++i) {
    out.push_back({.id = document.entities[i].id.ToString(),
                   .json = SpanWriter(document, i).Write()});
  }
  return out;
}

}  // namespace roentgen::storage

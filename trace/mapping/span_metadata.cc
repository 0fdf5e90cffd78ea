#include "trace/mapping/span_metadata.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "base/decimal_time.h"
#include "base/json_writer.h"
#include "base/limits.h"
#include "simdjson.h"
#include "trace/document/json_split.h"
#include "trace/mapping/attribute_keys.h"
#include "trace/mapping/value_json.h"
#include "trace/span/wire_fields.h"

namespace roentgen::storage {
namespace {

constexpr std::string_view kDefault = "default";
constexpr std::string_view kOurs = "otel";

// An object under construction; of members given twice the last one counts.
class Members {
 public:
  void Put(std::string_view key, std::string json) {
    const auto [at, is_new] =
        index_.try_emplace(std::string(key), members_.size());
    if (is_new) {
      members_.emplace_back(std::string(key), std::move(json));
    } else {
      members_[at->second].second = std::move(json);
    }
  }
  void Put(std::string_view key, const AnyValueView& value) {
    std::string text;
    JsonWriter json(text);
    WriteValue(value, json);
    Put(key, std::move(text));
  }
  void PutText(std::string_view key, std::string_view text) {
    if (text.empty()) return;
    std::string json;
    AppendJsonString(json, text);
    Put(key, std::move(json));
  }
  bool empty() const { return members_.empty(); }
  void Write(JsonWriter& json) const {
    json.BeginObject();
    for (const auto& [key, text] : members_) json.Key(key).Raw(text);
    json.EndObject();
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
  std::map<std::string, size_t> index_;
};

// Whether `text` is a JSON object, and none of those that a document cannot
// carry: too deep, or with numbers that nobody can read.
bool IsObject(std::string_view text) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(text);
  if (parser.allocate(text.size() + 1, limits::kMetadataDepthMax)) return false;
  simdjson::dom::element element;
  return !parser.parse(padded).get(element) && element.is_object();
}

class Metadata {
 public:
  Members& Namespace(std::string_view name) {
    const auto [at, is_new] =
        index_.try_emplace(std::string(name), namespaces_.size());
    if (is_new) namespaces_.emplace_back(std::string(name), Members());
    return namespaces_[at->second].second;
  }

  // An attribute that is no annotation.
  void Add(const AttributeView& a) {
    const bool text = a.value.kind == AnyValueView::Kind::kString;
    if (!text || !IsMetadataNamespace(a.key) || !IsObject(a.value.bytes)) {
      Namespace(kDefault).Put(a.key, a.value);
      return;
    }
    Members& into = Namespace(a.key.substr(kMetadataPrefix.size()));
    std::string_view json = a.value.bytes;
    json = json.substr(0, json.rfind('}') + 1);
    json.remove_prefix(json.find('{'));
    for (const JsonMember& m : SplitObject(json)) {
      into.Put(m.key, std::string(m.value));
    }
  }

  std::string Finish() const {
    std::string text;
    JsonWriter json(text);
    json.BeginObject();
    bool any = false;
    for (const auto& [name, members] : namespaces_) {
      if (members.empty()) continue;
      any = true;
      json.Key(name);
      members.Write(json);
    }
    json.EndObject();
    return any ? text : std::string();
  }

 private:
  std::vector<std::pair<std::string, Members>> namespaces_;
  std::map<std::string, size_t> index_;
};

std::string_view KindName(uint64_t kind) {
  constexpr std::string_view kNames[] = {"",       "INTERNAL", "SERVER",
                                         "CLIENT", "PRODUCER", "CONSUMER"};
  return kind < std::size(kNames) ? kNames[kind] : std::string_view();
}

std::string_view StatusName(uint64_t code) {
  return code == kStatusOk      ? "OK"
         : code == kStatusError ? "ERROR"
                                : std::string_view();
}

// Events that are no exceptions.
std::string EventsOf(const SpanView& span) {
  std::string text;
  JsonWriter json(text);
  json.BeginArray();
  for (const EventView& event : span.events) {
    if (event.name == "exception") continue;
    constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
    const auto ns = static_cast<int64_t>(std::min(event.time_ns, kMax));
    json.BeginObject().Key("name").String(event.name);
    json.Key("time").Raw(FormatEpochSeconds({ns}));
    const std::vector<AttributeView> attributes =
        MappedAttributes(event.message, 3);
    if (!attributes.empty()) {
      json.Key("attributes");
      WriteAttributes(attributes, json);
    }
    json.EndObject();
  }
  json.EndArray();
  return text == "[]" ? std::string() : text;
}

// How many attributes, events and links the client left out.
void AddDroppedCounts(std::string_view bytes, Members& out) {
  FieldReader in(bytes);
  while (in.Next()) {
    if (in.type() != WireType::kVarint || in.number() == 0) continue;
    const std::string count =
        std::to_string(static_cast<uint32_t>(in.number()));
    if (in.field() == 10) out.Put("dropped_attributes_count", count);
    if (in.field() == 12) out.Put("dropped_events_count", count);
    if (in.field() == 14) out.Put("dropped_links_count", count);
  }
}

void AddOurs(const SpanView& span, std::string_view bytes,
             const SpanParts& parts, Members& out) {
  out.PutText("kind", KindName(span.kind));
  out.PutText("status_code", StatusName(span.status_code));
  out.PutText("status_message", span.status_message);
  out.PutText("trace_state", span.trace_state);
  std::string events = EventsOf(span);
  if (!events.empty()) out.Put("events", std::move(events));
  AddDroppedCounts(bytes, out);
  for (const AttributeView& a : parts.left_over) out.Put(a.key, a.value);
}

}  // namespace

std::string MetadataOf(const SpanView& span, std::string_view bytes,
                       const SpanParts& parts, const MappedContext& context,
                       SpanEntity entity) {
  Metadata out;
  if (entity == SpanEntity::kSegment || entity == SpanEntity::kService) {
    for (const AttributeView& a : context.metadata) {
      out.Namespace(kDefault).Put(a.key, a.value);
    }
  }
  if (entity != SpanEntity::kService) {
    Members& members = out.Namespace(kDefault);
    members.PutText("otel.scope.name", context.scope_name);
    members.PutText("otel.scope.version", context.scope_version);
    for (const AttributeView& a : parts.metadata) out.Add(a);
    AddOurs(span, bytes, parts, out.Namespace(kOurs));
  }
  return out.Finish();
}

}  // namespace roentgen::storage

#include "server/jaeger/jaeger_json.h"

#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "base/status_macros.h"
#include "trace/mapping/value_json.h"
#include "trace/span/service_name.h"

namespace roentgen::server {
namespace {

using storage::AnyValueView;
using storage::AttributeView;
using Kind = storage::AnyValueView::Kind;

// What every number up to it is, in a browser, and no number above it.
constexpr int64_t kExactNumberMax = (int64_t{1} << 53) - 1;
// What Jaeger's collector adds to a span that it mends before it is stored.
constexpr std::string_view kWarnings = "@jaeger@warnings";
constexpr std::string_view kChildOf = "CHILD_OF";
constexpr std::string_view kFollowsFrom = "FOLLOWS_FROM";

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}

void BeginTag(std::string_view key, std::string_view type, JsonWriter& json) {
  json.BeginObject();
  json.Key("key").String(key);
  json.Key("type").String(type);
  json.Key("value");
}

void WriteTextTag(std::string_view key, std::string_view value,
                  JsonWriter& json) {
  BeginTag(key, "string", json);
  json.String(value);
  json.EndObject();
}

void WriteTag(const AttributeView& attribute, JsonWriter& json) {
  const AnyValueView& value = attribute.value;
  switch (value.kind) {
    case Kind::kString:
      return WriteTextTag(attribute.key, value.bytes, json);
    case Kind::kEmpty:
      return WriteTextTag(attribute.key, "", json);
    case Kind::kArray:
    case Kind::kMap: {
      std::string text;
      JsonWriter inner(text);
      WriteValue(value, inner);
      return WriteTextTag(attribute.key, text, json);
    }
    case Kind::kBool:
      BeginTag(attribute.key, "bool", json);
      break;
    case Kind::kInt:
      BeginTag(attribute.key, "int64", json);
      // Browsers would round it.
      if (value.integer > kExactNumberMax || value.integer < -kExactNumberMax) {
        json.String(std::to_string(value.integer));
        json.EndObject();
        return;
      }
      break;
    case Kind::kDouble:
      BeginTag(attribute.key, "float64", json);
      break;
    case Kind::kBytes:
      BeginTag(attribute.key, "binary", json);
      break;
  }
  WriteValue(value, json);
  json.EndObject();
}

// Process as JSON, by which those of several contexts are told apart.
std::string ProcessJson(const storage::SpanContext& context,
                        const storage::ContextView& view) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.Key("serviceName").String(storage::ServiceNameOf(context, view));
  json.Key("tags").BeginArray();
  for (const AttributeView& attribute : view.resource_attributes) {
    if (attribute.key != "service.name") WriteTag(attribute, json);
  }
  json.EndArray();
  json.EndObject();
  return out;
}

bool IsChildLink(const storage::LinkView& link) {
  std::vector<AttributeView> attributes;
  storage::ReadAttributes(link.message, 4, attributes);
  const AnyValueView* type =
      storage::FindAttribute(attributes, "opentracing.ref_type");
  return type != nullptr && type->kind == Kind::kString &&
         type->bytes == "child_of";
}

bool IsWarnings(const AttributeView& attribute) {
  return attribute.key == kWarnings && attribute.value.kind == Kind::kArray;
}

int64_t Micros(uint64_t ns) { return static_cast<int64_t>(ns / 1000); }

}  // namespace

std::string TraceIdHex(const storage::TraceId& id) { return Hex(id.AsBytes()); }

std::string LegacyTraceIdHex(const storage::TraceId& id) {
  const std::string hex = TraceIdHex(id);
  return hex.starts_with("0000000000000000") ? hex.substr(16) : hex;
}

absl::Status JaegerJsonWriter::Write(const query::SpanTrace& trace) {
  const std::string trace_id = LegacyTraceIdHex(trace.id);
  std::vector<std::string> processes;
  std::map<std::string, std::string> id_by_process;
  absl::flat_hash_map<const storage::SpanContext*, std::string> id_by_context;
  size_t process_bytes = 0;  // Each is there twice, and once more at the end.

  json_.BeginObject();
  json_.Key("traceID").String(trace_id);
  json_.Key("spans").BeginArray();
  for (const storage::TraceSpan& span : trace.spans) {
    if (!storage::ReadSpan(span.span, span_) ||
        !storage::ReadContext(*span.context, context_)) {
      return absl::DataLossError("a stored span does not read");
    }
    std::string& process_id = id_by_context[span.context.get()];
    if (process_id.empty()) {
      std::string process = ProcessJson(*span.context, context_);
      std::string& id = id_by_process[process];
      if (id.empty()) {
        process_bytes += process.size();
        processes.push_back(std::move(process));
        id = "p" + std::to_string(processes.size());
      }
      process_id = id;
    }
    WriteSpan(trace_id, process_id);
    if (answer_ != nullptr) {
      RTG_RETURN_IF_ERROR(answer_->Check(3 * process_bytes));
    }
  }
  json_.EndArray();
  json_.Key("processes").BeginObject();
  for (size_t i = 0; i < processes.size(); ++i) {
    json_.Key("p" + std::to_string(i + 1)).Raw(processes[i]);
  }
  json_.EndObject();
  json_.Key("warnings").Null();
  json_.EndObject();
  return absl::OkStatus();
}

void JaegerJsonWriter::WriteSpan(const std::string& trace_id,
                                 const std::string& process_id) {
  json_.BeginObject();
  json_.Key("traceID").String(trace_id);
  json_.Key("spanID").String(Hex(span_.span_id));
  // No "flags": W3C's second one would read as Jaeger's "debug". Jaeger leaves
  // them out, too.
  json_.Key("operationName").String(span_.name);
  json_.Key("references");
  WriteReferences();
  json_.Key("startTime").Int(Micros(span_.start_ns));
  json_.Key("duration")
      .Int(span_.end_ns > span_.start_ns ? Micros(span_.end_ns - span_.start_ns)
                                         : 0);
  json_.Key("tags");
  WriteTags();
  json_.Key("logs");
  WriteLogs();
  json_.Key("processID").String(process_id);
  json_.Key("warnings");
  WriteWarnings();
  json_.EndObject();
}

void JaegerJsonWriter::WriteWarnings() {
  const AnyValueView* warnings =
      storage::FindAttribute(span_.attributes, kWarnings);
  std::vector<AnyValueView> elements;
  if (warnings != nullptr && warnings->kind == Kind::kArray) {
    storage::ReadArray(warnings->bytes, elements);
  }
  if (elements.empty()) {
    json_.Null();
    return;
  }
  json_.BeginArray();
  for (const AnyValueView& element : elements) json_.String(element.bytes);
  json_.EndArray();
}

void JaegerJsonWriter::WriteReferences() {
  const bool has_parent = storage::HasParent(span_);
  const auto is_parent = [&](const storage::LinkView& link) {
    return has_parent && link.trace_id == span_.trace_id &&
           link.span_id == span_.parent_span_id;
  };
  json_.BeginArray();
  if (has_parent) {
    std::string_view type = kChildOf;
    for (const storage::LinkView& link : span_.links) {
      if (is_parent(link)) type = IsChildLink(link) ? kChildOf : kFollowsFrom;
    }
    WriteReference(type, span_.trace_id, span_.parent_span_id);
  }
  for (const storage::LinkView& link : span_.links) {
    if (is_parent(link)) continue;
    WriteReference(IsChildLink(link) ? kChildOf : kFollowsFrom, link.trace_id,
                   link.span_id);
  }
  json_.EndArray();
}

void JaegerJsonWriter::WriteReference(std::string_view type,
                                      std::string_view trace_id,
                                      std::string_view span_id) {
  json_.BeginObject();
  json_.Key("refType").String(type);
  json_.Key("traceID").String(
      trace_id.size() == storage::TraceId().bytes.size()
          ? LegacyTraceIdHex(storage::TraceId::FromBytes(trace_id))
          : Hex(trace_id));
  json_.Key("spanID").String(Hex(span_id));
  json_.EndObject();
}

void JaegerJsonWriter::WriteTags() {
  const auto text = [this](std::string_view key, std::string_view value) {
    if (!value.empty()) WriteTextTag(key, value, json_);
  };
  json_.BeginArray();
  text("otel.scope.name", context_.scope_name);
  text("otel.scope.version", context_.scope_version);
  for (const AttributeView& attribute : span_.attributes) {
    if (!IsWarnings(attribute)) WriteTag(attribute, json_);
  }
  text("span.kind", storage::SpanKindName(span_.kind));
  if (span_.status_code == storage::kStatusOk) text("otel.status_code", "OK");
  if (span_.status_code == storage::kStatusError) {
    text("otel.status_code", "ERROR");
    BeginTag("error", "bool", json_);
    json_.Bool(true);
    json_.EndObject();
  }
  text("otel.status_description", span_.status_message);
  text("w3c.tracestate", span_.trace_state);
  json_.EndArray();
}

void JaegerJsonWriter::WriteLogs() {
  json_.BeginArray();
  for (const storage::EventView& event : span_.events) {
    json_.BeginObject();
    json_.Key("timestamp").Int(Micros(event.time_ns));
    json_.Key("fields").BeginArray();
    if (!event.name.empty()) WriteTextTag("event", event.name, json_);
    std::vector<AttributeView> attributes;
    storage::ReadAttributes(event.message, 3, attributes);
    for (const AttributeView& attribute : attributes) {
      WriteTag(attribute, json_);
    }
    json_.EndArray();
    json_.EndObject();
  }
  json_.EndArray();
}

}  // namespace roentgen::server

#include "server/zipkin/zipkin_json.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "base/status_macros.h"
#include "query/spans/span_twins.h"
#include "query/spans/value_text.h"
#include "trace/span/span_view.h"

namespace roentgen::server {
namespace {

using query::ValueText;
using storage::AttributeView;
using storage::FindAttribute;
using storage::SpanView;

using Tags = std::map<std::string, std::string>;

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}

// 64-bit ids are shown as they were given.
std::string TraceIdText(std::string_view bytes) {
  const std::string hex = Hex(bytes);
  return hex.starts_with(std::string(16, '0')) ? hex.substr(16) : hex;
}

// As Zipkin has names of services and spans.
std::string Folded(std::string_view name) {
  return absl::AsciiStrToLower({name.data(), name.size()});
}

// The tag, which is taken away.
std::string Take(Tags& tags, const std::string& key) {
  const auto found = tags.find(key);
  if (found == tags.end()) return "";
  std::string value = std::move(found->second);
  tags.erase(found);
  return value;
}

// Of the older convention's name, else of the newer one's.
std::string RemoteService(Tags& tags) {
  const std::string older = Take(tags, "peer.service");
  return Folded(older.empty() ? Take(tags, "service.peer.name") : older);
}

void WriteEndpoint(std::string_view name, const std::string& service,
                   const std::string& ipv4, const std::string& ipv6,
                   const std::string& port, JsonWriter& json) {
  if (service.empty() && ipv4.empty() && ipv6.empty() && port.empty()) return;
  json.Key(name).BeginObject();
  const auto member = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) json.Key(key).String(value);
  };
  member("serviceName", service);
  member("ipv4", ipv4);
  member("ipv6", ipv6);
  const bool number = !port.empty() && port.size() < 6 &&
                      port.find_first_not_of("0123456789") == std::string::npos;
  if (number) json.Key("port").Raw(port);
  json.EndObject();
}

std::string_view KindText(uint64_t kind) {
  switch (static_cast<storage::SpanKind>(kind)) {
    case storage::SpanKind::kServer:
      return "SERVER";
    case storage::SpanKind::kClient:
      return "CLIENT";
    case storage::SpanKind::kProducer:
      return "PRODUCER";
    case storage::SpanKind::kConsumer:
      return "CONSUMER";
    default:
      return "";
  }
}

class SpanWriter {
 public:
  explicit SpanWriter(JsonWriter& json) : json_(json) {}

  absl::Status Write(const storage::TraceSpan& stored) {
    if (stored.context == nullptr || !storage::ReadSpan(stored.span, span_) ||
        !storage::ReadContext(*stored.context, context_)) {
      return absl::DataLossError("a stored span does not read");
    }
    Tags tags, resource;
    for (const AttributeView& a : context_.resource_attributes) {
      resource[std::string(a.key)] = ValueText(a.value);
    }
    for (const AttributeView& a : span_.attributes) {
      tags[std::string(a.key)] = ValueText(a.value);
    }
    json_.BeginObject();
    Identity();
    // Who does not say its name has none here, whatever it is called elsewhere.
    const std::string service = Folded(context_.service_name);
    resource.erase("service.name");
    WriteEndpoint("localEndpoint", service, Take(resource, "net.host.ip"),
                  Take(resource, "net.host.ipv6"),
                  Take(resource, "net.host.port"), json_);
    WriteEndpoint("remoteEndpoint", RemoteService(tags),
                  Take(tags, "net.peer.ip"), Take(tags, "net.peer.ipv6"),
                  Take(tags, "net.peer.port"), json_);
    Annotations();
    if (Take(tags, "zipkin.shared") == "true") json_.Key("shared").Bool(true);
    if (Take(tags, "zipkin.debug") == "true") json_.Key("debug").Bool(true);
    tags.merge(resource);
    WriteTags(tags);
    json_.EndObject();
    return absl::OkStatus();
  }

 private:
  void Identity() {
    json_.Key("traceId").String(TraceIdText(span_.trace_id));
    json_.Key("id").String(Hex(span_.span_id));
    if (storage::HasParent(span_)) {
      json_.Key("parentId").String(Hex(span_.parent_span_id));
    }
    if (!span_.name.empty()) json_.Key("name").String(Folded(span_.name));
    const std::string_view kind = KindText(span_.kind);
    if (!kind.empty()) json_.Key("kind").String(kind);
    if (span_.start_ns != 0) {
      json_.Key("timestamp").Int(static_cast<int64_t>(span_.start_ns / 1'000));
    }
    // Zipkin knows no duration of 0: a span that ends as it begins has none.
    if (span_.end_ns <= span_.start_ns) return;
    const uint64_t ns = span_.end_ns - span_.start_ns;
    json_.Key("duration")
        .Int(static_cast<int64_t>(std::max<uint64_t>(ns / 1'000, 1)));
  }

  void Annotations() {
    if (span_.events.empty()) return;
    json_.Key("annotations").BeginArray();
    for (const storage::EventView& event : span_.events) {
      json_.BeginObject();
      json_.Key("timestamp").Int(static_cast<int64_t>(event.time_ns / 1'000));
      json_.Key("value").String(event.name).EndObject();
    }
    json_.EndArray();
  }

  void WriteTags(Tags& tags) {
    if (span_.status_code == storage::kStatusOk) {
      tags.try_emplace("otel.status_code", "OK");
    }
    // A tag "error" says it already: Zipkin's own spans have no status.
    if (span_.status_code == storage::kStatusError && !tags.contains("error")) {
      tags.try_emplace("otel.status_code", "ERROR");
      tags.try_emplace("error", span_.status_message.empty()
                                    ? std::string("true")
                                    : std::string(span_.status_message));
    }
    if (!context_.scope_name.empty()) {
      tags.try_emplace("otel.scope.name", context_.scope_name);
    }
    if (!context_.scope_version.empty()) {
      tags.try_emplace("otel.scope.version", context_.scope_version);
    }
    if (tags.empty()) return;
    json_.Key("tags").BeginObject();
    for (const auto& [key, value] : tags) json_.Key(key).String(value);
    json_.EndObject();
  }

  JsonWriter& json_;
  SpanView span_;
  storage::ContextView context_;
};

}  // namespace

absl::Status WriteZipkinTrace(query::SpanTrace trace, GrowingAnswer& answer,
                              JsonWriter& json) {
  json.BeginArray();
  SpanWriter writer(json);
  trace = query::WithoutTwins(std::move(trace));
  for (const storage::TraceSpan& span : trace.spans) {
    RTG_RETURN_IF_ERROR(writer.Write(span));
    RTG_RETURN_IF_ERROR(answer.Check());
  }
  json.EndArray();
  return absl::OkStatus();
}

}  // namespace roentgen::server

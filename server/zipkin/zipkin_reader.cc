#include "server/zipkin/zipkin_reader.h"

#include <arpa/inet.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/json_check.h"
#include "base/json_mend.h"
#include "base/json_writer.h"
#include "base/limits.h"
#include "server/zipkin/zipkin_span.h"
#include "simdjson.h"
#include "trace/span/span_view.h"
#include "trace/span/wire_fields.h"

namespace roentgen::server {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;
using storage::FieldReader;
using storage::SpanKind;
using storage::WireType;

absl::Status NoSpans(std::string_view why) {
  return absl::InvalidArgumentError(
      std::string("no list of Zipkin spans: ").append(why));
}

uint64_t KindNamed(std::string_view name) {
  constexpr std::pair<std::string_view, SpanKind> kNames[] = {
      {"CLIENT", SpanKind::kClient},
      {"SERVER", SpanKind::kServer},
      {"PRODUCER", SpanKind::kProducer},
      {"CONSUMER", SpanKind::kConsumer}};
  for (const auto& [text, kind] : kNames) {
    if (text == name) return static_cast<uint64_t>(kind);
  }
  return 0;
}

// One span; what is absent or null is none.
class JsonSpan {
 public:
  explicit JsonSpan(const object& from) {
    Read(from);
    if (fault_.empty()) return;
    span_ = ZipkinSpan();
  }

  const ZipkinSpan& span() const { return span_; }
  // What is wrong with it: the first thing, by field and value. Empty: nothing.
  const std::string& fault() const { return fault_; }

 private:
  void Read(const object& from) {
    span_.trace_id = Id(from, "traceId", 16);
    span_.id = Id(from, "id", 8);
    const std::string parent = Text(from, "parentId");
    if (!parent.empty()) span_.parent_id = Id(from, "parentId", 8);
    span_.name = Text(from, "name");
    span_.kind = KindNamed(Text(from, "kind"));
    span_.timestamp_us = Number(from, "timestamp");
    span_.duration_us = Number(from, "duration");
    span_.local = Endpoint(from, "localEndpoint");
    span_.remote = Endpoint(from, "remoteEndpoint");
    span_.debug = IsTrue(from, "debug");
    span_.shared = IsTrue(from, "shared");
    ReadAnnotations(from);
    ReadTags(from);
  }

  static bool Find(const object& from, const char* key, element& value) {
    return from[key].get(value) == simdjson::SUCCESS && !value.is_null();
  }

  // What an error shows of a piece of JSON.
  static std::string Shown(std::string json) {
    if (json.size() <= limits::kOtlpJsonBytesShown) return json;
    size_t size = limits::kOtlpJsonBytesShown;
    // Not within a character.
    while ((static_cast<unsigned char>(json[size]) & 0xC0) == 0x80) --size;
    return json.substr(0, size) + "...";
  }

  void Blame(std::string_view field, const element& value,
             std::string_view why) {
    if (!fault_.empty()) return;
    fault_.append(field).append(" ");
    fault_.append(Shown(simdjson::minify(value))).append(why);
  }

  void BlameTag(std::string_view key, const element& value) {
    std::string quoted;
    AppendJsonString(quoted, key);
    Blame("tag " + Shown(std::move(quoted)) + ":", value, " is no text");
  }

  std::string Text(const object& from, const char* key) {
    element value;
    std::string_view text;
    if (!Find(from, key, value)) return {};
    if (value.get(text) != simdjson::SUCCESS) Blame(key, value, " is no text");
    return std::string(text);
  }

  std::string Id(const object& from, const char* key, size_t bytes) {
    element value;
    if (!Find(from, key, value)) {
      if (fault_.empty()) fault_ = std::string(key) + " is missing";
      return {};
    }
    const std::string hex = Text(from, key);
    std::string id = ZipkinIdBytes(hex, bytes);
    if (id.size() != bytes) {
      Blame(key, value,
            hex.size() > 2 * bytes
                ? " has more than " + std::to_string(2 * bytes) + " hex digits"
                : " is not of hex digits");
    }
    return id;
  }

  // Also of numbers in quotes and with fractions, as some clients write them.
  uint64_t Number(const object& from, const char* key) {
    element value;
    if (!Find(from, key, value)) return 0;
    uint64_t number = 0;
    if (value.get(number) == simdjson::SUCCESS) return number;
    double real = 0;
    std::string_view text;
    if (value.get(real) == simdjson::SUCCESS && real >= 0 && real < 1.8e19) {
      return static_cast<uint64_t>(real);
    }
    if (value.get(text) == simdjson::SUCCESS &&
        absl::SimpleAtoi({text.data(), text.size()}, &number)) {
      return number;
    }
    Blame(key, value, " is no number that is not negative");
    return 0;
  }

  bool IsTrue(const object& from, const char* key) {
    element value;
    bool is_true = false;
    if (Find(from, key, value) && value.get(is_true) != simdjson::SUCCESS) {
      Blame(key, value, " is neither true nor false");
    }
    return is_true;
  }

  ZipkinEndpoint Endpoint(const object& from, const char* key) {
    ZipkinEndpoint endpoint;
    element value;
    object given;
    if (!Find(from, key, value)) return endpoint;
    if (value.get(given) != simdjson::SUCCESS) {
      Blame(key, value, " is no object");
      return endpoint;
    }
    endpoint.service_name = Text(given, "serviceName");
    endpoint.ipv4 = Text(given, "ipv4");
    endpoint.ipv6 = Text(given, "ipv6");
    endpoint.port = Number(given, "port");
    return endpoint;
  }

  void ReadAnnotations(const object& from) {
    element value;
    simdjson::dom::array annotations;
    if (!Find(from, "annotations", value)) return;
    if (value.get(annotations) != simdjson::SUCCESS) {
      return Blame("annotations", value, " is no list");
    }
    for (const element& a : annotations) {
      object annotation;
      if (a.get(annotation) != simdjson::SUCCESS) {
        return Blame("annotations", a, " is no object");
      }
      const uint64_t time_us = Number(annotation, "timestamp");
      span_.annotations.emplace_back(time_us, Text(annotation, "value"));
    }
  }

  void ReadTags(const object& from) {
    element value;
    object tags;
    if (!Find(from, "tags", value)) return;
    if (value.get(tags) != simdjson::SUCCESS) {
      return Blame("tags", value, " is no object");
    }
    for (const auto& [key, tag] : tags) {
      std::string_view text;
      if (tag.get(text) == simdjson::SUCCESS) {
        span_.tags.emplace_back(key, text);
      } else if (tag.is_number()) {  // Zipkin's own reader takes them.
        span_.tags.emplace_back(key, std::string(simdjson::minify(tag)));
      } else {
        return BlameTag(key, tag);
      }
    }
  }

  ZipkinSpan span_;
  std::string fault_;
};

std::string AddressText(int family, std::string_view bytes) {
  char text[INET6_ADDRSTRLEN];
  const size_t size = family == AF_INET ? 4 : 16;
  if (bytes.size() != size ||
      inet_ntop(family, bytes.data(), text, sizeof(text)) == nullptr) {
    return "";
  }
  return text;
}

bool ReadEndpoint(std::string_view message, ZipkinEndpoint& out) {
  FieldReader in(message);
  while (in.Next()) {
    if (in.Is(1, WireType::kBytes)) out.service_name = in.bytes();
    if (in.Is(2, WireType::kBytes)) {
      out.ipv4 = AddressText(AF_INET, in.bytes());
    }
    if (in.Is(3, WireType::kBytes)) {
      out.ipv6 = AddressText(AF_INET6, in.bytes());
    }
    if (in.Is(4, WireType::kVarint)) out.port = in.number();
  }
  return in.ok();
}

bool ReadAnnotation(std::string_view message, ZipkinSpan& out) {
  auto& [time_us, value] = out.annotations.emplace_back();
  FieldReader in(message);
  while (in.Next()) {
    if (in.Is(1, WireType::kFixed64)) time_us = in.number();
    if (in.Is(2, WireType::kBytes)) value = in.bytes();
  }
  return in.ok();
}

bool ReadTag(std::string_view message, ZipkinSpan& out) {
  auto& [key, value] = out.tags.emplace_back();
  FieldReader in(message);
  while (in.Next()) {
    if (in.Is(1, WireType::kBytes)) key = in.bytes();
    if (in.Is(2, WireType::kBytes)) value = in.bytes();
  }
  return in.ok();
}

// Of trace ids the lower half may be all there is.
std::string Padded(std::string_view id, size_t bytes) {
  return id.size() < bytes ? std::string(bytes - id.size(), '\0').append(id)
                           : std::string(id);
}

uint64_t KindNumbered(uint64_t number) {
  constexpr SpanKind kKinds[] = {SpanKind::kUnspecified, SpanKind::kClient,
                                 SpanKind::kServer, SpanKind::kProducer,
                                 SpanKind::kConsumer};
  return number < std::size(kKinds) ? static_cast<uint64_t>(kKinds[number]) : 0;
}

bool ReadBytesField(const FieldReader& in, ZipkinSpan& out) {
  switch (in.field()) {
    case 1:
      out.trace_id = Padded(in.bytes(), 16);
      return true;
    case 2:
      out.parent_id = in.bytes();
      return true;
    case 3:
      out.id = in.bytes();
      return true;
    case 5:
      out.name = in.bytes();
      return true;
    case 8:
      return ReadEndpoint(in.bytes(), out.local);
    case 9:
      return ReadEndpoint(in.bytes(), out.remote);
    case 10:
      return ReadAnnotation(in.bytes(), out);
    case 11:
      return ReadTag(in.bytes(), out);
    default:
      return true;
  }
}

// zipkin.proto3.Span.
bool ReadSpan(std::string_view message, ZipkinSpan& out) {
  FieldReader in(message);
  while (in.Next()) {
    if (in.type() == WireType::kBytes && !ReadBytesField(in, out)) return false;
    if (in.Is(4, WireType::kVarint)) out.kind = KindNumbered(in.number());
    if (in.Is(6, WireType::kFixed64)) out.timestamp_us = in.number();
    if (in.Is(7, WireType::kVarint)) out.duration_us = in.number();
    if (in.Is(12, WireType::kVarint)) out.debug = in.number() != 0;
    if (in.Is(13, WireType::kVarint)) out.shared = in.number() != 0;
  }
  return in.ok();
}

}  // namespace

void ZipkinRequest::Reject(const std::string& why) {
  ++rejected;
  if (message.size() >= limits::kPartialSuccessCharsMax) return;
  if (!message.empty()) message += "; ";
  message += why;
}

absl::StatusOr<ZipkinRequest> ReadZipkinJson(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  const std::optional<std::string> mended = MendedJson(json);
  const std::string_view text = mended ? std::string_view(*mended) : json;
  if (const auto error = parser.parse(text.data(), text.size()).get(root)) {
    const std::string fault = JsonFault(json);
    return NoSpans(fault.empty() ? simdjson::error_message(error) : fault);
  }
  simdjson::dom::array spans;
  if (root.get(spans) != simdjson::SUCCESS) return NoSpans("not an array");
  OtlpFromZipkin request;
  ZipkinRequest out;
  size_t place = 0;
  for (const element& span : spans) {
    object members;
    if (span.get(members) != simdjson::SUCCESS) {
      return NoSpans("an element is no object");
    }
    const JsonSpan read(members);
    if (read.fault().empty()) {
      request.Add(read.span());
    } else {
      out.Reject("spans[" + std::to_string(place) + "]: " + read.fault());
    }
    ++place;
  }
  out.otlp = std::move(request).Finish();
  return out;
}

absl::StatusOr<ZipkinRequest> ReadZipkinProto(std::string_view bytes) {
  OtlpFromZipkin request;
  FieldReader in(bytes);
  while (in.Next()) {
    if (!in.Is(1, WireType::kBytes)) continue;
    ZipkinSpan span;
    if (!ReadSpan(in.bytes(), span)) return NoSpans("a span does not read");
    request.Add(span);
  }
  if (!in.ok()) return NoSpans("not of Protobuf's wire format");
  ZipkinRequest out;
  out.otlp = std::move(request).Finish();
  return out;
}

}  // namespace roentgen::server

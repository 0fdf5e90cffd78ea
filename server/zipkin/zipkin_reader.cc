#include "server/zipkin/zipkin_reader.h"

#include <arpa/inet.h>

#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "server/zipkin/zipkin_span.h"
#include "simdjson.h"
#include "storage/span/span_view.h"
#include "storage/span/wire_fields.h"

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

std::string_view TextOf(const element& value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::string_view Text(const object& from, const char* key) {
  element value;
  return from[key].get(value) == simdjson::SUCCESS ? TextOf(value)
                                                   : std::string_view();
}

// Also of numbers in quotes and with fractions, as some clients write them.
uint64_t Number(const object& from, const char* key) {
  element value;
  if (from[key].get(value) != simdjson::SUCCESS) return 0;
  uint64_t number = 0;
  if (value.get(number) == simdjson::SUCCESS) return number;
  double real = 0;
  if (value.get(real) == simdjson::SUCCESS) {
    return real >= 0 && real < 1.8e19 ? static_cast<uint64_t>(real) : 0;
  }
  const std::string_view text = TextOf(value);
  return absl::SimpleAtoi({text.data(), text.size()}, &number) ? number : 0;
}

bool IsTrue(const object& from, const char* key) {
  bool value = false;
  return from[key].get(value) == simdjson::SUCCESS && value;
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

ZipkinEndpoint EndpointOf(const object& from, const char* key) {
  ZipkinEndpoint endpoint;
  object given;
  if (from[key].get(given) != simdjson::SUCCESS) return endpoint;
  endpoint.service_name = Text(given, "serviceName");
  endpoint.ipv4 = Text(given, "ipv4");
  endpoint.ipv6 = Text(given, "ipv6");
  endpoint.port = Number(given, "port");
  return endpoint;
}

ZipkinSpan SpanOf(const object& from) {
  ZipkinSpan span;
  span.trace_id = ZipkinIdBytes(Text(from, "traceId"), 16);
  span.id = ZipkinIdBytes(Text(from, "id"), 8);
  const std::string_view parent = Text(from, "parentId");
  if (!parent.empty()) span.parent_id = ZipkinIdBytes(parent, 8);
  span.name = Text(from, "name");
  span.kind = KindNamed(Text(from, "kind"));
  span.timestamp_us = Number(from, "timestamp");
  span.duration_us = Number(from, "duration");
  span.local = EndpointOf(from, "localEndpoint");
  span.remote = EndpointOf(from, "remoteEndpoint");
  span.debug = IsTrue(from, "debug");
  span.shared = IsTrue(from, "shared");
  simdjson::dom::array annotations;
  if (from["annotations"].get(annotations) == simdjson::SUCCESS) {
    for (const element& a : annotations) {
      object annotation;
      if (a.get(annotation) != simdjson::SUCCESS) continue;
      span.annotations.emplace_back(Number(annotation, "timestamp"),
                                    Text(annotation, "value"));
    }
  }
  object tags;
  if (from["tags"].get(tags) == simdjson::SUCCESS) {
    for (const auto& [key, value] : tags) {
      if (value.is_string()) span.tags.emplace_back(key, TextOf(value));
    }
  }
  return span;
}

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

absl::StatusOr<std::string> ReadZipkinJson(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root)) {
    return NoSpans(simdjson::error_message(error));
  }
  simdjson::dom::array spans;
  if (root.get(spans) != simdjson::SUCCESS) return NoSpans("not an array");
  OtlpFromZipkin request;
  for (const element& span : spans) {
    object members;
    if (span.get(members) != simdjson::SUCCESS) {
      return NoSpans("an element is no object");
    }
    request.Add(SpanOf(members));
  }
  return std::move(request).Finish();
}

absl::StatusOr<std::string> ReadZipkinProto(std::string_view bytes) {
  OtlpFromZipkin request;
  FieldReader in(bytes);
  while (in.Next()) {
    if (!in.Is(1, WireType::kBytes)) continue;
    ZipkinSpan span;
    if (!ReadSpan(in.bytes(), span)) return NoSpans("a span does not read");
    request.Add(span);
  }
  if (!in.ok()) return NoSpans("not of Protobuf's wire format");
  return std::move(request).Finish();
}

}  // namespace roentgen::server

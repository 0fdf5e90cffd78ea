#include "server/zipkin/zipkin_span.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "base/hex_digit.h"
#include "trace/span/span_view.h"
#include "trace/span/wire_fields.h"

namespace roentgen::server {
namespace {

using storage::AppendBytesField;
using storage::AppendFixed64Field;
using storage::AppendVarintField;

void AppendText(uint32_t field, std::string_view key, std::string_view text,
                std::string& out) {
  std::string value, attribute;
  AppendBytesField(1, text, value);
  AppendBytesField(1, key, attribute);
  AppendBytesField(2, value, attribute);
  AppendBytesField(field, attribute, out);
}

void AppendTextIfAny(uint32_t field, std::string_view key,
                     std::string_view text, std::string& out) {
  if (!text.empty()) AppendText(field, key, text, out);
}

void AppendNumber(uint32_t field, std::string_view key, uint32_t value_field,
                  uint64_t number, std::string& out) {
  std::string value, attribute;
  AppendVarintField(value_field, number, value);
  AppendBytesField(1, key, attribute);
  AppendBytesField(2, value, attribute);
  AppendBytesField(field, attribute, out);
}

// Microseconds that do not fit in nanoseconds are as late as can be.
uint64_t Nanos(uint64_t us) {
  return us > UINT64_MAX / 1'000 ? UINT64_MAX : us * 1'000;
}

void AppendAttributes(const ZipkinSpan& span, std::string& out) {
  constexpr uint32_t kAttributes = 9;
  constexpr uint32_t kBool = 2, kInt = 3;
  for (const auto& [key, value] : span.tags) {
    AppendText(kAttributes, key, value, out);
  }
  AppendTextIfAny(kAttributes, "peer.service", span.remote.service_name, out);
  AppendTextIfAny(kAttributes, "net.peer.ip", span.remote.ipv4, out);
  AppendTextIfAny(kAttributes, "net.peer.ipv6", span.remote.ipv6, out);
  if (span.remote.port != 0) {
    AppendNumber(kAttributes, "net.peer.port", kInt, span.remote.port, out);
  }
  if (span.shared) AppendNumber(kAttributes, "zipkin.shared", kBool, 1, out);
  if (span.debug) AppendNumber(kAttributes, "zipkin.debug", kBool, 1, out);
}

std::string StatusOf(const ZipkinSpan& span) {
  std::string status;
  for (const auto& [key, value] : span.tags) {
    if (key != "error" || value == "false") continue;
    if (value != "true") AppendBytesField(2, value, status);
    AppendVarintField(3, storage::kStatusError, status);
    return status;
  }
  return status;
}

std::string ResourceOf(const ZipkinEndpoint& local) {
  std::string resource;
  AppendTextIfAny(1, "service.name", local.service_name, resource);
  AppendTextIfAny(1, "net.host.ip", local.ipv4, resource);
  AppendTextIfAny(1, "net.host.ipv6", local.ipv6, resource);
  if (local.port != 0) {
    AppendNumber(1, "net.host.port", 3, local.port, resource);
  }
  return resource;
}

}  // namespace

std::string ZipkinIdBytes(std::string_view hex, size_t bytes) {
  if (hex.empty() || hex.size() > 2 * bytes ||
      !std::all_of(hex.begin(), hex.end(), IsHexDigit)) {
    return {};
  }
  const std::string padded =
      std::string(2 * bytes - hex.size(), '0').append(hex);
  return absl::HexStringToBytes(padded);
}

void OtlpFromZipkin::Add(const ZipkinSpan& span) {
  std::string out;
  AppendBytesField(1, span.trace_id, out);
  AppendBytesField(2, span.id, out);
  // Some old clients made a root its own parent.
  if (!span.parent_id.empty() && span.parent_id != span.id) {
    AppendBytesField(4, span.parent_id, out);
  }
  if (!span.name.empty()) AppendBytesField(5, span.name, out);
  // What does no call is work within.
  AppendVarintField(6, span.kind == 0 ? 1 : span.kind, out);
  const uint64_t start = Nanos(span.timestamp_us);
  const uint64_t duration = Nanos(span.duration_us);
  AppendFixed64Field(7, start, out);
  AppendFixed64Field(
      8, duration > UINT64_MAX - start ? UINT64_MAX : start + duration, out);
  AppendAttributes(span, out);
  for (const auto& [time_us, value] : span.annotations) {
    std::string event;
    AppendFixed64Field(1, Nanos(time_us), event);
    AppendBytesField(2, value, event);
    AppendBytesField(11, event, out);
  }
  const std::string status = StatusOf(span);
  if (!status.empty()) AppendBytesField(15, status, out);
  AppendBytesField(2, out, scopes_[ResourceOf(span.local)]);
}

std::string OtlpFromZipkin::Finish() && {
  std::string request;
  for (const auto& [resource, spans] : scopes_) {
    std::string fields;
    AppendBytesField(1, resource, fields);
    AppendBytesField(2, spans, fields);
    AppendBytesField(1, fields, request);
  }
  return request;
}

}  // namespace roentgen::server

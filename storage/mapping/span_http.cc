#include "storage/mapping/span_http.h"

#include <arpa/inet.h>

#include <cstring>
#include <string>
#include <utility>

namespace roentgen::storage {
namespace {

using Kind = AnyValueView::Kind;

bool IsIpAddress(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof(buffer) ||
      text.find('\0') != text.npos) {
    return false;
  }
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  in6_addr address;
  return inet_pton(AF_INET, buffer, &address) == 1 ||
         inet_pton(AF_INET6, buffer, &address) == 1;
}

std::string_view IpText(const AttributeSlots& slots, KnownKey key) {
  const std::string_view text = slots.Text(key);
  return IsIpAddress(text) ? text : std::string_view();
}

// A number or a text.
std::string PortText(const AttributeSlots& slots, KnownKey key) {
  const std::optional<int64_t> number = slots.Int(key);
  return number ? std::to_string(*number) : std::string(slots.Text(key));
}

std::string FirstPort(const AttributeSlots& slots, KnownKey key,
                      KnownKey other) {
  std::string port = PortText(slots, key);
  return port.empty() ? PortText(slots, other) : port;
}

std::string_view ServerHost(const AttributeSlots& slots) {
  for (KnownKey key : {KnownKey::kHttpServerName, KnownKey::kNetHostName,
                       KnownKey::kHostName, KnownKey::kServerAddress}) {
    if (const std::string_view host = slots.Text(key); !host.empty()) {
      return host;
    }
  }
  return {};
}

std::string_view PeerHost(const AttributeSlots& slots) {
  for (KnownKey key : {KnownKey::kNetPeerName, KnownKey::kNetPeerIp,
                       KnownKey::kServerAddress}) {
    if (const std::string_view host = slots.Text(key); !host.empty()) {
      return host;
    }
  }
  return {};
}

void AppendPath(const AttributeSlots& slots, std::string& url) {
  const std::string_view target = slots.Text(KnownKey::kHttpTarget);
  if (!target.empty()) {
    url += target;
    return;
  }
  const std::string_view path = slots.Text(KnownKey::kUrlPath);
  const std::string_view query = slots.Text(KnownKey::kUrlQuery);
  url += path.empty() ? "/" : path;
  if (!query.empty()) url.append("?").append(query);
}

// Empty when no host is known.
std::string MakeUrl(const AttributeSlots& slots, bool server) {
  std::string_view host = slots.Text(KnownKey::kHttpHost);
  std::string port;
  // The Host header names a port of its own.
  if (host.empty()) {
    host = server ? ServerHost(slots) : PeerHost(slots);
    port = FirstPort(slots,
                     server ? KnownKey::kNetHostPort : KnownKey::kNetPeerPort,
                     KnownKey::kServerPort);
  }
  if (host.empty()) return {};
  const std::string_view scheme =
      slots.Text(KnownKey::kHttpScheme, KnownKey::kUrlScheme);
  std::string url(scheme.empty() ? "http" : scheme);
  const bool usual =
      (url == "http" && port == "80") || (url == "https" && port == "443");
  url.append("://").append(host);
  if (!port.empty() && !usual) url.append(":").append(port);
  AppendPath(slots, url);
  return url;
}

// Attributes that make a block by being there.
constexpr KnownKey kMakers[] = {
    KnownKey::kHttpMethod,     KnownKey::kHttpRequestMethod,
    KnownKey::kHttpUserAgent,  KnownKey::kUserAgentOriginal,
    KnownKey::kHttpStatusCode, KnownKey::kHttpResponseStatusCode,
    KnownKey::kHttpClientIp,   KnownKey::kHttpUrl,
    KnownKey::kUrlFull,        KnownKey::kHttpScheme,
    KnownKey::kUrlScheme,      KnownKey::kHttpTarget,
    KnownKey::kUrlPath,        KnownKey::kUrlQuery,
    KnownKey::kHttpHost,       KnownKey::kHttpServerName,
    KnownKey::kNetHostPort,
};

bool MakesBlock(const AttributeSlots& slots) {
  for (KnownKey key : kMakers) {
    const AnyValueView* value = slots.Find(key);
    if (value != nullptr && IsHttpAttribute(key, *value)) return true;
  }
  return false;
}

void SetClient(const AttributeSlots& slots, HttpParts& http) {
  http.client_ip = slots.Text(KnownKey::kHttpClientIp);
  if (http.client_ip.empty()) {
    http.client_ip = IpText(slots, KnownKey::kClientAddress);
  }
  std::string_view peer = slots.Text(KnownKey::kNetPeerIp);
  if (peer.empty()) peer = IpText(slots, KnownKey::kNetworkPeerAddress);
  http.x_forwarded_for = !http.client_ip.empty() && peer.empty();
  if (http.client_ip.empty()) http.client_ip = peer;
}

}  // namespace

HttpParts HttpOf(const AttributeSlots& slots, bool server,
                 SegmentDocument& owner) {
  HttpParts http;
  if (!slots.has_http() || !MakesBlock(slots)) return http;
  http.present = true;
  http.method = slots.Text(KnownKey::kHttpMethod, KnownKey::kHttpRequestMethod);
  http.user_agent =
      slots.Text(KnownKey::kHttpUserAgent, KnownKey::kUserAgentOriginal);
  http.status = slots.Int(KnownKey::kHttpStatusCode);
  if (!http.status) {
    http.status = slots.Int(KnownKey::kHttpResponseStatusCode);
  }
  SetClient(slots, http);
  http.url = slots.Text(KnownKey::kHttpUrl, KnownKey::kUrlFull);
  if (http.url.empty()) {
    std::string url = MakeUrl(slots, server);
    if (!url.empty()) http.url = owner.Own(std::move(url));
  }
  return http;
}

bool IsHttpAttribute(KnownKey key, const AnyValueView& value) {
  if (key < kFirstHttpKey || key > kLastHttpKey) return false;
  switch (key) {
    case KnownKey::kHttpStatusCode:
    case KnownKey::kHttpResponseStatusCode:
      return value.kind == Kind::kInt;
    case KnownKey::kNetHostPort:
    case KnownKey::kNetPeerPort:
    case KnownKey::kServerPort:
      return value.kind == Kind::kInt || value.kind == Kind::kString;
    case KnownKey::kClientAddress:
    case KnownKey::kNetworkPeerAddress:
      return value.kind == Kind::kString && IsIpAddress(value.bytes);
    default:
      return value.kind == Kind::kString;
  }
}

}  // namespace roentgen::storage

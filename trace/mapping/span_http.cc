#include "trace/mapping/span_http.h"

#include <string>
#include <utility>

#include "trace/document/http_status.h"
#include "trace/mapping/host_text.h"

namespace roentgen::storage {
namespace {

using Kind = AnyValueView::Kind;

std::string_view IpText(const AttributeSlots& slots, KnownKey key) {
  const std::string_view text = slots.Text(key);
  return IsIpAddress(text) ? text : std::string_view();
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

// What follows scheme and host. A target that is a whole URL (as proxies get
// it) is not one.
void AppendPath(std::string_view target, const AttributeSlots& slots,
                std::string& url) {
  if (target == "*") return;  // "OPTIONS *" is about the server.
  if (!target.empty()) {
    if (target.front() != '/') url += '/';
    url += target;
    return;
  }
  const std::string_view path = slots.Text(KnownKey::kUrlPath);
  std::string_view query = slots.Text(KnownKey::kUrlQuery);
  if (!path.starts_with('/')) url += '/';
  url += path;
  if (query.starts_with('?')) query.remove_prefix(1);
  if (!query.empty()) url.append("?").append(query);
}

// "http", however the attribute ends: "https:", "https://".
std::string SchemeOf(const AttributeSlots& slots) {
  const std::string_view scheme =
      slots.Text(KnownKey::kHttpScheme, KnownKey::kUrlScheme);
  const std::string_view name = scheme.substr(0, scheme.find(':'));
  return std::string(name.empty() ? "http" : name);
}

bool IsConnect(const AttributeSlots& slots) {
  return slots.Text(KnownKey::kHttpMethod, KnownKey::kHttpRequestMethod) ==
         "CONNECT";
}

// Empty when no host is known.
std::string MakeUrl(const AttributeSlots& slots, bool server) {
  const std::string_view target =
      slots.Text(KnownKey::kHttpTarget, KnownKey::kHttpPath);
  if (target.find("://") < target.find_first_of("/?#")) {
    return std::string(target);
  }
  std::string url = SchemeOf(slots);
  // What CONNECT is for is a host itself.
  if (IsConnect(slots) && !target.empty() && target.front() != '/') {
    return url.append("://").append(target);
  }
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
  const bool usual =
      (url == "http" && port == "80") || (url == "https" && port == "443");
  url += "://";
  if (IsIpv6Address(host)) {
    url.append("[").append(host).append("]");
  } else {
    url += host;
  }
  const bool has_port = !SplitHostPort(host).port.empty();
  if (!has_port && !usual && IsPort(port)) url.append(":").append(port);
  AppendPath(target, slots, url);
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
    KnownKey::kHttpPath,       KnownKey::kUrlPath,
    KnownKey::kUrlQuery,       KnownKey::kHttpHost,
    KnownKey::kHttpServerName, KnownKey::kNetHostPort,
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

std::optional<int64_t> HttpStatusOf(const AnyValueView& value) {
  switch (value.kind) {
    case Kind::kInt:
      return HttpStatusOf(static_cast<double>(value.integer));
    case Kind::kDouble:
      return HttpStatusOf(value.number);
    case Kind::kString:
      return HttpStatusIn(value.bytes);
    default:
      return std::nullopt;
  }
}

std::optional<int64_t> HttpStatusOf(const AttributeSlots& slots) {
  for (KnownKey key :
       {KnownKey::kHttpStatusCode, KnownKey::kHttpResponseStatusCode}) {
    const AnyValueView* value = slots.Find(key);
    if (value == nullptr) continue;
    if (const auto status = HttpStatusOf(*value)) return status;
  }
  return std::nullopt;
}

HttpParts HttpOf(const AttributeSlots& slots, bool server,
                 SegmentDocument& owner) {
  HttpParts http;
  if (!slots.has_http() || !MakesBlock(slots)) return http;
  http.present = true;
  http.method = slots.Text(KnownKey::kHttpMethod, KnownKey::kHttpRequestMethod);
  http.user_agent =
      slots.Text(KnownKey::kHttpUserAgent, KnownKey::kUserAgentOriginal);
  http.status = HttpStatusOf(slots);
  SetClient(slots, http);
  http.url = slots.Text(KnownKey::kHttpUrl, KnownKey::kUrlFull);
  if (http.url.empty()) {
    std::string url = MakeUrl(slots, server);
    if (!url.empty()) http.url = owner.Own(std::move(url));
    // Zipkin's senders mostly know no host: their path is all there is.
    if (http.url.empty()) http.url = slots.Text(KnownKey::kHttpPath);
  }
  return http;
}

bool IsHttpAttribute(KnownKey key, const AnyValueView& value) {
  if (key < kFirstHttpKey || key > kLastHttpKey) return false;
  switch (key) {
    case KnownKey::kHttpStatusCode:
    case KnownKey::kHttpResponseStatusCode:
      return HttpStatusOf(value).has_value();
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

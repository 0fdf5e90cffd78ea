#include "storage/mapping/span_name.h"

#include <string>
#include <utility>

#include "storage/document/name_rules.h"

namespace roentgen::storage {
namespace {

bool IsCall(SpanKind kind) {
  return kind == SpanKind::kClient || kind == SpanKind::kProducer ||
         kind == SpanKind::kConsumer;
}

std::string_view RemoteService(const AttributeSlots& slots) {
  std::string_view name = slots.Text(KnownKey::kAwsRemoteService);
  if (!IsAwsCall(slots)) return name;
  for (std::string_view prefix : {"AWS.SDK.", "AWS::"}) {
    if (name.starts_with(prefix)) {
      name.remove_prefix(prefix.size());
      break;
    }
  }
  return name;
}

// What Application Signals says.
std::string_view SignalsName(SpanKind kind, const AttributeSlots& slots,
                             NameOf what) {
  if (what == NameOf::kService) return slots.Text(KnownKey::kAwsLocalService);
  if (IsCall(kind)) return RemoteService(slots);
  const bool local = kind == SpanKind::kServer ||
                     (kind == SpanKind::kInternal && IsLocalRoot(slots));
  if (local) return slots.Text(KnownKey::kAwsLocalService);
  // The call part of a local root names its target, whatever its kind.
  return kind == SpanKind::kUnspecified && IsLocalRoot(slots)
             ? RemoteService(slots)
             : std::string_view();
}

// Of "jdbc:mysql://user@db.example.com:3306/shop": db.example.com.
std::string_view HostOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == url.npos) return {};
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const size_t at = url.rfind('@'); at != url.npos) {
    url.remove_prefix(at + 1);
  }
  if (url.starts_with('[')) {
    const size_t end = url.find(']');
    return end == url.npos ? std::string_view() : url.substr(1, end - 1);
  }
  return url.substr(0, url.find(':'));
}

std::string_view DatabaseName(const AttributeSlots& slots,
                              SegmentDocument& owner) {
  const std::string_view name =
      slots.Text(KnownKey::kDbName, KnownKey::kDbNamespace);
  if (name.empty()) return {};
  const std::string_view host =
      HostOf(slots.Text(KnownKey::kDbConnectionString));
  if (host.empty()) return name;
  return owner.Own(std::string(name).append("@").append(host));
}

std::string_view GivenName(SpanKind kind, const AttributeSlots& slots,
                           const MappedContext& context, NameOf what,
                           SegmentDocument& owner) {
  std::string_view name = SignalsName(kind, slots, what);
  if (name.empty()) {
    name = slots.Text(KnownKey::kPeerService, KnownKey::kAwsService);
  }
  if (name.empty()) name = DatabaseName(slots, owner);
  if (name.empty() && kind == SpanKind::kServer) name = context.service_name;
  if (name.empty()) {
    name = slots.Text(KnownKey::kRpcService, KnownKey::kHttpHost);
  }
  if (name.empty()) {
    name = slots.Text(KnownKey::kNetPeerName, KnownKey::kServerAddress);
  }
  return name;
}

std::string_view Normal(std::string_view name, SegmentDocument& owner) {
  return IsPlainName(name) ? name : owner.Own(NormalizeName(name));
}

// A span's own name may have nothing in it that names may have.
std::string_view NormalSpanName(std::string_view name, SegmentDocument& owner) {
  if (IsPlainName(name)) return name;
  const bool nothing_left =
      name.empty() || NormalizeName(std::string(name) + "x") == "x";
  return nothing_left ? "span" : owner.Own(NormalizeName(name));
}

}  // namespace

SpanKind KindOf(const SpanView& span) {
  return span.kind <= static_cast<uint64_t>(SpanKind::kConsumer)
             ? static_cast<SpanKind>(span.kind)
             : SpanKind::kUnspecified;
}

bool IsAwsCall(const AttributeSlots& slots) {
  return slots.Text(KnownKey::kRpcSystem) == "aws-api";
}

bool IsLocalRoot(const AttributeSlots& slots) {
  return slots.Text(KnownKey::kAwsSpanKind) == "LOCAL_ROOT";
}

std::string_view NameOfSpan(const SpanView& span, const AttributeSlots& slots,
                            const MappedContext& context, NameOf what,
                            Namespace name_space, SegmentDocument& owner) {
  const std::string_view given =
      GivenName(KindOf(span), slots, context, what, owner);
  const std::string_view name =
      given.empty() ? NormalSpanName(span.name, owner) : Normal(given, owner);
  return name_space == Namespace::kAws ? CanonicalAwsName(name) : name;
}

Namespace NamespaceOf(const SpanView& span, const AttributeSlots& slots,
                      bool subsegment) {
  const SpanKind kind = KindOf(span);
  if (IsAwsCall(slots) || !slots.Text(KnownKey::kAwsService).empty()) {
    return Namespace::kAws;
  }
  if (kind == SpanKind::kClient) return Namespace::kRemote;
  const bool signals = subsegment && IsCall(kind) &&
                       !slots.Text(KnownKey::kAwsRemoteService).empty();
  return signals ? Namespace::kRemote : Namespace::kLocal;
}

}  // namespace roentgen::storage

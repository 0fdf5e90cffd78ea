#include "trace/mapping/span_name.h"

#include <string>
#include <utility>

#include "trace/document/name_rules.h"
#include "trace/mapping/database_host.h"
#include "trace/mapping/host_text.h"

namespace roentgen::storage {
namespace {

// What Application Signals says.
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

// "database@host"; the host alone where the database has no name.
std::string_view DatabaseName(const AttributeSlots& slots,
                              SegmentDocument& owner) {
  std::string name = DatabaseLabel(slots);
  if (name.empty() && DatabaseSystem(slots).empty()) return {};
  const std::string host = DatabaseHost(slots);
  if (!name.empty() && !host.empty()) name += '@';
  name += host;
  return name.empty() ? std::string_view() : owner.Own(std::move(name));
}

// Newer instrumentation writes "S3/PutObject" and no service beside it.
std::string_view RpcService(const AttributeSlots& slots) {
  const std::string_view service = slots.Text(KnownKey::kRpcService);
  if (!service.empty() || !IsAwsCall(slots)) return service;
  const std::string_view method = slots.Text(KnownKey::kRpcMethod);
  const size_t slash = method.find('/');
  return slash == method.npos ? std::string_view() : method.substr(0, slash);
}

std::string_view HostOfUrl(const AttributeSlots& slots) {
  const std::string_view url =
      slots.Text(KnownKey::kHttpUrl, KnownKey::kUrlFull);
  const size_t scheme = url.find("://");
  if (scheme == url.npos) return {};
  const std::string_view rest = url.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const size_t user = authority.rfind('@');
  return user == authority.npos ? authority : authority.substr(user + 1);
}

// A queue or topic stands for its broker where nothing names that.
std::string_view Broker(const AttributeSlots& slots) {
  const std::string_view destination = slots.Text(
      KnownKey::kMessagingDestination, KnownKey::kMessagingDestinationOld);
  return destination.empty() ? slots.Text(KnownKey::kMessagingSystem)
                             : destination;
}

// Empty when the span does not say what it calls.
std::string_view CalleeName(const AttributeSlots& slots,
                            SegmentDocument& owner) {
  if (const auto name = RemoteService(slots); !name.empty()) return name;
  for (KnownKey key : {KnownKey::kPeerService, KnownKey::kServicePeerName,
                       KnownKey::kAwsService}) {
    if (const auto name = slots.Text(key); !name.empty()) return name;
  }
  if (!IsAwsCall(slots)) {
    if (const auto name = DatabaseName(slots, owner); !name.empty()) {
      return name;
    }
  }
  if (const auto name = RpcService(slots); !name.empty()) return name;
  for (KnownKey key : {KnownKey::kHttpHost, KnownKey::kNetPeerName,
                       KnownKey::kServerAddress}) {
    if (const auto name = slots.Text(key); !name.empty()) return name;
  }
  if (const auto name = HostOfUrl(slots); !name.empty()) return name;
  if (const auto name = Broker(slots); !name.empty()) return name;
  return slots.Text(KnownKey::kNetworkPeerAddress, KnownKey::kNetPeerIp);
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
  return slots.Text(KnownKey::kRpcSystem, KnownKey::kRpcSystemName) ==
         "aws-api";
}

bool IsLocalRoot(const AttributeSlots& slots) {
  return slots.Text(KnownKey::kAwsSpanKind) == "LOCAL_ROOT";
}

std::string_view SegmentNameOf(const AttributeSlots& slots,
                               const MappedContext& context,
                               SegmentDocument& owner) {
  const std::string_view name = slots.Text(KnownKey::kAwsLocalService);
  return Normal(name.empty() ? context.service_name : name, owner);
}

SubsegmentName SubsegmentNameOf(const SpanView& span,
                                const AttributeSlots& slots,
                                Namespace name_space, SegmentDocument& owner) {
  const std::string_view callee = name_space == Namespace::kLocal
                                      ? std::string_view()
                                      : CalleeName(slots, owner);
  if (callee.empty()) {
    const std::string_view name = NormalSpanName(span.name, owner);
    return {
        .name = name_space == Namespace::kAws ? CanonicalAwsName(name) : name,
        .known = false};
  }
  const std::string_view name = Normal(callee, owner);
  return {.name = name_space == Namespace::kAws ? CanonicalAwsName(name) : name,
          .known = true};
}

Namespace NamespaceOf(const SpanView& span, const AttributeSlots& slots) {
  if (IsAwsCall(slots) || !slots.Text(KnownKey::kAwsService).empty()) {
    return Namespace::kAws;
  }
  const SpanKind kind = KindOf(span);
  return kind == SpanKind::kClient || kind == SpanKind::kProducer
             ? Namespace::kRemote
             : Namespace::kLocal;
}

}  // namespace roentgen::storage

#include "server/insights/insight_codec.h"

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/wire.h"

namespace roentgen::server {
namespace {

using storage::ServiceId;

constexpr uint64_t kVersion = 1;
constexpr uint64_t kServicesMax =
    (limits::kInsightEventsMax + 1) * (limits::kInsightServicesMax + 1);

// Services are written once, and meant by their number.
class ServiceTable {
 public:
  uint64_t NumberOf(const ServiceId& id) {
    const auto [at, is_new] = numbers_.try_emplace(id, ids_.size());
    if (is_new) ids_.push_back(&at->first);
    return at->second;
  }
  void AppendTo(std::string& out) const {
    AppendVarint(ids_.size(), out);
    for (const ServiceId* id : ids_) {
      AppendBytes(id->name, out);
      AppendBytes(id->type, out);
      AppendBytes(id->account_id, out);
    }
  }

 private:
  std::map<ServiceId, uint64_t> numbers_;
  std::vector<const ServiceId*> ids_;
};

bool ReadServices(ByteReader& in, std::vector<ServiceId>& services) {
  uint64_t count;
  if (!in.BoundedVarint(kServicesMax, count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view name, type, account;
    if (!in.Bytes(name) || !in.Bytes(type) || !in.Bytes(account)) return false;
    services.push_back({.name = std::string(name),
                        .type = std::string(type),
                        .account_id = std::string(account)});
  }
  return true;
}

bool ReadService(ByteReader& in, std::span<const ServiceId> services,
                 ServiceId& id) {
  uint64_t number;
  if (!in.Varint(number) || number >= services.size()) return false;
  id = services[number];
  return true;
}

void AppendImpact(const InsightImpact& impact, std::string& out) {
  for (const RequestImpact* of : {&impact.client, &impact.root_cause}) {
    AppendZigzag(of->faults, out);
    AppendZigzag(of->oks, out);
    AppendZigzag(of->total, out);
  }
}

bool ReadImpact(ByteReader& in, InsightImpact& impact) {
  for (RequestImpact* of : {&impact.client, &impact.root_cause}) {
    if (!in.Zigzag(of->faults) || !in.Zigzag(of->oks) ||
        !in.Zigzag(of->total)) {
      return false;
    }
  }
  return true;
}

// Root cause, impact and top services: what insights and events share.
template <typename T>
void AppendFinding(const T& finding, ServiceTable& services, std::string& out) {
  AppendVarint(services.NumberOf(finding.root_cause), out);
  AppendImpact(finding.impact, out);
  AppendVarint(finding.top_services.size(), out);
  for (const ServiceId& id : finding.top_services) {
    AppendVarint(services.NumberOf(id), out);
  }
}

template <typename T>
bool ReadFinding(ByteReader& in, std::span<const ServiceId> services,
                 T& finding) {
  uint64_t count;
  if (!ReadService(in, services, finding.root_cause) ||
      !ReadImpact(in, finding.impact) ||
      !in.BoundedVarint(limits::kInsightServicesMax, count) || count == 0) {
    return false;
  }
  for (uint64_t i = 0; i < count; ++i) {
    if (!ReadService(in, services, finding.top_services.emplace_back())) {
      return false;
    }
  }
  return true;
}

std::string EncodeWith(const InsightRecord& record,
                       std::span<const InsightEvent> events) {
  const Insight& insight = record.insight;
  ServiceTable services;
  std::string rest;
  AppendFinding(insight, services, rest);
  AppendZigzag(insight.start.ns, rest);
  AppendVarint(insight.end.has_value(), rest);
  AppendZigzag(insight.end.value_or(Timestamp()).ns, rest);
  AppendZigzag(insight.last_update.ns, rest);
  AppendZigzag(record.hot_until.ns, rest);
  AppendImpact(record.hot_impact, rest);
  AppendVarint(record.events_made, rest);
  AppendVarint(record.events_notified, rest);
  AppendVarint(events.size(), rest);
  for (const InsightEvent& event : events) {
    AppendVarint(static_cast<uint64_t>(event.kind), rest);
    AppendZigzag(event.time.ns, rest);
    AppendFinding(event, services, rest);
  }
  std::string out;
  AppendVarint(kVersion, out);
  AppendBytes(insight.group_id, out);
  AppendBytes(insight.group_name, out);
  AppendBytes(insight.group_arn, out);
  services.AppendTo(out);
  return out + rest;
}

bool ReadEvents(ByteReader& in, std::span<const ServiceId> services,
                std::vector<InsightEvent>& events) {
  uint64_t count;
  if (!in.BoundedVarint(limits::kInsightEventsMax, count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    InsightEvent& event = events.emplace_back();
    uint64_t kind;
    if (!in.BoundedVarint(static_cast<uint64_t>(InsightEventKind::kReopened),
                          kind) ||
        !in.Zigzag(event.time.ns) || !ReadFinding(in, services, event)) {
      return false;
    }
    event.kind = static_cast<InsightEventKind>(kind);
  }
  return true;
}

}  // namespace

std::string EncodeInsight(const InsightRecord& record) {
  std::span<const InsightEvent> events = record.events;
  std::string out = EncodeWith(record, events);
  while (out.size() > limits::kSettingBytesMax && !events.empty()) {
    events = events.subspan((events.size() + 1) / 2);
    out = EncodeWith(record, events);
  }
  return out;
}

std::optional<InsightRecord> DecodeInsight(std::string_view id,
                                           std::string_view bytes) {
  ByteReader in(bytes);
  InsightRecord out;
  Insight& insight = out.insight;
  std::vector<ServiceId> services;
  uint64_t version, ended;
  std::string_view group_id, group_name, group_arn;
  Timestamp end;
  if (!in.BoundedVarint(kVersion, version) || version != kVersion ||
      !in.Bytes(group_id) || !in.Bytes(group_name) || !in.Bytes(group_arn) ||
      !ReadServices(in, services) || !ReadFinding(in, services, insight) ||
      !in.Zigzag(insight.start.ns) || !in.BoundedVarint(1, ended) ||
      !in.Zigzag(end.ns) || !in.Zigzag(insight.last_update.ns) ||
      !in.Zigzag(out.hot_until.ns) || !ReadImpact(in, out.hot_impact) ||
      !in.Varint(out.events_made) ||
      !in.BoundedVarint(out.events_made, out.events_notified) ||
      !ReadEvents(in, services, out.events) || !in.done() ||
      out.events.empty() || out.events.size() > out.events_made) {
    return std::nullopt;
  }
  insight.id = id;
  insight.group_id = group_id;
  insight.group_name = group_name;
  insight.group_arn = group_arn;
  if (ended != 0) {
    insight.end = end;
    insight.state = InsightState::kClosed;
  }
  return out;
}

}  // namespace roentgen::server

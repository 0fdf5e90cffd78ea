#include "storage/assembly/summarize.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace roentgen::storage {
namespace {

AnnotationValue Owned(const AnnotationView& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return std::string(*text);
  }
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return std::get<bool>(value);
}

void AddDistinct(std::vector<ServiceId>& services, const ServiceId& service) {
  const auto at = std::lower_bound(services.begin(), services.end(), service);
  if (at == services.end() || *at != service) services.insert(at, service);
}

// Node of the segment that an entity belongs to; none for orphans.
std::optional<ServiceId> OwnerOf(const Trace& trace, const TraceNode& node) {
  if (!node.attached) return std::nullopt;
  return ServiceOf(trace.entity(node.segment));
}

void AddAnnotations(const Trace& trace, TraceSummary& summary) {
  std::vector<const TraceNode*> node_of;
  for (size_t first = 0; first < trace.nodes.size();) {
    const uint32_t document = trace.nodes[first].document;
    const SegmentDocument& doc = trace.documents[document];
    node_of.assign(doc.entities.size(), nullptr);
    size_t end = first;
    for (; end < trace.nodes.size() && trace.nodes[end].document == document;
         ++end) {
      node_of[trace.nodes[end].entity] = &trace.nodes[end];
    }
    first = end;
    for (const AnnotationPair& pair : doc.annotations) {
      if (node_of[pair.entity] == nullptr) continue;
      auto& entries = summary.annotations[std::string(pair.key)];
      AnnotationValue value = Owned(pair.value);
      auto entry = std::find_if(
          entries.begin(), entries.end(),
          [&](const AnnotationEntry& e) { return e.value == value; });
      if (entry == entries.end()) {
        entries.push_back({.value = std::move(value), .services = {}});
        entry = std::prev(entries.end());
      }
      if (auto owner = OwnerOf(trace, *node_of[pair.entity])) {
        AddDistinct(entry->services, *owner);
      }
    }
  }
}

void AddServices(const Trace& trace, TraceSummary& summary) {
  for (uint32_t node : trace.segments) {
    const EntityView& segment = trace.entity(node);
    const ServiceId service = ServiceOf(segment);
    AddDistinct(summary.service_ids, service);
    if (!segment.parent_id && !segment.in_progress) {
      AddDistinct(summary.service_ids,
                  {.name = service.name, .type = "client", .account_id = {}});
    }
  }
  for (const InferredSegment& inferred : trace.inferred) {
    AddDistinct(summary.service_ids, inferred.service);
  }
}

void AddUsersAndHosts(const Trace& trace, TraceSummary& summary) {
  std::map<std::string, std::vector<ServiceId>> users;
  std::set<std::string> arns, instances, zones;
  for (uint32_t node : trace.segments) {
    const EntityView& segment = trace.entity(node);
    if (!segment.user.empty()) {
      AddDistinct(users[std::string(segment.user)], ServiceOf(segment));
    }
    if (!segment.resource_arn.empty()) arns.emplace(segment.resource_arn);
    if (!segment.aws.instance_id.empty()) {
      instances.emplace(segment.aws.instance_id);
    }
    if (!segment.aws.availability_zone.empty()) {
      zones.emplace(segment.aws.availability_zone);
    }
  }
  for (auto& [name, services] : users) {
    summary.users.push_back({.name = name, .services = std::move(services)});
  }
  summary.resource_arns.assign(arns.begin(), arns.end());
  summary.instance_ids.assign(instances.begin(), instances.end());
  summary.availability_zones.assign(zones.begin(), zones.end());
}

void AddRoot(const Trace& trace, TraceSummary& summary) {
  if (!trace.root) return;
  const EntityView& root = trace.entity(*trace.root);
  const Outcome outcome = OutcomeOf(root);
  summary.has_fault = outcome.fault;
  summary.has_error = outcome.error;
  summary.has_throttle = outcome.throttle;
  summary.entry_point = ServiceOf(root);
  summary.http = {.url = std::string(root.http.url),
                  .method = std::string(root.http.method),
                  .user_agent = std::string(root.http.user_agent),
                  .client_ip = std::string(root.http.client_ip),
                  .status = root.http.status};
  if (!root.in_progress) {
    summary.response_time =
        std::max(root.end - root.start, absl::ZeroDuration());
  }
}

}  // namespace

TraceSummary Summarize(const Trace& trace) {
  TraceSummary summary;
  summary.id = trace.id;
  summary.start = trace.times.start;
  summary.duration = trace.duration;
  summary.is_partial = trace.partial;
  summary.revision = trace.times.revision;
  AddRoot(trace, summary);
  AddAnnotations(trace, summary);
  AddServices(trace, summary);
  AddUsersAndHosts(trace, summary);
  return summary;
}

}  // namespace roentgen::storage

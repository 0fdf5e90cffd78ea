#include "storage/assembly/summarize.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "storage/assembly/root_causes.h"

namespace roentgen::storage {
namespace {

AnnotationValue Owned(const AnnotationView& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return std::string(*text);
  }
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return std::get<bool>(value);
}

// Node of the segment that an entity belongs to; none for orphans.
std::optional<ServiceId> OwnerOf(const Trace& trace, const TraceNode& node) {
  if (!node.attached) return std::nullopt;
  return ServiceOf(trace.entity(node.segment));
}

template <typename T>
std::vector<T> ToVector(const std::set<T>& values) {
  return {values.begin(), values.end()};
}

// Values of each key in order of first arrival, with who reported them.
class AnnotationCollector {
 public:
  void Add(std::string_view key, AnnotationValue value,
           const std::optional<ServiceId>& owner) {
    Key& entries = keys_[std::string(key)];
    const auto [at, fresh] =
        entries.index.try_emplace(value, entries.values.size());
    if (fresh) entries.values.push_back({std::move(value), {}});
    if (owner) entries.values[at->second].services.insert(*owner);
  }

  void MoveTo(TraceSummary& summary) && {
    for (auto& [key, entries] : keys_) {
      std::vector<AnnotationEntry>& out = summary.annotations[key];
      for (Value& v : entries.values) {
        out.push_back(
            {.value = std::move(v.value), .services = ToVector(v.services)});
      }
    }
  }

 private:
  struct Value {
    AnnotationValue value;
    std::set<ServiceId> services;
  };
  struct Key {
    std::map<AnnotationValue, size_t> index;
    std::vector<Value> values;
  };
  std::map<std::string, Key> keys_;
};

void AddAnnotations(const Trace& trace, TraceSummary& summary) {
  AnnotationCollector collector;
  std::vector<const TraceNode*> node_of;
  for (size_t first = 0; first < trace.nodes.size();) {
    const uint32_t document = trace.nodes[first].document;
    const SegmentDocument& doc = trace.documents[document];
    node_of.assign(doc.entities.size(), nullptr);
    for (;
         first < trace.nodes.size() && trace.nodes[first].document == document;
         ++first) {
      node_of[trace.nodes[first].entity] = &trace.nodes[first];
    }
    doc.ForEachAnnotation([&](const AnnotationPair& pair) {
      if (node_of[pair.entity] == nullptr) return;
      collector.Add(pair.key, Owned(pair.value),
                    OwnerOf(trace, *node_of[pair.entity]));
    });
  }
  std::move(collector).MoveTo(summary);
}

void AddServices(const Trace& trace, TraceSummary& summary) {
  std::set<ServiceId> services;
  for (uint32_t node : trace.segments) {
    const EntityView& segment = trace.entity(node);
    const ServiceId service = ServiceOf(segment);
    services.insert(service);
    if (trace.IsRoot(node) && !segment.in_progress) {
      services.insert(
          {.name = service.name, .type = "client", .account_id = {}});
    }
  }
  for (const InferredSegment& inferred : trace.inferred) {
    services.insert(inferred.service);
  }
  summary.service_ids = ToVector(services);
}

void AddUsersAndHosts(const Trace& trace, TraceSummary& summary) {
  std::map<std::string, std::set<ServiceId>> users;
  std::set<std::string> arns, instances, zones;
  for (uint32_t node = 0; node < trace.nodes.size(); ++node) {
    const EntityView& entity = trace.entity(node);
    if (!entity.user.empty()) {
      std::set<ServiceId>& services = users[std::string(entity.user)];
      const auto owner = OwnerOf(trace, trace.nodes[node]);
      if (owner) services.insert(*owner);
    }
    if (!entity.resource_arn.empty()) arns.emplace(entity.resource_arn);
    if (!entity.aws.instance_id.empty()) {
      instances.emplace(entity.aws.instance_id);
    }
    if (!entity.aws.availability_zone.empty()) {
      zones.emplace(entity.aws.availability_zone);
    }
  }
  for (const auto& [name, services] : users) {
    summary.users.push_back({.name = name, .services = ToVector(services)});
  }
  summary.resource_arns = ToVector(arns);
  summary.instance_ids = ToVector(instances);
  summary.availability_zones = ToVector(zones);
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
  RootCauses causes = FindRootCauses(trace);
  summary.fault_root_causes = std::move(causes.fault);
  summary.error_root_causes = std::move(causes.error);
  summary.response_time_root_causes = std::move(causes.response_time);
  return summary;
}

}  // namespace roentgen::storage

#include "trace/assembly/summarize.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "trace/assembly/root_causes.h"
#include "trace/model/service_id.h"

namespace roentgen::storage {
namespace {

AnnotationValue Owned(const AnnotationView& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return std::string(*text);
  }
  if (const auto* number = std::get_if<ExactNumber>(&value)) return *number;
  return std::get<bool>(value);
}

// The services that entities belong to, each once: a trace may have more
// annotations than it has bytes to spare for names.
class Owners {
 public:
  explicit Owners(const Trace& trace) : trace_(trace) {}

  // Of the segment that an entity belongs to; null for orphans.
  const ServiceId* Of(const TraceNode& node) {
    if (!node.attached) return nullptr;
    const auto [at, fresh] = by_segment_.try_emplace(node.segment, nullptr);
    if (fresh) {
      at->second =
          &*services_.insert(ServiceOf(trace_.entity(node.segment))).first;
    }
    return at->second;
  }

 private:
  const Trace& trace_;
  std::set<ServiceId> services_;
  absl::flat_hash_map<uint32_t, const ServiceId*> by_segment_;
};

using OwnerSet = absl::flat_hash_set<const ServiceId*>;

std::vector<ServiceId> ToVector(const OwnerSet& owners) {
  std::vector<ServiceId> out;
  for (const ServiceId* owner : owners) out.push_back(*owner);
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> ToVector(const std::set<std::string_view>& values) {
  return {values.begin(), values.end()};
}

// Values of each key in order of first arrival, with who reported them.
class AnnotationCollector {
 public:
  void Add(std::string_view key, AnnotationValue value,
           const ServiceId* owner) {
    auto known = keys_.find(key);
    if (known == keys_.end()) known = keys_.try_emplace(std::string(key)).first;
    Key& entries = known->second;
    const auto [at, fresh] =
        entries.index.try_emplace(value, entries.values.size());
    if (fresh) entries.values.push_back({std::move(value), {}});
    if (owner != nullptr) entries.values[at->second].services.insert(owner);
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
    OwnerSet services;
  };
  struct Key {
    std::map<AnnotationValue, size_t> index;
    std::vector<Value> values;
  };
  std::map<std::string, Key, std::less<>> keys_;
};

void AddAnnotations(const Trace& trace, Owners& owners, TraceSummary& summary) {
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
                    owners.Of(*node_of[pair.entity]));
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
  summary.service_ids = {services.begin(), services.end()};
}

void AddUsersAndHosts(const Trace& trace, Owners& owners,
                      TraceSummary& summary) {
  std::map<std::string_view, OwnerSet> users;
  std::set<std::string_view> arns, instances, zones;
  for (uint32_t node = 0; node < trace.nodes.size(); ++node) {
    const EntityView& entity = trace.entity(node);
    if (!entity.user.empty()) {
      OwnerSet& services = users[entity.user];
      const ServiceId* owner = owners.Of(trace.nodes[node]);
      if (owner != nullptr) services.insert(owner);
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
    summary.users.push_back(
        {.name = std::string(name), .services = ToVector(services)});
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
  Owners owners(trace);
  AddAnnotations(trace, owners, summary);
  AddServices(trace, summary);
  AddUsersAndHosts(trace, owners, summary);
  RootCauses causes = FindRootCauses(trace);
  summary.fault_root_causes = std::move(causes.fault);
  summary.error_root_causes = std::move(causes.error);
  summary.response_time_root_causes = std::move(causes.response_time);
  return summary;
}

}  // namespace roentgen::storage

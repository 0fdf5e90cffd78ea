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
#include "trace/assembly/annotation_values.h"
#include "trace/assembly/root_causes.h"
#include "trace/model/service_id.h"

namespace roentgen::storage {
namespace {

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

std::vector<std::string> ToVector(const std::set<std::string_view>& values) {
  return {values.begin(), values.end()};
}

void AddAnnotations(const Trace& trace, Owners& owners,
                    AnnotationValues& values) {
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
      values.AddAnnotation(pair.key, pair.value,
                           owners.Of(*node_of[pair.entity]));
    });
  }
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
                      AnnotationValues& values, TraceSummary& summary) {
  std::set<std::string_view> arns, instances, zones;
  for (uint32_t node = 0; node < trace.nodes.size(); ++node) {
    const EntityView& entity = trace.entity(node);
    if (!entity.user.empty()) {
      values.AddUser(entity.user, owners.Of(trace.nodes[node]));
    }
    if (!entity.resource_arn.empty()) arns.emplace(entity.resource_arn);
    if (!entity.aws.instance_id.empty()) {
      instances.emplace(entity.aws.instance_id);
    }
    if (!entity.aws.availability_zone.empty()) {
      zones.emplace(entity.aws.availability_zone);
    }
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
  AnnotationValues values;
  AddAnnotations(trace, owners, values);
  AddServices(trace, summary);
  AddUsersAndHosts(trace, owners, values, summary);
  std::move(values).MoveTo(summary);
  RootCauses causes = FindRootCauses(trace);
  summary.fault_root_causes = std::move(causes.fault);
  summary.error_root_causes = std::move(causes.error);
  summary.response_time_root_causes = std::move(causes.response_time);
  return summary;
}

}  // namespace roentgen::storage

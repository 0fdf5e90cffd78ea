#include "server/insights/insight_detector.h"

#include <algorithm>
#include <cmath>

#include "base/limits.h"
#include "base/timestamp.h"

namespace roentgen::server {
namespace {

using storage::EdgeKey;
using storage::GraphFigures;
using storage::ServiceId;

constexpr int64_t kMinute = 60;
// How often an active insight is compared with what its last event said.
constexpr int64_t kReviewSeconds = 5 * kMinute;
// The share of clients' requests that fail changed: by so much, or to the
// double or the half, if that is not next to nothing.
constexpr double kShareChange = 0.1;
constexpr double kShareChangeMin = 0.01;
// The faults of a service that takes the first place among the top services,
// compared with those of the one that had it.
constexpr double kClearlyMore = 1.5;
// Requests in the last minutes below which an edge is forgotten.
constexpr double kLeastRecent = 0.01;

double ShareOf(const RequestImpact& impact) {
  if (impact.total == 0) return 0;
  return static_cast<double>(impact.faults) / static_cast<double>(impact.total);
}

bool IsOther(double share, double before) {
  const double change = std::abs(share - before);
  if (change >= kShareChange) return true;
  return change >= kShareChangeMin &&
         (share >= 2 * before || before >= 2 * share);
}

// Whether an insight differs from what its last event said.
bool HasChanged(const InsightRecord& record) {
  const InsightEvent& last = record.events.back();
  const Insight& insight = record.insight;
  return insight.top_services.front() != last.top_services.front() ||
         IsOther(ShareOf(insight.impact.client), ShareOf(last.impact.client));
}

bool IsActive(const InsightRecord& record) {
  return record.insight.state == InsightState::kActive;
}

}  // namespace

void InsightDetector::ForgetIdle(int64_t minute) {
  std::erase_if(nodes_, [&](const auto& entry) {
    return !entry.second.anomalous() &&
           minute - entry.second.last_seen() > kMemorySeconds;
  });
}

void InsightDetector::WatchNodes(int64_t minute, const GraphFigures& figures) {
  node_minute_.clear();
  for (const auto& [id, node] : figures.nodes) {
    if (storage::IsClient(id) || node.calls.count() <= 0) continue;
    if (!nodes_.contains(id)) {
      if (nodes_.size() >= limits::kInsightNodesMax) ForgetIdle(minute);
      if (nodes_.size() >= limits::kInsightNodesMax) {
        ++nodes_ignored_;
        continue;
      }
      nodes_.emplace(id, NodeWatch(minute));
    }
    node_minute_[id] = ImpactOf(node.calls);
  }
  for (auto& [id, watch] : nodes_) {
    const auto seen = node_minute_.find(id);
    watch.Evaluate(minute,
                   seen == node_minute_.end() ? RequestImpact() : seen->second);
  }
}

void InsightDetector::WatchEdges(const GraphFigures& figures) {
  client_minute_ = {};
  std::map<EdgeKey, RequestImpact> seen;
  for (const auto& [key, edge] : figures.edges) {
    if (key.link) continue;
    if (storage::IsClient(key.source)) {
      client_minute_.Add(ImpactOf(edge.calls));
    } else {
      seen[key] = ImpactOf(edge.calls);
    }
  }
  for (auto& [key, recent] : edges_) {
    const auto at = seen.find(key);
    if (at == seen.end()) {
      recent.Add(0, 0);
      continue;
    }
    recent.Add(static_cast<double>(at->second.total),
               static_cast<double>(at->second.faults));
    seen.erase(at);
  }
  std::erase_if(edges_, [](const auto& entry) {
    return entry.second.requests() < kLeastRecent;
  });
  for (const auto& [key, impact] : seen) {
    if (edges_.size() >= limits::kInsightEdgesMax) break;
    edges_[key].Add(static_cast<double>(impact.total),
                    static_cast<double>(impact.faults));
  }
}

InsightDetector::Clusters InsightDetector::FindClusters(int64_t minute) {
  RootCauses causes = FindRootCauses(nodes_, edges_);
  // What was the cause of a node's faults cannot be told from minutes without
  // them.
  for (auto& [id, cause] : causes) {
    if (nodes_.at(id).last_hot() == minute) continue;
    const auto before = root_causes_.find(id);
    if (before == root_causes_.end()) continue;
    if (causes.contains(before->second)) cause = before->second;
  }
  Clusters clusters;
  for (const auto& [id, cause] : causes) {
    // The cause may have got a cause of its own.
    clusters[causes.at(cause)].push_back(id);
  }
  root_causes_ = std::move(causes);
  return clusters;
}

void InsightDetector::Learn(int64_t minute, const GraphFigures& figures) {
  WatchNodes(minute, figures);
  WatchEdges(figures);
  AddMinute(minute, client_minute_, clients_);
}

std::vector<InsightRecord> InsightDetector::Evaluate(
    int64_t minute, const GraphFigures& figures) {
  Learn(minute, figures);
  const Clusters clusters = FindClusters(minute);
  std::erase_if(tracked_, [&](const Tracked& tracked) {
    const Insight& insight = tracked.record.insight;
    return insight.end &&
           Timestamp::FromSeconds(minute - kReopenSeconds) > *insight.end;
  });
  std::vector<InsightRecord> changed;
  std::set<std::string> taken;
  for (Tracked& tracked : tracked_) {
    if (IsActive(tracked.record)) {
      tracked.record.insight.last_update =
          Timestamp::FromSeconds(minute + kMinute);
    }
  }
  // Insights whose root cause is the same first, so that others do not get
  // them.
  for (const bool same_root : {true, false}) {
    for (const auto& [root, members] : clusters) {
      if (HasInsight(root) != same_root) continue;
      Tracked* match = Match(root, members, taken);
      Tracked& tracked = match != nullptr ? *match : Begin(minute, root);
      Continue(minute, root, members, tracked);
      taken.insert(tracked.record.insight.id);
      changed.push_back(tracked.record);
    }
  }
  for (Tracked& tracked : tracked_) {
    if (!IsActive(tracked.record) ||
        taken.contains(tracked.record.insight.id)) {
      continue;
    }
    CloseInsight(tracked.record);
    changed.push_back(tracked.record);
  }
  return changed;
}

bool InsightDetector::HasInsight(const ServiceId& root) const {
  return std::any_of(tracked_.begin(), tracked_.end(),
                     [&](const Tracked& tracked) {
                       return tracked.record.insight.root_cause == root;
                     });
}

InsightDetector::Tracked* InsightDetector::Match(
    const ServiceId& root, std::span<const ServiceId> members,
    const std::set<std::string>& taken) {
  Tracked* best = nullptr;
  int64_t most = 0;
  for (Tracked& tracked : tracked_) {
    const InsightRecord& record = tracked.record;
    if (taken.contains(record.insight.id)) continue;
    int64_t score = 0;
    if (IsActive(record)) {
      score = std::count_if(
          members.begin(), members.end(),
          [&](const ServiceId& id) { return tracked.members.contains(id); });
    }
    constexpr int64_t kSameRoot = 1'000'000;
    if (record.insight.root_cause == root) {
      score += IsActive(record) ? 2 * kSameRoot : kSameRoot;
    }
    if (score > most) {
      most = score;
      best = &tracked;
    }
  }
  return best;
}

InsightDetector::Tracked& InsightDetector::Begin(int64_t minute,
                                                 const ServiceId& root) {
  const Timestamp start = Timestamp::FromSeconds(nodes_.at(root).first_hot());
  Tracked& tracked = tracked_.emplace_back();
  Insight& insight = tracked.record.insight;
  // By the minute in which it is found: one that began with this root cause
  // at the same time may meanwhile have another one.
  insight.id = InsightIdOf(group_id_, root, Timestamp::FromSeconds(minute));
  insight.group_id = group_id_;
  insight.root_cause = root;
  insight.start = start;
  return tracked;
}

void InsightDetector::Continue(int64_t minute, const ServiceId& root,
                               std::span<const ServiceId> members,
                               Tracked& tracked) {
  InsightRecord& record = tracked.record;
  Insight& insight = record.insight;
  const NodeWatch& node = nodes_.at(root);
  const bool is_new = record.events_made == 0;
  const bool reopened = !IsActive(record);
  const bool moved = insight.root_cause != root;
  insight.last_update = Timestamp::FromSeconds(minute + kMinute);
  insight.state = InsightState::kActive;
  insight.end.reset();
  insight.root_cause = root;
  if (is_new || moved) {
    insight.impact.root_cause = node.impact();
  } else if (reopened) {
    insight.impact.root_cause.Add(node.impact());
  } else {
    insight.impact.root_cause.Add(node_minute_[root]);
  }
  // What was before this minute belongs to it, too, when it begins.
  insight.impact.client.Add(is_new || reopened
                                ? SumSince(node.first_hot(), clients_)
                                : client_minute_);
  tracked.members = {members.begin(), members.end()};
  Rank(members, insight.top_services);
  for (const ServiceId& member : members) {
    record.hot_until = std::max(
        record.hot_until,
        Timestamp::FromSeconds(nodes_.at(member).last_hot() + kMinute));
  }
  const bool is_hot = record.hot_until == insight.last_update;
  if (is_hot) record.hot_impact = insight.impact;
  if (is_new) return AddEvent(InsightEventKind::kCreated, record);
  if (reopened) return AddEvent(InsightEventKind::kReopened, record);
  const absl::Duration age = insight.last_update - insight.start;
  const bool review = absl::ToInt64Seconds(age) % kReviewSeconds == 0;
  if (moved || (is_hot && review && HasChanged(record))) {
    AddEvent(InsightEventKind::kChanged, record);
  }
}

void InsightDetector::Rank(std::span<const ServiceId> members,
                           std::vector<ServiceId>& top) const {
  const std::optional<ServiceId> first =
      top.empty() ? std::nullopt : std::optional(top.front());
  top.assign(members.begin(), members.end());
  const auto excess = [&](const ServiceId& id) {
    return nodes_.at(id).excess();
  };
  std::stable_sort(top.begin(), top.end(),
                   [&](const ServiceId& a, const ServiceId& b) {
                     return excess(a) > excess(b);
                   });
  // A caller and its callee fail about as often: they do not change places
  // all the time.
  const auto was =
      first ? std::find(top.begin(), top.end(), *first) : top.begin();
  if (was != top.end() && excess(top.front()) < kClearlyMore * excess(*was)) {
    std::rotate(top.begin(), was, was + 1);
  }
  if (top.size() > limits::kInsightServicesMax) {
    top.resize(limits::kInsightServicesMax);
  }
}

void InsightDetector::Resume(std::span<const InsightRecord> records) {
  std::set<ServiceId> members;
  tracked_.clear();
  root_causes_.clear();
  for (const InsightRecord& record : records) {
    Tracked& tracked = tracked_.emplace_back();
    tracked.record = record;
    if (!IsActive(record)) continue;
    const Insight& insight = record.insight;
    const int64_t start = absl::ToUnixSeconds(insight.start.ToTime());
    const int64_t hot =
        absl::ToUnixSeconds(record.hot_until.ToTime()) - kMinute;
    tracked.members = {insight.top_services.begin(),
                       insight.top_services.end()};
    tracked.members.insert(insight.root_cause);
    for (const ServiceId& id : tracked.members) {
      nodes_.try_emplace(id, NodeWatch(hot)).first->second.Resume(start, hot);
      members.insert(id);
      root_causes_[id] = insight.root_cause;
    }
  }
  for (auto& [id, watch] : nodes_) {
    if (!members.contains(id)) watch.Forget();
  }
}

}  // namespace roentgen::server

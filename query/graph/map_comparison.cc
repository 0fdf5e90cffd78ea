#include "query/graph/map_comparison.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

namespace roentgen::query {
namespace {

using storage::CallFigures;
using storage::GraphFigures;
using storage::ServiceId;

// Smaller changes of the share that fails are no news.
constexpr double kShareChangeMin = 0.01;
// Deviations between two shares that chance hardly makes.
constexpr double kShareDeviationsMin = 3;
// Changes of response times: by this factor, and by this much.
constexpr double kTimeFactorMin = 1.25;
constexpr absl::Duration kTimeChangeMin = absl::Milliseconds(5);
// With fewer calls a percentile says little.
constexpr int64_t kCallsForP50Min = 5;
constexpr int64_t kCallsForP95Min = 20;

double ShareOf(int64_t part, int64_t whole) {
  return whole <= 0 ? 0
                    : static_cast<double>(part) / static_cast<double>(whole);
}

CallShape ShapeOf(const CallFigures& calls) {
  const int64_t count = calls.count();
  return {.count = count,
          .fault_share = ShareOf(calls.fault, count),
          .error_share = ShareOf(calls.error + calls.throttle, count),
          .p50 = calls.response_times.Percentile(0.5),
          .p95 = calls.response_times.Percentile(0.95)};
}

double Failing(const CallShape& shape) {
  return shape.fault_share + shape.error_share;
}

// How much the share that fails grew; zero when chance may have done it.
double FailureChange(const CallShape& before, const CallShape& after) {
  const double change = Failing(after) - Failing(before);
  if (std::abs(change) < kShareChangeMin) return 0;
  const auto n1 = static_cast<double>(before.count);
  const auto n2 = static_cast<double>(after.count);
  // One failure and one success more: few calls prove nothing.
  const double pooled =
      (Failing(before) * n1 + Failing(after) * n2 + 1) / (n1 + n2 + 2);
  const double deviation = std::sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2));
  return std::abs(change) < kShareDeviationsMin * deviation ? 0 : change;
}

// By which factor a time grew (above 1) or shrank (below); 1: not worth
// saying.
double TimeFactor(absl::Duration before, absl::Duration after) {
  if (absl::AbsDuration(after - before) < kTimeChangeMin) return 1;
  const absl::Duration least = absl::Milliseconds(1);
  const double factor =
      absl::FDivDuration(std::max(after, least), std::max(before, least));
  return factor >= kTimeFactorMin || factor <= 1 / kTimeFactorMin ? factor : 1;
}

double TimeChange(const CallShape& before, const CallShape& after) {
  const int64_t calls = std::min(before.count, after.count);
  double p50 = 1;
  double p95 = 1;
  if (calls >= kCallsForP50Min) p50 = TimeFactor(before.p50, after.p50);
  if (calls >= kCallsForP95Min) p95 = TimeFactor(before.p95, after.p95);
  if (std::max(p50, p95) > 1) return std::max(p50, p95);
  return std::min(p50, p95);
}

void Judge(MapChange& change) {
  const CallShape& before = change.before;
  const CallShape& after = change.after;
  change.severity = static_cast<double>(std::max(before.count, after.count));
  if (before.count == 0 || after.count == 0) {
    change.kind = before.count == after.count ? ChangeKind::kSame
                  : after.count == 0          ? ChangeKind::kVanished
                                              : ChangeKind::kAppeared;
    return;
  }
  const double failures = FailureChange(before, after);
  const double factor = TimeChange(before, after);
  if (failures > 0) {
    change.kind = ChangeKind::kFailsMore;
    change.severity = failures;
  } else if (factor > 1) {
    change.kind = ChangeKind::kSlower;
    change.severity = factor;
  } else if (failures < 0) {
    change.kind = ChangeKind::kFailsLess;
    change.severity = -failures;
  } else if (factor < 1) {
    change.kind = ChangeKind::kFaster;
    change.severity = 1 / factor;
  } else {
    change.kind = ChangeKind::kSame;
  }
}

// An entity's figures in both maps; null where it is not.
struct Pair {
  const CallFigures* before = nullptr;
  const CallFigures* after = nullptr;
};

template <typename Map>
auto PairUp(const Map& before, const Map& after) {
  std::map<typename Map::key_type, Pair> pairs;
  for (const auto& [key, figures] : before) pairs[key].before = &figures.calls;
  for (const auto& [key, figures] : after) pairs[key].after = &figures.calls;
  return pairs;
}

MapChange ChangeOf(std::optional<ServiceId> source, const ServiceId& service,
                   bool link, const Pair& pair) {
  MapChange change;
  change.source = std::move(source);
  change.service = service;
  change.link = link;
  if (pair.before != nullptr) change.before = ShapeOf(*pair.before);
  if (pair.after != nullptr) change.after = ShapeOf(*pair.after);
  Judge(change);
  return change;
}

}  // namespace

std::string_view NameOf(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kFailsMore:
      return "fails_more";
    case ChangeKind::kSlower:
      return "slower";
    case ChangeKind::kVanished:
      return "vanished";
    case ChangeKind::kAppeared:
      return "appeared";
    case ChangeKind::kFailsLess:
      return "fails_less";
    case ChangeKind::kFaster:
      return "faster";
    case ChangeKind::kSame:
      return "same";
  }
  return "";
}

std::vector<MapChange> CompareMaps(const GraphFigures& before,
                                   const GraphFigures& after) {
  std::vector<MapChange> changes;
  for (const auto& [service, pair] : PairUp(before.nodes, after.nodes)) {
    if (IsClient(service)) continue;
    changes.push_back(ChangeOf(std::nullopt, service, false, pair));
  }
  for (const auto& [key, pair] : PairUp(before.edges, after.edges)) {
    changes.push_back(ChangeOf(key.source, key.target, key.link, pair));
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const MapChange& a, const MapChange& b) {
                     if (a.kind != b.kind) return a.kind < b.kind;
                     return a.severity > b.severity;
                   });
  return changes;
}

}  // namespace roentgen::query

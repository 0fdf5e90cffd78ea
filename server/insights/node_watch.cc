#include "server/insights/node_watch.h"

#include <algorithm>

namespace roentgen::server {
namespace {

constexpr int64_t kMinute = 60;
// Surprise (a logarithm) that makes a node anomalous: ten nodes have 100,000
// minutes a week. What keeps it so is something that is seen once an hour.
constexpr double kSurpriseToOpen = 14;
constexpr double kSurpriseToStay = 4;
constexpr double kShareAbove = 0.02;
constexpr int64_t kLeastFaults = 3;
// A minute belongs to a hot time if it has this part of its share of faults.
constexpr double kPartOfShare = 0.5;
constexpr int64_t kCalmMinutes = 10;
constexpr int64_t kSilentMinutes = 30;
constexpr double kKeptOfRecent = 0.7;

double ShareOf(const RequestImpact& impact) {
  return static_cast<double>(impact.faults) / static_cast<double>(impact.total);
}

}  // namespace

void RecentFaults::Add(double requests, double faults) {
  requests_ = kKeptOfRecent * requests_ + requests;
  faults_ = kKeptOfRecent * faults_ + faults;
}

void AddMinute(int64_t minute, const RequestImpact& impact, LastMinutes& last) {
  while (!last.empty() &&
         last.front().minute <= minute - NodeWatch::kMinutesBack * kMinute) {
    last.pop_front();
  }
  if (impact.total > 0) last.push_back({.minute = minute, .impact = impact});
}

RequestImpact SumSince(int64_t minute, const LastMinutes& last) {
  RequestImpact sum;
  for (const MinuteImpact& each : last) {
    if (each.minute >= minute) sum.Add(each.impact);
  }
  return sum;
}

std::optional<int64_t> NodeWatch::HotSince(int64_t minute,
                                           const RequestImpact& impact) {
  const double least = share() + kShareAbove;
  if (impact.faults == 0 || ShareOf(impact) < least) return std::nullopt;
  double most = anomalous_ ? kSurpriseToStay : kSurpriseToOpen;
  std::optional<int64_t> since;
  RequestImpact sum;
  int64_t begin = minute;
  for (auto at = last_.rbegin(); at != last_.rend(); ++at) {
    sum.Add(at->impact);
    if (at->impact.faults > 0 && ShareOf(at->impact) >= least) {
      begin = at->minute;
    }
    const double share_of_sum = ShareOf(sum);
    if (sum.faults < kLeastFaults || share_of_sum < least ||
        ShareOf(impact) < kPartOfShare * share_of_sum) {
      continue;
    }
    const double surprise = forecast_.Surprise(minute, sum.total, sum.faults);
    if (surprise >= most) {
      most = surprise;
      since = begin;
    }
  }
  return since;
}

void NodeWatch::Open(int64_t first_hot) {
  anomalous_ = true;
  first_hot_ = first_hot;
  impact_ = SumSince(first_hot, last_);
  excess_ = static_cast<double>(impact_.faults) -
            share() * static_cast<double>(impact_.total);
}

void NodeWatch::Evaluate(int64_t minute, const RequestImpact& impact) {
  AddMinute(minute, impact, last_);
  recent_.Add(static_cast<double>(impact.total),
              static_cast<double>(impact.faults));
  if (impact.total == 0) {
    if (minute - last_hot_ >= kSilentMinutes * kMinute) anomalous_ = false;
    return;
  }
  last_seen_ = minute;
  const std::optional<int64_t> since = HotSince(minute, impact);
  if (anomalous_) {
    impact_.Add(impact);
    excess_ += static_cast<double>(impact.faults) -
               share() * static_cast<double>(impact.total);
  } else if (since) {
    Open(*since);
  }
  if (since) {
    last_hot_ = minute;
    calm_minutes_ = 0;
  } else if (anomalous_ && ++calm_minutes_ >= kCalmMinutes) {
    anomalous_ = false;
  }
  if (anomalous_) {
    forecast_.LearnIncident(minute, impact.total, impact.faults);
  } else {
    forecast_.Learn(minute, impact.total, impact.faults);
  }
}

void NodeWatch::Resume(int64_t first_hot, int64_t last_hot) {
  if (!anomalous_) {
    last_hot_ = std::max(last_hot_, last_hot);
    calm_minutes_ = std::count_if(
        last_.begin(), last_.end(),
        [&](const MinuteImpact& each) { return each.minute > last_hot_; });
    Open(first_hot);
  }
  first_hot_ = first_hot;
}

}  // namespace roentgen::server

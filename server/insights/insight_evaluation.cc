// Of InsightService: what makes insights.
#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "server/insights/insight_service.h"

namespace roentgen::server {
namespace {

using query::Group;
using storage::GraphFigures;

constexpr int64_t kMinute = 60;
constexpr int64_t kMinutesPerRead = 60;

int64_t SecondsOf(Timestamp t) { return absl::ToUnixSeconds(t.ToTime()); }

int64_t MinuteBelow(Timestamp t) {
  const int64_t seconds = SecondsOf(t);
  const int64_t rest = ((seconds % kMinute) + kMinute) % kMinute;
  return seconds - rest;
}

}  // namespace

absl::Status InsightService::VisitMinutes(const std::string& group_id,
                                          int64_t begin, int64_t end,
                                          const Call& call,
                                          const OnMinute& on_minute) const {
  static const GraphFigures kNothing;
  int64_t minutes = kMinutesPerRead;
  while (begin < end) {
    const int64_t stop = std::min(begin + minutes * kMinute, end);
    const storage::GraphRequest request{
        .range = {Timestamp::FromSeconds(begin), Timestamp::FromSeconds(stop)},
        .period = absl::Seconds(kMinute),
        .group_id = group_id,
        .predicate = std::nullopt};
    absl::StatusOr<storage::GraphResult> result = engine_.Graph(request, call);
    if (absl::IsResourceExhausted(result.status())) {
      if (minutes > 1) {
        minutes /= 2;
        continue;
      }
      // Names made up by hostile callers. Later minutes are not lost for it.
      LogWarn("a minute's service map is too large for insights",
              {{"group", group_id}, {"minute", begin}});
      result = storage::GraphResult();
    }
    if (!result.ok()) return result.status();
    for (int64_t minute = begin; minute < stop; minute += kMinute) {
      RTG_RETURN_IF_ERROR(call.Check());
      const auto at = result->periods.find(minute);
      RTG_RETURN_IF_ERROR(on_minute(
          minute, at == result->periods.end() ? kNothing : at->second));
    }
    begin = stop;
  }
  return absl::OkStatus();
}

absl::StatusOr<InsightService::Evaluated> InsightService::Prepare(
    const std::string& group_id, int64_t end_minute, const Call& call) {
  Evaluated made(group_id);
  // What was before insights were switched on, or longer ago than a day, is
  // not looked for.
  const std::optional<Timestamp> until = store_.EvaluatedUntil(group_id);
  int64_t next = until ? SecondsOf(*until) : end_minute;
  const std::vector<InsightRecord> records = store_.OfGroup(group_id);
  for (const InsightRecord& record : records) {
    // Written before the process ended, unlike the time.
    next = std::max(next, SecondsOf(record.insight.last_update));
  }
  made.next_minute = std::clamp(
      next, end_minute - InsightDetector::kMemorySeconds, end_minute);
  const int64_t first = made.next_minute - InsightDetector::kMemorySeconds;
  RTG_RETURN_IF_ERROR(
      VisitMinutes(group_id, first, made.next_minute, call,
                   [&](int64_t minute, const GraphFigures& figures) {
                     made.detector.Learn(minute, figures);
                     return absl::OkStatus();
                   }));
  std::vector<InsightRecord> lately;
  for (const InsightRecord& record : records) {
    const std::optional<Timestamp> end = record.insight.end;
    if (!end ||
        SecondsOf(*end) + InsightDetector::kReopenSeconds >= made.next_minute) {
      lately.push_back(record);
    }
  }
  made.detector.Resume(lately);
  return made;
}

absl::Status InsightService::Keep(InsightRecord record, const Group& group) {
  record.insight.group_name = group.name;
  record.insight.group_arn = group.arn;
  if (!group.notifications_enabled || !options_.on_events)
    record.events_notified = record.events_made;
  const std::optional<InsightRecord> before = store_.Get(record.insight.id);
  if (!before || before->events_made != record.events_made) has_events_ = true;
  return store_.Put(std::move(record));
}

absl::Status InsightService::EvaluateGroup(const Group& group,
                                           const std::string& group_id,
                                           int64_t end_minute,
                                           const Call& call) {
  auto at = evaluated_.find(group_id);
  // The clock was put back, or forward by more than is looked at.
  if (at != evaluated_.end() &&
      (at->second.next_minute > end_minute + kMinute ||
       at->second.next_minute < end_minute - InsightDetector::kMemorySeconds)) {
    evaluated_.erase(at);
    at = evaluated_.end();
  }
  if (at == evaluated_.end()) {
    RTG_ASSIGN_OR_RETURN(Evaluated made, Prepare(group_id, end_minute, call));
    at = evaluated_.emplace(group_id, std::move(made)).first;
    if (!store_.EvaluatedUntil(group_id)) {
      RTG_RETURN_IF_ERROR(store_.SetEvaluatedUntil(
          group_id, Timestamp::FromSeconds(end_minute)));
    }
  }
  Evaluated& evaluated = at->second;
  if (evaluated.next_minute >= end_minute) return absl::OkStatus();
  const auto on_minute =
      [&](int64_t minute, const GraphFigures& figures)
          RTG_REQUIRES(evaluate_mu_) {
            evaluated.next_minute = minute + kMinute;
            for (InsightRecord& record :
                 evaluated.detector.Evaluate(minute, figures)) {
              RTG_RETURN_IF_ERROR(Keep(std::move(record), group));
            }
            return absl::OkStatus();
          };
  RTG_RETURN_IF_ERROR(VisitMinutes(group_id, evaluated.next_minute, end_minute,
                                   call, on_minute));
  return store_.SetEvaluatedUntil(group_id, Timestamp::FromSeconds(end_minute));
}

absl::Status InsightService::CloseOfOthers(
    const std::vector<std::string>& group_ids) {
  for (InsightRecord& record : store_.Active()) {
    Insight& insight = record.insight;
    if (std::find(group_ids.begin(), group_ids.end(), insight.group_id) !=
        group_ids.end()) {
      continue;
    }
    CloseInsight(record);
    // Nobody asked for news of it any more.
    record.events_notified = record.events_made;
    RTG_RETURN_IF_ERROR(store_.Put(std::move(record)));
  }
  return store_.KeepEvaluated(group_ids);
}

absl::Status InsightService::Evaluate(const Call& call) {
  absl::Status first_error;
  bool has_events = false;
  {
    MutexLock lock(evaluate_mu_);
    has_events_ = false;
    const Timestamp now = options_.clock->Now();
    const int64_t end_minute = MinuteBelow(now - options_.settle);
    std::vector<std::string> group_ids;
    for (const Group& group : groups_.List()) {
      if (!group.insights_enabled) continue;
      const auto membership =
          groups_.Membership({.name = group.name, .arn = group.arn});
      if (!membership.ok()) continue;  // Deleted just now.
      group_ids.push_back(membership->id);
      const absl::Status status =
          EvaluateGroup(group, membership->id, end_minute, call);
      if (status.ok()) continue;
      // Begins again with what is stored.
      evaluated_.erase(membership->id);
      first_error.Update(status);
    }
    std::erase_if(evaluated_, [&](const auto& entry) {
      return std::find(group_ids.begin(), group_ids.end(), entry.first) ==
             group_ids.end();
    });
    first_error.Update(CloseOfOthers(group_ids));
    first_error.Update(store_.Expire(now));
    has_events = has_events_;
  }
  if (has_events && options_.on_events) options_.on_events();
  return first_error;
}

}  // namespace roentgen::server

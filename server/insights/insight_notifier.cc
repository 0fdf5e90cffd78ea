#include "server/insights/insight_notifier.h"

#include <algorithm>
#include <string_view>

#include "base/json_writer.h"
#include "base/log.h"

namespace roentgen::server {
namespace {

// When nothing is pending: whoever makes an event wakes the job.
constexpr absl::Duration kIdle = absl::Hours(1);

std::string TimeText(Timestamp time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time.ToTime(),
                          absl::UTCTimeZone());
}

std::string_view NameOf(InsightEventKind kind) {
  switch (kind) {
    case InsightEventKind::kCreated:
      return "created";
    case InsightEventKind::kChanged:
      return "changed";
    case InsightEventKind::kClosed:
      return "closed";
    case InsightEventKind::kReopened:
      return "reopened";
  }
  return "changed";
}

void WriteService(JsonWriter& json, const storage::ServiceId& id) {
  json.BeginObject();
  json.Key("Name").String(id.name);
  json.Key("Names").BeginArray().String(id.name).EndArray();
  if (!id.account_id.empty()) json.Key("AccountId").String(id.account_id);
  if (!id.type.empty()) json.Key("Type").String(id.type);
  json.EndObject();
}

void WriteImpact(JsonWriter& json, const RequestImpact& impact) {
  json.BeginObject();
  json.Key("FaultCount").Int(impact.faults);
  json.Key("OkCount").Int(impact.oks);
  json.Key("TotalCount").Int(impact.total);
  json.EndObject();
}

void WriteDetail(JsonWriter& json, const PendingEvent& pending) {
  const Insight& insight = pending.insight;
  const InsightEvent& event = pending.event;
  json.BeginObject();
  json.Key("InsightId").String(insight.id);
  json.Key("GroupName").String(insight.group_name);
  json.Key("GroupARN").String(insight.group_arn);
  json.Key("State").String(server::NameOf(pending.state()));
  json.Key("Category").String("FAULT");
  json.Key("Event").String(NameOf(event.kind));
  json.Key("EventTime").String(TimeText(event.time));
  json.Key("StartTime").String(TimeText(insight.start));
  if (pending.state() == InsightState::kClosed && insight.end) {
    json.Key("EndTime").String(TimeText(*insight.end));
  }
  json.Key("Summary").String(SummaryOf(insight, event));
  json.Key("RootCauseServiceId");
  WriteService(json, event.root_cause);
  json.Key("ClientRequestImpactStatistics");
  WriteImpact(json, event.impact.client);
  json.Key("RootCauseServiceRequestImpactStatistics");
  WriteImpact(json, event.impact.root_cause);
  json.Key("TopAnomalousServices").BeginArray();
  for (const storage::ServiceId& id : event.top_services) {
    json.BeginObject().Key("ServiceId");
    WriteService(json, id);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

}  // namespace

std::string NotificationJson(const PendingEvent& pending,
                             const Identity& identity) {
  const Insight& insight = pending.insight;
  // An id of its own for each event of the insight.
  const std::string id = InsightIdOf(insight.id, pending.event.root_cause,
                                     {static_cast<int64_t>(pending.number)});
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.Key("version").String("0");
  json.Key("id").String(id);
  json.Key("detail-type").String("AWS X-Ray Insight Update");
  json.Key("source").String("aws.xray");
  json.Key("account").String(identity.account_id);
  json.Key("time").String(TimeText(pending.event.time));
  json.Key("region").String(identity.region);
  json.Key("resources").BeginArray().String(insight.group_arn).EndArray();
  json.Key("detail");
  WriteDetail(json, pending);
  json.EndObject();
  return out;
}

void InsightNotifier::Delay() {
  ++attempts_;
  // Doubled each time; beyond 20 doublings any delay is at its largest.
  const absl::Duration delay =
      options_.first_delay * (int64_t{1} << std::min(attempts_ - 1, 20));
  due_ = options_.clock->Elapsed() + std::min(delay, options_.delay_max);
}

bool InsightNotifier::Done(const PendingEvent& event) {
  const absl::Status marked = store_.MarkNotified(event);
  if (marked.ok()) return true;
  LogError("cannot note that a notification was sent",
           {{"insight", event.insight.id}, {"status", marked.ToString()}});
  Delay();
  return false;
}

bool InsightNotifier::Deliver(const PendingEvent& event,
                              const std::stop_token& stopped) {
  const Call attempt(*options_.clock,
                     options_.clock->Now().ToTime() + options_.timeout,
                     limits::kQueryMemoryBytes, stopped, nullptr);
  const absl::Status sent = sender_.Post(
      options_.url, NotificationJson(event, options_.identity), attempt);
  if (sent.ok()) {
    ++delivered_;
    return Done(event);
  }
  if (stopped.stop_requested()) return false;
  ++failures_;
  Delay();
  if (attempts_ < options_.attempts_max) {
    LogWarn("insight notification failed",
            {{"insight", event.insight.id}, {"status", sent.ToString()}});
    return false;
  }
  ++dropped_;
  LogError("insight notification given up",
           {{"insight", event.insight.id}, {"status", sent.ToString()}});
  return Done(event);
}

absl::Duration InsightNotifier::Step(const std::stop_token& stopped) {
  while (!stopped.stop_requested()) {
    const std::optional<PendingEvent> event = store_.NextPending();
    if (!event) return kIdle;
    const std::pair key(event->insight.id, event->number);
    if (key != tried_) {
      tried_ = key;
      attempts_ = 0;
      due_ = -absl::InfiniteDuration();
    }
    const absl::Duration now = options_.clock->Elapsed();
    if (due_ > now) return due_ - now;
    if (!Deliver(*event, stopped)) {
      return std::max(due_ - options_.clock->Elapsed(), absl::ZeroDuration());
    }
  }
  return absl::ZeroDuration();
}

}  // namespace roentgen::server

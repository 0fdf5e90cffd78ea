#include "storage/index/column_summaries.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <string_view>
#include <variant>

#include "absl/time/time.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "base/wire.h"
#include "storage/index/column_codec.h"
#include "storage/index/context_annotations.h"
#include "storage/index/service_key.h"
#include "trace/assembly/annotation_values.h"
#include "trace/assembly/root_causes.h"

namespace roentgen::storage {
namespace {

using Kind = SummaryEntry::Kind;

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError("index column of summaries: " + std::string(what));
}

// Where the rows of a trace begin and end.
struct RowRange {
  size_t begin = 0;
  size_t end = 0;
};

RowRange RowsOfTrace(std::span<const uint32_t> rows, uint32_t trace) {
  const auto [begin, end] = std::equal_range(rows.begin(), rows.end(), trace);
  return {static_cast<size_t>(begin - rows.begin()),
          static_cast<size_t>(end - rows.begin())};
}

std::string TextAt(const TextColumn& column, size_t row) {
  return std::string(column.dictionary->at(column.codes[row]));
}

std::optional<absl::Duration> KnownDuration(int64_t ns) {
  if (ns < 0) return std::nullopt;
  return absl::Nanoseconds(ns);
}

void AddDistinct(const TextColumn& column, uint32_t trace,
                 std::vector<std::string>& out) {
  const RowRange rows = RowsOfTrace(column.rows, trace);
  std::set<std::string_view> values;
  for (size_t i = rows.begin; i < rows.end; ++i) {
    values.insert(column.dictionary->at(column.codes[i]));
  }
  out.assign(values.begin(), values.end());
}

Column ColumnOf(Kind kind) {
  switch (kind) {
    case Kind::kInteger:
    case Kind::kDouble:
      return Column::kAnnotationNumber;
    case Kind::kBool:
      return Column::kAnnotationBool;
    case Kind::kContext:
      return Column::kContextAnnotations;
    case Kind::kUser:
      return Column::kUser;
    case Kind::kText:
      break;
  }
  return Column::kAnnotationString;
}

bool IsText(Kind kind) {
  return kind == Kind::kText || kind == Kind::kContext || kind == Kind::kUser;
}

// Nothing: it is not of that kind.
std::optional<AnnotationView> NumberOf(Kind kind, int64_t value) {
  if (kind == Kind::kBool) return value != 0;
  const double number = FromOrderedBits(value);
  if (kind == Kind::kDouble) return ExactNumber(number);
  if (!(std::abs(number) < kDoubleIntegersEnd) ||
      std::trunc(number) != number) {
    return std::nullopt;
  }
  return ExactNumber(static_cast<int64_t>(number));
}

}  // namespace

absl::Status ColumnSummaries::LoadCommon() {
  Common c;
  const std::pair<NumberColumn*, Column> numbers[] = {
      {&c.start, Column::kStart},
      {&c.duration, Column::kDuration},
      {&c.response_time, Column::kResponseTime},
      {&c.event, Column::kEvent},
      {&c.revision, Column::kRevision},
      {&c.flags, Column::kFlags},
      {&c.status, Column::kHttpStatus},
      {&c.node_flags, Column::kNodeFlags},
      {&c.node_durations, Column::kNodeDuration},
      {&c.edge_durations, Column::kEdgeDuration},
      {&c.lags, Column::kCauseLag}};
  for (const auto& [to, column] : numbers) {
    RTG_ASSIGN_OR_RETURN(*to, source_.Numbers(column, {}));
  }
  const std::pair<TextColumn*, Column> texts[] = {
      {&c.method, Column::kHttpMethod},
      {&c.url, Column::kHttpUrl},
      {&c.user_agent, Column::kUserAgent},
      {&c.client_ip, Column::kClientIp},
      {&c.told, Column::kSummary},
      {&c.arns, Column::kResourceArn},
      {&c.instances, Column::kInstanceId},
      {&c.zones, Column::kAvailabilityZone},
      {&c.node_services, Column::kNodeService},
      {&c.reports, Column::kSummaryText}};
  for (const auto& [to, column] : texts) {
    RTG_ASSIGN_OR_RETURN(*to, source_.Texts(column, {}));
  }
  RTG_ASSIGN_OR_RETURN(c.node_rows, source_.Rows(Column::kNodeTrace, {}));
  RTG_ASSIGN_OR_RETURN(c.edge_rows, source_.Rows(Column::kEdgeTrace, {}));
  common_ = c;
  return absl::OkStatus();
}

absl::StatusOr<const ColumnSummaries::Values*> ColumnSummaries::ValuesOf(
    const SummaryEntry& entry) {
  const Column column = ColumnOf(entry.kind);
  const auto [at, fresh] =
      values_.try_emplace({column, std::string(entry.key)});
  Values& values = at->second;
  if (!fresh) return &values;
  if (IsText(entry.kind)) {
    RTG_ASSIGN_OR_RETURN(values.texts, source_.Texts(column, entry.key));
  } else {
    RTG_ASSIGN_OR_RETURN(values.numbers, source_.Numbers(column, entry.key));
  }
  return &values;
}

absl::StatusOr<const ColumnSummaries::Report*> ColumnSummaries::ReportOf(
    uint64_t number) {
  const auto known = reports_.find(number);
  if (known != reports_.end()) return known->second.get();
  if (number >= common_->reports.codes.size()) return Damaged("no such report");
  std::optional<SummaryReport> read = DecodeSummaryText(
      common_->reports.dictionary->at(common_->reports.codes[number]));
  if (!read) return Damaged("a report that does not read");
  auto report = std::make_unique<Report>();
  if (auto* cause = std::get_if<CauseReport>(&*read)) {
    report->cause = std::move(*cause);
  } else {
    const auto& document = std::get<DocumentReport>(*read);
    if (document.service) report->service = SplitServiceKey(*document.service);
    for (const SummaryEntry& entry : document.entries) {
      RTG_ASSIGN_OR_RETURN(const Values* values, ValuesOf(entry));
      report->entries.push_back({.kind = entry.kind,
                                 .place = entry.place,
                                 .key = std::string(entry.key),
                                 .values = values});
    }
  }
  return reports_.try_emplace(number, std::move(report)).first->second.get();
}

void ColumnSummaries::AddTraceColumns(uint32_t trace,
                                      TraceSummary& summary) const {
  const Common& c = *common_;
  summary.start = {c.start.values[trace]};
  summary.duration = KnownDuration(c.duration.values[trace]);
  summary.response_time = KnownDuration(c.response_time.values[trace]);
  summary.revision = static_cast<int32_t>(c.revision.values[trace]);
  summary.matched_event_time = Timestamp{c.event.values[trace]};
  const int64_t flags = c.flags.values[trace];
  summary.has_fault = (flags & TraceFlag::kFault) != 0;
  summary.has_error = (flags & TraceFlag::kError) != 0;
  summary.has_throttle = (flags & TraceFlag::kThrottle) != 0;
  summary.is_partial = (flags & TraceFlag::kPartial) != 0;
  summary.http = {.url = TextAt(c.url, trace),
                  .method = TextAt(c.method, trace),
                  .user_agent = TextAt(c.user_agent, trace),
                  .client_ip = TextAt(c.client_ip, trace),
                  .status = static_cast<int32_t>(c.status.values[trace])};
  AddDistinct(c.arns, trace, summary.resource_arns);
  AddDistinct(c.instances, trace, summary.instance_ids);
  AddDistinct(c.zones, trace, summary.availability_zones);
}

void ColumnSummaries::AddServices(uint32_t trace, TraceSummary& summary) const {
  const Common& c = *common_;
  std::set<ServiceId> services;
  const RowRange rows = RowsOfTrace(c.node_rows, trace);
  for (size_t i = rows.begin; i < rows.end; ++i) {
    const ServiceId service = SplitServiceKey(
        c.node_services.dictionary->at(c.node_services.codes[i]));
    const int64_t flags = c.node_flags.values[i];
    if ((flags & NodeFlag::kRoot) != 0) {
      if (!summary.entry_point) summary.entry_point = service;
      if ((flags & NodeFlag::kInProgress) == 0) {
        services.insert(
            {.name = service.name, .type = "client", .account_id = {}});
      }
    }
    services.insert(service);
  }
  summary.service_ids = {services.begin(), services.end()};
}

// Annotations of one trace.
class ColumnSummaries::Collector {
 public:
  // One address for each service, of whichever report.
  const ServiceId* OwnerOf(const Report& report) {
    if (!report.service) return nullptr;
    return &*services_.insert(*report.service).first;
  }
  AnnotationValues& values() { return values_; }

 private:
  std::set<ServiceId> services_;
  AnnotationValues values_;
};

absl::StatusOr<bool> ColumnSummaries::AddEntries(const Report& report,
                                                 uint32_t trace,
                                                 Collector& collector) {
  const ServiceId* owner = collector.OwnerOf(report);
  AnnotationValues& out = collector.values();
  for (const Entry& entry : report.entries) {
    const TextColumn& texts = entry.values->texts;
    const NumberColumn& numbers = entry.values->numbers;
    const RowRange rows =
        RowsOfTrace(IsText(entry.kind) ? texts.rows : numbers.rows, trace);
    const size_t row = rows.begin + entry.place;
    if (row >= rows.end) return Damaged("no such value");
    if (!IsText(entry.kind)) {
      const auto number = NumberOf(entry.kind, numbers.values[row]);
      if (!number) return Damaged("another kind of number");
      out.AddAnnotation(entry.key, *number, owner);
      continue;
    }
    if (!texts.prints.empty()) return false;
    const std::string_view text = texts.dictionary->at(texts.codes[row]);
    if (entry.kind == Kind::kUser) {
      out.AddUser(text, owner);
    } else if (entry.kind == Kind::kText) {
      out.AddAnnotation(entry.key, text, owner);
    } else if (!ReadAnnotations(
                   text, [&](std::string_view key, const AnnotationView& v) {
                     out.AddAnnotation(key, v, owner);
                   })) {
      return Damaged("annotations of a context that do not read");
    }
  }
  return true;
}

std::optional<int64_t> ColumnSummaries::TimeOf(PathTime time,
                                               uint32_t trace) const {
  const bool edge = time >= kFirstEdgeTime;
  const RowRange rows =
      RowsOfTrace(edge ? common_->edge_rows : common_->node_rows, trace);
  const size_t row =
      rows.begin + time - (edge ? kFirstEdgeTime : kFirstNodeTime);
  if (row >= rows.end) return std::nullopt;
  return (edge ? common_->edge_durations : common_->node_durations).values[row];
}

absl::Status ColumnSummaries::AddCause(const CauseReport& report,
                                       uint32_t trace,
                                       TraceSummary& summary) const {
  if (report.kind == CauseKind::kFault) {
    summary.fault_root_causes.push_back(report.cause);
    return absl::OkStatus();
  }
  if (report.kind == CauseKind::kError) {
    summary.error_root_causes.push_back(report.cause);
    return absl::OkStatus();
  }
  if (!summary.response_time_root_causes.empty()) {
    return Damaged("two causes of one response time");
  }
  const RowRange rows = RowsOfTrace(common_->lags.rows, trace);
  size_t row = rows.begin;
  const absl::Duration response_time =
      summary.response_time.value_or(absl::ZeroDuration());
  absl::Duration took = response_time;
  RootCause cause = report.cause;
  size_t at = 0;
  for (RootCauseService& service : cause.services) {
    for (RootCauseEntity& entity : service.entity_path) {
      if (at > report.times.size()) return Damaged("a cause without times");
      const PathTime time = at == 0 ? kLagTime : report.times[at - 1];
      if (time != kLagTime) {
        const std::optional<int64_t> ns = TimeOf(time, trace);
        if (!ns) return Damaged("a time that is not the trace's");
        took = absl::Nanoseconds(*ns);
      } else if (at > 0) {
        if (row == rows.end) return Damaged("a cause without its lags");
        took -= absl::Nanoseconds(common_->lags.values[row++]);
      }
      ++at;
      entity.coverage = CoverageOf(took, response_time);
    }
  }
  summary.response_time_root_causes.push_back(std::move(cause));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<TraceSummary>> ColumnSummaries::Read(
    const TraceId& id, uint32_t trace) {
  if (!common_) RTG_RETURN_IF_ERROR(LoadCommon());
  const TextColumn& told = common_->told;
  ByteReader in(told.dictionary->at(told.codes[trace]));
  std::optional<TraceSummary> none;
  if (in.rest().empty()) return none;
  uint8_t begin;
  if (in.rest().size() > 2 * limits::kSummaryReportBytesMax ||
      !in.Byte(begin) || begin != kReportsBegin) {
    return Damaged("no list of reports");
  }
  std::optional<TraceSummary> summary(std::in_place);
  summary->id = id;
  AddTraceColumns(trace, *summary);
  AddServices(trace, *summary);
  Collector collector;
  while (!in.rest().empty()) {
    uint64_t number;
    if (!in.Varint(number)) return Damaged("no number of a report");
    RTG_ASSIGN_OR_RETURN(const Report* report, ReportOf(number));
    if (report->cause) {
      RTG_RETURN_IF_ERROR(AddCause(*report->cause, trace, *summary));
      continue;
    }
    RTG_ASSIGN_OR_RETURN(const bool known,
                         AddEntries(*report, trace, collector));
    if (!known) return none;
  }
  std::move(collector.values()).MoveTo(*summary);
  return summary;
}

}  // namespace roentgen::storage

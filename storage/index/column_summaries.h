// Summaries of traces out of their columns, without reading the traces.
//
//   ColumnSummaries summaries(source);
//   absl::StatusOr<std::optional<TraceSummary>> summary =
//       summaries.Read(trace, ordinal);
//
// Threads: one thread at a time.
#ifndef ROENTGEN_STORAGE_INDEX_COLUMN_SUMMARIES_H_
#define ROENTGEN_STORAGE_INDEX_COLUMN_SUMMARIES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "storage/index/column_source.h"
#include "storage/index/summary_texts.h"
#include "trace/model/ids.h"
#include "trace/model/service_id.h"
#include "trace/model/trace_summary.h"

namespace roentgen::storage {

class ColumnSummaries {
 public:
  // `source`, of a sealed batch, outlives this object.
  explicit ColumnSummaries(ColumnSource& source) : source_(source) {}

  // What Summarize says of the trace with this ordinal, and its latest accepted
  // update as `matched_event_time`. Nothing: the columns do not tell all of it.
  // Errors: those of the source; DataLoss when columns do not fit each other.
  absl::StatusOr<std::optional<TraceSummary>> Read(const TraceId& id,
                                                   uint32_t trace);

 private:
  // Values of an annotation of one kind, and the places of each trace's.
  struct Values {
    NumberColumn numbers;
    TextColumn texts;
  };
  struct Entry {
    SummaryEntry::Kind kind;
    uint8_t place;
    std::string key;
    const Values* values;
  };
  // A text of kSummaryText, looked at once.
  struct Report {
    std::optional<ServiceId> service;
    std::vector<Entry> entries;
    std::optional<CauseReport> cause;
  };
  // Columns that every summary needs.
  struct Common {
    NumberColumn start, duration, response_time, event, revision, flags, status;
    TextColumn method, url, user_agent, client_ip, told;
    TextColumn arns, instances, zones;
    std::span<const uint32_t> node_rows;
    TextColumn node_services;
    NumberColumn node_flags, node_durations;
    std::span<const uint32_t> edge_rows;
    NumberColumn edge_durations;
    TextColumn reports;
    NumberColumn lags;
  };
  class Collector;

  absl::Status LoadCommon();
  absl::StatusOr<const Report*> ReportOf(uint64_t number);
  absl::StatusOr<const Values*> ValuesOf(const SummaryEntry& entry);
  void AddTraceColumns(uint32_t trace, TraceSummary& summary) const;
  void AddServices(uint32_t trace, TraceSummary& summary) const;
  // False when the columns have only prints of a text.
  absl::StatusOr<bool> AddEntries(const Report& report, uint32_t trace,
                                  Collector& collector);
  // Nanoseconds; nothing when the row is not the trace's.
  std::optional<int64_t> TimeOf(PathTime time, uint32_t trace) const;
  absl::Status AddCause(const CauseReport& report, uint32_t trace,
                        TraceSummary& summary) const;

  ColumnSource& source_;
  std::optional<Common> common_;
  std::map<std::pair<Column, std::string>, Values, std::less<>> values_;
  // By number; addresses are stable. Those that traces of one page name: each
  // names kSummaryReportBytesMax at most, of kSummaryEntriesMax entries.
  absl::flat_hash_map<uint64_t, std::unique_ptr<Report>> reports_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_COLUMN_SUMMARIES_H_

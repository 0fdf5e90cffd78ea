// The index of one sealed batch: columns over its traces, and over the nodes,
// edges, users, hosts and annotations they mention.
//
// A trace is known by its ordinal, its place in the batch. Row columns
// come in groups of equal length; the first of a group gives each row's
// ordinal, ascending.
//
// Numbers of columns, parts and flags are on disk; never renumber.
// docs/on_disk_format.md draws the bytes.
//
// Threads: plain data; pure functions.
#ifndef ROENTGEN_STORAGE_INDEX_INDEX_FORMAT_H_
#define ROENTGEN_STORAGE_INDEX_INDEX_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace roentgen::storage {

// What a batch's columns mean.
inline constexpr uint32_t kIndexVersion = 1;

enum class Column : uint8_t {
  // One value per trace.
  kTraceId = 1,       // 16 bytes each; not packed.
  kStart = 2,         // Nanoseconds since the epoch, as all times here.
  kDuration = 3,      // Nanoseconds; -1 unknown.
  kResponseTime = 4,  // Nanoseconds; -1 unknown.
  kEvent = 5,
  kServiceEnd = 6,  // INT64_MIN: no completed segment.
  kReceived = 7,    // Arrival of the newest record.
  kRevision = 8,
  kFlags = 9,        // TraceFlag bits.
  kHttpStatus = 10,  // 0 unknown.
  kHttpMethod = 11,  // Empty unknown, as the next three.
  kHttpUrl = 12,
  kUserAgent = 13,
  kClientIp = 14,
  // The latest start of an entity; kStart is the earliest.
  kLatestStart = 15,
  // What a summary says beside other columns: numbers of texts of kSummaryText
  // (summary_texts.h). Empty: the trace tells more than columns do.
  kSummary = 16,
  // One row per node observation.
  kNodeTrace = 20,
  kNodeService = 21,   // Name, type and account (service_key.h).
  kNodeFlags = 22,     // NodeFlag bits.
  kNodeDuration = 23,  // -1 in progress.
  kNodeHttpStatus = 24,
  kNodeSecond = 25,  // Since the epoch: when it ended (in progress: began).
  kNodeExtra = 26,   // Nanoseconds that work in it went on after its duration.
  // One row per edge observation.
  kEdgeTrace = 30,
  kEdgeSource = 31,
  kEdgeTarget = 32,
  kEdgeFlags = 33,
  kEdgeDuration = 34,
  kEdgeHttpStatus = 35,
  kEdgeSecond = 36,
  kEdgeAlias = 37,  // Name and type (service_key.h); empty: none.
  // Values that a trace may have several of: rows and values.
  kUser = 40,
  kResourceArn = 41,
  kInstanceId = 42,
  kAvailabilityZone = 43,
  kGroup = 44,  // Ids of the groups that a trace belongs to.
  // Annotations, one column per key and type.
  kAnnotationString = 50,
  kAnnotationNumber = 51,  // OrderedBits of the nearest double.
  kAnnotationBool = 52,
  // Traces with annotations that got no column: rows only.
  kAnnotationOther = 53,
  // One row per link whose sender was found, of the trace that received.
  kLinkTrace = 54,
  kLinkSource = 55,
  kLinkTarget = 56,
  kLinkFlags = 57,  // NodeFlag bits.
  kLinkSecond = 58,
  kLinkAge = 59,  // Nanoseconds.
  // What columns there are (IndexDirectory).
  kDirectory = 60,
  // One row per distinct operation of the trace, of spans and entities alike.
  kSpanTrace = 64,
  kSpanOperation = 65,    // Service, name and kind (operation.h).
  kSpanDurationMin = 66,  // DurationCode of the shortest and the longest.
  kSpanDurationMax = 67,
  kSpanStatus = 68,  // SpanStatuses of all its spans (span_member.h).
  // One row per pair of services of which one called the other.
  kCallTrace = 70,
  kCallPair = 71,  // The two names and the kind (operation.h).
  kCallCount = 72,
  kCallErrors = 73,
  // Annotations that segments share with others of their context: rows and
  // values, a text each for all of a context (context_annotations.h).
  kContextAnnotations = 75,
  // Traces whose id has 64 bits (split_traces.h): rows only.
  kShortIdTrace = 76,
  // Per name of an attribute, the traces of whose spans some have it where it
  // is no annotation of that name: rows only. Those with segments of X-Ray
  // have the empty name.
  kAttributeElsewhere = 80,
  // Traces with such attributes that got no column: rows only.
  kAttributeOther = 81,
  // Which slices of the traces have such an attribute, or one of
  // kContextAnnotations, of some value (attribute_values.h): a filter only.
  kAttributeValue = 82,
  // The texts that kSummary counts, in order; of no trace.
  kSummaryText = 84,
  // Nanoseconds: how much less an entity on the path of a trace's response time
  // took than the one before it, where no row of nodes or edges has its time.
  // The first took the response time.
  kCauseLag = 85,
};

// Of row columns: the column with the ordinals of their group. Of all others:
// the column itself.
constexpr Column RowsOf(Column column) {
  if (column >= Column::kNodeTrace && column < Column::kEdgeTrace) {
    return Column::kNodeTrace;
  }
  if (column >= Column::kEdgeTrace && column < Column::kUser) {
    return Column::kEdgeTrace;
  }
  if (column >= Column::kLinkTrace && column <= Column::kLinkAge) {
    return Column::kLinkTrace;
  }
  if (column >= Column::kSpanTrace && column < Column::kCallTrace) {
    return Column::kSpanTrace;
  }
  if (column >= Column::kCallTrace && column <= Column::kCallErrors) {
    return Column::kCallTrace;
  }
  return column;
}

// A column is stored in parts, so that a search reads only what it needs.
enum class Part : uint8_t {
  kRows = 0,         // Ordinals, ascending.
  kValues = 1,       // Integers, or codes into the dictionary.
  kDictionary = 2,   // Distinct strings, ascending.
  kFilter = 3,       // Which strings are certainly not there.
  kPrints = 4,       // Instead of codes and a dictionary, where that would be
                     // large: 32 bits of a hash of each value.
  kDifferences = 5,  // Instead of integers: those to BaseOf the column.
};

// What a number of a column of traces is near to, in its trace: the sum of
// those of two columns, where the second counts unless it is negative.
// kTraceId stands for none.
struct ColumnBase {
  Column first = Column::kTraceId;
  Column second = Column::kTraceId;
};
constexpr ColumnBase BaseOf(Column column) {
  switch (column) {
    case Column::kEvent:
      return {.first = Column::kReceived};
    case Column::kServiceEnd:
      return {.first = Column::kStart, .second = Column::kDuration};
    case Column::kLatestStart:
      return {.first = Column::kStart};
    case Column::kResponseTime:
      return {.first = Column::kDuration};
    default:
      return {};
  }
}

struct TraceFlag {
  static constexpr int64_t kFault = 1;
  static constexpr int64_t kError = 2;
  static constexpr int64_t kThrottle = 4;
  static constexpr int64_t kPartial = 8;
  static constexpr int64_t kHasRoot = 16;
  static constexpr int64_t kHasInferred = 32;
  // The root is complete and none of the first three is set. Those are set
  // for complete roots only.
  static constexpr int64_t kOk = 64;
};

struct NodeFlag {
  static constexpr int64_t kFault = 1;
  static constexpr int64_t kError = 2;
  static constexpr int64_t kThrottle = 4;
  static constexpr int64_t kRoot = 8;
  static constexpr int64_t kInferred = 16;
  // None of the first three is set.
  static constexpr int64_t kInProgress = 32;
};

struct IndexChunk {
  Column column;
  std::string annotation_key;  // Empty but for annotation columns.
  Part part;
  std::string bytes;
};

// What is known of a column without reading it.
struct ColumnInfo {
  Column column = Column::kTraceId;
  std::string key;     // Of annotation columns.
  uint32_t parts = 0;  // Bit 1 << Part for each that is stored.
  uint32_t rows = 0;
  // Where kRows is kept, when it is the same as that of a column before: its
  // place in the directory.
  std::optional<uint32_t> rows_of;
  uint32_t distinct = 0;  // Of text columns.
  // Of number columns with rows: the least and the greatest value.
  int64_t min = 0;
  int64_t max = 0;

  bool Has(Part part) const {
    return (parts >> static_cast<uint32_t>(part) & 1) != 0;
  }

  friend bool operator==(const ColumnInfo&, const ColumnInfo&) = default;
};

class IndexDirectory {
 public:
  IndexDirectory() = default;
  // By column, then key.
  explicit IndexDirectory(std::vector<ColumnInfo> columns)
      : columns_(std::move(columns)) {}

  // Null: no trace of the batch has a value there.
  const ColumnInfo* Find(Column column, std::string_view key) const;
  const std::vector<ColumnInfo>& columns() const { return columns_; }
  size_t MemoryBytes() const;

  std::string Encode() const;
  // Errors: DataLoss.
  static absl::StatusOr<IndexDirectory> Decode(std::string_view chunk);

 private:
  std::vector<ColumnInfo> columns_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_INDEX_FORMAT_H_

// The index of one sealed batch: columns over its traces, and over the nodes,
// edges, users, hosts and annotations they mention.
//
// A trace is known by its ordinal, its place in trace-id order. Row columns
// come in groups of equal length; the first of a group gives each row's
// ordinal, ascending.
//
// Column numbers are on disk; never renumber.
//
// Threads: a builder belongs to one thread; decoding is pure.
#ifndef ROENTGEN_STORAGE_INDEX_BATCH_INDEX_H_
#define ROENTGEN_STORAGE_INDEX_BATCH_INDEX_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "storage/assembly/trace.h"
#include "storage/model/trace_summary.h"

namespace roentgen::storage {

enum class Column : uint8_t {
  // One value per trace.
  kTraceId = 1,       // 16 bytes each, ascending; not packed.
  kStart = 2,         // Nanoseconds since the epoch, as all times here.
  kDuration = 3,      // Nanoseconds; -1 unknown.
  kResponseTime = 4,  // Nanoseconds; -1 unknown.
  kEvent = 5,
  kServiceEnd = 6,  // INT64_MIN: no completed segment.
  kReceived = 7,    // Arrival of the newest record.
  kRevision = 8,
  kFlags = 9,  // TraceFlag bits.
  kHttpStatus = 10,
  kHttpMethod = 11,
  kHttpUrl = 12,
  kUserAgent = 13,
  kClientIp = 14,
  // One row per node observation.
  kNodeTrace = 20,
  kNodeService = 21,  // Name, type and account, joined by zero bytes.
  kNodeFlags = 22,    // NodeFlag bits.
  kNodeDuration = 23,
  // One row per edge observation.
  kEdgeTrace = 30,
  kEdgeSource = 31,
  kEdgeTarget = 32,
  kEdgeFlags = 33,
  kEdgeDuration = 34,
  // Values that a trace may have several of: rows and values.
  kUser = 40,
  kResourceArn = 41,
  kInstanceId = 42,
  kAvailabilityZone = 43,
  // Annotations, one column per key and type.
  kAnnotationString = 50,
  kAnnotationNumber = 51,  // OrderedBits of the double.
  kAnnotationBool = 52,
};

// A column is stored in parts, so that a search reads only what it needs.
enum class Part : uint8_t {
  kRows = 0,        // Ordinals, ascending.
  kValues = 1,      // Integers, or codes into the dictionary.
  kDictionary = 2,  // Distinct strings, ascending.
  kFilter = 3,      // Instead of rows and values where they hardly repeat:
                    // filters of kFilterTraces traces each.
};

struct TraceFlag {
  static constexpr int64_t kFault = 1;
  static constexpr int64_t kError = 2;
  static constexpr int64_t kThrottle = 4;
  static constexpr int64_t kPartial = 8;
  static constexpr int64_t kHasRoot = 16;
  static constexpr int64_t kHasInferred = 32;
};

struct NodeFlag {
  static constexpr int64_t kFault = 1;
  static constexpr int64_t kError = 2;
  static constexpr int64_t kThrottle = 4;
  static constexpr int64_t kRoot = 8;
  static constexpr int64_t kInferred = 16;
};

// Traces that one filter of a high-cardinality annotation covers.
inline constexpr uint32_t kFilterTraces = 128;

struct IndexChunk {
  Column column;
  std::string annotation_key;  // Empty but for annotation columns.
  Part part;
  std::string bytes;
};

class BatchIndexBuilder {
 public:
  // Traces in order of id; `received` is the arrival of the newest record.
  void Add(const Trace& trace, Timestamp received);

  uint32_t traces() const { return ordinals_; }

  // All columns; the builder is used up.
  std::vector<IndexChunk> Finish();

 private:
  // Distinct strings in order of appearance, and a code per row.
  struct StringRows {
    std::vector<int64_t> rows;  // Ordinals; empty for one value per trace.
    std::vector<int64_t> codes;
    std::vector<std::string> values;
    absl::flat_hash_map<std::string, int64_t> code_of;

    void Add(std::string_view value);
  };
  struct IntRows {
    std::vector<int64_t> rows;
    std::vector<int64_t> values;
  };

  void AddTraceColumns(const Trace& trace, Timestamp received);
  void AddObservations(const Trace& trace);
  void AddAnnotation(const std::string& key, const AnnotationValue& value);
  std::vector<int64_t>& Ints(Column column) {
    return ints_[static_cast<size_t>(column)];
  }
  StringRows& Strings(Column column) {
    return strings_[static_cast<size_t>(column)];
  }
  void AddValue(Column column, std::string_view value);
  void EmitStrings(Column column, const std::string& key, StringRows& rows,
                   std::vector<IndexChunk>& out) const;

  static constexpr size_t kColumns = 64;

  uint32_t ordinals_ = 0;
  std::string trace_ids_;
  // By number of column.
  std::array<std::vector<int64_t>, kColumns> ints_;
  std::array<StringRows, kColumns> strings_;
  std::map<std::string, StringRows> annotation_strings_;
  std::map<std::string, IntRows> annotation_numbers_;
  std::map<std::string, IntRows> annotation_bools_;
};

// Filters of one column, one per kFilterTraces traces.
class AnnotationFilter {
 public:
  static absl::StatusOr<AnnotationFilter> Parse(std::string_view chunk);

  // False only when no trace of group `group` has the value.
  bool MayContain(size_t group, std::string_view value) const;
  size_t groups() const { return groups_.size(); }

 private:
  std::vector<std::string> groups_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_BATCH_INDEX_H_

// What a summary says of a trace that no other column does, as texts.
//
// A document's text: which service reports it, and its context, users and
// annotations in order, each by its place among the values that the trace has
// in the column of that key. A cause's text: a path through the trace, without
// the times that its entities took. Many traces have the same texts.
//
// docs/on_disk_format.md draws the bytes.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_INDEX_SUMMARY_TEXTS_H_
#define ROENTGEN_STORAGE_INDEX_SUMMARY_TEXTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "trace/model/root_cause.h"
#include "trace/model/service_id.h"

namespace roentgen::storage {

// What column kSummary has of a trace that is told begins with this byte; the
// numbers of its reports follow as varints.
inline constexpr char kReportsBegin = 1;

// Places in a column that a text can name: 0 to one less.
inline constexpr uint32_t kSummaryPlacesMax = 64;

// One annotation or user, or all annotations of a context. Numbers are on
// disk; never renumber.
struct SummaryEntry {
  enum class Kind : uint8_t {
    kText = 0,
    kInteger = 1,
    kDouble = 2,
    kBool = 3,
    kContext = 4,  // Column kContextAnnotations.
    kUser = 5,     // Column kUser.
  };
  Kind kind = Kind::kText;
  uint8_t place = 0;
  std::string_view key;  // Of annotations.

  friend bool operator==(const SummaryEntry&, const SummaryEntry&) = default;
};

struct DocumentReport {
  std::optional<std::string_view> service;  // As service_key.h writes it.
  std::vector<SummaryEntry> entries;
};

enum class CauseKind : uint8_t { kFault = 0, kError = 1, kResponseTime = 2 };

// Where the time of an entity on the path of a response time is: in kCauseLag,
// or in one of the trace's first rows of nodes or edges. On disk.
using PathTime = uint8_t;
inline constexpr PathTime kLagTime = 0;
inline constexpr PathTime kFirstNodeTime = 1;
inline constexpr PathTime kFirstEdgeTime = 128;
inline constexpr size_t kNodeTimesMax = kFirstEdgeTime - kFirstNodeTime;
inline constexpr size_t kEdgeTimesMax = 256 - kFirstEdgeTime;

struct CauseReport {
  CauseKind kind = CauseKind::kFault;
  RootCause cause;  // Without coverage.
  // Of a response time, of each entity after the first.
  std::vector<PathTime> times;
};

std::string EncodeDocumentReport(const DocumentReport& report);
std::string EncodeCauseReport(CauseKind kind, const RootCause& cause,
                              std::span<const PathTime> times = {});

using SummaryReport = std::variant<DocumentReport, CauseReport>;

// Views point into `text`. Nothing when the bytes are no such text.
std::optional<SummaryReport> DecodeSummaryText(std::string_view text);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_SUMMARY_TEXTS_H_

// One way in for segment documents, whatever the protocol.
//
// Parses and validates each document on the calling thread, hands the good
// ones to the engine as one unit, and reports per document: a bad document, or
// one of a trace that is full, never costs its neighbours.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_INGEST_INGEST_PIPELINE_H_
#define ROENTGEN_SERVER_INGEST_INGEST_PIPELINE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "server/ingest/put_terms.h"
#include "storage/engine/trace_engine.h"
#include "trace/model/ids.h"
#include "trace/redact/redaction_rules.h"

namespace roentgen::server {

enum class IngestSource { kHttp = 0, kUdp = 1, kGrpc = 2 };
inline constexpr size_t kIngestSourceCount = 3;

// A refused document, in X-Ray's terms.
struct UnprocessedSegment {
  std::optional<std::string> id;  // Absent: the id could not be read.
  std::string error_code;         // "MissingId", ...
  std::string message;

  friend bool operator==(const UnprocessedSegment&,
                         const UnprocessedSegment&) = default;
};

struct PutOutcome {
  // In request order.
  std::vector<UnprocessedSegment> unprocessed;
  size_t accepted = 0;
};

struct IngestCounts {
  uint64_t received = 0;  // Documents.
  uint64_t accepted = 0;  // Acknowledged as durable.
  uint64_t bytes = 0;     // Of received documents.
  uint64_t failed = 0;    // Good documents the engine refused.
};

class IngestPipeline {
 public:
  using Done = std::function<void(absl::StatusOr<PutOutcome>)>;

  // `engine` outlives this object. `redaction`: what of documents is not kept;
  // may be null.
  explicit IngestPipeline(
      storage::TraceEngine& engine,
      std::shared_ptr<const storage::RedactionRules> redaction = nullptr)
      : engine_(engine), redaction_(std::move(redaction)) {}

  // Stores `documents`. The views need only live until Put returns.
  // `done` runs exactly once, on any thread, and must not block. It gets
  // InvalidArgument ("Segments can not be empty") for no documents, and the
  // engine's error (see TraceEngine::Write) when good documents could not be
  // stored; bad documents alone are not an error.
  void Put(std::span<const std::string_view> documents, IngestSource source,
           const PutTerms& terms, Done done);

  // Put for callers that wait.
  absl::StatusOr<PutOutcome> PutAndWait(
      std::span<const std::string_view> documents, IngestSource source,
      absl::Time deadline);

  IngestCounts Counts(IngestSource source) const;
  // Refused documents by error code, over all sources.
  std::map<std::string, uint64_t> RejectCounts() const;

 private:
  struct AtomicCounts {
    std::atomic<uint64_t> received{0}, accepted{0}, bytes{0}, failed{0};
  };

  // A document that was handed to the engine.
  struct Sent {
    storage::EntityId id;
    uint32_t unprocessed_before = 0;  // Of the request.
  };

  // Puts those that the engine refused among the others that were.
  void AddRefused(const storage::WriteOutcome& written,
                  std::span<const Sent> sent, PutOutcome& outcome);
  void CountRejects(std::span<const UnprocessedSegment> unprocessed);

  storage::TraceEngine& engine_;
  const std::shared_ptr<const storage::RedactionRules> redaction_;
  std::array<AtomicCounts, kIngestSourceCount> counts_;
  mutable Mutex mu_;
  std::map<std::string, uint64_t> rejects_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INGEST_INGEST_PIPELINE_H_

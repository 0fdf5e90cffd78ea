// One way in for spans, whatever the protocol: each brings them as a serialized
// ExportTraceServiceRequest.
//
// Checks each span on the calling thread and hands the good ones to the engine.
// A bad span, or one of a trace that is full, never costs its neighbours; bytes
// that are no request at all do.
// Rules of the OpenTelemetry protocol (OTLP) for ids, partial success, errors.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_INGEST_SPAN_PIPELINE_H_
#define ROENTGEN_SERVER_INGEST_SPAN_PIPELINE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "server/ingest/put_terms.h"
#include "storage/engine/trace_engine.h"
#include "trace/redact/redaction_rules.h"
#include "trace/span/span_profile.h"

namespace roentgen::server {

enum class SpanSource {
  kOtlpGrpc = 0,
  kOtlpHttp = 1,
  kOtlpUdp = 2,
  kZipkin = 3
};
inline constexpr size_t kSpanSourceCount = 4;

// What became of a request that was understood.
struct ExportOutcome {
  uint64_t accepted = 0;  // Spans.
  uint64_t rejected = 0;
  // Why the first of the rejected ones were, and what else whoever sent the
  // request should know; empty when there is nothing to say.
  std::string message;

  friend bool operator==(const ExportOutcome&, const ExportOutcome&) = default;
};

struct SpanCounts {
  uint64_t requests = 0;
  uint64_t received = 0;  // Spans.
  uint64_t accepted = 0;  // Acknowledged as durable.
  uint64_t bytes = 0;     // Of requests.
  uint64_t failed = 0;    // Good spans the engine refused.
};

class SpanPipeline {
 public:
  struct Options {
    storage::SpanProfile profile;
    size_t span_bytes_max = limits::kSpanBytesMax;
    size_t context_bytes_max = limits::kSpanContextBytesMax;
    // X-Ray's own limits of sizes, numbers and times.
    bool strict_aws_limits = false;
    // What of spans is not kept. May be null.
    std::shared_ptr<const storage::RedactionRules> redaction = nullptr;
  };
  using Done = std::function<void(absl::StatusOr<ExportOutcome>)>;

  // Both outlive this object.
  SpanPipeline(storage::TraceEngine& engine, const Clock& clock,
               Options options);

  // Stores the spans of `request`, which need only live until Export returns.
  // Of a large request a part is in memory at a time: it is read once to see
  // that it is one, then again, each part being written as it is full.
  // `done` runs exactly once, on any thread, and must not block. It gets
  // InvalidArgument when the bytes are no request, and the engine's error (see
  // TraceEngine::Write) when good spans could not be stored: some of them may
  // be, and be stored again when the client tries again.
  void Export(std::string_view request, SpanSource source,
              const PutTerms& terms, Done done);

  // Export of several requests that nobody waits for, as one: what they hold
  // is written together. Bytes that are no request cost nothing of the others;
  // returns how many were. `done` runs once, when all that was good is stored
  // or refused by the engine.
  size_t ExportTogether(std::span<const std::string_view> requests,
                        SpanSource source, absl::Time deadline,
                        std::function<void()> done);

  // Export for callers that wait.
  absl::StatusOr<ExportOutcome> ExportAndWait(std::string_view request,
                                              SpanSource source,
                                              absl::Time deadline);

  SpanCounts Counts(SpanSource source) const;
  // Rejected spans by reason ("trace_id", "span_id", ...), over all sources.
  std::map<std::string, uint64_t> RejectCounts() const;

 private:
  struct AtomicCounts {
    std::atomic<uint64_t> requests{0}, received{0}, accepted{0}, bytes{0},
        failed{0};
  };
  class Reader;
  class Writes;

  void CountRejects(const std::map<std::string, uint64_t>& rejects);

  storage::TraceEngine& engine_;
  const Clock& clock_;
  const Options options_;
  const std::string profile_;  // Encoded.
  std::array<AtomicCounts, kSpanSourceCount> counts_;
  mutable Mutex mu_;
  std::map<std::string, uint64_t> rejects_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INGEST_SPAN_PIPELINE_H_

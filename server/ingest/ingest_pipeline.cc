#include "server/ingest/ingest_pipeline.h"

#include <future>
#include <utility>

#include "base/limits.h"
#include "trace/document/document_parser.h"

namespace roentgen::server {
namespace {

using storage::Durability;
using storage::NewRecord;

// One parser and one document per thread: their buffers are reused.
struct ParseState {
  storage::DocumentParser parser;
  storage::SegmentDocument document;
};
ParseState& ThreadParseState() {
  thread_local ParseState state;
  return state;
}

// As X-Ray words it.
UnprocessedSegment TraceTooLarge(const storage::SegmentDocument& document) {
  return {.id = document.root().id.ToString(),
          .error_code = "InvalidSegment",
          .message =
              "Trace Size Exceeded. Reduce the number of segments per trace "
              "and the size of your segment documents."};
}

}  // namespace

void IngestPipeline::Put(std::span<const std::string_view> documents,
                         IngestSource source, absl::Time deadline, Done done) {
  if (documents.empty()) {
    done(absl::InvalidArgumentError("Segments can not be empty"));
    return;
  }
  if (documents.size() > limits::kDocumentsPerPutMax) {
    done(absl::InvalidArgumentError(
        "TraceSegmentDocuments: " + std::to_string(documents.size()) +
        " documents, the limit is " +
        std::to_string(limits::kDocumentsPerPutMax)));
    return;
  }
  AtomicCounts& counts = counts_[static_cast<size_t>(source)];
  ParseState& state = ThreadParseState();
  PutOutcome outcome;
  std::vector<NewRecord> records;
  records.reserve(documents.size());
  uint64_t bytes = 0;
  for (std::string_view text : documents) {
    bytes += text.size();
    if (auto fault = state.parser.Parse(text, state.document)) {
      outcome.unprocessed.push_back({.id = std::move(fault->id),
                                     .error_code = fault->code,
                                     .message = fault->Message()});
      continue;
    }
    if (engine_.AtLimit(state.document.trace_id)) {
      outcome.unprocessed.push_back(TraceTooLarge(state.document));
      continue;
    }
    records.push_back({.trace_id = state.document.trace_id,
                       .format = storage::RecordFormat::kXrayJson,
                       .facts = state.document.Facts(),
                       .document = std::string(text)});
  }
  counts.received += documents.size();
  counts.bytes += bytes;
  CountRejects(outcome.unprocessed);
  outcome.accepted = records.size();
  if (records.empty()) {
    done(std::move(outcome));
    return;
  }
  const Durability durability = source == IngestSource::kUdp
                                    ? Durability::kGathered
                                    : Durability::kSynced;
  engine_.Write(std::move(records), durability, deadline,
                [&counts, outcome = std::move(outcome),
                 done = std::move(done)](absl::Status status) mutable {
                  if (!status.ok()) {
                    counts.failed += outcome.accepted;
                    done(std::move(status));
                    return;
                  }
                  counts.accepted += outcome.accepted;
                  done(std::move(outcome));
                });
}

absl::StatusOr<PutOutcome> IngestPipeline::PutAndWait(
    std::span<const std::string_view> documents, IngestSource source,
    absl::Time deadline) {
  std::promise<absl::StatusOr<PutOutcome>> promise;
  auto result = promise.get_future();
  Put(documents, source, deadline, [&promise](absl::StatusOr<PutOutcome> r) {
    promise.set_value(std::move(r));
  });
  return result.get();
}

void IngestPipeline::CountRejects(
    std::span<const UnprocessedSegment> unprocessed) {
  if (unprocessed.empty()) return;
  MutexLock lock(mu_);
  for (const UnprocessedSegment& u : unprocessed) ++rejects_[u.error_code];
}

IngestCounts IngestPipeline::Counts(IngestSource source) const {
  const AtomicCounts& counts = counts_[static_cast<size_t>(source)];
  return {.received = counts.received,
          .accepted = counts.accepted,
          .bytes = counts.bytes,
          .failed = counts.failed};
}

std::map<std::string, uint64_t> IngestPipeline::RejectCounts() const {
  MutexLock lock(mu_);
  return rejects_;
}

}  // namespace roentgen::server

#include "server/ingest/ingest_pipeline.h"

#include <deque>
#include <future>
#include <iterator>
#include <utility>

#include "base/limits.h"
#include "trace/document/document_parser.h"
#include "trace/redact/document_redactor.h"

namespace roentgen::server {
namespace {

using storage::Durability;
using storage::IncomingRecord;

// One parser and one document per thread: their buffers are reused.
struct ParseState {
  storage::DocumentParser parser;
  storage::SegmentDocument document;
};
ParseState& ThreadParseState() {
  thread_local ParseState state;
  return state;
}

// The document as rules let it be kept, parsed again; it is in `kept` when it
// changed, and `text` is what is to be stored. A fault: what the rules leave is
// no document, or they cannot be held to it.
std::optional<storage::DocumentFault> Redact(
    const storage::RedactionRules& rules, std::string_view& text,
    std::deque<std::string>& kept, ParseState& state) {
  absl::StatusOr<std::optional<std::string>> redacted =
      storage::RedactedDocument(rules, text);
  if (redacted.ok() && !redacted->has_value()) return std::nullopt;
  const std::string id = state.document.root().id.ToString();
  if (redacted.ok()) {
    text = kept.emplace_back(**std::move(redacted));
    if (!state.parser.Parse(text, state.document)) return std::nullopt;
  }
  return storage::DocumentFault{
      .subject = storage::DocumentFault::Subject::kSegment,
      .code = "InvalidSegment",
      .id = id,
      .detail = "Redaction leaves no document"};
}

// As X-Ray words it.
UnprocessedSegment TraceTooLarge(const storage::EntityId& id) {
  return {.id = id.ToString(),
          .error_code = "InvalidSegment",
          .message =
              "Trace Size Exceeded. Reduce the number of segments per trace "
              "and the size of your segment documents."};
}

}  // namespace

void IngestPipeline::Put(std::span<const std::string_view> documents,
                         IngestSource source, const PutTerms& terms,
                         Done done) {
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
  std::vector<IncomingRecord> records;
  records.reserve(documents.size());
  std::vector<Sent> sent;
  sent.reserve(documents.size());
  // What is stored in place of some.
  std::deque<std::string> kept;
  uint64_t bytes = 0;
  for (std::string_view text : documents) {
    bytes += text.size();
    auto fault = state.parser.Parse(text, state.document);
    if (!fault && redaction_ != nullptr) {
      fault = Redact(*redaction_, text, kept, state);
    }
    if (fault) {
      outcome.unprocessed.push_back({.id = std::move(fault->id),
                                     .error_code = fault->code,
                                     .message = fault->Message()});
      continue;
    }
    sent.push_back({.id = state.document.root().id,
                    .unprocessed_before =
                        static_cast<uint32_t>(outcome.unprocessed.size())});
    records.push_back({.trace_id = state.document.trace_id,
                       .format = storage::RecordFormat::kXrayJson,
                       .facts = state.document.Facts(),
                       .document = text});
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
  engine_.Write(
      records,
      {.durability = durability,
       .deadline = terms.deadline,
       .caller = terms.caller},
      [this, &counts, outcome = std::move(outcome), sent = std::move(sent),
       done = std::move(done)](storage::WriteOutcome written) mutable {
        if (!written.status.ok()) {
          counts.failed += outcome.accepted;
          done(std::move(written.status));
          return;
        }
        if (!written.records.empty()) AddRefused(written, sent, outcome);
        counts.accepted += outcome.accepted;
        done(std::move(outcome));
      });
}

void IngestPipeline::AddRefused(const storage::WriteOutcome& written,
                                std::span<const Sent> sent,
                                PutOutcome& outcome) {
  std::vector<UnprocessedSegment> refused;
  std::vector<UnprocessedSegment> all;
  auto next = outcome.unprocessed.begin();
  for (size_t i = 0; i < sent.size(); ++i) {
    if (written.records[i] == storage::RecordOutcome::kStored) continue;
    const auto until = outcome.unprocessed.begin() + sent[i].unprocessed_before;
    all.insert(all.end(), std::make_move_iterator(next),
               std::make_move_iterator(until));
    next = until;
    all.push_back(TraceTooLarge(sent[i].id));
    refused.push_back(all.back());
  }
  all.insert(all.end(), std::make_move_iterator(next),
             std::make_move_iterator(outcome.unprocessed.end()));
  outcome.unprocessed = std::move(all);
  outcome.accepted -= refused.size();
  CountRejects(refused);
}

absl::StatusOr<PutOutcome> IngestPipeline::PutAndWait(
    std::span<const std::string_view> documents, IngestSource source,
    absl::Time deadline) {
  std::promise<absl::StatusOr<PutOutcome>> promise;
  auto result = promise.get_future();
  Put(documents, source, {.deadline = deadline},
      [&promise](absl::StatusOr<PutOutcome> r) {
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

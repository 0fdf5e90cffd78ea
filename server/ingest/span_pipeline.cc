#include "server/ingest/span_pipeline.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "server/ingest/split_message.h"
#include "trace/mapping/record_document.h"
#include "trace/redact/span_redactor.h"
#include "trace/span/otlp_schema.h"
#include "trace/span/span_text.h"
#include "trace/span/span_view.h"
#include "trace/span/wire_fields.h"

namespace roentgen::server {
namespace {

using storage::FieldReader;
using storage::IncomingRecord;
using storage::SpanContext;
using storage::SpanView;
using storage::WireType;

// Spans that are handed to the engine as one unit: what of a request is in
// memory besides its own bytes.
constexpr size_t kSpansPerWrite = 10'000;
constexpr size_t kBytesPerWrite = 4 * 1024 * 1024;

// X-Ray's own endpoint takes spans of this time.
constexpr absl::Duration kAwsFutureMax = absl::Hours(2);
constexpr absl::Duration kAwsPastMax = absl::Hours(14 * 24);

bool IsZero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == bytes.npos;
}

// Nobody waits for datagrams.
storage::Durability DurabilityFor(SpanSource source) {
  return source == SpanSource::kOtlpUdp ? storage::Durability::kGathered
                                        : storage::Durability::kSynced;
}

std::string TooDeep() {
  return " nest deeper than " + std::to_string(limits::kAttributeDepthMax) +
         " lists and maps";
}

absl::Status NoRequest(const std::string& where) {
  return absl::InvalidArgumentError(where + ": no valid Protobuf message");
}

// Where a span stands in its request, as OTLP/JSON spells it.
struct Place {
  uint32_t resource = 0;
  uint32_t scope = 0;
  uint32_t span = 0;

  std::string ToString() const {
    return "resourceSpans[" + std::to_string(resource) + "].scopeSpans[" +
           std::to_string(scope) + "].spans[" + std::to_string(span) + "]";
  }
};

// A span that was handed to the engine.
struct Sent {
  Place place;
  storage::TraceId trace_id;
};

void Complain(const Place& place, const std::string& why,
              std::string& message) {
  if (message.size() >= limits::kPartialSuccessCharsMax) return;
  if (!message.empty()) message += "; ";
  message += place.ToString() + ": " + why;
  if (message.size() >= limits::kPartialSuccessCharsMax) message += "; ...";
}

struct ReadState {
  SpanView span;
  SplitMessage resource;
  SplitMessage scope;
  storage::ContextView context;
};
// For a request, and for one more look at it meanwhile.
struct ThreadState {
  ReadState read;
  ReadState look;
};
ThreadState& OfThread() {
  thread_local ThreadState state;
  return state;
}

}  // namespace

// The writes of one request, or of several that are answered together; the last
// one to end answers.
class SpanPipeline::Writes : public std::enable_shared_from_this<Writes> {
 public:
  Writes(SpanPipeline& pipeline, AtomicCounts& counts,
         storage::Durability durability, const PutTerms& terms, Done done)
      : pipeline_(pipeline),
        counts_(counts),
        options_{.durability = durability,
                 .deadline = terms.deadline,
                 .caller = terms.caller},
        done_(std::move(done)) {}

  void Write(std::span<IncomingRecord> records, std::vector<Sent> sent) {
    if (records.empty()) return;
    const uint64_t spans = records.size();
    // What failed is sent again as a whole, unless nobody waits for it.
    if (options_.durability == storage::Durability::kSynced && Failed()) {
      counts_.failed += spans;
      return;
    }
    ++pending_;
    pipeline_.engine_.Write(
        records, options_,
        [self = shared_from_this(), spans,
         sent = std::move(sent)](const storage::WriteOutcome& written) {
          if (written.status.ok()) {
            self->counts_.accepted += spans - written.refused();
            if (!written.records.empty()) self->NoteRefused(written, sent);
          } else {
            self->counts_.failed += spans;
          }
          self->End(written.status);
        });
  }

  // No more writes come. `outcome` is what is answered if all is well.
  void Finish(absl::StatusOr<ExportOutcome> outcome) {
    outcome_ = std::move(outcome);
    End(absl::OkStatus());
  }

 private:
  bool Failed() {
    MutexLock lock(mu_);
    return !failure_.ok();
  }

  void NoteRefused(const storage::WriteOutcome& written,
                   std::span<const Sent> sent) {
    pipeline_.CountRejects({{"trace_size", written.refused()}});
    MutexLock lock(mu_);
    refused_ += written.refused();
    for (size_t i = 0; i < sent.size(); ++i) {
      if (written.records[i] == storage::RecordOutcome::kStored) continue;
      Complain(sent[i].place,
               "traceId " + sent[i].trace_id.ToString() +
                   " has as many spans, or bytes of spans and resources, as "
                   "are stored",
               refusals_);
    }
  }

  void End(const absl::Status& status) {
    if (!status.ok()) {
      MutexLock lock(mu_);
      if (failure_.ok()) failure_ = status;
    }
    if (--pending_ != 0) return;
    absl::Status failure;
    {
      MutexLock lock(mu_);
      failure = failure_;
      if (outcome_.ok()) AddRefused(*outcome_);
    }
    if (outcome_.ok() && !failure.ok()) return done_(failure);
    done_(std::move(outcome_));
  }

  void AddRefused(ExportOutcome& outcome) const RTG_REQUIRES(mu_) {
    if (refused_ == 0) return;
    outcome.accepted -= std::min(refused_, outcome.accepted);
    outcome.rejected += refused_;
    if (outcome.message.size() >= limits::kPartialSuccessCharsMax) return;
    if (!outcome.message.empty()) outcome.message += "; ";
    const bool fits = outcome.message.size() + refusals_.size() <=
                      limits::kPartialSuccessCharsMax;
    outcome.message += fits || outcome.message.empty() ? refusals_ : "...";
  }

  SpanPipeline& pipeline_;
  AtomicCounts& counts_;
  const storage::WriteOptions options_;
  const Done done_;
  // Writes under way, and one for whoever makes them.
  std::atomic<size_t> pending_{1};
  absl::StatusOr<ExportOutcome> outcome_ = ExportOutcome();
  Mutex mu_;
  absl::Status failure_ RTG_GUARDED_BY(mu_);
  // Spans that the engine refused because their traces are full, and why.
  uint64_t refused_ RTG_GUARDED_BY(mu_) = 0;
  std::string refusals_ RTG_GUARDED_BY(mu_);
};

// Reads requests, one after the other.
class SpanPipeline::Reader {
 public:
  Reader(const SpanPipeline& pipeline, Writes& writes)
      : Reader(pipeline, &writes, OfThread().read) {}

  // Nothing of it is stored unless all of it is a request: before the first
  // write all is looked at. Without error, Flush has to follow.
  absl::Status Read(std::string_view request) {
    const size_t records = records_.size();
    const size_t bytes = bytes_;
    request_ = request;
    place_ = {};
    outcome_ = {};
    rejects_.clear();
    checked_ = false;
    const absl::Status status = Walk();
    if (status.ok()) return status;
    records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(records),
                   records_.end());
    sent_.resize(records);
    bytes_ = bytes;
    counted_ = nullptr;
    outcome_ = {};
    rejects_.clear();
    return status;
  }

  void Flush() {
    writes_->Write(records_, std::exchange(sent_, {}));
    records_.clear();
    replaced_.clear();
    bytes_ = 0;
    counted_ = nullptr;
  }

  // Of the last request.
  const ExportOutcome& outcome() const { return outcome_; }
  const std::map<std::string, uint64_t>& rejects() const { return rejects_; }
  uint64_t received() const { return outcome_.accepted + outcome_.rejected; }

 private:
  // Without writes it only looks.
  Reader(const SpanPipeline& pipeline, Writes* writes, ReadState& state)
      : pipeline_(pipeline),
        options_(pipeline.options_),
        writes_(writes),
        state_(state) {
    const absl::Time now = pipeline.clock_.Now().ToTime();
    earliest_ns_ = absl::ToUnixNanos(now - kAwsPastMax);
    latest_ns_ = absl::ToUnixNanos(now + kAwsFutureMax);
  }

  absl::Status Walk() {
    FieldReader in(request_);
    while (in.Next()) {
      if (!in.Is(1, WireType::kBytes)) continue;
      RTG_RETURN_IF_ERROR(ReadResource(in.bytes()));
      ++place_.resource;
    }
    // Whoever sent something else must not think that it was taken.
    if (in.ok() && place_.resource == 0 && !request_.empty()) {
      return absl::InvalidArgumentError("the request has no resource spans");
    }
    return in.ok() ? absl::OkStatus() : NoRequest("ExportTraceServiceRequest");
  }

  // Makes room for one more record.
  absl::Status MakeRoom() {
    if (records_.size() < kSpansPerWrite && bytes_ <= kBytesPerWrite) {
      return absl::OkStatus();
    }
    if (!checked_) {
      Reader look(pipeline_, nullptr, OfThread().look);
      look.request_ = request_;
      RTG_RETURN_IF_ERROR(look.Walk());
      checked_ = true;
    }
    Flush();
    return absl::OkStatus();
  }

  absl::Status ReadResource(std::string_view message) {
    if (!SplitField(message, 2, storage::kOldScopeSpansField,
                    state_.resource)) {
      return NoRequest("resourceSpans[" + std::to_string(place_.resource) +
                       "]");
    }
    place_.scope = 0;
    for (std::string_view scope : state_.resource.parts) {
      RTG_RETURN_IF_ERROR(ReadScope(scope));
      ++place_.scope;
    }
    return absl::OkStatus();
  }

  absl::Status ReadScope(std::string_view message) {
    place_.span = 0;
    auto context = std::make_shared<SpanContext>();
    if (!SplitField(message, 2, 0, state_.scope)) {
      return NoRequest(place_.ToString());
    }
    context->resource_spans = state_.resource.rest;
    context->scope_spans = state_.scope.rest;
    context->profile = pipeline_.profile_;
    if (!storage::ReadContext(*context, state_.context) &&
        !state_.context.too_deep) {
      return NoRequest(place_.ToString());
    }
    if (options_.redaction != nullptr && !state_.context.too_deep) {
      Redact(*context);
    }
    // U+FFFD is longer than what it takes the place of.
    bool too_large = IsTooLarge(*context);
    if (!too_large && !state_.context.valid_text && !state_.context.too_deep) {
      Mend(*context);
      too_large = IsTooLarge(*context);
    }
    for (std::string_view span : state_.scope.parts) {
      if (!storage::ReadSpan(span, state_.span) &&
          state_.span.too_deep.empty()) {
        return NoRequest(place_.ToString());
      }
      if (writes_ != nullptr) {
        RTG_RETURN_IF_ERROR(Judge(span, context, too_large));
      }
      ++place_.span;
    }
    return absl::OkStatus();
  }

  void Redact(SpanContext& context) {
    const auto redact = [&](const storage::OtlpMessage& message,
                            std::string& bytes) {
      auto redacted =
          storage::RedactedMessage(*options_.redaction, bytes, message);
      if (redacted) bytes = *std::move(redacted);
    };
    redact(storage::kResourceSpansMessage, context.resource_spans);
    redact(storage::kScopeSpansMessage, context.scope_spans);
    storage::ReadContext(context, state_.context);
  }

  // Originals are kept as far as they fit.
  void Mend(SpanContext& context) {
    const auto mend = [&](const storage::OtlpMessage& message,
                          std::string& bytes) {
      const std::string original =
          std::exchange(bytes, storage::WithMendedText(bytes, message));
      storage::KeepOriginal(original, ContextBytesMax(), bytes);
    };
    mend(storage::kResourceSpansMessage, context.resource_spans);
    mend(storage::kScopeSpansMessage, context.scope_spans);
    storage::ReadContext(context, state_.context);
  }

  absl::Status Judge(std::string_view span,
                     const std::shared_ptr<const SpanContext>& context,
                     bool too_large) {
    if (state_.context.too_deep) {
      Reject("depth", "attributes of resource or scope" + TooDeep());
    } else if (too_large) {
      Reject("context_size", "resource or scope has more than " +
                                 std::to_string(ContextBytesMax()) + " bytes");
    } else {
      return Take(span, context);
    }
    return absl::OkStatus();
  }

  bool IsTooLarge(const SpanContext& context) const {
    return std::max(context.resource_spans.size(), context.scope_spans.size()) >
           ContextBytesMax();
  }

  size_t ContextBytesMax() const {
    return options_.strict_aws_limits
               ? std::min(options_.context_bytes_max,
                          limits::kAwsSpanContextBytesMax)
               : options_.context_bytes_max;
  }

  absl::Status Take(std::string_view bytes,
                    const std::shared_ptr<const SpanContext>& context) {
    const SpanView& span = state_.span;
    if (!Check(bytes, span)) return absl::OkStatus();
    RTG_RETURN_IF_ERROR(MakeRoom());
    if (options_.redaction != nullptr) {
      auto redacted = storage::RedactedMessage(*options_.redaction, bytes,
                                               storage::kSpanMessage);
      if (redacted && !Fits(*redacted)) return absl::OkStatus();
      if (redacted) bytes = Replaced(*std::move(redacted));
    }
    if (!span.valid_text) {
      std::string mended =
          storage::WithMendedText(bytes, storage::kSpanMessage);
      if (!Fits(mended)) return absl::OkStatus();
      storage::KeepOriginal(bytes, SpanBytesMax(), mended);
      bytes = Replaced(std::move(mended));
    }
    const storage::TraceId trace_id = storage::TraceIdOf(span);
    sent_.push_back({place_, trace_id});
    records_.push_back({.trace_id = trace_id,
                        .format = storage::RecordFormat::kOtlpSpan,
                        .facts = storage::SpanFacts(
                            trace_id, span, state_.context.service_name),
                        .document = bytes,
                        .context = context});
    bytes_ += bytes.size();
    // A write holds each context once.
    if (context.get() != counted_) {
      counted_ = context.get();
      bytes_ += context->resource_spans.size() + context->scope_spans.size();
    }
    ++outcome_.accepted;
    return absl::OkStatus();
  }

  // What is stored in place of a span; it is read.
  std::string_view Replaced(std::string span) {
    const std::string_view bytes = replaced_.emplace_back(std::move(span));
    storage::ReadSpan(bytes, state_.span);
    return bytes;
  }

  // A span that is too large is rejected.
  bool Fits(const std::string& span) {
    if (span.size() <= SpanBytesMax()) return true;
    RejectSize(span);
    return false;
  }

  bool Check(std::string_view bytes, const SpanView& span) {
    if (span.trace_id.size() != 16) {
      Reject("trace_id", "traceId has " + std::to_string(span.trace_id.size()) +
                             " bytes, not 16");
    } else if (IsZero(span.trace_id)) {
      Reject("trace_id", "traceId is all zeros");
    } else if (span.span_id.size() != 8) {
      Reject("span_id", "spanId has " + std::to_string(span.span_id.size()) +
                            " bytes, not 8");
    } else if (IsZero(span.span_id)) {
      Reject("span_id", "spanId is all zeros");
    } else if (!span.parent_span_id.empty() &&
               span.parent_span_id.size() != 8) {
      Reject("parent_span_id", "parentSpanId has " +
                                   std::to_string(span.parent_span_id.size()) +
                                   " bytes, not 8");
    } else if (!span.too_deep.empty()) {
      Reject("depth", span.too_deep + TooDeep());
    } else if (bytes.size() > SpanBytesMax()) {
      RejectSize(bytes);
    } else if (options_.strict_aws_limits && !IsOfAwsTime(span)) {
      Reject("span_time", "startTimeUnixNano " + std::to_string(span.start_ns) +
                              " is not within 14 days before and 2 hours "
                              "after now");
    } else if (options_.strict_aws_limits &&
               received() >= limits::kAwsOtlpSpansMax) {
      Reject("span_count", "the request has more than " +
                               std::to_string(limits::kAwsOtlpSpansMax) +
                               " spans");
    } else {
      return true;
    }
    return false;
  }

  size_t SpanBytesMax() const {
    return options_.strict_aws_limits
               ? std::min(options_.span_bytes_max, limits::kAwsSpanBytesMax)
               : options_.span_bytes_max;
  }

  bool IsOfAwsTime(const SpanView& span) const {
    return span.start_ns >= static_cast<uint64_t>(earliest_ns_) &&
           span.start_ns <= static_cast<uint64_t>(latest_ns_);
  }

  void RejectSize(std::string_view span) {
    Reject("span_size", "has " + std::to_string(span.size()) +
                            " bytes, the limit is " +
                            std::to_string(SpanBytesMax()));
  }

  void Reject(const std::string& reason, const std::string& why) {
    ++outcome_.rejected;
    ++rejects_[reason];
    Complain(place_, why, outcome_.message);
  }

  const SpanPipeline& pipeline_;
  const Options& options_;
  Writes* const writes_;  // May be null.
  ReadState& state_;
  std::string_view request_;
  bool checked_ = false;  // All of it is known to be a request.
  int64_t earliest_ns_ = 0;
  int64_t latest_ns_ = 0;
  Place place_;
  std::vector<IncomingRecord> records_;
  std::vector<Sent> sent_;  // Of each record.
  // Spans that are not stored as they came; records point to them.
  std::deque<std::string> replaced_;
  size_t bytes_ = 0;  // Of the records and their contexts.
  // The context that was counted last.
  const storage::SpanContext* counted_ = nullptr;
  ExportOutcome outcome_;
  std::map<std::string, uint64_t> rejects_;
};

SpanPipeline::SpanPipeline(storage::TraceEngine& engine, const Clock& clock,
                           Options options)
    : engine_(engine),
      clock_(clock),
      options_(std::move(options)),
      profile_(storage::EncodeSpanProfile(options_.profile)) {}

void SpanPipeline::Export(std::string_view request, SpanSource source,
                          const PutTerms& terms, Done done) {
  AtomicCounts& counts = counts_[static_cast<size_t>(source)];
  ++counts.requests;
  counts.bytes += request.size();
  const auto writes = std::make_shared<Writes>(
      *this, counts, DurabilityFor(source), terms, std::move(done));
  Reader reader(*this, *writes);
  const absl::Status status = reader.Read(request);
  if (!status.ok()) return writes->Finish(status);
  reader.Flush();
  counts.received += reader.received();
  CountRejects(reader.rejects());
  writes->Finish(reader.outcome());
}

size_t SpanPipeline::ExportTogether(std::span<const std::string_view> requests,
                                    SpanSource source, absl::Time deadline,
                                    std::function<void()> done) {
  AtomicCounts& counts = counts_[static_cast<size_t>(source)];
  const auto writes = std::make_shared<Writes>(
      *this, counts, DurabilityFor(source), PutTerms{.deadline = deadline},
      [done = std::move(done)](const absl::StatusOr<ExportOutcome>&) {
        done();
      });
  Reader reader(*this, *writes);
  size_t bad = 0;
  for (std::string_view request : requests) {
    ++counts.requests;
    counts.bytes += request.size();
    if (!reader.Read(request).ok()) {
      ++bad;
      continue;
    }
    counts.received += reader.received();
    CountRejects(reader.rejects());
  }
  reader.Flush();
  writes->Finish(ExportOutcome());
  return bad;
}

absl::StatusOr<ExportOutcome> SpanPipeline::ExportAndWait(
    std::string_view request, SpanSource source, absl::Time deadline) {
  std::promise<absl::StatusOr<ExportOutcome>> promise;
  auto result = promise.get_future();
  Export(request, source, {.deadline = deadline},
         [&promise](absl::StatusOr<ExportOutcome> outcome) {
           promise.set_value(std::move(outcome));
         });
  return result.get();
}

void SpanPipeline::CountRejects(const std::map<std::string, uint64_t>& more) {
  if (more.empty()) return;
  MutexLock lock(mu_);
  for (const auto& [reason, count] : more) rejects_[reason] += count;
}

SpanCounts SpanPipeline::Counts(SpanSource source) const {
  const AtomicCounts& counts = counts_[static_cast<size_t>(source)];
  return {.requests = counts.requests,
          .received = counts.received,
          .accepted = counts.accepted,
          .bytes = counts.bytes,
          .failed = counts.failed};
}

std::map<std::string, uint64_t> SpanPipeline::RejectCounts() const {
  MutexLock lock(mu_);
  return rejects_;
}

}  // namespace roentgen::server

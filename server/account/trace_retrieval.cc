#include "server/account/trace_retrieval.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "base/wire.h"
#include "query/traces/trace_reader.h"
#include "server/aws_status.h"
#include "trace/assembly/trace_spans.h"
#include "trace/document/segment_document.h"
#include "trace/mapping/record_document.h"
#include "trace/mapping/span_parts.h"
#include "trace/model/record.h"
#include "trace/span/otlp_json_writer.h"

namespace roentgen::server {
namespace {

using storage::TraceId;

constexpr uint64_t kVersion = 1;
constexpr absl::Duration kLife = absl::Minutes(60);
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr size_t kTokenChars = 48;

absl::Status Invalid(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

absl::StatusOr<std::vector<TraceId>> ParseIds(
    const std::vector<std::string>& texts) {
  if (texts.empty()) return Invalid("Zero trace ids provided");
  std::vector<TraceId> ids;
  std::set<std::string> seen;
  for (const std::string& text : texts) {
    const std::optional<TraceId> id = TraceId::Parse(text);
    if (!id) {
      return Invalid("Invalid trace id " + text + ": incorrect id format");
    }
    if (!seen.insert(id->ToString()).second) {
      return Invalid("Containing duplicate trace ids");
    }
    ids.push_back(*id);
  }
  return ids;
}

// Spans are made of what was sent, never of a segment that was one itself.
absl::StatusOr<std::vector<RetrievedSpan>> ToOtel(storage::TraceRecords records,
                                                  const Call& call) {
  RTG_ASSIGN_OR_RETURN(const std::vector<storage::TraceSpan> spans,
                       query::SpansWithin(std::move(records), call));
  std::vector<RetrievedSpan> out;
  for (const storage::TraceSpan& span : spans) {
    std::string json;
    if (!storage::OtlpJsonWriter(json).WriteSpan(*span.context, span.span)) {
      return absl::DataLossError("a span cannot be written");
    }
    out.push_back({span.id.ToString(), std::move(json)});
  }
  return out;
}

// Where a page begins: "trace.span".
struct Position {
  size_t trace = 0;
  size_t span = 0;

  std::string ToToken() const {
    return std::to_string(trace) + '.' + std::to_string(span);
  }
};

std::optional<Position> ParsePosition(std::string_view token, size_t traces) {
  Position out;
  if (token.empty()) return out;
  const char* end = token.data() + token.size();
  const auto first = std::from_chars(token.data(), end, out.trace);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') {
    return std::nullopt;
  }
  const auto second = std::from_chars(first.ptr + 1, end, out.span);
  if (second.ec != std::errc() || second.ptr != end || out.trace >= traces) {
    return std::nullopt;
  }
  return out;
}

}  // namespace

std::string TraceRetrieval::Encode(const Retrieval& retrieval) {
  std::string out;
  AppendVarint(kVersion, out);
  AppendZigzag(retrieval.started.ns, out);
  AppendZigzag(retrieval.range.begin.ns, out);
  AppendZigzag(retrieval.range.end.ns, out);
  AppendVarint(retrieval.cancelled ? 1 : 0, out);
  AppendVarint(retrieval.ids.size(), out);
  for (const TraceId& id : retrieval.ids) AppendBytes(id.ToString(), out);
  return out;
}

std::optional<TraceRetrieval::Retrieval> TraceRetrieval::Decode(
    std::string_view bytes) {
  ByteReader in(bytes);
  Retrieval out;
  uint64_t version, cancelled, count;
  if (!in.BoundedVarint(kVersion, version) || version != kVersion ||
      !in.Zigzag(out.started.ns) || !in.Zigzag(out.range.begin.ns) ||
      !in.Zigzag(out.range.end.ns) || !in.BoundedVarint(1, cancelled) ||
      !in.BoundedVarint(limits::kRetrievalTracesMax, count)) {
    return std::nullopt;
  }
  out.cancelled = cancelled != 0;
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view text;
    if (!in.Bytes(text)) return std::nullopt;
    const std::optional<TraceId> id = TraceId::Parse(text);
    if (!id) return std::nullopt;
    out.ids.push_back(*id);
  }
  return in.done() ? std::optional(std::move(out)) : std::nullopt;
}

absl::StatusOr<std::unique_ptr<TraceRetrieval>> TraceRetrieval::Open(
    storage::SettingsStore& store, query::TraceQueries& queries,
    const query::ServiceGraphs& graphs, Options options) {
  std::unique_ptr<TraceRetrieval> out(
      new TraceRetrieval(store, queries, graphs, std::move(options)));
  RTG_RETURN_IF_ERROR(out->Refresh());
  return out;
}

absl::Status TraceRetrieval::Refresh() {
  MutexLock lock(mu_);
  RTG_ASSIGN_OR_RETURN(const storage::SettingsUpdate update, follower_.Next());
  // What is stored does not say what was seen of it here.
  std::set<std::string> seen;
  for (const auto& [token, retrieval] : retrievals_) {
    if (retrieval.seen) seen.insert(token);
  }
  const auto decode = [&](const std::string& token, const std::string& bytes) {
    std::optional<Retrieval> retrieval = Decode(bytes);
    if (retrieval) retrieval->seen = seen.contains(token);
    return retrieval;
  };
  return storage::ApplyOrComplain(update, "retrieval", decode, retrievals_);
}

bool TraceRetrieval::IsOver(const Retrieval& retrieval) const {
  return options_.clock->Now() - retrieval.started >= kLife;
}

absl::StatusOr<TraceRetrieval::Retrieval> TraceRetrieval::Find(
    const std::string& token) const {
  MutexLock lock(mu_);
  const auto found = retrievals_.find(token);
  if (found == retrievals_.end() || IsOver(found->second)) {
    return ResourceNotFound(token);
  }
  return found->second;
}

absl::Status TraceRetrieval::DropOld() {
  for (auto it = retrievals_.begin(); it != retrievals_.end();) {
    if (!IsOver(it->second)) {
      ++it;
      continue;
    }
    RTG_RETURN_IF_ERROR(store_
                            .CompareAndSet(kSettingPrefix + it->first,
                                           Encode(it->second), std::nullopt)
                            .status());
    it = retrievals_.erase(it);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> TraceRetrieval::Start(
    const RetrievalRequest& request) {
  RTG_ASSIGN_OR_RETURN(std::vector<TraceId> ids, ParseIds(request.trace_ids));
  if (request.end < request.start) {
    return Invalid("End time cannot be earlier than start time");
  }
  MutexLock lock(mu_);
  RTG_RETURN_IF_ERROR(DropOld());
  if (retrievals_.size() >= limits::kRetrievalsMax) {
    return absl::ResourceExhaustedError(
        "There are " + std::to_string(limits::kRetrievalsMax) +
        " retrievals; each is kept for an hour");
  }
  std::string token;
  while (token.size() < kTokenChars) {
    uint64_t bits = options_.random();
    for (int i = 0; i < 12; ++i, bits >>= 5) token += kBase32[bits & 31];
  }
  Retrieval retrieval{.started = options_.clock->Now(),
                      .range = {request.start, request.end},
                      .ids = std::move(ids)};
  RTG_ASSIGN_OR_RETURN(
      const bool set, store_.CompareAndSet(kSettingPrefix + token, std::nullopt,
                                           Encode(retrieval)));
  if (!set) return absl::UnavailableError("token is taken; try again");
  retrievals_.emplace(token, std::move(retrieval));
  return token;
}

absl::StatusOr<std::optional<query::AssembledTrace>> TraceRetrieval::Read(
    const TraceId& id, const TimeRange& range, const Call& call) {
  absl::StatusOr<query::AssembledTrace> trace = queries_.GetTrace(id, 0, call);
  if (absl::IsNotFound(trace.status())) {
    return std::optional<query::AssembledTrace>();
  }
  RTG_RETURN_IF_ERROR(trace.status());
  if (trace->times.begin > range.end || trace->times.end < range.begin) {
    return std::optional<query::AssembledTrace>();
  }
  return std::optional(*std::move(trace));
}

absl::StatusOr<std::vector<RetrievedSpan>> TraceRetrieval::SpansOf(
    query::AssembledTrace trace, TraceFormat format, const Call& call) {
  std::vector<RetrievedSpan> out;
  bool fits = format == TraceFormat::kXray;
  for (query::TraceSegment& segment : trace.segments) {
    if (!fits) break;
    fits = segment.document.size() <= limits::kRetrievedDocumentCharsMax;
    out.push_back({segment.id.ToString(), std::move(segment.document)});
  }
  if (fits) return out;
  out.clear();
  RTG_ASSIGN_OR_RETURN(std::vector<storage::StoredRecord> records,
                       queries_.GetOriginalDocuments(trace.id, call));
  if (format == TraceFormat::kOtel) {
    return ToOtel({.trace_id = trace.id, .records = std::move(records)}, call);
  }
  storage::RecordDocuments documents;
  storage::SegmentDocument document;
  for (storage::StoredRecord& record : records) {
    const auto read = [&](storage::SpanPlace place) {
      return documents.Read(record, place, storage::Texts::kWanted, document);
    };
    RTG_RETURN_IF_ERROR(read(storage::SpanPlace::kInService));
    const bool is_span = record.format == storage::RecordFormat::kOtlpSpan;
    if (is_span && trace.entries.contains(document.identity.id)) {
      RTG_RETURN_IF_ERROR(read(storage::SpanPlace::kEntry));
    }
    out.push_back({document.root().id.ToString(),
                   is_span ? std::string(document.root().json)
                           : std::move(record.document)});
  }
  return out;
}

absl::StatusOr<RetrievedPage> TraceRetrieval::List(
    const std::string& token, TraceFormat format, const std::string& next_token,
    const Call& call) {
  RTG_ASSIGN_OR_RETURN(const Retrieval retrieval, Find(token));
  std::optional<Position> at = ParsePosition(next_token, retrieval.ids.size());
  if (!at) return Invalid("Invalid token " + next_token);
  RetrievedPage page;
  page.cancelled = retrieval.cancelled;
  if (page.cancelled) return page;
  NoteSeen(token);
  size_t bytes = 0;
  for (; at->trace < retrieval.ids.size(); *at = {at->trace + 1, 0}) {
    if (page.traces.size() == limits::kRetrievedTracesPerPage ||
        bytes >= limits::kRetrievedBytesPerPage) {
      page.next_token = at->ToToken();
      return page;
    }
    RTG_ASSIGN_OR_RETURN(auto trace,
                         Read(retrieval.ids[at->trace], retrieval.range, call));
    if (!trace) continue;
    RetrievedTrace& part = page.traces.emplace_back();
    part.id = trace->id;
    part.duration = trace->duration;
    RTG_ASSIGN_OR_RETURN(std::vector<RetrievedSpan> spans,
                         SpansOf(*std::move(trace), format, call));
    for (size_t i = at->span; i < spans.size(); ++i) {
      if (part.spans.size() == limits::kRetrievedSpansPerPage ||
          bytes >= limits::kRetrievedBytesPerPage) {
        page.next_token = Position{at->trace, i}.ToToken();
        return page;
      }
      bytes += spans[i].document.size();
      part.spans.push_back(std::move(spans[i]));
    }
  }
  return page;
}

absl::StatusOr<RetrievedGraph> TraceRetrieval::Graph(const std::string& token,
                                                     const Call& call) {
  RTG_ASSIGN_OR_RETURN(const Retrieval retrieval, Find(token));
  RetrievedGraph out;
  out.cancelled = retrieval.cancelled;
  if (out.cancelled) return out;
  std::vector<TraceId> ids;
  for (const TraceId& id : retrieval.ids) {
    RTG_ASSIGN_OR_RETURN(const auto trace, Read(id, retrieval.range, call));
    if (trace) ids.push_back(id);
  }
  RTG_ASSIGN_OR_RETURN(out.map, graphs_.MapOf(ids, call));
  return out;
}

void TraceRetrieval::NoteSeen(const std::string& token) {
  MutexLock lock(mu_);
  const auto found = retrievals_.find(token);
  if (found != retrievals_.end()) found->second.seen = true;
}

absl::Status TraceRetrieval::Cancel(const std::string& token) {
  MutexLock lock(mu_);
  const auto found = retrievals_.find(token);
  if (found == retrievals_.end() || IsOver(found->second)) {
    return ResourceNotFound(token);
  }
  // Who was told that it is complete keeps it.
  if (found->second.seen) return absl::OkStatus();
  Retrieval after = found->second;
  after.cancelled = true;
  RTG_ASSIGN_OR_RETURN(
      const bool set,
      store_.CompareAndSet(kSettingPrefix + token, Encode(found->second),
                           Encode(after)));
  if (!set) return absl::UnavailableError("retrieval was changed; try again");
  found->second = std::move(after);
  return absl::OkStatus();
}

}  // namespace roentgen::server

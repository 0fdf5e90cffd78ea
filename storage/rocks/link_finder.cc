#include "storage/rocks/link_finder.h"

#include <optional>
#include <utility>

#include "base/call.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "storage/rocks/trace_records.h"
#include "trace/assembly/memory_meter.h"

namespace roentgen::storage {
namespace {

// Senders that are kept, and bytes of their documents.
constexpr size_t kSendersMax = 1'000;
constexpr size_t kSenderBytesMax = 8 << 20;

}  // namespace

ResolvedLinks LinkFinder::Resolve(const Trace& trace) {
  ResolvedLinks links;
  for (const LinkObservation& link : ObserveLinks(trace)) {
    const Trace* sender = SenderTrace(link.sender_trace);
    const auto found = sender == nullptr
                           ? std::nullopt
                           : FindSender(*sender, link.sender_entity);
    if (found) {
      links.edges.push_back(LinkEdgeOf(link, *found));
    } else {
      links.missing = true;
    }
  }
  return links;
}

const Trace* LinkFinder::SenderTrace(const TraceId& id) {
  const auto found = senders_.find(id);
  if (found != senders_.end()) return found->second.get();
  if (senders_.size() >= kSendersMax || sender_bytes_ > kSenderBytesMax) {
    senders_.clear();
    sender_bytes_ = 0;
  }
  absl::StatusOr<Trace> trace = ReadSender(id);
  std::unique_ptr<const Trace>& kept = senders_[id];
  if (trace.ok()) {
    kept = std::make_unique<const Trace>(*std::move(trace));
  } else if (!absl::IsNotFound(trace.status())) {
    LogError("sender of a message cannot be read, its link is left out",
             {{"trace", id.ToString()}, {"error", trace.status().ToString()}});
  }
  return kept.get();
}

absl::StatusOr<Trace> LinkFinder::ReadSender(const TraceId& id) {
  BlockReader reader;
  MemoryMeter meter(UnattendedCall());
  RTG_ASSIGN_OR_RETURN(const std::optional<TraceRecords> records,
                       ReadTraceRecords(state_, id, reader, meter));
  if (!records) return absl::NotFoundError("sender is not stored");
  for (const StoredRecord& record : records->records) {
    sender_bytes_ += record.document.size();
  }
  return AssembleTrace(*records, UnattendedCall());
}

}  // namespace roentgen::storage

#include "storage/rocks/link_finder.h"

#include <optional>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/rocks/trace_records.h"

namespace roentgen::storage {
namespace {

// Assembled senders that are kept: bounds their memory.
constexpr size_t kSendersMax = 64;

}  // namespace

std::vector<LinkEdge> LinkFinder::Resolve(const Trace& trace) {
  std::vector<LinkEdge> edges;
  size_t looked = 0;
  for (const LinkObservation& link : ObserveLinks(trace)) {
    if (++looked > limits::kLinksPerTraceMax) break;
    const Trace* sender = SenderTrace(link.sender_trace);
    if (sender == nullptr) continue;
    if (const auto found = FindSender(*sender, link.sender_entity)) {
      edges.push_back(LinkEdgeOf(link, *found));
    }
  }
  return edges;
}

const Trace* LinkFinder::SenderTrace(const TraceId& id) {
  const auto found = senders_.find(id);
  if (found != senders_.end()) return found->second.get();
  if (senders_.size() >= kSendersMax) senders_.clear();
  absl::StatusOr<Trace> trace = ReadSender(id);
  std::unique_ptr<const Trace>& kept = senders_[id];
  if (trace.ok()) kept = std::make_unique<const Trace>(*std::move(trace));
  return kept.get();
}

absl::StatusOr<Trace> LinkFinder::ReadSender(const TraceId& id) {
  BlockReader reader;
  RTG_ASSIGN_OR_RETURN(const std::optional<TraceRecords> records,
                       ReadTraceRecords(state_, id, reader));
  if (!records) return absl::NotFoundError("sender is not stored");
  return AssembleTrace(*records);
}

}  // namespace roentgen::storage

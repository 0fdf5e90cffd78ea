// Asynchronous messages: edges between nodes of different traces.
//
// A segment that consumed messages names their senders by trace and entity
// (`links`). The sender's trace tells which node sent: the queue or topic that
// the message went through, where it is known. The two traces stay apart.
//
//   for (const LinkObservation& link : ObserveLinks(trace)) {
//     if (auto sender = FindSender(SenderTrace(link.sender_trace),
//                                  link.sender_entity)) {
//       edges.push_back(LinkEdgeOf(link, *sender));
//     }
//   }
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_ASSEMBLY_MESSAGE_LINKS_H_
#define ROENTGEN_TRACE_ASSEMBLY_MESSAGE_LINKS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "base/timestamp.h"
#include "trace/assembly/trace.h"
#include "trace/document/segment_document.h"
#include "trace/model/ids.h"
#include "trace/model/service_id.h"

namespace roentgen::storage {

// A completed segment consumed a message.
struct LinkObservation {
  ServiceId target;
  uint32_t entity = 0;  // Index of the trace's node: the segment.
  Outcome outcome;      // Of the segment, as the next two.
  Timestamp start;
  Timestamp end;
  TraceId sender_trace;
  EntityId sender_entity;
};

// Each sender once per segment; segments in the order of Trace::segments. The
// first limits::kLinksPerTraceMax: each costs reading a trace.
std::vector<LinkObservation> ObserveLinks(const Trace& trace);

struct MessageSender {
  ServiceId source;
  Timestamp sent;  // End of the entity that sent.
};

// The node that an entity of the trace sent from: the inferred queue or topic
// when the entity is a call of SQS or SNS or contains exactly one, otherwise
// the node of its segment. Nothing when the trace has no such entity.
std::optional<MessageSender> FindSender(const Trace& sender,
                                        const EntityId& entity);

// An edge of its own kind; not among TraceObservations::edges.
struct LinkEdge {
  ServiceId source;
  ServiceId target;
  Outcome outcome;     // Of what received.
  Timestamp end;       // Of what received: when the edge counts.
  absl::Duration age;  // From sending to receiving, at least 0.
};

LinkEdge LinkEdgeOf(const LinkObservation& link, const MessageSender& sender);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_MESSAGE_LINKS_H_

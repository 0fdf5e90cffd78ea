// Finds the senders of a trace's messages among the stored traces.
//
// Threads: one thread at a time. Reads LiveTraces.
#ifndef ROENTGEN_STORAGE_ROCKS_LINK_FINDER_H_
#define ROENTGEN_STORAGE_ROCKS_LINK_FINDER_H_

#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "storage/rocks/engine_state.h"
#include "trace/assembly/message_links.h"
#include "trace/assembly/trace.h"
#include "trace/model/ids.h"

namespace roentgen::storage {

class LinkFinder {
 public:
  // `state` outlives this object.
  explicit LinkFinder(EngineState& state) : state_(state) {}

  // Edges of those links whose senders are stored, and can be read.
  ResolvedLinks Resolve(const Trace& trace);

 private:
  // Null: not stored, or damaged.
  const Trace* SenderTrace(const TraceId& id);
  absl::StatusOr<Trace> ReadSender(const TraceId& id);

  EngineState& state_;
  // Consumers of one batch of messages share their sender.
  absl::flat_hash_map<TraceId, std::unique_ptr<const Trace>> senders_;
  size_t sender_bytes_ = 0;  // Of their documents.
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_LINK_FINDER_H_

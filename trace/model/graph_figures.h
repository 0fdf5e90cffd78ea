// Figures of the service map: how often each node answered and each edge was
// called, how that ended and how long it took.
//
// All counts are signed: figures are differences as well as sums, and what a
// trace no longer says is taken away again. In the figures of a whole no count
// is negative (but see `activity`). Sums wrap around (of `total_ns` they may,
// once hostile documents claim 292 years together).
//
// Threads: plain data.
#ifndef ROENTGEN_TRACE_MODEL_GRAPH_FIGURES_H_
#define ROENTGEN_TRACE_MODEL_GRAPH_FIGURES_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "trace/model/duration_histogram.h"
#include "trace/model/service_id.h"

namespace roentgen::storage {

// Completed calls, each in one count by its outcome: throttle, then fault,
// then error, otherwise ok.
struct CallFigures {
  int64_t ok = 0;
  int64_t throttle = 0;
  int64_t fault = 0;
  int64_t error = 0;
  int64_t total_ns = 0;  // Of the response times.
  DurationHistogram response_times;

  int64_t count() const { return ok + throttle + fault + error; }

  // Whether it says nothing at all.
  bool empty() const;

  friend bool operator==(const CallFigures&, const CallFigures&) = default;
};

struct NodeFigures {
  // Of the node's own completed segments, real or inferred. A client has none.
  CallFigures calls;
  // From a segment's start to the last end of anything in it.
  DurationHistogram durations;
  int64_t roots = 0;     // Of the calls: of segments without a parent.
  int64_t inferred = 0;  // Of the calls: of inferred segments.
  // Second since the epoch -> how many observations ended in it; of a client
  // the calls that it made. An engine may gather what is neither in the first
  // nor in the last second of a long window, at any second between.
  std::map<int64_t, int64_t> activity;

  bool empty() const;

  friend bool operator==(const NodeFigures&, const NodeFigures&) = default;
};

struct EdgeKey {
  ServiceId source;
  ServiceId target;
  // Asynchronous: the target's trace refers to the source's by a link.
  bool link = false;

  friend auto operator<=>(const EdgeKey&, const EdgeKey&) = default;
};

// What a caller calls a service that answers under another identity.
struct ServiceAlias {
  std::string name;
  std::string type;

  friend auto operator<=>(const ServiceAlias&, const ServiceAlias&) = default;
};

struct EdgeFigures {
  // As the caller saw them. Of links: the outcome of what received, and no
  // response times.
  CallFigures calls;
  std::map<ServiceAlias, int64_t> aliases;
  DurationHistogram ages;  // Of links: from sending to receiving.

  bool empty() const;

  friend bool operator==(const EdgeFigures&, const EdgeFigures&) = default;
};

// Both ends of an edge are among the nodes.
struct GraphFigures {
  std::map<ServiceId, NodeFigures> nodes;
  std::map<EdgeKey, EdgeFigures> edges;

  friend bool operator==(const GraphFigures&, const GraphFigures&) = default;
};

// By the begin of their periods, in seconds since the epoch.
using GraphPeriods = std::map<int64_t, GraphFigures>;

// Whoever calls root services: a node of its own per name.
inline bool IsClient(const ServiceId& service) {
  return service.type == "client" && service.account_id.empty();
}

// Adds `from` to `to`, or with `sign` -1 takes it away.
void AddFigures(const CallFigures& from, int64_t sign, CallFigures& to);
void AddFigures(const GraphFigures& from, int64_t sign, GraphFigures& to);

// Takes out what adding and taking away left empty: edges, nodes that are at
// no edge, aliases and seconds.
void DropEmpty(GraphFigures& figures);

// About, in bytes.
size_t MemoryOf(const GraphFigures& figures);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MODEL_GRAPH_FIGURES_H_

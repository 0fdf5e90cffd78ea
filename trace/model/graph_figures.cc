#include "trace/model/graph_figures.h"

#include <algorithm>
#include <set>

#include "base/wrapping.h"

namespace roentgen::storage {
namespace {

template <typename Counts>
void AddCounts(const Counts& from, int64_t sign, Counts& to) {
  for (const auto& [key, count] : from) {
    int64_t& own = to[key];
    own = WrappingSum(own, WrappingProduct(sign, count));
  }
}

template <typename Counts>
bool AllZero(const Counts& counts) {
  return std::all_of(counts.begin(), counts.end(),
                     [](const auto& entry) { return entry.second == 0; });
}

template <typename Counts>
void DropZeros(Counts& counts) {
  std::erase_if(counts, [](const auto& entry) { return entry.second == 0; });
}

void AddTo(int64_t& to, int64_t sign, int64_t n) {
  to = WrappingSum(to, WrappingProduct(sign, n));
}

// Nodes of a tree and the strings in them.
size_t BytesOf(const ServiceId& service) {
  return sizeof(ServiceId) + service.name.capacity() + service.type.capacity() +
         service.account_id.capacity();
}

constexpr size_t kTreeNodeBytes = 4 * sizeof(void*);

}  // namespace

bool CallFigures::empty() const {
  return ok == 0 && throttle == 0 && fault == 0 && error == 0 &&
         total_ns == 0 && response_times.empty();
}

bool NodeFigures::empty() const {
  return calls.empty() && roots == 0 && inferred == 0 && AllZero(activity) &&
         durations.empty();
}

bool EdgeFigures::empty() const {
  return calls.empty() && AllZero(aliases) && ages.empty();
}

void AddFigures(const CallFigures& from, int64_t sign, CallFigures& to) {
  AddTo(to.ok, sign, from.ok);
  AddTo(to.throttle, sign, from.throttle);
  AddTo(to.fault, sign, from.fault);
  AddTo(to.error, sign, from.error);
  AddTo(to.total_ns, sign, from.total_ns);
  to.response_times.Add(from.response_times, sign);
}

void AddFigures(const GraphFigures& from, int64_t sign, GraphFigures& to) {
  for (const auto& [service, node] : from.nodes) {
    NodeFigures& own = to.nodes[service];
    AddFigures(node.calls, sign, own.calls);
    own.durations.Add(node.durations, sign);
    AddTo(own.roots, sign, node.roots);
    AddTo(own.inferred, sign, node.inferred);
    AddCounts(node.activity, sign, own.activity);
  }
  for (const auto& [key, edge] : from.edges) {
    EdgeFigures& own = to.edges[key];
    AddFigures(edge.calls, sign, own.calls);
    AddCounts(edge.aliases, sign, own.aliases);
    own.ages.Add(edge.ages, sign);
  }
}

void DropEmpty(GraphFigures& figures) {
  std::erase_if(figures.edges,
                [](const auto& entry) { return entry.second.empty(); });
  std::set<ServiceId> ends;
  for (auto& [key, edge] : figures.edges) {
    DropZeros(edge.aliases);
    ends.insert(key.source);
    ends.insert(key.target);
  }
  std::erase_if(figures.nodes, [&](const auto& entry) {
    return entry.second.empty() && !ends.contains(entry.first);
  });
  for (auto& [service, node] : figures.nodes) DropZeros(node.activity);
}

size_t MemoryOf(const GraphFigures& figures) {
  size_t bytes = sizeof(figures);
  for (const auto& [service, node] : figures.nodes) {
    bytes += kTreeNodeBytes + BytesOf(service) + sizeof(node) +
             node.calls.response_times.MemoryBytes() +
             node.durations.MemoryBytes() +
             node.activity.size() * (kTreeNodeBytes + 2 * sizeof(int64_t));
  }
  for (const auto& [key, edge] : figures.edges) {
    bytes += kTreeNodeBytes + BytesOf(key.source) + BytesOf(key.target) +
             sizeof(edge) + edge.calls.response_times.MemoryBytes() +
             edge.ages.MemoryBytes();
    for (const auto& [alias, count] : edge.aliases) {
      bytes += kTreeNodeBytes + sizeof(alias) + alias.name.capacity() +
               alias.type.capacity() + sizeof(count);
    }
  }
  return bytes;
}

}  // namespace roentgen::storage

#include "trace/graph/roll_up_codec.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/wire.h"
#include "base/wrapping.h"
#include "trace/model/duration_histogram.h"
#include "trace/model/service_id.h"

namespace roentgen::storage {
namespace {

// Which figures of a call follow.
constexpr uint8_t kOk = 1;
constexpr uint8_t kThrottle = 2;
constexpr uint8_t kFault = 4;
constexpr uint8_t kError = 8;
constexpr uint8_t kTotal = 16;
constexpr uint8_t kTimes = 32;
// Of nodes: the durations are not the response times.
constexpr uint8_t kDurations = 64;
// Of edges.
constexpr uint8_t kLink = 64;
constexpr uint8_t kAges = 128;

using Bins = std::vector<std::pair<uint32_t, int64_t>>;

Bins BinsOf(const DurationHistogram& histogram) {
  Bins bins;
  histogram.ForEach(
      [&](uint32_t bin, int64_t count) { bins.emplace_back(bin, count); });
  return bins;
}

class Encoder {
 public:
  explicit Encoder(const RollUpSpan& span) : span_(span) {}

  std::string Run(const GraphFigures& figures) && {
    std::set<ServiceId, std::less<>> ends;
    uint64_t edges = 0;
    for (const auto& [key, edge] : figures.edges) {
      if (edge.empty()) continue;
      ++edges;
      ends.insert(key.source);
      ends.insert(key.target);
    }
    std::vector<const std::pair<const ServiceId, NodeFigures>*> nodes;
    for (const auto& node : figures.nodes) {
      if (node.second.empty() && !ends.contains(node.first)) continue;
      places_.push_back(&node.first);
      nodes.push_back(&node);
    }
    if (nodes.empty()) return {};
    out_.push_back(static_cast<char>(kRollUpVersion));
    AppendVarint(nodes.size(), out_);
    for (const auto* node : nodes) AppendNode(node->first, node->second);
    AppendVarint(edges, out_);
    for (const auto& [key, edge] : figures.edges) {
      if (edge.empty()) continue;
      AppendVarint(PlaceOf(key.source), out_);
      AppendVarint(PlaceOf(key.target), out_);
      AppendEdge(key, edge);
    }
    return std::move(out_);
  }

 private:
  // Edges name their ends by their places among the nodes.
  uint64_t PlaceOf(const ServiceId& service) const {
    const auto at = std::lower_bound(
        places_.begin(), places_.end(), service,
        [](const ServiceId* a, const ServiceId& b) { return *a < b; });
    return static_cast<uint64_t>(at - places_.begin());
  }

  void AppendNode(const ServiceId& service, const NodeFigures& node) {
    AppendBytes(service.name, out_);
    AppendBytes(service.type, out_);
    AppendBytes(service.account_id, out_);
    const Bins times = BinsOf(node.calls.response_times);
    const Bins durations = BinsOf(node.durations);
    const bool other = durations != times;
    AppendCalls(node.calls, times, other ? kDurations : 0);
    if (other) AppendHistogram(durations);
    AppendZigzag(node.roots, out_);
    AppendZigzag(node.inferred, out_);
    AppendActivity(node.activity);
  }

  void AppendEdge(const EdgeKey& key, const EdgeFigures& edge) {
    const Bins ages = BinsOf(edge.ages);
    AppendCalls(edge.calls, BinsOf(edge.calls.response_times),
                static_cast<uint8_t>((key.link ? kLink : 0) |
                                     (ages.empty() ? 0 : kAges)));
    if (!ages.empty()) AppendHistogram(ages);
    AppendVarint(CountUsed(edge.aliases), out_);
    for (const auto& [alias, count] : edge.aliases) {
      if (count == 0) continue;
      AppendBytes(alias.name, out_);
      AppendBytes(alias.type, out_);
      AppendZigzag(count, out_);
    }
  }

  // `more`: bits of whose it is.
  void AppendCalls(const CallFigures& calls, const Bins& times, uint8_t more) {
    const std::pair<uint8_t, int64_t> numbers[] = {{kOk, calls.ok},
                                                   {kThrottle, calls.throttle},
                                                   {kFault, calls.fault},
                                                   {kError, calls.error},
                                                   {kTotal, calls.total_ns}};
    uint8_t mask = more;
    for (const auto& [bit, n] : numbers) mask |= n == 0 ? 0 : bit;
    if (!times.empty()) mask |= kTimes;
    out_.push_back(static_cast<char>(mask));
    for (const auto& [bit, n] : numbers) {
      if (n != 0) AppendZigzag(n, out_);
    }
    if (!times.empty()) AppendHistogram(times);
  }

  void AppendHistogram(const Bins& bins) {
    AppendVarint(bins.size(), out_);
    uint32_t next = 0;
    for (const auto& [bin, count] : bins) {
      AppendVarint(bin - next, out_);
      AppendZigzag(count, out_);
      next = bin + 1;
    }
  }

  static uint64_t CountUsed(const std::map<ServiceAlias, int64_t>& aliases) {
    return static_cast<uint64_t>(
        std::count_if(aliases.begin(), aliases.end(),
                      [](const auto& alias) { return alias.second != 0; }));
  }

  void AppendActivity(const std::map<int64_t, int64_t>& activity) {
    int64_t counts[kRollUpSlots] = {};
    for (const auto& [second, count] : activity) {
      if (second < span_.begin) continue;
      const int64_t slot = (second - span_.begin) / span_.slot_seconds;
      if (slot < kRollUpSlots) counts[slot] = WrappingSum(counts[slot], count);
    }
    const auto used = static_cast<uint64_t>(kRollUpSlots) -
                      static_cast<uint64_t>(
                          std::count(std::begin(counts), std::end(counts), 0));
    AppendVarint(used, out_);
    for (int64_t slot = 0; slot < kRollUpSlots; ++slot) {
      if (counts[slot] == 0) continue;
      out_.push_back(static_cast<char>(slot));
      AppendZigzag(counts[slot], out_);
    }
  }

  const RollUpSpan& span_;
  std::vector<const ServiceId*> places_;
  std::string out_;
};

// Every method returns false on bytes that make no sense.
class Decoder {
 public:
  Decoder(std::string_view bytes, const RollUpSpan& span, int64_t sign,
          ActivityDetail detail, GraphFigures& to)
      : in_(bytes), span_(span), sign_(sign), detail_(detail), to_(to) {}

  bool Run() {
    uint8_t version;
    uint64_t count;
    if (!in_.Byte(version) || version != kRollUpVersion) return false;
    if (!in_.BoundedVarint(in_.rest().size(), count)) return false;
    nodes_.reserve(count);
    for (uint64_t i = 0; i < count; ++i) {
      if (!ReadNode()) return false;
    }
    if (!in_.BoundedVarint(in_.rest().size(), count)) return false;
    for (uint64_t i = 0; i < count; ++i) {
      if (!ReadEdge()) return false;
    }
    return in_.done();
  }

 private:
  using Node = std::map<ServiceId, NodeFigures>::value_type;

  bool ReadNode() {
    std::string_view name, type, account;
    uint8_t mask;
    if (!in_.Bytes(name) || !in_.Bytes(type) || !in_.Bytes(account) ||
        !in_.Byte(mask) || mask >= 2 * kDurations) {
      return false;
    }
    ServiceId service{.name = std::string(name),
                      .type = std::string(type),
                      .account_id = std::string(account)};
    if (!nodes_.empty() && !(nodes_.back()->first < service)) return false;
    Node& at = *to_.nodes.try_emplace(std::move(service)).first;
    nodes_.push_back(&at);
    NodeFigures& node = at.second;
    const bool other = (mask & kDurations) != 0;
    return ReadCalls(mask, node.calls, other ? nullptr : &node.durations) &&
           (!other || ReadHistogram(node.durations, nullptr)) &&
           ReadSum(node.roots) && ReadSum(node.inferred) &&
           ReadActivity(node.activity);
  }

  bool ReadEdge() {
    uint64_t source, target, aliases;
    uint8_t mask;
    if (nodes_.empty() || !in_.BoundedVarint(nodes_.size() - 1, source) ||
        !in_.BoundedVarint(nodes_.size() - 1, target) || !in_.Byte(mask)) {
      return false;
    }
    EdgeKey key{.source = nodes_[source]->first,
                .target = nodes_[target]->first,
                .link = (mask & kLink) != 0};
    EdgeFigures& edge = to_.edges[std::move(key)];
    if (!ReadCalls(mask, edge.calls, nullptr) ||
        ((mask & kAges) != 0 && !ReadHistogram(edge.ages, nullptr)) ||
        !in_.BoundedVarint(in_.rest().size(), aliases)) {
      return false;
    }
    for (uint64_t i = 0; i < aliases; ++i) {
      std::string_view name, type;
      if (!in_.Bytes(name) || !in_.Bytes(type) ||
          !ReadSum(edge.aliases[{std::string(name), std::string(type)}])) {
        return false;
      }
    }
    return true;
  }

  // Adds the times to `also`, too, if there is one.
  bool ReadCalls(uint8_t mask, CallFigures& calls, DurationHistogram* also) {
    const std::pair<uint8_t, int64_t*> numbers[] = {
        {kOk, &calls.ok},
        {kThrottle, &calls.throttle},
        {kFault, &calls.fault},
        {kError, &calls.error},
        {kTotal, &calls.total_ns}};
    for (const auto& [bit, n] : numbers) {
      if ((mask & bit) != 0 && !ReadSum(*n)) return false;
    }
    return (mask & kTimes) == 0 || ReadHistogram(calls.response_times, also);
  }

  bool ReadHistogram(DurationHistogram& histogram, DurationHistogram* also) {
    uint64_t bins;
    if (!in_.BoundedVarint(DurationHistogram::kBins, bins)) return false;
    uint64_t next = 0;
    for (uint64_t i = 0; i < bins; ++i) {
      uint64_t skipped;
      int64_t count;
      if (!in_.BoundedVarint(DurationHistogram::kBins, skipped) ||
          !in_.Zigzag(count) || next + skipped >= DurationHistogram::kBins) {
        return false;
      }
      const auto bin = static_cast<uint32_t>(next + skipped);
      count = WrappingProduct(sign_, count);
      histogram.AddToBin(bin, count);
      if (also != nullptr) also->AddToBin(bin, count);
      next = bin + 1;
    }
    return true;
  }

  bool ReadActivity(std::map<int64_t, int64_t>& activity) {
    uint64_t used;
    if (!in_.BoundedVarint(kRollUpSlots, used)) return false;
    auto at = activity.lower_bound(span_.begin);
    for (uint64_t i = 0; i < used; ++i) {
      uint8_t slot;
      if (!in_.Byte(slot) || slot >= kRollUpSlots) return false;
      const int64_t offset = detail_ == ActivityDetail::kSpan
                                 ? 0
                                 : WrappingProduct(slot, span_.slot_seconds);
      at = activity.try_emplace(at, WrappingSum(span_.begin, offset), 0);
      if (!ReadSum(at->second)) return false;
    }
    return true;
  }

  bool ReadSum(int64_t& sum) {
    int64_t n;
    if (!in_.Zigzag(n)) return false;
    sum = WrappingSum(sum, WrappingProduct(sign_, n));
    return true;
  }

  ByteReader in_;
  const RollUpSpan& span_;
  const int64_t sign_;
  const ActivityDetail detail_;
  GraphFigures& to_;
  std::vector<Node*> nodes_;  // Of this roll-up, ascending.
};

}  // namespace

std::string EncodeFigures(const GraphFigures& figures, const RollUpSpan& span) {
  return Encoder(span).Run(figures);
}

absl::Status AddEncodedFigures(std::string_view bytes, const RollUpSpan& span,
                               int64_t sign, ActivityDetail detail,
                               GraphFigures& to) {
  if (Decoder(bytes, span, sign, detail, to).Run()) return absl::OkStatus();
  return absl::DataLossError("roll-up of the service map: damaged");
}

}  // namespace roentgen::storage

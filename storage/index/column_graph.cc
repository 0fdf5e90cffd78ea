#include "storage/index/column_graph.h"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/status_macros.h"
#include "base/wrapping.h"
#include "storage/index/index_format.h"
#include "storage/index/service_key.h"
#include "storage/index/text_dictionary.h"
#include "trace/model/duration_histogram.h"

namespace roentgen::storage {
namespace {

absl::Status Damaged() {
  return absl::DataLossError("index: columns of the map do not fit together");
}

// Columns of one group of rows, checked to be of equal length and to name only
// traces and texts that there are.
class RowColumns {
 public:
  RowColumns(ColumnSource& source, uint32_t traces)
      : source_(source), traces_(traces) {}

  absl::Status LoadRows(Column column) {
    RTG_ASSIGN_OR_RETURN(rows_, source_.Rows(column, {}));
    return CheckCodes(rows_, traces_);
  }
  absl::Status Load(Column column, std::span<const int64_t>& values) const {
    RTG_ASSIGN_OR_RETURN(const NumberColumn numbers,
                         source_.Numbers(column, {}));
    values = numbers.values;
    return CheckLength(values.size());
  }
  absl::Status Load(Column column, TextColumn& texts) const {
    RTG_ASSIGN_OR_RETURN(texts, source_.Texts(column, {}));
    RTG_RETURN_IF_ERROR(CheckLength(texts.codes.size()));
    if (texts.dictionary == nullptr) return CheckLength(0);
    return CheckCodes(texts.codes, texts.dictionary->size());
  }

  std::span<const uint32_t> rows() const { return rows_; }

 private:
  absl::Status CheckLength(size_t size) const {
    return size == rows_.size() ? absl::OkStatus() : Damaged();
  }
  static absl::Status CheckCodes(std::span<const uint32_t> codes,
                                 uint32_t end) {
    uint32_t most = 0;
    for (uint32_t code : codes) most = std::max(most, code);
    return codes.empty() || most < end ? absl::OkStatus() : Damaged();
  }

  ColumnSource& source_;
  const uint32_t traces_;
  std::span<const uint32_t> rows_;
};

class ColumnGraph {
 public:
  ColumnGraph(ColumnSource& source, const TraceBitmap& traces,
              const GraphWindow& window, int64_t sign, GraphPeriods& periods)
      : source_(source),
        traces_(traces),
        window_(window),
        sign_(sign),
        periods_(periods) {}

  absl::Status Run() {
    if (source_.traces() != traces_.size()) return Damaged();
    RTG_RETURN_IF_ERROR(AddNodes());
    RTG_RETURN_IF_ERROR(AddEdges());
    RTG_RETURN_IF_ERROR(AddLinks());
    for (const auto& [at, count] : activity_) {
      int64_t& own = active_[at.first]->activity[at.second];
      own = WrappingSum(own, count);
    }
    return absl::OkStatus();
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct NodeCell {
    NodeFigures* figures;
    uint32_t active;  // Index into `active_`.
  };
  struct EdgeCell {
    EdgeFigures* figures;
    int64_t* alias;   // Null: the caller used the target's own name.
    uint32_t active;  // Of a client that is the source; else kNone.
  };
  // Period, source and target, and for edges the alias.
  using EdgeKeyCodes = std::tuple<uint32_t, uint32_t, uint32_t, uint32_t>;
  using EdgeCells = absl::flat_hash_map<EdgeKeyCodes, EdgeCell>;

  absl::Status AddNodes() {
    RowColumns columns(source_, traces_.size());
    TextColumn services;
    std::span<const int64_t> flags, durations, seconds, extras;
    RTG_RETURN_IF_ERROR(columns.LoadRows(Column::kNodeTrace));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kNodeService, services));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kNodeFlags, flags));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kNodeDuration, durations));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kNodeSecond, seconds));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kNodeExtra, extras));
    absl::flat_hash_map<std::pair<uint32_t, uint32_t>, NodeCell> cells;
    for (size_t i = 0; i < columns.rows().size(); ++i) {
      if (!Counts(columns.rows()[i], seconds[i]) ||
          (flags[i] & NodeFlag::kInProgress) != 0) {
        continue;
      }
      const uint32_t period = PeriodAt(seconds[i]);
      const auto [at, fresh] =
          cells.try_emplace({period, services.codes[i]}, NodeCell());
      if (fresh) {
        NodeFigures& figures = NodeAt(period, services, services.codes[i]);
        at->second = {&figures, AddActive(figures)};
      }
      NodeFigures& node = *at->second.figures;
      AddCall(flags[i], durations[i], node.calls);
      if (extras[i] == 0) {
        node.durations.AddToBin(last_bin_, sign_);
      } else {
        node.durations.AddToBin(
            DurationHistogram::BinOf(WrappingSum(durations[i], extras[i])),
            sign_);
      }
      if ((flags[i] & NodeFlag::kRoot) != 0) AddSign(node.roots);
      if ((flags[i] & NodeFlag::kInferred) != 0) AddSign(node.inferred);
      AddSign(activity_[{at->second.active, seconds[i]}]);
    }
    return absl::OkStatus();
  }

  absl::Status AddEdges() {
    RowColumns columns(source_, traces_.size());
    TextColumn sources, targets, aliases;
    std::span<const int64_t> flags, durations, seconds;
    RTG_RETURN_IF_ERROR(columns.LoadRows(Column::kEdgeTrace));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kEdgeSource, sources));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kEdgeTarget, targets));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kEdgeAlias, aliases));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kEdgeFlags, flags));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kEdgeDuration, durations));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kEdgeSecond, seconds));
    EdgeCells cells;
    for (size_t i = 0; i < columns.rows().size(); ++i) {
      if (!Counts(columns.rows()[i], seconds[i])) continue;
      const EdgeKeyCodes key(PeriodAt(seconds[i]), sources.codes[i],
                             targets.codes[i], aliases.codes[i]);
      const auto [at, fresh] = cells.try_emplace(key, EdgeCell());
      if (fresh) {
        at->second = NewEdge(key, sources, targets, false);
        const std::string_view alias = aliases.dictionary->at(aliases.codes[i]);
        if (!alias.empty()) {
          at->second.alias = &at->second.figures->aliases[SplitAliasKey(alias)];
        }
      }
      const EdgeCell& cell = at->second;
      AddCall(flags[i], durations[i], cell.figures->calls);
      if (cell.alias != nullptr) AddSign(*cell.alias);
      if (cell.active != kNone) AddSign(activity_[{cell.active, seconds[i]}]);
    }
    return absl::OkStatus();
  }

  absl::Status AddLinks() {
    RowColumns columns(source_, traces_.size());
    TextColumn sources, targets;
    std::span<const int64_t> flags, seconds, ages;
    RTG_RETURN_IF_ERROR(columns.LoadRows(Column::kLinkTrace));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kLinkSource, sources));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kLinkTarget, targets));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kLinkFlags, flags));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kLinkSecond, seconds));
    RTG_RETURN_IF_ERROR(columns.Load(Column::kLinkAge, ages));
    EdgeCells cells;
    for (size_t i = 0; i < columns.rows().size(); ++i) {
      if (!Counts(columns.rows()[i], seconds[i])) continue;
      const EdgeKeyCodes key(PeriodAt(seconds[i]), sources.codes[i],
                             targets.codes[i], 0);
      const auto [at, fresh] = cells.try_emplace(key, EdgeCell());
      if (fresh) at->second = NewEdge(key, sources, targets, true);
      EdgeFigures& edge = *at->second.figures;
      AddSign(Bucket(flags[i], edge.calls));
      edge.ages.AddToBin(DurationHistogram::BinOf(ages[i]), sign_);
    }
    return absl::OkStatus();
  }

  bool Counts(uint32_t trace, int64_t second) const {
    return traces_.Test(trace) && window_.Contains(second);
  }

  // Index into `slots_`. Neighbouring rows are often of the same period.
  uint32_t PeriodAt(int64_t second) {
    if (second == last_second_) return last_slot_;
    const int64_t begin = window_.PeriodOf(second);
    const auto [at, fresh] =
        slot_of_.try_emplace(begin, static_cast<uint32_t>(slots_.size()));
    if (fresh) slots_.push_back(&periods_[begin]);
    last_second_ = second;
    last_slot_ = at->second;
    return last_slot_;
  }

  NodeFigures& NodeAt(uint32_t period, const TextColumn& services,
                      uint32_t code) const {
    return slots_[period]
        ->nodes[SplitServiceKey(services.dictionary->at(code))];
  }

  uint32_t AddActive(NodeFigures& node) {
    active_.push_back(&node);
    return static_cast<uint32_t>(active_.size() - 1);
  }

  EdgeCell NewEdge(const EdgeKeyCodes& codes, const TextColumn& sources,
                   const TextColumn& targets, bool link) {
    const auto& [period, from, to, alias] = codes;
    EdgeKey key{.source = SplitServiceKey(sources.dictionary->at(from)),
                .target = SplitServiceKey(targets.dictionary->at(to)),
                .link = link};
    NodeFigures& source = NodeAt(period, sources, from);
    NodeAt(period, targets, to);
    const bool client = !link && IsClient(key.source);
    return {.figures = &slots_[period]->edges[std::move(key)],
            .alias = nullptr,
            .active = client ? AddActive(source) : kNone};
  }

  void AddSign(int64_t& count) const { count = WrappingSum(count, sign_); }

  static int64_t& Bucket(int64_t flags, CallFigures& calls) {
    if ((flags & NodeFlag::kThrottle) != 0) return calls.throttle;
    if ((flags & NodeFlag::kFault) != 0) return calls.fault;
    return (flags & NodeFlag::kError) != 0 ? calls.error : calls.ok;
  }

  void AddCall(int64_t flags, int64_t ns, CallFigures& calls) {
    AddSign(Bucket(flags, calls));
    calls.total_ns = WrappingSum(calls.total_ns, WrappingProduct(sign_, ns));
    last_bin_ = DurationHistogram::BinOf(ns);
    calls.response_times.AddToBin(last_bin_, sign_);
  }

  ColumnSource& source_;
  const TraceBitmap& traces_;
  const GraphWindow& window_;
  const int64_t sign_;
  GraphPeriods& periods_;

  absl::flat_hash_map<int64_t, uint32_t> slot_of_;  // By begin.
  std::vector<GraphFigures*> slots_;
  int64_t last_second_ = INT64_MIN;  // Never in a window.
  uint32_t last_slot_ = kNone;
  uint32_t last_bin_ = 0;
  std::vector<NodeFigures*> active_;
  // By index into `active_` and second.
  absl::flat_hash_map<std::pair<uint32_t, int64_t>, int64_t> activity_;
};

}  // namespace

absl::Status AddColumnGraph(ColumnSource& source, const TraceBitmap& traces,
                            const GraphWindow& window, int64_t sign,
                            GraphPeriods& periods) {
  return ColumnGraph(source, traces, window, sign, periods).Run();
}

absl::Status ForEachSecond(
    ColumnSource& source,
    const std::function<void(uint32_t trace, int64_t second)>& use) {
  for (const auto& [rows_of, second_of] :
       {std::pair(Column::kNodeTrace, Column::kNodeSecond),
        std::pair(Column::kEdgeTrace, Column::kEdgeSecond),
        std::pair(Column::kLinkTrace, Column::kLinkSecond)}) {
    RTG_ASSIGN_OR_RETURN(const std::span<const uint32_t> rows,
                         source.Rows(rows_of, {}));
    RTG_ASSIGN_OR_RETURN(const NumberColumn seconds,
                         source.Numbers(second_of, {}));
    if (seconds.values.size() != rows.size()) {
      return absl::DataLossError("index: columns of rows differ in length");
    }
    for (size_t i = 0; i < rows.size(); ++i) use(rows[i], seconds.values[i]);
  }
  return absl::OkStatus();
}

}  // namespace roentgen::storage

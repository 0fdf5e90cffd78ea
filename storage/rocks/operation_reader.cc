#include "storage/rocks/operation_reader.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/index/column_source.h"
#include "storage/index/trace_bitmap.h"
#include "storage/rocks/index_scan.h"
#include "storage/rocks/split_calls.h"
#include "trace/model/ids.h"

namespace roentgen::storage {
namespace {

absl::Status DifferInLength() {
  return absl::DataLossError("index: columns of calls differ in length");
}

using TraceIds = absl::flat_hash_set<TraceId>;

// The traces that are hit, but for some.
absl::StatusOr<TraceBitmap> HitsWithout(const TraceIds& some,
                                        const ScanHit& hit) {
  TraceBitmap others = hit.match.may;
  RTG_ASSIGN_OR_RETURN(const std::string_view ids, hit.trace_ids());
  hit.match.may.ForEach([&](uint32_t i) {
    if (some.contains(TraceIdAt(ids, i))) others.Clear(i);
  });
  return others;
}

// Adds the rows of calls in the traces that are hit, but for `halves`.
absl::Status AddCalls(const ScanHit& hit, CallSet set, const TraceIds& halves,
                      ServiceCalls& calls) {
  RTG_ASSIGN_OR_RETURN(const std::span<const uint32_t> traces,
                       hit.source.Rows(Column::kCallTrace, {}));
  if (traces.empty()) return absl::OkStatus();
  RTG_ASSIGN_OR_RETURN(const TextColumn pairs,
                       hit.source.Texts(Column::kCallPair, {}));
  RTG_ASSIGN_OR_RETURN(const NumberColumn counts,
                       hit.source.Numbers(Column::kCallCount, {}));
  RTG_ASSIGN_OR_RETURN(const NumberColumn errors,
                       hit.source.Numbers(Column::kCallErrors, {}));
  if (pairs.codes.size() != traces.size() ||
      counts.values.size() != traces.size() ||
      errors.values.size() != traces.size()) {
    return DifferInLength();
  }
  std::optional<TraceBitmap> others;  // Nothing: all that are hit.
  if (!halves.empty()) {
    RTG_ASSIGN_OR_RETURN(others, HitsWithout(halves, hit));
  }
  const TraceBitmap& counted = others ? *others : hit.match.may;
  std::vector<CallCount> sums(pairs.dictionary->size());
  for (size_t i = 0; i < traces.size(); ++i) {
    if (!counted.Test(traces[i])) continue;
    CallCount& sum = sums[pairs.codes[i]];
    sum.calls += static_cast<uint64_t>(counts.values[i]);
    sum.errors += static_cast<uint64_t>(errors.values[i]);
  }
  for (uint32_t code = 0; code < sums.size(); ++code) {
    if (sums[code].calls == 0) continue;
    const std::string_view key = pairs.dictionary->at(code);
    if (!IsIn(set, CallKindOf(key))) continue;
    CallCount& total = calls[SplitCallKey(key)];
    total.calls += sums[code].calls;
    total.errors += sums[code].errors;
  }
  if (calls.size() > limits::kServicePairsMax) {
    return absl::ResourceExhaustedError(
        "more than " + std::to_string(limits::kServicePairsMax) +
        " pairs of services call each other in that time; ask for less of it");
  }
  return absl::OkStatus();
}

// Calls `visit` with the keys of all operations of which a trace may have
// arrived in the range; with some several times.
absl::Status VisitKeys(EngineState& state, const TimeRange& range,
                       const Call& call,
                       const std::function<void(std::string_view)>& visit) {
  RTG_RETURN_IF_ERROR(call.Check());
  FindStats stats;
  RTG_RETURN_IF_ERROR(WithOpenIndex(
      state, call, LiveTraces<SealedPlace>::Disk::kAny, stats,
      [](const auto&) {},
      [&](OpenIndex& index) {
        for (const OpenIndex::Segment& segment : index.segments()) {
          const TextDictionary& seen =
              segment.columns.texts(Column::kSpanOperation).dictionary;
          for (uint32_t code = 0; code < seen.size(); ++code) {
            const std::string_view key = seen.at(code);
            if (!IsAnyOperation(key)) visit(key);
          }
        }
        return absl::OkStatus();
      }));
  // What is sealed meanwhile is told twice, not never. Others search meanwhile.
  absl::Status checked;
  size_t keys = 0;
  state.sealed.VisitOperations(range, [&](std::string_view key) {
    if (!checked.ok()) return;
    checked = call.CheckAt(keys++);
    if (checked.ok()) visit(key);
  });
  return checked;
}

}  // namespace

absl::StatusOr<std::vector<Operation>> ReadOperations(
    EngineState& state, const OperationsRequest& request, const Call& call) {
  // Each key once, whatever it is looked for by.
  std::set<std::string, std::less<>> keys;
  const std::optional<std::string> wanted =
      request.service ? std::optional(OperationKeyOf(*request.service, "", ""))
                      : std::nullopt;
  RTG_RETURN_IF_ERROR(
      VisitKeys(state, request.range, call, [&](std::string_view key) {
        if (wanted && ServicePartOf(key) != ServicePartOf(*wanted)) return;
        if (!keys.contains(key)) keys.emplace(key);
      }));
  // By key is not quite by operation: the order is that of the engine seam.
  std::vector<Operation> operations;
  operations.reserve(keys.size());
  for (const std::string& key : keys) {
    Operation operation = SplitOperationKey(key);
    if (request.kind && operation.kind != *request.kind) continue;
    operations.push_back(std::move(operation));
  }
  std::sort(operations.begin(), operations.end());
  if (operations.size() > request.limit) operations.resize(request.limit);
  return operations;
}

absl::StatusOr<std::vector<std::string>> ReadServices(EngineState& state,
                                                      const TimeRange& range,
                                                      const Call& call) {
  std::set<std::string, std::less<>> parts;
  RTG_RETURN_IF_ERROR(VisitKeys(state, range, call, [&](std::string_view key) {
    const std::string_view part = ServicePartOf(key);
    if (!parts.contains(part)) parts.emplace(part);
  }));
  std::vector<std::string> names;
  names.reserve(parts.size());
  for (const std::string& part : parts) names.push_back(ServiceOfPart(part));
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<ServiceCalls> CountCalls(EngineState& state,
                                        const TimeRange& range, CallSet set,
                                        const Call& call) {
  const ScanRequest request{.time_type = TimeRangeType::kTraceId,
                            .range = range,
                            .predicate = nullptr};
  SplitCalls split;
  // What spans name does not depend on others.
  if (set != CallSet::kNames) {
    RTG_ASSIGN_OR_RETURN(split, CountSplitCalls(state, range, set, call));
  }
  ServiceCalls calls = std::move(split.calls);
  FindStats stats;
  IndexScan scan(state, request, call, stats);
  RTG_RETURN_IF_ERROR(scan.Run([](const BatchOutline&) { return true; },
                               [&](const ScanHit& hit) {
                                 return AddCalls(hit, set, split.halves, calls);
                               }));
  return calls;
}

}  // namespace roentgen::storage

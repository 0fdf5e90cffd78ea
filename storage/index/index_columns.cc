#include "storage/index/index_columns.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <variant>

#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/index/column_codec.h"
#include "storage/index/context_annotations.h"
#include "storage/index/service_key.h"
#include "trace/model/graph_window.h"
#include "trace/model/operation.h"
#include "trace/span/value_code.h"

namespace roentgen::storage {
namespace {

// Instead of the code of a text.
constexpr uint32_t kNoCode = UINT32_MAX;

int64_t Nanos(absl::Duration d) { return absl::ToInt64Nanoseconds(d); }

int64_t NanosOrUnknown(const std::optional<absl::Duration>& d) {
  return d ? Nanos(*d) : -1;
}

int64_t OutcomeFlags(const Outcome& o) {
  return (o.fault ? NodeFlag::kFault : 0) | (o.error ? NodeFlag::kError : 0) |
         (o.throttle ? NodeFlag::kThrottle : 0);
}

int64_t RootFlags(const Trace& trace) {
  if (!trace.root) return 0;
  const EntityView& root = trace.entity(*trace.root);
  if (root.in_progress) return TraceFlag::kHasRoot;
  static_assert(TraceFlag::kFault == NodeFlag::kFault &&
                TraceFlag::kError == NodeFlag::kError &&
                TraceFlag::kThrottle == NodeFlag::kThrottle);
  const int64_t outcome = OutcomeFlags(OutcomeOf(root));
  return TraceFlag::kHasRoot | (outcome == 0 ? TraceFlag::kOk : outcome);
}

int64_t TraceFlags(const Trace& trace) {
  return RootFlags(trace) | (trace.partial ? TraceFlag::kPartial : 0) |
         (trace.inferred.empty() ? 0 : TraceFlag::kHasInferred);
}

size_t BytesOf(const IndexColumns::NumberRows& rows) {
  return rows.rows.capacity() * sizeof(uint32_t) +
         rows.values.capacity() * sizeof(int64_t);
}

// The slots of a table, each with a byte besides.
template <typename Table>
size_t SlotBytes(const Table& table) {
  return table.capacity() * (sizeof(typename Table::value_type) + 1);
}
// What a table holds beside what its keys and values do.
template <typename Values>
size_t TableBytes(const IndexColumns::ByKey<Values>& by_key) {
  using Node = typename IndexColumns::ByKey<Values>::value_type;
  return by_key.capacity() * (sizeof(Node*) + 1) + by_key.size() * sizeof(Node);
}

TextColumn ViewOf(const IndexColumns::TextRows& rows) {
  return {.rows = rows.rows,
          .codes = rows.codes,
          .prints = {},
          .dictionary = &rows.dictionary};
}

}  // namespace

size_t HeapBytesOf(const std::string& text) {
  static const size_t kWithin = std::string().capacity();
  return text.capacity() > kWithin ? text.capacity() + 1 : 0;
}

void IndexColumns::TextRows::AddCodeOnce(uint32_t row, uint32_t code) {
  if (code >= next_rows_.size()) {
    next_rows_.resize(dictionary.size());
    places_.resize(dictionary.size());
  }
  if (next_rows_[code] == row + 1) return;
  next_rows_[code] = row + 1;
  if (rows.empty() || rows.back() != row) newest_ = rows.size();
  places_[code] = static_cast<uint8_t>(
      std::min<size_t>(rows.size() - newest_, kSummaryPlacesMax));
  rows.push_back(row);
  codes.push_back(code);
}

size_t IndexColumns::TextRows::MemoryBytes() const {
  return (rows.capacity() + codes.capacity() + next_rows_.capacity()) *
             sizeof(uint32_t) +
         places_.capacity() + dictionary.MemoryBytes();
}

void IndexColumns::Add(const Trace& trace, Timestamp received,
                       std::span<const LinkEdge> links, uint64_t numbering) {
  if (numbering != numbering_) numbered_.clear();
  numbering_ = numbering;
  fresh_texts_ = 0;
  if (summaries_) summaries_->BeginTrace();
  AddTraceColumns(trace, received);
  AddObservations(trace);
  for (const LinkEdge& link : links) AddLink(link);
  AddOperations(trace);
  AddContextAnnotations(trace);
  AddAnnotations(trace);
  AddAttributesElsewhere(trace);
  if (summaries_) AddSummary(trace);
  ++traces_;
}

void IndexColumns::SetGroups(uint32_t ordinal,
                             std::span<const std::string> group_ids) {
  TextRows& rows = texts_[At(Column::kGroup)];
  for (const std::string& id : group_ids) {
    rows.rows.push_back(ordinal);
    rows.Add(id);
  }
}

void IndexColumns::AddTraceColumns(const Trace& trace, Timestamp received) {
  static const EntityView kNoRoot{};
  const EntityView& root = trace.root ? trace.entity(*trace.root) : kNoRoot;
  const int64_t response_time =
      !trace.root || root.in_progress
          ? -1
          : Nanos(std::max(root.end - root.start, absl::ZeroDuration()));
  trace_ids_.append(trace.id.AsBytes());
  if (trace.id.IsShort()) rows_[At(Column::kShortIdTrace)].push_back(traces_);
  const std::pair<Column, int64_t> numbers[] = {
      {Column::kStart, trace.times.start.ns},
      {Column::kDuration, NanosOrUnknown(trace.duration)},
      {Column::kResponseTime, response_time},
      {Column::kEvent, trace.times.event.ns},
      {Column::kServiceEnd,
       trace.times.ServiceTime().value_or(Timestamp::Min()).ns},
      {Column::kReceived, received.ns},
      {Column::kRevision, trace.times.revision},
      {Column::kFlags, TraceFlags(trace)},
      {Column::kHttpStatus, root.http.status},
      {Column::kLatestStart, trace.times.latest_start.ns},
  };
  for (const auto& [column, value] : numbers) {
    numbers_[At(column)].push_back(value);
  }
  texts_[At(Column::kHttpMethod)].Add(root.http.method);
  texts_[At(Column::kHttpUrl)].Add(root.http.url);
  texts_[At(Column::kUserAgent)].Add(root.http.user_agent);
  texts_[At(Column::kClientIp)].Add(root.http.client_ip);
  for (uint32_t node = 0; node < trace.nodes.size(); ++node) {
    const EntityView& entity = trace.entity(node);
    AddValue(Column::kUser, entity.user);
    AddValue(Column::kResourceArn, entity.resource_arn);
    AddValue(Column::kInstanceId, entity.aws.instance_id);
    AddValue(Column::kAvailabilityZone, entity.aws.availability_zone);
  }
}

void IndexColumns::AddValue(Column column, std::string_view value) {
  if (!value.empty()) texts_[At(column)].AddOnce(traces_, value);
}

void IndexColumns::AddObservations(const Trace& trace) {
  const TraceObservations seen = Observe(trace);
  if (IsTelling()) CheckRoots(trace, seen);
  for (std::vector<uint32_t>& codes : service_codes_) {
    codes.assign(seen.services.size(), kNoCode);
  }
  for (const NodeObservation& node : seen.nodes) {
    AddNode(trace, seen.services, node);
  }
  for (const EdgeObservation& edge : seen.edges) {
    AddEdge(trace, seen.services, edge);
  }
  if (IsTelling()) NoteTimes(trace, seen);
}

// Whether the columns tell how long the trace and its root took, the rows of
// nodes which segments are roots, and the first of them is the trace's.
void IndexColumns::CheckRoots(const Trace& trace,
                              const TraceObservations& seen) {
  segment_services_.assign(2 * trace.nodes.size(), kNoService);
  // As a count of nanoseconds; longer ones are cut.
  constexpr int64_t kLongest = std::numeric_limits<int64_t>::max();
  if (numbers(Column::kDuration).back() == kLongest ||
      numbers(Column::kResponseTime).back() == kLongest) {
    return summaries_->GiveUp();
  }
  const NodeObservation* first = nullptr;
  for (const NodeObservation& node : seen.nodes) {
    if (node.inferred) continue;
    if (node.root != trace.IsRoot(node.entity)) return summaries_->GiveUp();
    if (node.root && first == nullptr) first = &node;
  }
  const bool same = trace.root
                        ? first != nullptr && first->entity == *trace.root &&
                              !first->in_progress
                        : first == nullptr;
  if (!same) summaries_->GiveUp();
}

void IndexColumns::AddService(Column column, const ServiceId& service) {
  key_.clear();
  AppendServiceKey(service, key_);
  texts_[At(column)].Add(key_);
}

// What a trace says of a service again costs no look at its name.
void IndexColumns::AddSeenService(Column column, std::vector<uint32_t>& codes,
                                  const std::vector<ServiceId>& services,
                                  uint32_t number) {
  TextRows& rows = texts_[At(column)];
  uint32_t& code = codes[number];
  if (code == kNoCode) {
    key_.clear();
    AppendServiceKey(services[number], key_);
    code = rows.dictionary.Add(key_);
  }
  rows.codes.push_back(code);
}

void IndexColumns::AddNode(const Trace& trace,
                           const std::vector<ServiceId>& services,
                           const NodeObservation& node) {
  rows_[At(Column::kNodeTrace)].push_back(traces_);
  AddSeenService(Column::kNodeService, service_codes_[0], services,
                 node.service);
  if (IsTelling()) {
    segment_services_[node.entity + (node.inferred ? trace.nodes.size() : 0)] =
        service_codes_[0][node.service];
  }
  numbers_[At(Column::kNodeFlags)].push_back(
      (node.in_progress ? NodeFlag::kInProgress : OutcomeFlags(node.outcome)) |
      (node.root ? NodeFlag::kRoot : 0) |
      (node.inferred ? NodeFlag::kInferred : 0));
  const int64_t duration = Nanos(node.duration);
  numbers_[At(Column::kNodeDuration)].push_back(node.in_progress ? -1
                                                                 : duration);
  numbers_[At(Column::kNodeHttpStatus)].push_back(
      trace.entity(node.entity).http.status);
  numbers_[At(Column::kNodeSecond)].push_back(SecondOf(node.end));
  numbers_[At(Column::kNodeExtra)].push_back(Nanos(node.extent) - duration);
}

void IndexColumns::AddEdge(const Trace& trace,
                           const std::vector<ServiceId>& services,
                           const EdgeObservation& edge) {
  rows_[At(Column::kEdgeTrace)].push_back(traces_);
  AddSeenService(Column::kEdgeSource, service_codes_[1], services, edge.source);
  AddSeenService(Column::kEdgeTarget, service_codes_[2], services, edge.target);
  numbers_[At(Column::kEdgeFlags)].push_back(OutcomeFlags(edge.outcome));
  numbers_[At(Column::kEdgeDuration)].push_back(Nanos(edge.duration));
  numbers_[At(Column::kEdgeHttpStatus)].push_back(
      trace.entity(edge.entity).http.status);
  numbers_[At(Column::kEdgeSecond)].push_back(SecondOf(edge.end));
  key_.clear();
  if (edge.alias) AppendAliasKey(services[*edge.alias], key_);
  texts_[At(Column::kEdgeAlias)].Add(key_);
}

void IndexColumns::AddLink(const LinkEdge& link) {
  rows_[At(Column::kLinkTrace)].push_back(traces_);
  AddService(Column::kLinkSource, link.source);
  AddService(Column::kLinkTarget, link.target);
  numbers_[At(Column::kLinkFlags)].push_back(OutcomeFlags(link.outcome));
  numbers_[At(Column::kLinkSecond)].push_back(SecondOf(link.end));
  numbers_[At(Column::kLinkAge)].push_back(Nanos(link.age));
}

void IndexColumns::AddSpanRow(std::string_view operation_key,
                              const OperationSeen& seen) {
  rows_[At(Column::kSpanTrace)].push_back(traces_);
  texts_[At(Column::kSpanOperation)].Add(operation_key);
  numbers_[At(Column::kSpanDurationMin)].push_back(
      DurationCode(seen.shortest_ns));
  numbers_[At(Column::kSpanDurationMax)].push_back(
      DurationCode(seen.longest_ns));
  numbers_[At(Column::kSpanStatus)].push_back(seen.statuses);
}

// A trace may name as many operations as it has spans. Those that it has no
// room for are told as any of their service; services are told twice as long,
// by one operation each.
void IndexColumns::AddOperationRows(std::span<const OperationSeen> operations) {
  const TextRows& column = texts_[At(Column::kSpanOperation)];
  size_t bytes = 0;
  bool any = false;
  const auto add_any = [&](std::string_view key) {
    AddSpanRow(key, {.service = {},
                     .name = {},
                     .kind = {},
                     .longest_ns = std::numeric_limits<int64_t>::max()});
  };
  const OperationSeen* cut = nullptr;  // The first one that was not told.
  for (size_t i = 0; i < operations.size(); ++i) {
    const OperationSeen& operation = operations[i];
    const bool first = i == 0 || operations[i - 1].service != operation.service;
    key_.clear();
    AppendOperationKey(operation.service, operation.name, operation.kind,
                       operation.named, key_);
    const size_t bytes_max = limits::kTraceOperationBytesMax * (first ? 2 : 1);
    if (bytes + key_.size() <= bytes_max && column.HasRoomFor(key_)) {
      bytes += key_.size();
      AddSpanRow(key_, operation);
    } else if (first) {
      any = true;
    } else if (cut == nullptr || cut->service != operation.service) {
      cut = &operation;
      const std::string all = AnyOperationOf(operation.service);
      if (column.HasRoomFor(all)) {
        add_any(all);
      } else {
        any = true;
      }
    }
  }
  if (any) add_any(AnyOperation());
}

void IndexColumns::AddOperations(const Trace& trace) {
  const TraceOperations seen = ObserveOperations(trace);
  AddOperationRows(seen.operations);
  if (seen.repeats) rows_[At(Column::kAttributeOther)].push_back(traces_);
  for (const CallSeen& call : seen.calls) {
    rows_[At(Column::kCallTrace)].push_back(traces_);
    key_.clear();
    AppendCallKey(call.kind, call.caller, call.callee, key_);
    texts_[At(Column::kCallPair)].Add(key_);
    numbers_[At(Column::kCallCount)].push_back(
        static_cast<int64_t>(call.calls));
    numbers_[At(Column::kCallErrors)].push_back(
        static_cast<int64_t>(call.errors));
  }
}

size_t IndexColumns::MemoryBytes() const {
  size_t bytes = sizeof(*this) + trace_ids_.capacity();
  for (const auto& column : numbers_) {
    bytes += column.capacity() * sizeof(int64_t);
  }
  for (const auto& column : rows_)
    bytes += column.capacity() * sizeof(uint32_t);
  for (const auto& column : texts_) bytes += column.MemoryBytes();
  bytes += TableBytes(annotation_texts_) + TableBytes(attributes_elsewhere_);
  for (const auto& [key, rows] : annotation_texts_) {
    bytes += HeapBytesOf(key) + rows.MemoryBytes();
  }
  for (const auto& [key, elsewhere] : attributes_elsewhere_) {
    bytes += HeapBytesOf(key) + elsewhere.rows.capacity() * sizeof(uint32_t);
  }
  for (const auto* by_key : {&annotation_numbers_, &annotation_bools_}) {
    bytes += TableBytes(*by_key);
    for (const auto& [key, rows] : *by_key) {
      bytes += HeapBytesOf(key) + BytesOf(rows);
    }
  }
  if (summaries_) bytes += summaries_->MemoryBytes();
  bytes += TableBytes(context_keys_) + SlotBytes(context_codes_) +
           SlotBytes(context_elsewhere_) + context_bytes_;
  return bytes + attribute_values_.MemoryBytes() +
         numbered_.capacity() * sizeof(Numbered);
}

absl::StatusOr<NumberColumn> IndexColumns::Numbers(Column column,
                                                   std::string_view key) {
  if (column != Column::kAnnotationNumber &&
      column != Column::kAnnotationBool) {
    return NumberColumn{.rows = {}, .values = numbers_[At(column)]};
  }
  const auto& by_key = column == Column::kAnnotationNumber ? annotation_numbers_
                                                           : annotation_bools_;
  const auto found = by_key.find(key);
  if (found == by_key.end()) return NumberColumn();
  return NumberColumn{.rows = found->second.rows,
                      .values = found->second.values};
}

absl::StatusOr<TextColumn> IndexColumns::Texts(Column column,
                                               std::string_view key) {
  if (column != Column::kAnnotationString) return ViewOf(texts_[At(column)]);
  const auto found = annotation_texts_.find(key);
  if (found == annotation_texts_.end()) return TextColumn();
  return ViewOf(found->second);
}

absl::StatusOr<TextLookup> IndexColumns::Lookup(Column column,
                                                std::string_view key,
                                                std::string_view text) {
  RTG_ASSIGN_OR_RETURN(const TextColumn texts, Texts(column, key));
  if (texts.dictionary == nullptr) return TextLookup();
  const std::optional<uint32_t> code = texts.dictionary->Find(text);
  if (!code) return TextLookup();
  return TextLookup{
      .rows = texts.rows, .codes = texts.codes, .code = *code, .prints = {}};
}

absl::StatusOr<std::span<const uint32_t>> IndexColumns::Rows(
    Column column, std::string_view key) {
  if (column == Column::kAttributeElsewhere) {
    const auto found = attributes_elsewhere_.find(key);
    if (found == attributes_elsewhere_.end()) {
      return std::span<const uint32_t>();
    }
    return std::span<const uint32_t>(found->second.rows);
  }
  return std::span<const uint32_t>(rows_[At(column)]);
}

}  // namespace roentgen::storage

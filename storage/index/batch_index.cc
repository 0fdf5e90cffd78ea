#include "storage/index/batch_index.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/string_view.h"
#include "base/wire.h"
#include "storage/assembly/observations.h"
#include "storage/assembly/summarize.h"
#include "storage/index/column_codec.h"
#include "xxhash.h"

namespace roentgen::storage {
namespace {

// A string annotation with more distinct values than this, most of them seen
// once, gets filters instead of a dictionary.
constexpr size_t kDictionaryEntriesMax = 512;
// 10 bits and 6 probes a value: about 1 % of absent values pass.
constexpr size_t kFilterBitsPerValue = 10;
constexpr int kFilterProbes = 6;

int64_t Nanos(absl::Duration d) { return absl::ToInt64Nanoseconds(d); }

int64_t NanosOrUnknown(const std::optional<absl::Duration>& d) {
  return d ? Nanos(*d) : -1;
}

std::string ServiceKey(const ServiceId& s) {
  std::string key = s.name;
  key += '\0';
  key += s.type;
  key += '\0';
  key += s.account_id;
  return key;
}

int64_t OutcomeFlags(const Outcome& o) {
  return (o.fault ? NodeFlag::kFault : 0) | (o.error ? NodeFlag::kError : 0) |
         (o.throttle ? NodeFlag::kThrottle : 0);
}

int64_t TraceFlags(const Trace& trace, const TraceSummary& summary) {
  return (summary.has_fault ? TraceFlag::kFault : 0) |
         (summary.has_error ? TraceFlag::kError : 0) |
         (summary.has_throttle ? TraceFlag::kThrottle : 0) |
         (trace.partial ? TraceFlag::kPartial : 0) |
         (trace.root ? TraceFlag::kHasRoot : 0) |
         (trace.inferred.empty() ? 0 : TraceFlag::kHasInferred);
}

size_t ProbeBit(uint64_t hash, int probe, size_t bits) {
  const uint64_t step = (hash >> 32) | 1;
  return (hash + static_cast<uint64_t>(probe) * step) % bits;
}

std::string MakeFilter(const std::vector<std::string_view>& values) {
  const size_t bits = std::max<size_t>(64, values.size() * kFilterBitsPerValue);
  std::string filter((bits + 7) / 8, '\0');
  for (std::string_view value : values) {
    const uint64_t hash = XXH3_64bits(value.data(), value.size());
    for (int probe = 0; probe < kFilterProbes; ++probe) {
      const size_t bit = ProbeBit(hash, probe, filter.size() * 8);
      filter[bit / 8] = static_cast<char>(filter[bit / 8] | 1 << (bit % 8));
    }
  }
  return filter;
}

}  // namespace

void BatchIndexBuilder::StringRows::Add(std::string_view value) {
  auto at = code_of.find(absl::string_view(value.data(), value.size()));
  if (at == code_of.end()) {
    at =
        code_of.emplace(std::string(value), static_cast<int64_t>(values.size()))
            .first;
    values.emplace_back(value);
  }
  codes.push_back(at->second);
}

void BatchIndexBuilder::Add(const Trace& trace, Timestamp received) {
  AddTraceColumns(trace, received);
  AddObservations(trace);
  ++ordinals_;
}

void BatchIndexBuilder::AddTraceColumns(const Trace& trace,
                                        Timestamp received) {
  const TraceSummary summary = SummarizeForIndex(trace);
  trace_ids_.append(trace.id.AsBytes());
  const std::pair<Column, int64_t> numbers[] = {
      {Column::kStart, trace.times.start.ns},
      {Column::kDuration, NanosOrUnknown(summary.duration)},
      {Column::kResponseTime, NanosOrUnknown(summary.response_time)},
      {Column::kEvent, trace.times.event.ns},
      {Column::kServiceEnd,
       trace.times.service_end.value_or(Timestamp::Min()).ns},
      {Column::kReceived, received.ns},
      {Column::kRevision, trace.times.revision},
      {Column::kFlags, TraceFlags(trace, summary)},
      {Column::kHttpStatus, summary.http.status},
  };
  for (const auto& [column, value] : numbers) Ints(column).push_back(value);
  Strings(Column::kHttpMethod).Add(summary.http.method);
  Strings(Column::kHttpUrl).Add(summary.http.url);
  Strings(Column::kUserAgent).Add(summary.http.user_agent);
  Strings(Column::kClientIp).Add(summary.http.client_ip);
  for (const TraceUser& u : summary.users) AddValue(Column::kUser, u.name);
  for (const auto& arn : summary.resource_arns) {
    AddValue(Column::kResourceArn, arn);
  }
  for (const auto& id : summary.instance_ids) {
    AddValue(Column::kInstanceId, id);
  }
  for (const auto& zone : summary.availability_zones) {
    AddValue(Column::kAvailabilityZone, zone);
  }
  for (const auto& [key, entries] : summary.annotations) {
    for (const AnnotationEntry& entry : entries) {
      AddAnnotation(key, entry.value);
    }
  }
}

void BatchIndexBuilder::AddValue(Column column, std::string_view value) {
  StringRows& rows = Strings(column);
  rows.rows.push_back(ordinals_);
  rows.Add(value);
}

void BatchIndexBuilder::AddAnnotation(const std::string& key,
                                      const AnnotationValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    StringRows& rows = annotation_strings_[key];
    rows.rows.push_back(ordinals_);
    rows.Add(*text);
  } else if (const auto* number = std::get_if<double>(&value)) {
    IntRows& rows = annotation_numbers_[key];
    rows.rows.push_back(ordinals_);
    rows.values.push_back(OrderedBits(*number));
  } else {
    IntRows& rows = annotation_bools_[key];
    rows.rows.push_back(ordinals_);
    rows.values.push_back(std::get<bool>(value) ? 1 : 0);
  }
}

void BatchIndexBuilder::AddObservations(const Trace& trace) {
  const TraceObservations seen = Observe(trace);
  for (const NodeObservation& node : seen.nodes) {
    Ints(Column::kNodeTrace).push_back(ordinals_);
    Strings(Column::kNodeService).Add(ServiceKey(node.service));
    Ints(Column::kNodeFlags)
        .push_back(OutcomeFlags(node.outcome) |
                   (node.root ? NodeFlag::kRoot : 0) |
                   (node.inferred ? NodeFlag::kInferred : 0));
    Ints(Column::kNodeDuration).push_back(Nanos(node.duration));
  }
  for (const EdgeObservation& edge : seen.edges) {
    Ints(Column::kEdgeTrace).push_back(ordinals_);
    Strings(Column::kEdgeSource).Add(ServiceKey(edge.source));
    Strings(Column::kEdgeTarget).Add(ServiceKey(edge.target));
    Ints(Column::kEdgeFlags).push_back(OutcomeFlags(edge.outcome));
    Ints(Column::kEdgeDuration).push_back(Nanos(edge.duration));
  }
}

void BatchIndexBuilder::EmitStrings(Column column, const std::string& key,
                                    StringRows& rows,
                                    std::vector<IndexChunk>& out) const {
  const bool filter = column == Column::kAnnotationString &&
                      rows.values.size() > kDictionaryEntriesMax &&
                      rows.values.size() * 2 > rows.codes.size();
  if (filter) {
    std::vector<std::vector<std::string_view>> groups(
        (ordinals_ + kFilterTraces - 1) / kFilterTraces);
    for (size_t i = 0; i < rows.codes.size(); ++i) {
      groups[static_cast<size_t>(rows.rows[i]) / kFilterTraces].push_back(
          rows.values[static_cast<size_t>(rows.codes[i])]);
    }
    std::string bytes;
    AppendVarint(groups.size(), bytes);
    for (const auto& group : groups) AppendBytes(MakeFilter(group), bytes);
    out.push_back({column, key, Part::kFilter, std::move(bytes)});
    return;
  }
  // Codes in the order of the sorted dictionary.
  std::vector<int64_t> order(rows.values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return rows.values[static_cast<size_t>(a)] <
           rows.values[static_cast<size_t>(b)];
  });
  std::vector<int64_t> rank(order.size());
  std::vector<std::string> sorted;
  sorted.reserve(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    rank[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
    sorted.push_back(std::move(rows.values[static_cast<size_t>(order[i])]));
  }
  for (int64_t& code : rows.codes) code = rank[static_cast<size_t>(code)];
  if (!rows.rows.empty()) {
    out.push_back({column, key, Part::kRows, EncodeInts(rows.rows)});
  }
  out.push_back({column, key, Part::kValues, EncodeInts(rows.codes)});
  out.push_back({column, key, Part::kDictionary, EncodeDictionary(sorted)});
}

std::vector<IndexChunk> BatchIndexBuilder::Finish() {
  std::vector<IndexChunk> out;
  out.push_back({Column::kTraceId, {}, Part::kValues, std::move(trace_ids_)});
  for (size_t i = 0; i < kColumns; ++i) {
    const auto column = static_cast<Column>(i);
    if (!ints_[i].empty()) {
      out.push_back({column, {}, Part::kValues, EncodeInts(ints_[i])});
    }
    if (!strings_[i].codes.empty()) EmitStrings(column, {}, strings_[i], out);
  }
  for (auto& [key, rows] : annotation_strings_) {
    EmitStrings(Column::kAnnotationString, key, rows, out);
  }
  const auto emit = [&](Column column, const auto& by_key) {
    for (const auto& [key, rows] : by_key) {
      out.push_back({column, key, Part::kRows, EncodeInts(rows.rows)});
      out.push_back({column, key, Part::kValues, EncodeInts(rows.values)});
    }
  };
  emit(Column::kAnnotationNumber, annotation_numbers_);
  emit(Column::kAnnotationBool, annotation_bools_);
  return out;
}

absl::StatusOr<AnnotationFilter> AnnotationFilter::Parse(
    std::string_view chunk) {
  ByteReader in(chunk);
  uint64_t count;
  if (!in.BoundedVarint(chunk.size(), count)) {
    return absl::DataLossError("annotation filter: damaged");
  }
  AnnotationFilter filter;
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view bytes;
    if (!in.Bytes(bytes) || bytes.empty()) {
      return absl::DataLossError("annotation filter: damaged");
    }
    filter.groups_.emplace_back(bytes);
  }
  return filter;
}

bool AnnotationFilter::MayContain(size_t group, std::string_view value) const {
  const std::string& bits = groups_[group];
  const uint64_t hash = XXH3_64bits(value.data(), value.size());
  for (int probe = 0; probe < kFilterProbes; ++probe) {
    const size_t bit = ProbeBit(hash, probe, bits.size() * 8);
    if ((bits[bit / 8] >> (bit % 8) & 1) == 0) return false;
  }
  return true;
}

}  // namespace roentgen::storage

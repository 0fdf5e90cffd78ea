// Annotations of index columns, and who reports them.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <variant>

#include "base/limits.h"
#include "storage/index/column_codec.h"
#include "storage/index/context_annotations.h"
#include "storage/index/index_columns.h"
#include "storage/index/service_key.h"
#include "trace/assembly/root_causes.h"
#include "trace/span/value_code.h"

namespace roentgen::storage {
namespace {

// Instead of the code of a text.
constexpr uint32_t kNoRoom = UINT32_MAX;

// Where the entries of the newest row begin, when these are no more than a
// summary can name.
std::optional<size_t> FirstOfLast(const std::vector<uint32_t>& rows) {
  size_t first = rows.size();
  while (first > 0 && rows[first - 1] == rows.back()) {
    if (rows.size() - first == kSummaryPlacesMax) return std::nullopt;
    --first;
  }
  return first;
}

// Whether a column of doubles keeps the number whole.
bool IsKept(const ExactNumber& number) {
  if (number.is_integer()) {
    return std::abs(number.AsDouble()) < kDoubleIntegersEnd;
  }
  const double value = number.AsDouble();
  return std::isfinite(value) && !(value == 0 && std::signbit(value));
}

}  // namespace

// Each context of the trace's segments once.
void IndexColumns::AddContextAnnotations(const Trace& trace) {
  TextRows& texts = texts_[At(Column::kContextAnnotations)];
  context_places_.assign(trace.documents.size(), kNoPlace);
  uint32_t last = UINT32_MAX;
  for (const TraceNode& node : trace.nodes) {
    if (node.entity != 0 || node.document == last) continue;
    last = node.document;
    const auto& shared = trace.documents[node.document].context_annotations;
    if (shared == nullptr) continue;
    const auto [at, fresh] = context_codes_.try_emplace(shared, 0);
    if (fresh) {
      context_bytes_ += shared->capacity() * sizeof(AnnotationPair);
      at->second = AddContextCode(*shared);
    }
    if (at->second == kNoRoom) {
      NoteOtherAnnotations();
      continue;
    }
    texts.AddCodeOnce(traces_, at->second);
    context_places_[node.document] = texts.PlaceOf(at->second);
  }
}

uint32_t IndexColumns::AddContextCode(
    const std::vector<AnnotationPair>& annotations) {
  TextRows& rows = texts_[At(Column::kContextAnnotations)];
  const std::string text = EncodeAnnotations(annotations);
  if (!rows.HasRoomFor(text)) return kNoRoom;
  for (const AnnotationPair& pair : annotations) {
    const auto* value = std::get_if<std::string_view>(&pair.value);
    auto at = context_keys_.find(pair.key);
    if (at == context_keys_.end()) {
      at = context_keys_
               .try_emplace(std::string(pair.key),
                            AttributeValues::Key(pair.key))
               .first;
      context_bytes_ += HeapBytesOf(at->first);
    }
    attribute_values_.Add(
        at->second, value == nullptr ? kAnyValueCode : CodeOfText(*value), 0);
  }
  return rows.dictionary.Add(text);
}

// Of entities that count: a document may hold others.
void IndexColumns::AddAnnotations(const Trace& trace) {
  trace_numbers_.clear();
  for (size_t first = 0; first < trace.nodes.size();) {
    const uint32_t document = trace.nodes[first].document;
    const SegmentDocument& doc = trace.documents[document];
    const size_t begin = first;
    counts_.assign(doc.entities.size(), 0);
    for (;
         first < trace.nodes.size() && trace.nodes[first].document == document;
         ++first) {
      counts_[trace.nodes[first].entity] = 1;
    }
    const std::span<const TraceNode> nodes(&trace.nodes[begin], first - begin);
    if (IsTelling()) BeginReport(trace, nodes);
    for (const AnnotationPair& pair : doc.annotations) {
      if (counts_[pair.entity] != 0) AddAnnotation(pair);
    }
    if (IsTelling()) EndReport(nodes.front());
  }
  KeepDistinctNumbers();
}

// In order of arrival, as far as a summary can name them; they were added once
// each.
void IndexColumns::KeepDistinctNumbers() {
  for (NumberRows* column : trace_numbers_) {
    std::vector<int64_t>& values = column->values;
    const auto first =
        std::lower_bound(column->rows.begin(), column->rows.end(), traces_);
    const auto begin = values.begin() + (first - column->rows.begin());
    if (values.end() - begin <= kSummaryPlacesMax) continue;
    std::sort(begin, values.end());
    values.erase(std::unique(begin, values.end()), values.end());
    column->rows.resize(values.size());
  }
}

template <typename Values>
Values* IndexColumns::ColumnOf(ByKey<Values>& by_key, std::string_view key) {
  const auto found = by_key.find(key);
  if (found != by_key.end()) return &found->second;
  if (annotation_texts_.size() + annotation_numbers_.size() +
          annotation_bools_.size() >=
      limits::kIndexedKeysPerBatchMax) {
    NoteOtherAnnotations();
    return nullptr;
  }
  Values& made = by_key.try_emplace(std::string(key)).first->second;
  made.number = ++columns_made_;
  return &made;
}

void IndexColumns::NoteOtherAnnotations() {
  std::vector<uint32_t>& other = rows_[At(Column::kAnnotationOther)];
  if (other.empty() || other.back() != traces_) other.push_back(traces_);
  if (summaries_) summaries_->GiveUp();
}

void IndexColumns::AddAnnotation(const AnnotationPair& pair) {
  if (const auto* text = std::get_if<std::string_view>(&pair.value)) {
    return AddText(pair, *text);
  }
  const auto* number = std::get_if<ExactNumber>(&pair.value);
  NumberRows* rows = number != nullptr ? ColumnOf(annotation_numbers_, pair.key)
                                       : ColumnOf(annotation_bools_, pair.key);
  if (rows == nullptr) return;
  if (number == nullptr) {
    const uint32_t place = AddNumber(*rows, std::get<bool>(pair.value) ? 1 : 0);
    if (IsTelling()) {
      summaries_->Add(SummaryEntry::Kind::kBool, rows->number, place, pair.key);
    }
    return;
  }
  const uint32_t place = AddNumber(*rows, OrderedBits(number->AsDouble()));
  if (!IsTelling()) return;
  if (!IsKept(*number)) return summaries_->GiveUp();
  summaries_->Add(number->is_integer() ? SummaryEntry::Kind::kInteger
                                       : SummaryEntry::Kind::kDouble,
                  rows->number, place, pair.key);
}

void IndexColumns::AddText(const AnnotationPair& pair, std::string_view text) {
  Numbered* const numbered = Find(pair.number);
  if (numbered != nullptr && numbered->texts != nullptr) {
    return AddTextCode(pair, *numbered->texts, numbered->code);
  }
  // Before a column is made: one without rows is none.
  if (fresh_texts_ >= limits::kIndexedTraceTextsMax &&
      !IsKnown(pair.key, text)) {
    return NoteOtherAnnotations();
  }
  TextRows* const rows = ColumnOf(annotation_texts_, pair.key);
  if (rows == nullptr) return;
  if (!rows->HasRoomFor(text)) return NoteOtherAnnotations();
  const uint32_t texts = rows->dictionary.size();
  const uint32_t code = rows->dictionary.Add(text);
  AddTextCode(pair, *rows, code);
  fresh_texts_ += rows->dictionary.size() - texts;
  if (numbered == nullptr) return;
  numbered->texts = rows;
  numbered->code = code;
}

void IndexColumns::AddTextCode(const AnnotationPair& pair, TextRows& rows,
                               uint32_t code) {
  rows.AddCodeOnce(traces_, code);
  if (!IsTelling()) return;
  summaries_->Add(SummaryEntry::Kind::kText, rows.number, rows.PlaceOf(code),
                  pair.key);
}

bool IndexColumns::IsKnown(std::string_view key, std::string_view text) const {
  const auto found = annotation_texts_.find(key);
  return found != annotation_texts_.end() &&
         found->second.dictionary.Find(text);
}

// Returns the place among the trace's; kNoPlace when there are more than a
// summary can name.
uint32_t IndexColumns::AddNumber(NumberRows& rows, int64_t value) {
  const bool has_some = !rows.rows.empty() && rows.rows.back() == traces_;
  if (!has_some) trace_numbers_.push_back(&rows);
  const std::optional<size_t> first =
      has_some ? FirstOfLast(rows.rows) : rows.rows.size();
  size_t at = rows.values.size();
  if (first) {
    const auto begin = rows.values.begin();
    at = static_cast<size_t>(std::find(begin + static_cast<ptrdiff_t>(*first),
                                       rows.values.end(), value) -
                             begin);
  }
  if (at == rows.values.size()) {
    rows.rows.push_back(traces_);
    rows.values.push_back(value);
  }
  return first ? static_cast<uint32_t>(at - *first) : kNoPlace;
}

// What a document says before its own annotations. All of it must be of one
// segment.
void IndexColumns::BeginReport(const Trace& trace,
                               std::span<const TraceNode> nodes) {
  const TraceNode& front = nodes.front();
  const SegmentDocument& doc = trace.documents[front.document];
  summaries_->BeginDocument();
  if (doc.attributes_left_out) return summaries_->GiveUp();
  if (doc.context_annotations != nullptr && counts_[0] != 0) {
    summaries_->Add(SummaryEntry::Kind::kContext, 0,
                    context_places_[front.document], {});
  }
  const TextRows& users = texts_[At(Column::kUser)];
  for (const TraceNode& node : nodes) {
    if (node.attached != front.attached || node.segment != front.segment) {
      return summaries_->GiveUp();
    }
    const std::string_view user = doc.entities[node.entity].user;
    if (user.empty()) continue;
    summaries_->Add(SummaryEntry::Kind::kUser, 0,
                    users.PlaceOf(*users.dictionary.Find(user)), {});
  }
}

void IndexColumns::EndReport(const TraceNode& front) {
  if (!front.attached) return summaries_->EndDocument(std::nullopt, {});
  const uint32_t code = segment_services_[front.segment];
  if (code == kNoService) return summaries_->GiveUp();
  summaries_->EndDocument(code,
                          texts_[At(Column::kNodeService)].dictionary.at(code));
}

// Rows that tell how long an entity took.
void IndexColumns::NoteTimes(const Trace& trace,
                             const TraceObservations& seen) {
  times_.assign(2 * trace.nodes.size(), kLagTime);
  for (size_t i = 0; i < std::min(seen.edges.size(), kEdgeTimesMax); ++i) {
    times_[seen.edges[i].entity] = static_cast<PathTime>(kFirstEdgeTime + i);
  }
  for (size_t i = 0; i < std::min(seen.nodes.size(), kNodeTimesMax); ++i) {
    const NodeObservation& node = seen.nodes[i];
    if (node.in_progress) continue;
    times_[node.entity + (node.inferred ? trace.nodes.size() : 0)] =
        static_cast<PathTime>(kFirstNodeTime + i);
  }
}

void IndexColumns::AddCauses(const Trace& trace) {
  const RootCauses failures = FindFailureCauses(trace);
  for (const RootCause& cause : failures.fault) {
    summaries_->AddCause(CauseKind::kFault, cause);
  }
  for (const RootCause& cause : failures.error) {
    summaries_->AddCause(CauseKind::kError, cause);
  }
  const std::vector<TimedPlace> path = FindResponseTimePath(trace);
  if (path.empty()) return;
  const auto nodes = static_cast<TracePlace>(trace.nodes.size());
  summaries_->BeginPath();
  std::optional<int64_t> before;  // What the entity before took.
  for (const TimedPlace& at : path) {
    const bool inferred = at.place >= nodes;
    const uint32_t call =
        inferred ? trace.inferred[at.place - nodes].call : at.place;
    const EntityView& entity = trace.entity(call);
    const bool remote = entity.name_space != Namespace::kLocal;
    const size_t seen = call + (inferred ? nodes : 0);
    summaries_->AddToPath(segment_services_[seen], entity.name,
                          (inferred ? 2 : 0) | (remote ? 1 : 0), times_[seen]);
    if (before && times_[seen] == kLagTime && IsTelling()) {
      rows_[At(Column::kCauseLag)].push_back(traces_);
      numbers_[At(Column::kCauseLag)].push_back(*before - at.took_ns);
    }
    before = at.took_ns;
  }
  summaries_->EndPath([&] { return ResponseTimeCauseOf(trace, path); });
}

void IndexColumns::AddSummary(const Trace& trace) {
  if (IsTelling()) AddCauses(trace);
  TextRows& told = texts_[At(Column::kSummary)];
  const std::string_view reports = summaries_->EndTrace();
  told.Add(told.HasRoomFor(reports) ? reports : std::string_view());
}

}  // namespace roentgen::storage

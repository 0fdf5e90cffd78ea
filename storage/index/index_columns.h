// Index columns in memory: what a batch has before it is packed, and what
// open traces are searched by.
//
// Threads: reading is thread-safe; Add has one writer and no readers
// meanwhile.
#ifndef ROENTGEN_STORAGE_INDEX_INDEX_COLUMNS_H_
#define ROENTGEN_STORAGE_INDEX_INDEX_COLUMNS_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "base/limits.h"
#include "base/seeded_hash.h"
#include "base/timestamp.h"
#include "storage/index/attribute_values.h"
#include "storage/index/column_source.h"
#include "storage/index/index_format.h"
#include "storage/index/summary_builder.h"
#include "storage/index/summary_texts.h"
#include "storage/index/text_dictionary.h"
#include "trace/assembly/message_links.h"
#include "trace/assembly/observations.h"
#include "trace/assembly/operations.h"
#include "trace/assembly/trace.h"
#include "trace/document/segment_document.h"
#include "trace/model/service_id.h"

namespace roentgen::storage {

// What a text takes beside itself; short ones take nothing.
size_t HeapBytesOf(const std::string& text);

class IndexColumns final : public ColumnSource {
 public:
  // Whether summaries are told as well: those of sealed batches are asked for.
  enum class Summaries { kOmitted, kTold };

  struct NumberRows {
    uint32_t number = 0;  // Stands for this column among annotations.
    std::vector<uint32_t> rows;
    std::vector<int64_t> values;
  };
  struct TextRows {
    uint32_t number = 0;         // As above.
    std::vector<uint32_t> rows;  // Empty for one value per trace or row.
    std::vector<uint32_t> codes;
    GrowingDictionary dictionary;

    void Add(std::string_view text) { codes.push_back(dictionary.Add(text)); }
    // For columns of any number of values per trace: each distinct one once.
    void AddOnce(uint32_t row, std::string_view text) {
      AddCodeOnce(row, dictionary.Add(text));
    }
    void AddCodeOnce(uint32_t row, uint32_t code);
    // The place of the code, which the newest row has, among its codes; at most
    // kSummaryPlacesMax.
    uint32_t PlaceOf(uint32_t code) const { return places_[code]; }
    // Whether the text is there, or may be: its column is not full.
    bool HasRoomFor(std::string_view text) const {
      return dictionary.text_bytes() + text.size() <=
                 limits::kTextColumnBytesMax ||
             dictionary.Find(text);
    }
    size_t MemoryBytes() const;

   private:
    // By code: the row after its last one, and its place there.
    std::vector<uint32_t> next_rows_;
    std::vector<uint8_t> places_;
    size_t newest_ = 0;  // Where the codes of the newest row begin.
  };
  template <typename Values>
  using ByKey = absl::node_hash_map<std::string, Values, SeededHash, TextEqual>;

  explicit IndexColumns(Summaries summaries = Summaries::kOmitted) {
    if (summaries == Summaries::kTold) summaries_.emplace();
  }

  // `received` is the arrival of the trace's newest record; `links` are those
  // of the trace whose senders were found. `numbering` stands for the reader
  // that numbered the attributes of the trace; 0: their numbers say nothing.
  void Add(const Trace& trace, Timestamp received,
           std::span<const LinkEdge> links = {}, uint64_t numbering = 0);
  // The groups that a trace belongs to. For traces that were added, by
  // ascending ordinal, each once at most.
  void SetGroups(uint32_t ordinal, std::span<const std::string> group_ids);

  // 16 bytes a trace, in order of adding.
  const std::string& trace_ids() const { return trace_ids_; }
  size_t MemoryBytes() const;

  // Empty where the column is of another kind or has no values.
  const std::vector<int64_t>& numbers(Column c) const {
    return numbers_[At(c)];
  }
  const TextRows& texts(Column c) const { return texts_[At(c)]; }
  const std::vector<uint32_t>& rows(Column c) const { return rows_[At(c)]; }
  const ByKey<TextRows>& annotation_texts() const { return annotation_texts_; }
  const ByKey<NumberRows>& annotation_numbers() const {
    return annotation_numbers_;
  }
  const ByKey<NumberRows>& annotation_bools() const {
    return annotation_bools_;
  }
  struct Elsewhere {
    AttributeValues::Key key;
    std::vector<uint32_t> rows = {};
  };
  const ByKey<Elsewhere>& attributes_elsewhere() const {
    return attributes_elsewhere_;
  }
  const AttributeValues& attribute_values() const { return attribute_values_; }
  // What column kSummary counts; null when summaries are omitted.
  const GrowingDictionary* summary_texts() const {
    return summaries_ ? &summaries_->texts() : nullptr;
  }

  // As a source of open traces: there are no bounds or filters to look at.
  uint32_t traces() const override { return traces_; }
  bool MayHoldNumber(Column, std::string_view, int64_t, int64_t) override {
    return true;
  }
  absl::StatusOr<NumberColumn> Numbers(Column column,
                                       std::string_view key) override;
  absl::StatusOr<TextColumn> Texts(Column column,
                                   std::string_view key) override;
  absl::StatusOr<TextLookup> Lookup(Column column, std::string_view key,
                                    std::string_view text) override;
  absl::StatusOr<std::span<const uint32_t>> Rows(Column column,
                                                 std::string_view key) override;
  absl::StatusOr<std::optional<std::vector<uint32_t>>> Slices(
      std::string_view key, std::span<const uint64_t> codes) override {
    return attribute_values_.Find(key, codes);
  }

 private:
  static constexpr size_t kColumns = 96;
  static size_t At(Column column) { return static_cast<size_t>(column); }

  void AddTraceColumns(const Trace& trace, Timestamp received);
  void AddObservations(const Trace& trace);
  void AddService(Column column, const ServiceId& service);
  // `codes` are those of `services` in the column, as far as known.
  void AddSeenService(Column column, std::vector<uint32_t>& codes,
                      const std::vector<ServiceId>& services, uint32_t number);
  void AddNode(const Trace& trace, const std::vector<ServiceId>& services,
               const NodeObservation& node);
  void AddEdge(const Trace& trace, const std::vector<ServiceId>& services,
               const EdgeObservation& edge);
  void AddLink(const LinkEdge& link);
  void AddOperations(const Trace& trace);
  // `seen` tells all but the key.
  void AddSpanRow(std::string_view operation_key, const OperationSeen& seen);
  void AddOperationRows(std::span<const OperationSeen> operations);
  void AddContextAnnotations(const Trace& trace);
  void AddAnnotations(const Trace& trace);
  void AddSummary(const Trace& trace);
  // Whether the trace's summary can still be told.
  bool IsTelling() const { return summaries_ && summaries_->telling(); }
  void CheckRoots(const Trace& trace, const TraceObservations& seen);
  void BeginReport(const Trace& trace, std::span<const TraceNode> nodes);
  void EndReport(const TraceNode& front);
  void NoteTimes(const Trace& trace, const TraceObservations& seen);
  void AddCauses(const Trace& trace);
  void AddAttributesElsewhere(const Trace& trace);
  void AddAttributeElsewhere(const AttributeElsewhere& attribute);
  uint32_t AddContextCode(const std::vector<AnnotationPair>& annotations);
  void AddContextElsewhere(const SegmentDocument& document);
  // What is made of an X-Ray document when it is looked at as spans.
  void AddSegmentElsewhere(const SegmentDocument& document);
  // Where the key is noted; null when there are too many keys, or it is long.
  Elsewhere* ElsewhereOf(std::string_view key);
  // The trace being added has the key.
  void AddRow(Elsewhere* elsewhere);
  uint32_t slice() const { return traces_ / kTracesPerSlice; }
  // The trace being added has annotations that got no column.
  void NoteOtherAnnotations();
  void AddAnnotation(const AnnotationPair& pair);
  void AddText(const AnnotationPair& pair, std::string_view text);
  void AddTextCode(const AnnotationPair& pair, TextRows& rows, uint32_t code);
  // Whether some trace of the batch has the annotation.
  bool IsKnown(std::string_view key, std::string_view text) const;
  uint32_t AddNumber(NumberRows& rows, int64_t value);
  void AddValue(Column column, std::string_view value);
  // Of the trace being added: each distinct number once.
  void KeepDistinctNumbers();
  // The column of the key; null when there are too many keys.
  template <typename Values>
  Values* ColumnOf(ByKey<Values>& by_key, std::string_view key);

  // Where an attribute went that has a number.
  struct Numbered {
    TextRows* texts = nullptr;  // And the code of its value there.
    uint32_t code = 0;
    Elsewhere* elsewhere = nullptr;
    // After the last slice that its value was noted for there.
    uint32_t next_slice = 0;
  };
  // Null for an attribute without a number.
  Numbered* Find(uint32_t number) {
    if (number == 0 || numbering_ == 0) return nullptr;
    if (number >= numbered_.size()) numbered_.resize(size_t{number} * 2);
    return &numbered_[number];
  }

  // Instead of the place of a context, and the code of a service.
  static constexpr uint32_t kNoPlace = kSummaryPlacesMax;
  static constexpr uint32_t kNoService = UINT32_MAX;

  uint32_t traces_ = 0;
  std::string trace_ids_;
  // By number of column.
  std::array<std::vector<int64_t>, kColumns> numbers_;
  std::array<TextRows, kColumns> texts_;
  std::array<std::vector<uint32_t>, kColumns> rows_;
  ByKey<TextRows> annotation_texts_;
  ByKey<NumberRows> annotation_numbers_;
  ByKey<NumberRows> annotation_bools_;
  ByKey<Elsewhere> attributes_elsewhere_;
  AttributeValues attribute_values_;
  ByKey<AttributeValues::Key> context_keys_;  // Of their annotations.
  // Codes of annotation lists in their column; holds them, so that an address
  // stands for one list.
  absl::flat_hash_map<std::shared_ptr<const std::vector<AnnotationPair>>,
                      uint32_t>
      context_codes_;
  // Of the attributes of a context: where they are noted, and what comes after
  // the last row and slice that they were noted for; holds them likewise.
  struct ContextElsewhere {
    std::vector<Elsewhere*> keys;
    uint32_t next_row = 0;
    uint32_t next_slice = 0;
  };
  absl::flat_hash_map<std::shared_ptr<const std::vector<AttributeElsewhere>>,
                      ContextElsewhere>
      context_elsewhere_;
  size_t context_bytes_ = 0;  // Of what these three hold, about.
  // By number, as the reader `numbering_` gave it.
  std::vector<Numbered> numbered_;
  uint64_t numbering_ = 0;
  uint32_t columns_made_ = 0;  // Of annotations.
  std::optional<SummaryBuilder> summaries_;
  // Of the trace being added.
  std::vector<uint32_t> context_places_;  // By document.
  // Codes, by the node of a segment, then by the call of an inferred one.
  std::vector<uint32_t> segment_services_;
  std::vector<PathTime> times_;  // Likewise; of a call by its edge.
  size_t fresh_texts_ = 0;       // Of annotations: not there before it.
  std::vector<NumberRows*> trace_numbers_;  // Columns that got numbers.
  std::vector<uint8_t> counts_;             // Which entities count.
  std::string key_;                         // The one that is being made.
  // Of its services: as nodes, sources and targets.
  std::array<std::vector<uint32_t>, 3> service_codes_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_INDEX_COLUMNS_H_

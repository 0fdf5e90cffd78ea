// Traces -> what their summaries say beside other columns (summary_texts.h).
//
// A trace is told whole or not at all: whoever wants the summary of one that is
// not told looks at the trace.
//
// Threads: one thread at a time.
#ifndef ROENTGEN_STORAGE_INDEX_SUMMARY_BUILDER_H_
#define ROENTGEN_STORAGE_INDEX_SUMMARY_BUILDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "base/limits.h"
#include "storage/index/summary_texts.h"
#include "storage/index/text_dictionary.h"
#include "trace/model/root_cause.h"

namespace roentgen::storage {

class SummaryBuilder {
 public:
  void BeginTrace();
  // Whether the trace can still be told.
  bool telling() const { return telling_; }
  void GiveUp() { telling_ = false; }

  void BeginDocument() { document_.clear(), keys_.clear(); }
  // `column` stands for the key of an annotation, and `place` is less than
  // kSummaryPlacesMax; else gives up.
  void Add(SummaryEntry::Kind kind, uint32_t column, uint32_t place,
           std::string_view key) {
    if (place >= kSummaryPlacesMax ||
        document_.size() == limits::kSummaryEntriesMax) {
      return GiveUp();
    }
    document_.push_back(WordOf(kind, column, place));
    keys_.push_back(key);
  }
  // `service` is the number of `service_key`; nothing: of no service.
  void EndDocument(std::optional<uint32_t> service,
                   std::string_view service_key);
  void AddCause(CauseKind kind, const RootCause& cause);

  // The path to the cause of the response time.
  void BeginPath() { path_.clear(), times_.clear(); }
  // `service` is the number of a segment's, any other one for other entities;
  // `kind` tells apart entities of one name: 0 to 3.
  void AddToPath(uint32_t service, std::string_view name, uint32_t kind,
                 PathTime time);
  // `cause` is asked for when the path is new.
  void EndPath(absl::FunctionRef<RootCause()> cause);

  // What column kSummary has of the trace: empty when it is not told. Lives
  // until the next trace.
  std::string_view EndTrace() const;

  // Of all reports, by their numbers.
  const GrowingDictionary& texts() const { return texts_; }
  size_t MemoryBytes() const;

 private:
  // What stands for the key, the place and the kind of an entry.
  static constexpr uint32_t kKindBits = 3;
  static constexpr uint32_t kPlaceBits = 6;
  static_assert(kSummaryPlacesMax == 1U << kPlaceBits);
  static uint32_t WordOf(SummaryEntry::Kind kind, uint32_t column,
                         uint32_t place) {
    return column << (kPlaceBits + kKindBits) | place << kKindBits |
           static_cast<uint32_t>(kind);
  }
  static SummaryEntry EntryOf(uint32_t word, std::string_view key);

  using Numbers = absl::flat_hash_map<std::vector<uint32_t>, uint32_t>;

  // Notes the number of the words; they are known next time.
  void Note(const std::vector<uint32_t>& words, uint32_t number,
            Numbers& numbers);
  void AddReport(uint32_t number);
  // Gives up, and says nothing, when there is no room.
  std::optional<uint32_t> NumberOf(const std::string& text);

  GrowingDictionary texts_;
  // Of the document being added, what makes it differ from others; and the
  // keys of its annotations.
  std::vector<uint32_t> document_;
  std::vector<std::string_view> keys_;
  Numbers documents_;
  // Likewise of the path: services, names as numbers, and times; and the times
  // of its entities.
  std::vector<uint32_t> path_;
  std::vector<PathTime> times_;
  GrowingDictionary names_;
  Numbers paths_;
  size_t noted_bytes_ = 0;  // Of what documents and paths are known by.
  // Of the trace being added.
  bool telling_ = false;
  std::string reports_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_SUMMARY_BUILDER_H_

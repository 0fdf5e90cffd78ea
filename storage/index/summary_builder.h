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
  // `column` stands for the key and kind of an annotation. No place, or one
  // that no text can name: gives up.
  void Add(SummaryEntry::Kind kind, uint32_t column,
           std::optional<uint32_t> place, std::string_view key);
  // `service` is the number of `service_key`; nothing: of no service.
  void EndDocument(std::optional<uint32_t> service,
                   std::string_view service_key);
  void AddCause(CauseKind kind, const RootCause& cause);

  // What column kSummary has of the trace: empty when it is not told. Lives
  // until the next trace.
  std::string_view EndTrace() const;

  // Of all reports, by their numbers.
  const GrowingDictionary& texts() const { return texts_; }
  size_t MemoryBytes() const;

 private:
  void AddReport(uint32_t number);
  // Gives up, and says nothing, when there is no room.
  std::optional<uint32_t> NumberOf(const std::string& text);

  GrowingDictionary texts_;
  // Of the document being added, what makes it differ from others; and the
  // keys of its annotations.
  std::vector<uint32_t> document_;
  std::vector<std::string_view> keys_;
  absl::flat_hash_map<std::vector<uint32_t>, uint32_t> documents_;
  size_t document_bytes_ = 0;  // Of those.
  // Of the trace being added.
  bool telling_ = false;
  std::string reports_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_SUMMARY_BUILDER_H_

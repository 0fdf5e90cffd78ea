#include "storage/index/summary_builder.h"

#include <span>

#include "base/limits.h"
#include "base/wire.h"

namespace roentgen::storage {

SummaryEntry SummaryBuilder::EntryOf(uint32_t word, std::string_view key) {
  return {
      .kind = static_cast<SummaryEntry::Kind>(word & ((1U << kKindBits) - 1)),
      .place =
          static_cast<uint8_t>(word >> kKindBits & (kSummaryPlacesMax - 1)),
      .key = key};
}

void SummaryBuilder::BeginTrace() {
  telling_ = true;
  reports_.assign(1, kReportsBegin);
}

void SummaryBuilder::Note(const std::vector<uint32_t>& words, uint32_t number,
                          Numbers& numbers) {
  numbers.try_emplace(words, number);
  noted_bytes_ += words.size() * sizeof(uint32_t);
}

void SummaryBuilder::EndDocument(std::optional<uint32_t> service,
                                 std::string_view service_key) {
  if (!telling_ || document_.empty()) return;
  document_.push_back(service ? *service + 1 : 0);
  const auto known = documents_.find(document_);
  if (known != documents_.end()) return AddReport(known->second);
  DocumentReport report;
  if (service) report.service = service_key;
  for (size_t i = 0; i < keys_.size(); ++i) {
    report.entries.push_back(EntryOf(document_[i], keys_[i]));
  }
  const std::optional<uint32_t> number = NumberOf(EncodeDocumentReport(report));
  if (!number) return;
  Note(document_, *number, documents_);
  AddReport(*number);
}

void SummaryBuilder::AddCause(CauseKind kind, const RootCause& cause) {
  if (!telling_) return;
  const std::string text = EncodeCauseReport(kind, cause);
  if (text.size() > limits::kSummaryCauseBytesMax) return GiveUp();
  if (const std::optional<uint32_t> number = NumberOf(text)) {
    AddReport(*number);
  }
}

void SummaryBuilder::AddToPath(uint32_t service, std::string_view name,
                               uint32_t kind, PathTime time) {
  if (!telling_) return;
  if (names_.text_bytes() > limits::kTextColumnBytesMax) return GiveUp();
  path_.push_back(service);
  path_.push_back(names_.Add(name) << 2 | kind);
  path_.push_back(time);
  times_.push_back(time);
}

void SummaryBuilder::EndPath(absl::FunctionRef<RootCause()> cause) {
  if (!telling_) return;
  const auto known = paths_.find(path_);
  if (known != paths_.end()) return AddReport(known->second);
  const std::string text =
      EncodeCauseReport(CauseKind::kResponseTime, cause(),
                        std::span<const PathTime>(times_).subspan(1));
  if (text.size() > limits::kSummaryCauseBytesMax) return GiveUp();
  const std::optional<uint32_t> number = NumberOf(text);
  if (!number) return;
  Note(path_, *number, paths_);
  AddReport(*number);
}

std::optional<uint32_t> SummaryBuilder::NumberOf(const std::string& text) {
  if (const auto known = texts_.Find(text)) return known;
  if (texts_.text_bytes() + text.size() > limits::kTextColumnBytesMax) {
    GiveUp();
    return std::nullopt;
  }
  return texts_.Add(text);
}

void SummaryBuilder::AddReport(uint32_t number) {
  AppendVarint(number, reports_);
  if (reports_.size() > limits::kSummaryReportBytesMax) GiveUp();
}

std::string_view SummaryBuilder::EndTrace() const {
  return telling_ ? std::string_view(reports_) : std::string_view();
}

size_t SummaryBuilder::MemoryBytes() const {
  return texts_.MemoryBytes() + names_.MemoryBytes() + noted_bytes_ +
         (documents_.capacity() + paths_.capacity()) *
             (sizeof(Numbers::value_type) + 1);
}

}  // namespace roentgen::storage

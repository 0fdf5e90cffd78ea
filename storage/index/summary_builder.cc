#include "storage/index/summary_builder.h"

#include "base/limits.h"
#include "base/wire.h"

namespace roentgen::storage {
namespace {

// A word of `document_`: what stands for the key, the place and the kind.
constexpr uint32_t kKindBits = 3;
constexpr uint32_t kPlaceBits = 6;
static_assert(kSummaryPlacesMax == 1U << kPlaceBits);

uint32_t WordOf(SummaryEntry::Kind kind, uint32_t column, uint32_t place) {
  return column << (kPlaceBits + kKindBits) | place << kKindBits |
         static_cast<uint32_t>(kind);
}

SummaryEntry EntryOf(uint32_t word, std::string_view key) {
  return {
      .kind = static_cast<SummaryEntry::Kind>(word & ((1U << kKindBits) - 1)),
      .place =
          static_cast<uint8_t>(word >> kKindBits & (kSummaryPlacesMax - 1)),
      .key = key};
}

}  // namespace

void SummaryBuilder::BeginTrace() {
  telling_ = true;
  reports_.assign(1, kReportsBegin);
}

void SummaryBuilder::Add(SummaryEntry::Kind kind, uint32_t column,
                         std::optional<uint32_t> place, std::string_view key) {
  if (!place || *place >= kSummaryPlacesMax ||
      document_.size() == limits::kSummaryEntriesMax) {
    return GiveUp();
  }
  document_.push_back(WordOf(kind, column, *place));
  keys_.push_back(key);
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
  documents_.try_emplace(document_, *number);
  document_bytes_ += document_.size() * sizeof(uint32_t);
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
  return texts_.MemoryBytes() + document_bytes_ +
         documents_.capacity() * (sizeof(decltype(documents_)::value_type) + 1);
}

}  // namespace roentgen::storage

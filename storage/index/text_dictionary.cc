#include "storage/index/text_dictionary.h"

namespace roentgen::storage {

uint32_t GrowingDictionary::Add(std::string_view text) {
  const auto found = codes_.find(text);
  if (found != codes_.end()) return found->second;
  const uint32_t code = size();
  codes_.emplace(texts_.emplace_back(text), code);
  text_bytes_ += text.size();
  return code;
}

std::optional<uint32_t> GrowingDictionary::Find(std::string_view text) const {
  const auto found = codes_.find(text);
  if (found == codes_.end()) return std::nullopt;
  return found->second;
}

size_t GrowingDictionary::MemoryBytes() const {
  constexpr size_t kPerText =
      sizeof(std::string) + sizeof(std::pair<std::string_view, uint32_t>) + 1;
  return text_bytes_ + texts_.size() * kPerText;
}

void PackedDictionary::Reserve(size_t texts, size_t bytes) {
  ends_.reserve(texts);
  texts_.reserve(bytes);
}

void PackedDictionary::Append(size_t shared, std::string_view rest) {
  const size_t last = ends_.size() < 2 ? 0 : ends_[ends_.size() - 2];
  texts_.append(texts_, last, shared);
  texts_.append(rest);
  ends_.push_back(static_cast<uint32_t>(texts_.size()));
}

std::optional<uint32_t> PackedDictionary::Find(std::string_view text) const {
  uint32_t low = 0;
  uint32_t high = size();
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (at(middle) < text) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == size() || at(low) != text) return std::nullopt;
  return low;
}

size_t PackedDictionary::MemoryBytes() const {
  return texts_.capacity() + ends_.capacity() * sizeof(uint32_t);
}

}  // namespace roentgen::storage

// The distinct texts of a column, known by their codes 0, 1, 2, ...
//
// Threads: reading is thread-safe; a GrowingDictionary has one writer and no
// readers meanwhile.
#ifndef ROENTGEN_STORAGE_INDEX_TEXT_DICTIONARY_H_
#define ROENTGEN_STORAGE_INDEX_TEXT_DICTIONARY_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/seeded_hash.h"

namespace roentgen::storage {

// Of hash tables keyed by texts that are looked up by views.
struct TextEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    return a == b;
  }
};

class TextDictionary {
 public:
  virtual ~TextDictionary() = default;

  virtual uint32_t size() const = 0;
  virtual std::string_view at(uint32_t code) const = 0;
  virtual std::optional<uint32_t> Find(std::string_view text) const = 0;
};

// In order of appearance.
class GrowingDictionary final : public TextDictionary {
 public:
  // The text's code; a new one when it was not there.
  uint32_t Add(std::string_view text);

  uint32_t size() const override {
    return static_cast<uint32_t>(texts_.size());
  }
  std::string_view at(uint32_t code) const override { return texts_[code]; }
  std::optional<uint32_t> Find(std::string_view text) const override;
  size_t text_bytes() const { return text_bytes_; }
  size_t MemoryBytes() const;

 private:
  std::deque<std::string> texts_;  // Addresses are stable.
  absl::flat_hash_map<std::string_view, uint32_t, SeededHash, TextEqual> codes_;
  size_t text_bytes_ = 0;
};

// Ascending; made by UnpackDictionary (column_codec.h).
class PackedDictionary final : public TextDictionary {
 public:
  // Room for what is to come: a hint.
  void Reserve(size_t texts, size_t bytes);
  // The first `shared` bytes of the last text, and then `rest`.
  void Append(size_t shared, std::string_view rest);

  uint32_t size() const override { return static_cast<uint32_t>(ends_.size()); }
  size_t text_bytes() const { return texts_.size(); }
  std::string_view at(uint32_t code) const override {
    const uint32_t begin = code == 0 ? 0 : ends_[code - 1];
    return std::string_view(texts_).substr(begin, ends_[code] - begin);
  }
  std::optional<uint32_t> Find(std::string_view text) const override;
  size_t MemoryBytes() const;

 private:
  std::string texts_;
  std::vector<uint32_t> ends_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_TEXT_DICTIONARY_H_

// A set of the numbers 0 .. size-1: traces of a batch, or rows of a column.
//
// Threads: plain data.
#ifndef ROENTGEN_STORAGE_INDEX_TRACE_BITMAP_H_
#define ROENTGEN_STORAGE_INDEX_TRACE_BITMAP_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace roentgen::storage {

class TraceBitmap {
 public:
  TraceBitmap() = default;
  explicit TraceBitmap(uint32_t size, bool full = false)
      : size_(size), words_((size + 63) / 64, full ? ~uint64_t{0} : 0) {
    Trim();
  }

  // Those of 0 .. size-1 for which `fn` holds.
  template <typename Fn>
  static TraceBitmap Where(uint32_t size, Fn fn) {
    TraceBitmap set(size);
    for (uint32_t w = 0; w < set.words_.size(); ++w) {
      const uint32_t begin = w * 64;
      const uint32_t end = size - begin < 64 ? size : begin + 64;
      uint64_t word = 0;
      for (uint32_t i = begin; i < end; ++i) {
        word |= static_cast<uint64_t>(fn(i)) << (i - begin);
      }
      set.words_[w] = word;
    }
    return set;
  }

  // New members are not in the set.
  void Resize(uint32_t size) {
    size_ = size;
    words_.resize((size + 63) / 64, 0);
    Trim();
  }

  uint32_t size() const { return size_; }
  void Set(uint32_t i) { words_[i / 64] |= uint64_t{1} << (i % 64); }
  void Clear(uint32_t i) { words_[i / 64] &= ~(uint64_t{1} << (i % 64)); }
  bool Test(uint32_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }

  bool empty() const {
    for (uint64_t w : words_) {
      if (w != 0) return false;
    }
    return true;
  }
  uint32_t Count() const {
    uint32_t count = 0;
    for (uint64_t w : words_) count += static_cast<uint32_t>(std::popcount(w));
    return count;
  }

  // `other` is of the same size.
  void And(const TraceBitmap& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  }
  void Or(const TraceBitmap& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  void Invert() {
    for (uint64_t& w : words_) w = ~w;
    Trim();
  }

  // fn(i) for each member, ascending.
  template <typename Fn>
  void ForEach(Fn fn) const {
    for (size_t w = 0; w < words_.size(); ++w) {
      for (uint64_t rest = words_[w]; rest != 0; rest &= rest - 1) {
        fn(static_cast<uint32_t>(w * 64) +
           static_cast<uint32_t>(std::countr_zero(rest)));
      }
    }
  }

 private:
  void Trim() {
    if (size_ % 64 != 0) words_.back() &= (uint64_t{1} << (size_ % 64)) - 1;
  }

  uint32_t size_ = 0;
  std::vector<uint64_t> words_;
};

// What an index says of each: `must` are certain, others of `may` possible.
struct Match {
  TraceBitmap may;
  TraceBitmap must;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_TRACE_BITMAP_H_

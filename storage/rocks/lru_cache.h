// Values that were asked for lately, up to a number of bytes.
//
// For what RocksDB's block cache has, too, but packed: looking it up there and
// unpacking it takes longer than using it.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_LRU_CACHE_H_
#define ROENTGEN_STORAGE_ROCKS_LRU_CACHE_H_

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"

namespace roentgen::storage {

template <typename Value>
class LruCache {
 public:
  explicit LruCache(size_t bytes_max) : bytes_max_(bytes_max) {}

  // Null: not here.
  std::shared_ptr<const Value> Find(std::string_view key) {
    MutexLock lock(mu_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  // Keeps a value of about so many bytes, and forgets those that nobody asked
  // for the longest. One that exceeds the whole is not kept.
  void Add(std::string_view key, std::shared_ptr<const Value> value,
           size_t bytes) {
    // List node, map slot and control block, about.
    bytes += key.size() + 160;
    MutexLock lock(mu_);
    if (bytes > bytes_max_ || by_key_.contains(key)) return;
    entries_.push_front({std::string(key), std::move(value), bytes});
    by_key_[entries_.front().key] = entries_.begin();
    bytes_ += bytes;
    while (bytes_ > bytes_max_) {
      bytes_ -= entries_.back().bytes;
      by_key_.erase(entries_.back().key);
      entries_.pop_back();
    }
  }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Value> value;
    size_t bytes = 0;
  };

  const size_t bytes_max_;
  Mutex mu_;
  // Most lately used first.
  std::list<Entry> entries_ RTG_GUARDED_BY(mu_);
  // Keys are the entries' own.
  absl::flat_hash_map<std::string_view, typename std::list<Entry>::iterator>
      by_key_ RTG_GUARDED_BY(mu_);
  size_t bytes_ RTG_GUARDED_BY(mu_) = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_LRU_CACHE_H_

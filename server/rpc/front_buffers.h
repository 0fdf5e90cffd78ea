// Room for bytes on their way. Most connections say little at a time and have
// small room; who says much gets a large one while there are some left.
//
// Threads: confined to one thread.
#ifndef ROENTGEN_SERVER_RPC_FRONT_BUFFERS_H_
#define ROENTGEN_SERVER_RPC_FRONT_BUFFERS_H_

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"

namespace roentgen::server {

class FrontBuffers {
 public:
  // Null: as many are out as there may be.
  std::unique_ptr<char[]> Take() {
    if (kept_.empty()) {
      if (made_ == kLargeMax) return nullptr;
      ++made_;
      return std::make_unique_for_overwrite<char[]>(
          limits::kGrpcFrontBufferBytes);
    }
    auto taken = std::move(kept_.back());
    kept_.pop_back();
    return taken;
  }
  void Give(std::unique_ptr<char[]> buffer) {
    kept_.push_back(std::move(buffer));
  }

 private:
  static constexpr size_t kLargeMax = 256;

  std::vector<std::unique_ptr<char[]>> kept_;
  size_t made_ = 0;
};

// The bytes of one way of one connection.
class FrontBuffer {
 public:
  // `large` outlives it.
  explicit FrontBuffer(FrontBuffers& large) : large_(large) {}
  ~FrontBuffer() { Shrink(); }
  FrontBuffer(const FrontBuffer&) = delete;
  FrontBuffer& operator=(const FrontBuffer&) = delete;

  // Where the next bytes go; large when the last ones filled what they had.
  // Never empty, as long as less than kSmall bytes are left inside.
  std::span<char> Room() {
    if (small_ == nullptr) {
      small_ = std::make_unique_for_overwrite<char[]>(kSmall);
    }
    if (was_full_ && big_ == nullptr) {
      big_ = large_.Take();
      if (big_ != nullptr) std::memcpy(big_.get(), small_.get(), bytes_);
    }
    if (!was_full_ && big_ != nullptr && bytes_ < kSmall) {
      std::memcpy(small_.get(), big_.get(), bytes_);
      Shrink();
    }
    return {data() + bytes_, size() - bytes_};
  }
  void Add(size_t bytes) {
    was_full_ = bytes + bytes_ >= (big_ != nullptr ? kSmall : size());
    bytes_ += bytes;
  }
  std::string_view view() const { return {data(), bytes_}; }
  void Clear() { bytes_ = 0; }
  void RemovePrefix(size_t bytes) {
    bytes_ -= bytes;
    std::memmove(data(), data() + bytes, bytes_);
  }

 private:
  static constexpr size_t kSmall = size_t{16} * 1024;

  char* data() const { return big_ != nullptr ? big_.get() : small_.get(); }
  size_t size() const {
    return big_ != nullptr ? limits::kGrpcFrontBufferBytes : kSmall;
  }
  void Shrink() {
    if (big_ != nullptr) large_.Give(std::move(big_));
  }

  FrontBuffers& large_;
  std::unique_ptr<char[]> small_;
  std::unique_ptr<char[]> big_;
  size_t bytes_ = 0;
  bool was_full_ = false;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_FRONT_BUFFERS_H_

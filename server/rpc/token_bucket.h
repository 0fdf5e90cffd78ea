// So many at once, and so many in each second after that.
//
// Threads: plain value.
#ifndef ROENTGEN_SERVER_RPC_TOKEN_BUCKET_H_
#define ROENTGEN_SERVER_RPC_TOKEN_BUCKET_H_

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace roentgen::server {

class TokenBucket {
 public:
  struct Rate {
    int64_t burst;
    int64_t per_second;
  };

  // Full.
  explicit TokenBucket(Rate rate)
      : rate_(rate), tokens_(static_cast<double>(rate.burst)) {}

  // False: there is none. `now` never goes back.
  bool Take(std::chrono::steady_clock::time_point now) {
    const std::chrono::duration<double> passed = now - filled_;
    filled_ = now;
    Add(passed.count() * static_cast<double>(rate_.per_second));
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }
  void Add(double tokens) {
    tokens_ = std::min(tokens_ + tokens, static_cast<double>(rate_.burst));
  }

 private:
  Rate rate_;
  double tokens_;
  std::chrono::steady_clock::time_point filled_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_TOKEN_BUCKET_H_

// So many at once, and so many in each second after that. What is taken though
// it is not there is a debt, of no more than a full bucket.
//
// Threads: plain value.
#ifndef ROENTGEN_BASE_TOKEN_BUCKET_H_
#define ROENTGEN_BASE_TOKEN_BUCKET_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace roentgen {

class TokenBucket {
 public:
  struct Rate {
    int64_t burst;
    int64_t per_second;
  };

  // With `tokens` to begin with.
  TokenBucket(Rate rate, int64_t tokens)
      : rate_(rate), tokens_(static_cast<double>(tokens)) {}

  // False: there are not so many. `now` never goes back, here and below.
  bool Take(int64_t tokens, std::chrono::steady_clock::time_point now) {
    Fill(now);
    if (tokens_ < static_cast<double>(tokens)) return false;
    tokens_ -= static_cast<double>(tokens);
    return true;
  }
  bool Take(std::chrono::steady_clock::time_point now) { return Take(1, now); }
  bool Has(int64_t tokens, std::chrono::steady_clock::time_point now) {
    Fill(now);
    return tokens_ >= static_cast<double>(tokens);
  }
  void Charge(size_t tokens, std::chrono::steady_clock::time_point now) {
    Fill(now);
    tokens_ = std::max(tokens_ - static_cast<double>(tokens),
                       -static_cast<double>(rate_.burst));
  }
  bool IsInDebt(std::chrono::steady_clock::time_point now) {
    Fill(now);
    return tokens_ < 0;
  }
  void Add(double tokens) {
    tokens_ = std::min(tokens_ + tokens, static_cast<double>(rate_.burst));
  }

 private:
  // The first time tells only from when on it is filled.
  void Fill(std::chrono::steady_clock::time_point now) {
    const std::chrono::duration<double> passed = now - filled_.value_or(now);
    filled_ = now;
    Add(passed.count() * static_cast<double>(rate_.per_second));
  }

  Rate rate_;
  double tokens_;
  std::optional<std::chrono::steady_clock::time_point> filled_;
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_TOKEN_BUCKET_H_

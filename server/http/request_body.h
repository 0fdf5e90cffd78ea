// Bodies of requests: gathering them within bounds, and undoing their
// content encoding.
//
// Threads: thread-compatible.
#ifndef ROENTGEN_SERVER_HTTP_REQUEST_BODY_H_
#define ROENTGEN_SERVER_HTTP_REQUEST_BODY_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/memory_budget.h"
#include "server/http/http_message.h"
#include "server/status_mapping.h"

namespace roentgen::server {

// A body of a known length that grows as its bytes arrive: an announced
// length alone costs nothing.
class SizedBody {
 public:
  explicit SizedBody(size_t length) : length_(length) {}

  size_t size() const { return size_; }
  size_t missing() const { return length_ - size_; }

  // Adds bytes that came with the head. False when `lease` cannot grow.
  bool Append(std::string_view bytes, MemoryLease& lease);
  // Ensures that Prepare() has room while bytes are missing. False when
  // `lease` cannot grow.
  bool MakeRoom(MemoryLease& lease);

  std::span<char> Prepare() {
    return {bytes_.data() + size_, bytes_.size() - size_};
  }
  void Commit(size_t n) { size_ += n; }
  std::string Take() { return std::move(bytes_); }

 private:
  const size_t length_;
  size_t size_ = 0;
  std::string bytes_;  // The first `size_` have arrived.
};

AwsError BodyTooLarge(const BodyLimit& limit);
AwsError OutOfRequestMemory();

// As DecodeBody, for a body that comes to `bytes_max` at most. False: it comes
// to more, or cannot be inflated, and is as it was.
bool DecodeSmallBody(HttpRequest& request, size_t bytes_max);

// Inflates the body of `request` as its Content-Encoding says.
std::optional<AwsError> DecodeBody(HttpRequest& request,
                                   const BodyLimit& limit);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_REQUEST_BODY_H_

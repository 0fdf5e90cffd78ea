// The bounds of an answer that is built whole: a size, and the memory of its
// call as it grows.
//
//   GrowingAnswer answer(text, call);
//   for (...) {
//     Append(span, text);
//     RTG_RETURN_IF_ERROR(answer.Check());
//   }
//
// Threads: one thread at a time.
#ifndef ROENTGEN_SERVER_GROWING_ANSWER_H_
#define ROENTGEN_SERVER_GROWING_ANSWER_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "base/call.h"
#include "base/limits.h"

namespace roentgen::server {

class GrowingAnswer {
 public:
  // Both outlive this object.
  GrowingAnswer(const std::string& text, const Call& call)
      : text_(text), call_(call) {}

  // After each piece. `more`: bytes besides the text that are or will be there.
  // Errors: ResourceExhausted above limits::kSpanAnswerBytesMax; those of
  // Call::CheckRoom.
  absl::Status Check(size_t more = 0) {
    if (text_.size() > limits::kSpanAnswerBytesMax) {
      return absl::ResourceExhaustedError(
          "the answer has more than " +
          std::to_string(limits::kSpanAnswerBytesMax) +
          " bytes: ask for fewer traces, or over gRPC, which streams");
    }
    if (text_.size() + more < asked_) return absl::OkStatus();
    // Ahead, so that not each piece asks.
    constexpr size_t kStepBytes = 256 * 1024;
    asked_ = text_.size() + more + kStepBytes;
    return call_.CheckRoom(asked_);
  }

 private:
  const std::string& text_;
  const Call& call_;
  size_t asked_ = 0;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_GROWING_ANSWER_H_

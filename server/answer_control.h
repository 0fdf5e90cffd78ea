// What an answer that is built whole may take: time, and memory as it grows.
//
//   GrowingAnswer answer(text, control);
//   for (...) {
//     Append(span, text);
//     RTG_RETURN_IF_ERROR(answer.Check());
//   }
//
// Threads: AnswerControl as CallControl; GrowingAnswer is thread-compatible.
#ifndef ROENTGEN_SERVER_ANSWER_CONTROL_H_
#define ROENTGEN_SERVER_ANSWER_CONTROL_H_

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/call_control.h"
#include "base/limits.h"

namespace roentgen::server {

class AnswerControl : public CallControl {
 public:
  // Whether there is memory for so many bytes, and time to go on.
  using HasRoom = std::function<absl::Status(size_t bytes)>;

  // Implicit: tests have a deadline and nothing else.
  AnswerControl(absl::Time deadline) : CallControl(deadline) {}
  AnswerControl(CallControl control, HasRoom has_room)
      : CallControl(std::move(control)), has_room_(std::move(has_room)) {}

  absl::Status CheckRoom(size_t bytes) const {
    return has_room_ == nullptr ? absl::OkStatus() : has_room_(bytes);
  }

 private:
  HasRoom has_room_;
};

class GrowingAnswer {
 public:
  // Both outlive this object.
  GrowingAnswer(const std::string& text, const AnswerControl& control)
      : text_(text), control_(control) {}

  // After each piece. `more`: bytes besides the text that are or will be there.
  // Errors: ResourceExhausted above limits::kSpanAnswerBytesMax; those of
  // AnswerControl::CheckRoom.
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
    return control_.CheckRoom(asked_);
  }

 private:
  const std::string& text_;
  const AnswerControl& control_;
  size_t asked_ = 0;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ANSWER_CONTROL_H_

// Answers that are built whole are bounded.
#ifndef ROENTGEN_SERVER_JAEGER_ANSWER_SIZE_H_
#define ROENTGEN_SERVER_JAEGER_ANSWER_SIZE_H_

#include <string>

#include "absl/status/status.h"
#include "base/limits.h"

namespace roentgen::server {

inline absl::Status CheckAnswerSize(const std::string& answer) {
  if (answer.size() <= limits::kSpanAnswerBytesMax) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      "the answer has more than " +
      std::to_string(limits::kSpanAnswerBytesMax) +
      " bytes: ask for fewer traces, or over gRPC, which streams");
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_ANSWER_SIZE_H_

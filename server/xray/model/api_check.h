// Whether a request keeps to its shape: required members, lengths, ranges,
// patterns, enumerations.
//
//   if (auto error = CheckRequest(*operation.input, request)) return *error;
//
// Texts count in characters, times must lie between the years 1678 and 2262,
// unless they are a sender's own (ApiShape::sender).
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_XRAY_MODEL_API_CHECK_H_
#define ROENTGEN_SERVER_XRAY_MODEL_API_CHECK_H_

#include <optional>
#include <string>
#include <string_view>

#include "server/status_mapping.h"
#include "server/xray/model/api_model.h"
#include "server/xray/model/api_value.h"

namespace roentgen::server {

// ValidationException that says all that is wrong. `request` has been read by
// the same shape: a text where a time is due is a time out of range.
std::optional<AwsError> CheckRequest(const ApiShape& shape,
                                     const ApiValue& request);

// What is wrong with an answer, for tests: also unknown members and wrong
// types. Empty when nothing is.
std::string CheckAnswer(const ApiShape& shape, const ApiValue& answer);

// Gathers all that is wrong with a request into one ValidationException.
class Validation {
 public:
  // `member`: "tags.1.member.key".
  void Add(std::string_view value, std::string_view member,
           std::string_view constraint);
  std::optional<AwsError> Error() const;

 private:
  int count_ = 0;
  std::string text_;
};

// Characters (code points) of UTF-8.
size_t CountChars(std::string_view utf8);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_MODEL_API_CHECK_H_

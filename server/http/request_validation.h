// What is wrong with the JSON body of an X-Ray operation, in AWS's words.
//
//   if (auto error = ErrorOf(read)) return *std::move(error);
//   Validation validation;
//   validation.Require(name.has_value(), "groupName");
//   if (auto error = validation.Error()) return *std::move(error);
//
// Threads: ErrorOf and functions on text are pure; a Validation is confined to
// one thread. Include only from .cc files, like json_body.h.
#ifndef ROENTGEN_SERVER_HTTP_REQUEST_VALIDATION_H_
#define ROENTGEN_SERVER_HTTP_REQUEST_VALIDATION_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/json_body.h"
#include "server/status_mapping.h"

namespace roentgen::server {

// SerializationException; nothing for kOk.
std::optional<AwsError> ErrorOf(JsonRead read);

// "Value 'text'".
std::string Quoted(std::string_view value);
// Characters (code points) of UTF-8.
size_t CountChars(std::string_view utf8);

// Gathers all that is wrong with a request into one ValidationException.
class Validation {
 public:
  void Require(bool present, std::string_view member);
  // Length of a text in characters.
  void CheckLength(const std::optional<std::string_view>& text,
                   std::string_view member, size_t min, size_t max);
  void Add(std::string_view value, std::string_view member,
           std::string_view constraint);
  // Of the required member TraceIds; none when something is wrong with one.
  std::vector<std::string> TakeTraceIds(
      const std::optional<std::vector<std::string_view>>& ids);
  std::optional<AwsError> Error() const;

 private:
  int count_ = 0;
  std::string text_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_REQUEST_VALIDATION_H_

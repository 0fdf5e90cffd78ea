#include "server/http/request_validation.h"

#include <cstdint>
#include <utility>

namespace roentgen::server {
namespace {

// Of a value that is too long, as much as a message shows.
constexpr size_t kShownBytesMax = 140;

AwsError NotSerialized(std::string message) {
  return {.http_status = 400,
          .name = "SerializationException",
          .message = std::move(message),
          .retry_after = std::nullopt};
}

}  // namespace

std::optional<AwsError> ErrorOf(JsonRead read) {
  switch (read) {
    case JsonRead::kOk:
      return std::nullopt;
    case JsonRead::kNotJson:
      return NotSerialized("The request body is not valid JSON.");
    case JsonRead::kWrongType:
      break;
  }
  return NotSerialized("A member of the request has the wrong JSON type.");
}

std::string Quoted(std::string_view value) {
  return "Value '" + std::string(value) + "'";
}

size_t CountChars(std::string_view utf8) {
  size_t n = 0;
  for (const char c : utf8) n += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
  return n;
}

void Validation::Require(bool present, std::string_view member) {
  if (!present) Add("Value null", member, "Member must not be null");
}

void Validation::CheckLength(const std::optional<std::string_view>& text,
                             std::string_view member, size_t min, size_t max) {
  if (!text) return;
  const size_t chars = CountChars(*text);
  if (chars >= min && chars <= max) return;
  Add(Quoted(text->substr(0, kShownBytesMax)), member,
      "Member must have length from " + std::to_string(min) + " to " +
          std::to_string(max));
}

void Validation::Add(std::string_view value, std::string_view member,
                     std::string_view constraint) {
  if (count_++ > 0) text_ += "; ";
  text_ += std::string(value) + " at '" + std::string(member) +
           "' failed to satisfy constraint: " + std::string(constraint);
}

std::vector<std::string> Validation::TakeTraceIds(
    const std::optional<std::vector<std::string_view>>& ids) {
  constexpr size_t kCharsMax = 35;
  Require(ids.has_value(), "traceIds");
  if (!ids) return {};
  for (const std::string_view id : *ids) {
    const size_t chars = CountChars(id);
    if (chars >= 1 && chars <= kCharsMax) continue;
    Add(Quoted(id.substr(0, 4 * kCharsMax)), "traceIds",
        "Member must have length from 1 to 35");
    return {};
  }
  return {ids->begin(), ids->end()};
}

std::optional<AwsError> Validation::Error() const {
  if (count_ == 0) return std::nullopt;
  const std::string head =
      count_ == 1 ? "1 validation error detected: "
                  : std::to_string(count_) + " validation errors detected: ";
  return AwsError{.http_status = 400,
                  .name = "ValidationException",
                  .message = head + text_,
                  .retry_after = std::nullopt};
}

}  // namespace roentgen::server

#include "query/traces/batch_token.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "xxhash.h"

namespace roentgen::query {
namespace {

// Token: per trace "place.segments.pieces-", ascending, and the check sum of
// these and of the ids.
std::string CheckSum(std::span<const std::string> ids,
                     std::string_view positions, uint64_t key) {
  std::string all;
  for (const std::string& id : ids) all.append(id).append("\n");
  all.append(positions);
  return std::to_string(XXH3_64bits_withSeed(all.data(), all.size(), key));
}

}  // namespace

std::string EncodeBatchToken(std::span<const std::string> ids,
                             const AnswerPositions& positions, uint64_t key) {
  if (positions.empty()) return {};
  std::string token;
  for (const auto& [place, at] : positions) {
    token += std::to_string(place) + '.' + std::to_string(at.segments) + '.' +
             std::to_string(at.pieces) + '-';
  }
  return token + CheckSum(ids, token, key);
}

std::optional<AnswerPositions> DecodeBatchToken(
    std::span<const std::string> ids, std::string_view token, uint64_t key) {
  const size_t end = token.rfind('-');
  if (end == token.npos) return std::nullopt;
  const std::string_view positions = token.substr(0, end + 1);
  if (token.substr(end + 1) != CheckSum(ids, positions, key)) {
    return std::nullopt;
  }
  AnswerPositions read;
  const absl::string_view parts(token.data(), end);
  for (const absl::string_view part : absl::StrSplit(parts, '-')) {
    const std::vector<absl::string_view> numbers = absl::StrSplit(part, '.');
    size_t place;
    AnswerPosition at;
    if (numbers.size() != 3 || !absl::SimpleAtoi(numbers[0], &place) ||
        !absl::SimpleAtoi(numbers[1], &at.segments) ||
        !absl::SimpleAtoi(numbers[2], &at.pieces) || place >= ids.size()) {
      return std::nullopt;
    }
    read[place] = at;
  }
  // The same numbers can be written in other ways: with blanks, in another
  // order, twice.
  if (EncodeBatchToken(ids, read, key) != token) return std::nullopt;
  return read;
}

}  // namespace roentgen::query

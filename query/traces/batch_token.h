// The NextToken of BatchGetTraces: where the traces go on that did not fit the
// page.
//
// Carries a check sum, keyed as that of page_token.h, of the ids that were
// asked for and of all else in it: a token that was altered, or that is used
// with other ids, is refused. Stable over restarts.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_TRACES_BATCH_TOKEN_H_
#define ROENTGEN_QUERY_TRACES_BATCH_TOKEN_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace roentgen::query {

// Where an answer goes on that had no room for all documents of a trace:
// behind so many segments, and so many documents of the next one.
struct AnswerPosition {
  size_t segments = 0;
  size_t pieces = 0;

  friend bool operator==(const AnswerPosition&,
                         const AnswerPosition&) = default;
};

// By the place of a trace's id in the request.
using AnswerPositions = std::map<size_t, AnswerPosition>;

// Empty when there are no positions. Their places are those of `ids`.
std::string EncodeBatchToken(std::span<const std::string> ids,
                             const AnswerPositions& positions, uint64_t key);

// Nothing when `token` was not made by EncodeBatchToken for these ids, or is
// empty.
std::optional<AnswerPositions> DecodeBatchToken(
    std::span<const std::string> ids, std::string_view token, uint64_t key);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_TRACES_BATCH_TOKEN_H_

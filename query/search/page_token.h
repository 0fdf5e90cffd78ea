// The opaque NextToken of searches.
//
// Carries the last position handed out, a hash of the request it belongs to,
// and a check sum: a token that was altered, or that is used with another
// request, is refused. The sum's key is every server's: it finds mistakes, not
// forgeries. Stable over restarts.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_SEARCH_PAGE_TOKEN_H_
#define ROENTGEN_QUERY_SEARCH_PAGE_TOKEN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/engine/trace_engine.h"

namespace roentgen::query {

// At most 80 characters of the URL-safe base64 alphabet.
std::string EncodePageToken(const storage::TracePosition& position,
                            uint64_t request_hash, uint64_t key);

// Nothing when `token` was not made by EncodePageToken for this request.
std::optional<storage::TracePosition> DecodePageToken(std::string_view token,
                                                      uint64_t request_hash,
                                                      uint64_t key);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SEARCH_PAGE_TOKEN_H_

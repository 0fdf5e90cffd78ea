// Inflates request bodies under a size bound.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_HTTP_INFLATE_H_
#define ROENTGEN_SERVER_HTTP_INFLATE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/memory_budget.h"

namespace roentgen::server {

enum class ContentCoding {
  kGzip,
  kDeflate,  // As HTTP means it: with zlib's header and checksum.
  kZstd
};

// What a Content-Encoding names; "identity" is none.
std::optional<ContentCoding> FindContentCoding(std::string_view name);

// `bytes` may hold several gzip members or zstd frames. Memory is taken from
// `lease` as it is needed, so a bomb costs what is allowed and no more.
// OutOfRange: more than `bytes_max`. ResourceExhausted: `lease` cannot grow.
// InvalidArgument: damaged, cut off, or a zstd window beyond
// limits::kZstdWindowLogMax.
absl::StatusOr<std::string> Inflate(ContentCoding coding,
                                    std::string_view bytes, size_t bytes_max,
                                    MemoryLease& lease);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_INFLATE_H_

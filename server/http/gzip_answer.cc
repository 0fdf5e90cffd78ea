#include "server/http/gzip_answer.h"

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "absl/strings/match.h"

namespace roentgen::server {
namespace {

// Smaller ones fit a packet as they are.
constexpr size_t kBytesMin = 1024;
// Room for the answer grows by this much.
constexpr size_t kStepBytes = 256 * 1024;

bool IsText(std::string_view content_type) {
  return content_type.starts_with("application/json") ||
         content_type.starts_with("text/");
}

bool IsPacked(const HttpResponse& response) {
  return std::any_of(
      response.headers.begin(), response.headers.end(), [](const auto& field) {
        return absl::EqualsIgnoreCase(field.first, "Content-Encoding");
      });
}

}  // namespace

std::optional<std::string> GzipIfSmaller(std::string_view bytes, int level) {
  if (bytes.size() <= kBytesMin ||
      bytes.size() > std::numeric_limits<uInt>::max()) {
    return std::nullopt;
  }
  z_stream stream{};
  constexpr int kMemoryLevel = 8;
  if (deflateInit2(&stream, level, Z_DEFLATED, 16 + MAX_WBITS, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return std::nullopt;
  }
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int result = Z_OK;
  while (result == Z_OK && out.size() < bytes.size()) {
    const size_t done = out.size();
    out.resize(done + std::min(kStepBytes, bytes.size() - done));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + done);
    stream.avail_out = static_cast<uInt>(out.size() - done);
    result = deflate(&stream, Z_FINISH);
    out.resize(out.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  if (result != Z_STREAM_END) return std::nullopt;
  return out;
}

void GzipAnswer(HttpResponse& response, bool use_gzip) {
  if (response.body.size() <= kBytesMin || !IsText(response.content_type) ||
      IsPacked(response)) {
    return;
  }
  // Caches must know of either form.
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!use_gzip) return;
  std::optional<std::string> packed =
      GzipIfSmaller(response.body, Z_BEST_SPEED);
  if (!packed) return;
  response.body = *std::move(packed);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace roentgen::server

#include "server/http/gzip_answer.h"

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace roentgen::server {
namespace {

// Smaller ones fit a packet as they are.
constexpr size_t kBytesMin = 1024;
// Room for the answer grows by this much.
constexpr size_t kStepBytes = 256 * 1024;

std::string_view Trim(std::string_view text) {
  const absl::string_view trimmed =
      absl::StripAsciiWhitespace({text.data(), text.size()});
  return {trimmed.data(), trimmed.size()};
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

// "0", "0.0", ... of "q=0.0".
bool IsRefusal(std::string_view parameter) {
  if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) {
    return false;
  }
  return parameter.substr(2).find_first_not_of("0.") == parameter.npos;
}

bool IsText(std::string_view content_type) {
  return content_type.starts_with("application/json") ||
         content_type.starts_with("text/");
}

// False, and nothing certain in `out`: it did not get smaller, or zlib has no
// memory.
bool Gzip(std::string_view body, std::string& out) {
  z_stream stream{};
  constexpr int kMemoryLevel = 8;
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS,
                   kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    return false;
  }
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  int result = Z_OK;
  while (result == Z_OK && out.size() < body.size()) {
    const size_t done = out.size();
    out.resize(done + std::min(kStepBytes, body.size() - done));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + done);
    stream.avail_out = static_cast<uInt>(out.size() - done);
    result = deflate(&stream, Z_FINISH);
    out.resize(out.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  return result == Z_STREAM_END;
}

}  // namespace

bool TakesGzip(std::string_view accept_encoding) {
  bool takes = false;
  while (!accept_encoding.empty()) {
    std::string_view item =
        accept_encoding.substr(0, accept_encoding.find(','));
    accept_encoding.remove_prefix(
        std::min(item.size() + 1, accept_encoding.size()));
    const size_t semicolon = std::min(item.find(';'), item.size());
    const std::string_view coding = Trim(item.substr(0, semicolon));
    if (coding != "*" && !EqualsIgnoringCase(coding, "gzip")) continue;
    item.remove_prefix(std::min(semicolon + 1, item.size()));
    takes = !IsRefusal(Trim(item));
    if (coding != "*") return takes;
  }
  return takes;
}

void GzipAnswer(HttpResponse& response, bool takes_gzip) {
  if (response.body.size() <= kBytesMin || !IsText(response.content_type) ||
      response.body.size() > std::numeric_limits<uInt>::max()) {
    return;
  }
  // Caches must know of either form.
  response.headers.emplace_back("Vary", "Accept-Encoding");
  std::string packed;
  if (!takes_gzip || !Gzip(response.body, packed)) return;
  response.body = std::move(packed);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace roentgen::server

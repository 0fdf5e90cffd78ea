// Any bytes as Accept-Encoding and If-None-Match: what is chosen can be had,
// is not refused, and is what its name says.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "server/http/accept_encoding.h"
#include "server/http/entity_tag.h"
#include "server/http/static_file.h"

namespace roentgen::server {
namespace {

constexpr std::string_view kBrotli = "packed by Brotli";

const StaticFile& File() {
  static const std::shared_ptr<const StaticFile> kFile =
      *StaticFile::Make({.content_type = "text/plain",
                         .plain = SharedBytes(std::string(5'000, 'x')),
                         .brotli = SharedBytes::OfProgram(kBrotli)});
  return *kFile;
}

std::string_view Field(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

void Check(std::string_view accept, std::string_view tags) {
  HttpRequest request;
  request.headers.Add("Accept-Encoding", accept);
  for (const char* coding : {"br", "gzip", "identity", "zstd"}) {
    const int weight = WeightOfCoding(request.headers, coding);
    if (weight < 0 || weight > 1000) std::abort();
  }
  const HttpResponse plain = File().Answer(request);
  if (plain.status == 406) return;
  std::string_view coding = Field(plain, "Content-Encoding");
  if (coding.empty()) coding = "identity";
  if (WeightOfCoding(request.headers, coding) == 0) std::abort();
  if ((coding == "br") != (plain.Body() == kBrotli)) std::abort();
  if ((coding == "identity") != (plain.Body().size() == 5'000)) std::abort();
  const std::string tag(Field(plain, "ETag"));
  request.headers.Add("If-None-Match", tags);
  const HttpResponse again = File().Answer(request);
  const bool same = HasEntity(request.headers, tag);
  if (again.status != (same ? 304 : 200)) std::abort();
  // A list that is right goes on behind whatever else there is.
  request.headers.Add("If-None-Match", "\"other\", W/" + tag);
  if (File().Answer(request).status != 304) std::abort();
}

}  // namespace
}  // namespace roentgen::server

// One field a line.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size > 64 * 1024) return 0;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const size_t line = std::min(input.find('\n'), input.size());
  roentgen::server::Check(input.substr(0, line),
                          input.substr(std::min(line + 1, input.size())));
  return 0;
}

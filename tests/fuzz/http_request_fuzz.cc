// Any bytes on a connection. The same bytes in one piece and in pieces of odd
// sizes must give the same requests; bodies stay in bounds and all memory is
// given back. (A head that is wrong and not yet whole may be refused or waited
// for, depending on the pieces.)
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/request_body.h"
#include "server/http/request_reader.h"

namespace roentgen::server {
namespace {

constexpr RequestLimits kLimits = {.header_bytes_max = 2048,
                                   .body_bytes_max = 8192};
constexpr size_t kMemory = 1 << 20;
constexpr size_t kSmall = 4096;

using Requests = std::vector<std::string>;

void Note(RequestReader& reader, Requests& seen) {
  HttpRequest request = reader.TakeRequest();
  const std::string sent = request.body;
  const bool small = DecodeSmallBody(request, kSmall);
  if (request.body.size() > (small ? kSmall : kLimits.body_bytes_max)) {
    std::abort();
  }
  if (!small && request.body != sent) std::abort();
  const std::optional<AwsError> error =
      small ? std::nullopt : DecodeBody(request, reader.body_limit());
  if (request.body.size() > kLimits.body_bytes_max) std::abort();
  std::string text = request.method + " " + request.path + "?" + request.query;
  for (const auto& [name, value] : request.headers.fields()) {
    text += "\n" + name + ": " + value;
  }
  text += "\n\n" + request.body;
  if (error) text += "\n" + error->name;
  seen.push_back(std::move(text));
}

Requests Run(std::string_view input, size_t piece) {
  auto budget = std::make_shared<MemoryBudget>(kMemory);
  Requests seen;
  {
    RequestReader reader(kLimits, budget);
    while (!input.empty()) {
      const std::span<char> room = reader.Prepare();
      if (room.empty()) std::abort();
      const size_t n = std::min({room.size(), input.size(), piece});
      std::memcpy(room.data(), input.data(), n);
      input.remove_prefix(n);
      ReadState state = reader.Commit(n);
      reader.TakeContinue();
      while (state == ReadState::kComplete) {
        Note(reader, seen);
        state = reader.Next();
      }
      if (state == ReadState::kFailed) {
        if (reader.error().http_status < 400) std::abort();
        break;
      }
    }
  }
  if (budget->used() != 0) std::abort();
  return seen;
}

}  // namespace
}  // namespace roentgen::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using roentgen::server::Run;
  if (size > 64 * 1024) return 0;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const std::vector<std::string> whole = Run(input, size + 1);
  for (const size_t piece : {1, 7, 1000}) {
    if (Run(input, piece) != whole) std::abort();
  }
  return 0;
}

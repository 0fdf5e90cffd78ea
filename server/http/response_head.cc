#include "server/http/response_head.h"

#include <boost/beast/http/status.hpp>
#include <ctime>
#include <random>

namespace roentgen::server {
namespace {

std::string_view ReasonPhrase(int status) {
  const auto reason = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(status)));
  return {reason.data(), reason.size()};
}

// "Sun, 06 Nov 1994 08:49:37 GMT", made once a second.
const std::string& DateText(Timestamp now) {
  thread_local time_t cached_second = -1;
  thread_local std::string text;
  const time_t second = now.ns / 1'000'000'000;
  if (second != cached_second) {
    cached_second = second;
    tm parts{};
    gmtime_r(&second, &parts);
    char buffer[64];
    text.assign(buffer, std::strftime(buffer, sizeof(buffer),
                                      "%a, %d %b %Y %H:%M:%S GMT", &parts));
  }
  return text;
}

void AppendField(std::string& head, std::string_view name,
                 std::string_view value) {
  head += name;
  head += ": ";
  head += value;
  head += "\r\n";
}

}  // namespace

std::string FormatResponseHead(const HttpResponse& response,
                               const ResponseContext& context) {
  std::string head;
  head.reserve(320);
  head += "HTTP/1.1 ";
  head += std::to_string(response.status);
  head += ' ';
  head += ReasonPhrase(response.status);
  head += "\r\n";
  AppendField(head, "Date", DateText(context.now));
  if (response.status != 204 && response.status != 304) {
    if (!response.content_type.empty()) {
      AppendField(head, "Content-Type", response.content_type);
    }
    if (context.body_end == BodyEnd::kLength) {
      AppendField(head, "Content-Length",
                  std::to_string(response.Body().size()));
    } else if (context.body_end == BodyEnd::kLastChunk) {
      AppendField(head, "Transfer-Encoding", "chunked");
    }
  }
  AppendField(head, "x-amzn-RequestId", context.request_id);
  for (const auto& [name, value] : response.headers) {
    AppendField(head, name, value);
  }
  const bool stay = context.keep_alive == KeepAlive::kYes;
  AppendField(head, "Connection", stay ? "keep-alive" : "close");
  head += "\r\n";
  return head;
}

std::string MakeRequestId() {
  thread_local std::mt19937_64 random = [] {
    std::random_device seed;
    std::seed_seq words{seed(), seed(), seed(), seed()};
    return std::mt19937_64(words);
  }();
  constexpr char kHex[] = "0123456789abcdef";
  const uint64_t words[2] = {random(), random()};
  std::string id = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  for (size_t i = 0, digit = 0; i < id.size(); ++i) {
    if (id[i] == '-' || id[i] == '4') continue;
    const uint64_t nibble = words[digit / 16] >> (digit % 16 * 4) & 0xF;
    id[i] = kHex[id[i] == 'y' ? (nibble & 0x3) | 0x8 : nibble];
    ++digit;
  }
  return id;
}

}  // namespace roentgen::server

// Turns the bytes of one connection into requests, one after the other.
//
//   RequestReader reader(limits, budget);
//   size_t n = read(socket, reader.Prepare());
//   switch (reader.Commit(n)) {
//     case ReadState::kNeedMore: ...  // Read again.
//     case ReadState::kComplete: handle(reader.TakeRequest()); ...
//     case ReadState::kFailed: refuse(reader.error()); ...  // And close.
//   }
//   reader.Next();  // The request after it, perhaps already here.
//
// Knows no socket, so that tests and fuzzers can drive it. Hides Beast's
// parser, which checks the grammar; bodies of a stated length go straight
// into their string without passing through it. Memory for a body is taken
// from the budget as its bytes arrive, not as they are announced.
//
// Threads: thread-compatible.
#ifndef ROENTGEN_SERVER_HTTP_REQUEST_READER_H_
#define ROENTGEN_SERVER_HTTP_REQUEST_READER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/caller.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "server/http/http_message.h"
#include "server/http/response_head.h"

namespace roentgen::server {

struct RequestLimits {
  size_t header_bytes_max = limits::kHttpHeaderBytesMax;
  // Holds before and after inflating.
  size_t body_bytes_max = limits::kHttpBodyBytesMax;
};

enum class ReadState { kNeedMore, kComplete, kFailed };

class RequestReader {
 public:
  // Of the bodies of a path, when it is not that of RequestLimits. What is
  // larger than the budget is refused, too.
  using FindLimit =
      std::function<std::optional<BodyLimit>(std::string_view path)>;
  // Sees a request that a browser sent (one with Origin or Sec-Fetch-Site)
  // before its body is read, and may refuse it.
  using CheckBrowser =
      std::function<std::optional<AwsError>(const HttpRequest& head)>;

  // `caller`: whose share of the budget its bodies take.
  RequestReader(RequestLimits limits, std::shared_ptr<MemoryBudget> budget,
                FindLimit find_limit = nullptr,
                CheckBrowser check_browser = nullptr,
                CallerId caller = kNoCaller);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // Where the next bytes go; never empty while the state is kNeedMore.
  std::span<char> Prepare();
  // The first `n` bytes of Prepare() have arrived.
  ReadState Commit(size_t n);

  // Whether any byte of the current request has arrived.
  bool HasStarted() const;
  // True once per request that waits for "100 Continue" before its body.
  bool TakeContinue();

  // After kComplete, once. The body is as it was sent: DecodeBody
  // (request_body.h) inflates it, up to body_limit().
  HttpRequest TakeRequest();
  const BodyLimit& body_limit() const;
  // Of the request last completed.
  KeepAlive keep_alive() const;
  // Whether its client knows HTTP/1.1, and so chunks.
  bool knows_chunks() const;
  // After TakeRequest: goes on with what has already arrived.
  ReadState Next();
  // Between TakeRequest and Next, where nothing after the request has arrived
  // yet (else empty): bytes that come early go there.
  std::span<char> PrepareAhead();
  // The first `n` bytes of PrepareAhead() have arrived; Next reads them.
  void CommitAhead(size_t n);

  // After kFailed.
  const AwsError& error() const;
  // The current request without its body, also when that failed; empty while
  // its head has not arrived.
  HttpRequest Head() const;

 private:
  class Parser;
  const std::unique_ptr<Parser> parser_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_REQUEST_READER_H_

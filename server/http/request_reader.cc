#include "server/http/request_reader.h"

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "server/http/request_body.h"

namespace roentgen::server {
namespace {

namespace http = boost::beast::http;
using BeastParser = http::request_parser<http::string_body>;

constexpr size_t kBufferBytes = 8 * 1024;

AwsError Malformed(std::string_view why) {
  return {.http_status = 400,
          .name = "MalformedHttpRequestException",
          .message = "The request is not valid HTTP: " + std::string(why) + ".",
          .retry_after = std::nullopt};
}

AwsError HeaderTooLarge() {
  return {.http_status = 431,
          .name = "RequestEntityTooLargeException",
          .message = "The request's headers are too large.",
          .retry_after = std::nullopt};
}

std::string_view View(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// "http://host/path" is legal too.
struct Target {
  std::string_view authority;
  std::string_view path_and_query;
};

Target Split(std::string_view target) {
  for (const absl::string_view scheme : {"http://", "https://"}) {
    if (!absl::StartsWithIgnoreCase({target.data(), target.size()}, scheme)) {
      continue;
    }
    const std::string_view rest = target.substr(scheme.size());
    const size_t end = rest.find_first_of("/?");
    if (end == rest.npos) return {rest, "/"};
    return {rest.substr(0, end), rest.substr(end)};
  }
  return {{}, target};
}

std::string_view PathOf(std::string_view target) {
  return target.substr(0, target.find('?'));
}

}  // namespace

class RequestReader::Parser {
 public:
  Parser(RequestLimits limits, std::shared_ptr<MemoryBudget> budget,
         FindLimit find_limit, CheckBrowser check_browser, CallerId caller)
      : limits_(limits),
        budget_(std::move(budget)),
        find_limit_(std::move(find_limit)),
        check_browser_(std::move(check_browser)),
        caller_(caller) {
    buffer_.resize(kBufferBytes);
    Restart();
  }

  std::span<char> Prepare() {
    if (sized_) return sized_->Prepare();
    if (end_ == buffer_.size()) MakeRoom();
    return {buffer_.data() + end_, buffer_.size() - end_};
  }

  ReadState Commit(size_t n) {
    if (!sized_) {
      end_ += n;
      return Advance();
    }
    sized_->Commit(n);
    return AfterBodyBytes();
  }

  ReadState Advance() {
    if (!head_done_) {
      const ReadState state = ReadHead();
      if (state != ReadState::kComplete) return state;
      head_done_ = true;
      if (const ReadState begun = BeginBody(); begun != ReadState::kNeedMore) {
        return begun;
      }
    }
    return sized_ ? AfterBodyBytes() : ReadChunks();
  }

  bool HasStarted() const { return head_done_ || end_ > begin_; }

  bool TakeContinue() {
    return std::exchange(wants_continue_, false) && end_ == begin_ &&
           (!sized_ || sized_->size() == 0);
  }

  HttpRequest Head() const {
    HttpRequest request;
    if (!head_done_) return request;
    const auto& message = beast_->get();
    request.method = View(message.method_string());
    const auto [authority, target] = Split(View(message.target()));
    request.authority = authority;
    const size_t question = target.find('?');
    request.path = PathOf(target);
    if (question != target.npos) request.query = target.substr(question + 1);
    for (const auto& field : message) {
      request.headers.Add(View(field.name_string()), View(field.value()));
    }
    return request;
  }

  HttpRequest Take() {
    HttpRequest request = Head();
    request.id = MakeRequestId();
    request.body = sized_ ? sized_->Take() : std::move(beast_->get().body());
    request.lease = std::move(lease_);
    return request;
  }

  ReadState Next() {
    Restart();
    return Advance();
  }

  std::span<char> PrepareAhead() {
    if (begin_ != end_) return {};
    begin_ = end_ = 0;
    return {buffer_.data(), buffer_.size()};
  }
  void CommitAhead(size_t n) { end_ += n; }

  KeepAlive keep_alive() const {
    return keep_alive_ ? KeepAlive::kYes : KeepAlive::kNo;
  }
  bool knows_chunks() const { return knows_chunks_; }
  const AwsError& error() const { return error_; }
  const BodyLimit& body_limit() const { return body_limit_; }

 private:
  void Restart() {
    beast_.emplace();
    // Beast's own limit depends on how the bytes were cut; ours is exact.
    beast_->header_limit(
        static_cast<uint32_t>(2 * limits_.header_bytes_max + kBufferBytes));
    head_bytes_ = 0;
    beast_->body_limit(boost::none);  // Known with the path.
    beast_->eager(false);
    sized_.reset();
    lease_ = MemoryLease(budget_, caller_);
    head_done_ = false;
    wants_continue_ = false;
    if (begin_ != end_) return;
    begin_ = end_ = 0;
    if (buffer_.size() > kBufferBytes) {
      buffer_.resize(kBufferBytes);
      buffer_.shrink_to_fit();
    }
  }

  // Beast wants a whole head, or a whole chunk line, in one piece.
  void MakeRoom() {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    } else {
      buffer_.resize(buffer_.size() * 2);
    }
  }

  ReadState Fail(AwsError error) {
    error_ = std::move(error);
    return ReadState::kFailed;
  }

  ReadState FailWith(const boost::beast::error_code& code) {
    if (code == http::error::header_limit) return Fail(HeaderTooLarge());
    if (code == http::error::body_limit) {
      return Fail(BodyTooLarge(body_limit_));
    }
    return Fail(Malformed(code.message()));
  }

  // Gives the parser what has arrived. kComplete: it took something.
  ReadState Put() {
    boost::beast::error_code code;
    const size_t used = beast_->put(
        boost::asio::const_buffer(buffer_.data() + begin_, end_ - begin_),
        code);
    begin_ += used;
    if (!head_done_) head_bytes_ += used;
    if (begin_ == end_) begin_ = end_ = 0;
    if (code == http::error::need_more) return ReadState::kNeedMore;
    if (code) return FailWith(code);
    return used > 0 ? ReadState::kComplete : ReadState::kNeedMore;
  }

  ReadState ReadHead() {
    while (!beast_->is_header_done()) {
      const ReadState state = begin_ == end_ ? ReadState::kNeedMore : Put();
      if (state == ReadState::kFailed) return state;
      if (state == ReadState::kNeedMore && !beast_->is_header_done()) {
        const size_t bytes = head_bytes_ + end_ - begin_;
        return bytes <= limits_.header_bytes_max ? state
                                                 : Fail(HeaderTooLarge());
      }
    }
    return head_bytes_ <= limits_.header_bytes_max ? ReadState::kComplete
                                                   : Fail(HeaderTooLarge());
  }

  // kNeedMore: the body, or its rest, is to be read.
  ReadState BeginBody() {
    const auto& message = beast_->get();
    if (check_browser_ && (message.count(http::field::origin) > 0 ||
                           message.count("Sec-Fetch-Site") > 0)) {
      if (auto refusal = check_browser_(Head()))
        return Fail(*std::move(refusal));
    }
    keep_alive_ = beast_->keep_alive();
    knows_chunks_ = message.version() >= 11;
    body_limit_ = LimitOf(PathOf(Split(View(message.target())).path_and_query));
    if (message.count(http::field::transfer_encoding) > 0 &&
        !beast_->chunked()) {
      return Fail(Malformed("unknown transfer encoding"));
    }
    if (beast_->chunked()) {
      wants_continue_ = ExpectsContinue();
      beast_->body_limit(body_limit_.bytes);
      beast_->eager(true);
      return ReadState::kNeedMore;
    }
    const auto length = beast_->content_length();
    if (!length || *length == 0) return ReadState::kComplete;
    if (*length > body_limit_.bytes) return Fail(BodyTooLarge(body_limit_));
    wants_continue_ = ExpectsContinue();
    sized_.emplace(static_cast<size_t>(*length));
    const size_t here = std::min(end_ - begin_, sized_->missing());
    const bool fits = sized_->Append({buffer_.data() + begin_, here}, lease_);
    begin_ += here;
    if (begin_ == end_) begin_ = end_ = 0;
    return fits ? ReadState::kNeedMore : Fail(OutOfRequestMemory());
  }

  BodyLimit LimitOf(std::string_view path) const {
    BodyLimit limit = {limits_.body_bytes_max, "http.body_bytes_max"};
    if (find_limit_) limit = find_limit_(path).value_or(limit);
    if (budget_ != nullptr && budget_->bytes_max() < limit.bytes) {
      limit = {budget_->bytes_max(), "memory.request_buffers"};
    }
    return limit;
  }

  bool ExpectsContinue() const {
    const auto field = beast_->get().find(http::field::expect);
    return field != beast_->get().end() && beast_->get().version() >= 11 &&
           boost::beast::iequals(field->value(), "100-continue");
  }

  ReadState AfterBodyBytes() {
    if (sized_->missing() == 0) return ReadState::kComplete;
    return sized_->MakeRoom(lease_) ? ReadState::kNeedMore
                                    : Fail(OutOfRequestMemory());
  }

  // Beast's parser asserts that an empty last chunk does not come in pieces.
  // At least this much must follow, wherever in the body a '0' stands.
  bool MayBeCutLastChunk() const {
    constexpr size_t kLastChunkBytes = 5;  // "0\r\n\r\n"
    return end_ - begin_ < kLastChunkBytes && buffer_[begin_] == '0';
  }

  ReadState ReadChunks() {
    while (!beast_->is_done() && begin_ < end_ && !MayBeCutLastChunk()) {
      const ReadState state = Put();
      if (state == ReadState::kFailed) return state;
      if (!lease_.GrowOrOverdraw(beast_->get().body().capacity())) {
        return Fail(OutOfRequestMemory());
      }
      if (state == ReadState::kNeedMore) break;
    }
    if (beast_->is_done()) return ReadState::kComplete;
    if (end_ - begin_ > limits_.header_bytes_max) {
      return Fail(Malformed("chunk line too long"));
    }
    return ReadState::kNeedMore;
  }

  const RequestLimits limits_;
  const std::shared_ptr<MemoryBudget> budget_;
  const FindLimit find_limit_;        // May be empty.
  const CheckBrowser check_browser_;  // May be empty.
  const CallerId caller_;
  std::optional<BeastParser> beast_;
  std::optional<SizedBody> sized_;
  MemoryLease lease_;
  std::string buffer_;  // [begin_, end_) has arrived and is not parsed.
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t head_bytes_ = 0;
  BodyLimit body_limit_;  // Of the current request.
  bool head_done_ = false;
  bool wants_continue_ = false;
  bool keep_alive_ = false;
  bool knows_chunks_ = false;
  AwsError error_;
};

RequestReader::RequestReader(RequestLimits limits,
                             std::shared_ptr<MemoryBudget> budget,
                             FindLimit find_limit, CheckBrowser check_browser,
                             CallerId caller)
    : parser_(std::make_unique<Parser>(limits, std::move(budget),
                                       std::move(find_limit),
                                       std::move(check_browser), caller)) {}
RequestReader::~RequestReader() = default;

std::span<char> RequestReader::Prepare() { return parser_->Prepare(); }
ReadState RequestReader::Commit(size_t n) { return parser_->Commit(n); }
bool RequestReader::HasStarted() const { return parser_->HasStarted(); }
bool RequestReader::TakeContinue() { return parser_->TakeContinue(); }
KeepAlive RequestReader::keep_alive() const { return parser_->keep_alive(); }
bool RequestReader::knows_chunks() const { return parser_->knows_chunks(); }
ReadState RequestReader::Next() { return parser_->Next(); }
std::span<char> RequestReader::PrepareAhead() {
  return parser_->PrepareAhead();
}
void RequestReader::CommitAhead(size_t n) { parser_->CommitAhead(n); }
const AwsError& RequestReader::error() const { return parser_->error(); }
HttpRequest RequestReader::Head() const { return parser_->Head(); }

HttpRequest RequestReader::TakeRequest() { return parser_->Take(); }
const BodyLimit& RequestReader::body_limit() const {
  return parser_->body_limit();
}

}  // namespace roentgen::server

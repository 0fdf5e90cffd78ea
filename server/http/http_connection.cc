#include "server/http/http_connection.h"

#include <array>
#include <charconv>
#include <utility>

#include "absl/time/time.h"
#include "server/http/accept_encoding.h"
#include "server/http/gzip_answer.h"
#include "server/http/http_router.h"
#include "server/http/request_body.h"

namespace roentgen::server {
namespace {

// How long a refused client may take to notice, before the connection is cut.
constexpr std::chrono::seconds kLingerTime{2};
constexpr size_t kLingerBytes = 16 * 1024;

// Answers up to here are not counted.
constexpr size_t kUncountedBytes = 4 * 1024;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr std::string_view kLineEndAndLastChunk = "\r\n0\r\n\r\n";

SteadyTime Later(absl::Duration d) {
  return std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(d);
}

}  // namespace

HttpConnection::HttpConnection(std::unique_ptr<ByteStream> stream,
                               Context context)
    : stream_(std::move(stream)),
      context_(std::move(context)),
      handling_(context_.shared, context_.listener, *stream_),
      reader_(
          {.header_bytes_max = context_.shared.options.header_bytes_max,
           .body_bytes_max = context_.shared.options.body_bytes_max},
          context_.shared.budget,
          [listener = context_.listener](std::string_view path) {
            return listener->router->MannersOf(path).body_limit;
          },
          [&options = context_.shared.options](const HttpRequest& head) {
            return options.guard.Check(head, options.cors);
          },
          handling_.peer()) {}

HttpConnection::~HttpConnection() = default;

// The table of connections may take it away.
ConnectionUse HttpConnection::UseIn(Phase phase) {
  switch (phase) {
    case Phase::kIdle:
      return ConnectionUse::kIdle;
    case Phase::kReading:
      return ConnectionUse::kWaiting;
    case Phase::kHandling:
    case Phase::kWriting:
    case Phase::kStreaming:
    case Phase::kLingering:
    case Phase::kClosed:
      return ConnectionUse::kBusy;
  }
  return ConnectionUse::kBusy;
}

void HttpConnection::SetPhase(Phase phase) {
  const HttpServerOptions& options = context_.shared.options;
  phase_ = phase;
  if (context_.seat != nullptr) {
    context_.seat->Set(UseIn(phase), std::chrono::steady_clock::now());
  }
  switch (phase) {
    case Phase::kIdle:
      deadline_ = Later(options.idle_timeout);
      break;
    case Phase::kReading:
      deadline_ = Later(options.request_timeout);
      break;
    case Phase::kWriting:
    case Phase::kStreaming:
      deadline_ = Later(options.write_timeout);
      break;
    case Phase::kLingering:
      deadline_ = std::chrono::steady_clock::now() + kLingerTime;
      break;
    case Phase::kHandling:  // The handler has a deadline of its own.
    case Phase::kClosed:
      deadline_ = SteadyTime::max();
  }
}

void HttpConnection::Start() {
  if (context_.seat == nullptr) return TurnAway();
  context_.seat->OnDisplaced(
      [mailbox = context_.mailbox, weak = weak_from_this()] {
        mailbox->Post([weak] {
          if (const auto self = weak.lock()) self->Displace();
        });
      });
  SetPhase(Phase::kIdle);
  Read(reader_.Prepare());
}

void HttpConnection::TurnAway() {
  Refuse({.http_status = 503,
          .name = "ServiceUnavailable",
          .message = "The server has as many connections as it may.",
          .retry_after = absl::Seconds(1)});
}

void HttpConnection::Displace() {
  is_displaced_ = true;
  if (phase_ == Phase::kIdle || phase_ == Phase::kReading) Close();
}

void HttpConnection::Sweep(SteadyTime now) {
  // Only a request that takes long gets here: others are not watched.
  if (phase_ == Phase::kHandling && !reads_ && !cancelled_.stop_requested()) {
    ReadAhead();
  }
  if (now < deadline_) return;
  if (phase_ == Phase::kReading && writes_ == Written::kNothing) {
    Refuse({.http_status = 408,
            .name = "RequestTimeoutException",
            .message = "The request did not arrive in time.",
            .retry_after = std::nullopt});
    return;
  }
  Close();
}

void HttpConnection::BeginDrain() {
  if (phase_ == Phase::kIdle) Close();
  if (phase_ == Phase::kStreaming) (*source_)->SetState(StreamState::kEnding);
}

void HttpConnection::Close() {
  if (phase_ == Phase::kClosed) return;
  const bool is_cut_short = phase_ == Phase::kStreaming;
  SetPhase(Phase::kClosed);
  if (is_cut_short) {
    stream_->Abort();
  } else {
    stream_->Close();
  }
  cancelled_.request_stop();
  source_.reset();  // The handler may run now.
  if (context_.seat == nullptr) --context_.shared.turned_away;
  context_.seat.reset();
  context_.on_close(this);
}

void HttpConnection::Read(std::span<char> room) {
  reads_ = true;
  stream_->Read(room, shared_from_this());
}

void HttpConnection::OnRead(size_t bytes) {
  reads_ = false;
  const bool is_ahead = std::exchange(reads_ahead_, false);
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kReading:
      if (bytes == 0) return Close();
      if (phase_ == Phase::kIdle) SetPhase(Phase::kReading);
      if (!is_ahead) return Act(reader_.Commit(bytes));
      reader_.CommitAhead(bytes);
      return Act(reader_.Next());
    case Phase::kStreaming:
      if (bytes == 0) return Close();
      return reader_.CommitAhead(bytes);
    case Phase::kLingering:
      if (bytes == 0) return Close();
      return Linger();
    case Phase::kHandling:
      // Whether it closed or only stopped sending cannot be seen: as elsewhere,
      // what it asked for ends, and what is answered is tried to be sent.
      if (bytes == 0) {
        cancelled_.request_stop();
        return;
      }
      return reader_.CommitAhead(bytes);
    case Phase::kWriting:
      // Else the request has timed out meanwhile.
      if (is_ahead) reader_.CommitAhead(bytes);
      return;
    case Phase::kClosed:
      return;
  }
}

void HttpConnection::OnWritten(bool all) {
  const Written what = std::exchange(writes_, Written::kNothing);
  if (phase_ == Phase::kClosed) return;
  if (!all) return Close();
  switch (what) {
    case Written::kNothing:
      return;
    case Written::kContinue:
      return Read(reader_.Prepare());
    case Written::kAnswer:
      return OnAnswered();
    case Written::kPiece:
      (*source_)->Taken();
      if (!piece_.last) return WritePiece();
      SetPhase(Phase::kWriting);
      return OnAnswered();
  }
}

void HttpConnection::Act(ReadState state) {
  switch (state) {
    case ReadState::kNeedMore:
      if (reader_.TakeContinue()) return SendContinue();
      return Read(reader_.Prepare());
    case ReadState::kComplete:
      return Handle();
    case ReadState::kFailed:
      return Refuse(reader_.error());
  }
}

void HttpConnection::SendContinue() {
  WriteParts(Written::kContinue, {kContinue});
}

void HttpConnection::Handle() {
  SetPhase(Phase::kHandling);
  handling_since_ = std::chrono::steady_clock::now();
  HttpRequest request = reader_.TakeRequest();
  request_id_ = request.id;
  Meet(request);
  if (auto preflight = context_.shared.options.cors.Preflight(request)) {
    return Deliver(*std::move(preflight));
  }
  RequestHandling::Found found = handling_.Find(request);
  operation_ = RequestHandling::OperationOf(found);
  cancelled_ = std::stop_source();
  request.cancelled = cancelled_.get_token();
  HttpResponder responder = ResponderFor(request);
  handling_.Handle(std::move(request), std::move(found), reader_.body_limit(),
                   std::move(responder));
}

void HttpConnection::Meet(const HttpRequest& head) {
  operation_.clear();
  omit_body_ = head.method == "HEAD";
  error_form_ = context_.listener->router->MannersOf(head.path).error_form;
  content_type_ = head.headers.Find("Content-Type").value_or("");
  origin_ = context_.shared.options.cors.OriginOf(head);
}

HttpResponse HttpConnection::Refusal(const AwsError& error) const {
  return error_form_(error, content_type_);
}

HttpResponder HttpConnection::ResponderFor(const HttpRequest& request) {
  const bool gzip = PrefersGzip(request.headers);
  return HttpResponder(
      [mailbox = context_.mailbox, weak = weak_from_this(),
       answers = context_.shared.answers, caller = handling_.peer(),
       gzip](HttpResponse response) {
        // On the thread that made the answer: I/O has better things to do.
        if (response.lease == nullptr) {
          response.lease = std::make_shared<MemoryLease>(answers, caller);
        }
        // For a moment both forms are there; without room for that, the one.
        const size_t bytes = response.body.size();
        const bool room = gzip && response.lease->GrowOrOverdraw(2 * bytes);
        GzipAnswer(response, room);
        if (room) response.lease->ShrinkTo(response.body.size());
        mailbox->Post([weak, response = std::move(response)]() mutable {
          if (const auto self = weak.lock()) self->Deliver(std::move(response));
        });
      },
      [form = error_form_, type = content_type_](const AwsError& error) {
        return form(error, type);
      });
}

void HttpConnection::Deliver(HttpResponse response) {
  if (phase_ != Phase::kHandling) return;
  // Clients that are slow to take large answers must not fill the memory.
  body_lease_ = response.lease != nullptr
                    ? std::move(*response.lease)
                    : MemoryLease(context_.shared.answers);
  const size_t held = response.stream != nullptr ? limits::kStreamedAnswerBytes
                                                 : response.body.size();
  // Small ones are bounded by the connections: what says that the server is
  // well, or that it is not, is always answered.
  if (held > kUncountedBytes && !body_lease_.GrowOrOverdraw(held)) {
    response = Refusal(OutOfRequestMemory());
  }
  if (context_.shared.options.on_exchange) {
    context_.shared.options.on_exchange(
        {.operation = operation_,
         .status = response.status,
         .duration = absl::FromChrono(std::chrono::steady_clock::now() -
                                      handling_since_)});
  }
  const bool stay = !response.close &&
                    reader_.keep_alive() == KeepAlive::kYes && !is_displaced_ &&
                    !context_.shared.draining.load();
  Write(std::move(response), stay ? After::kContinue : After::kClose);
}

void HttpConnection::Refuse(const AwsError& error) {
  request_id_ = MakeRequestId();
  Meet(reader_.Head());
  if (context_.shared.options.on_exchange) {
    context_.shared.options.on_exchange({.operation = operation_,
                                         .status = error.http_status,
                                         .duration = absl::ZeroDuration()});
  }
  Write(Refusal(error), After::kLinger);
}

void HttpConnection::Write(HttpResponse response, After after) {
  SetPhase(Phase::kWriting);
  context_.shared.options.cors.Mark(origin_, response);
  body_end_ = BodyEnd::kLength;
  if (response.stream != nullptr) {
    body_end_ = reader_.knows_chunks() ? BodyEnd::kLastChunk : BodyEnd::kClose;
    if (body_end_ == BodyEnd::kClose) after = After::kClose;
  }
  after_ = after;
  head_ = FormatResponseHead(
      response, {.request_id = request_id_,
                 .now = context_.shared.clock.Now(),
                 .keep_alive = after == After::kContinue ? KeepAlive::kYes
                                                         : KeepAlive::kNo,
                 .body_end = body_end_});
  if (omit_body_) return WriteParts(Written::kAnswer, {head_});
  if (response.stream != nullptr) {
    return BeginStream(std::move(response.stream));
  }
  body_ = std::move(response.body);
  shared_ = std::move(response.shared);
  WriteParts(Written::kAnswer,
             {head_, shared_.empty() ? body_ : shared_.view()});
}

void HttpConnection::WriteParts(Written what,
                                std::initializer_list<std::string_view> parts) {
  writes_ = what;
  stream_->Write({parts.begin(), parts.size()}, shared_from_this());
}

void HttpConnection::OnAnswered() {
  head_.clear();
  body_.clear();
  body_.shrink_to_fit();
  shared_ = SharedBytes();
  source_.reset();
  body_lease_ = MemoryLease();
  if (after_ == After::kClose) return Close();
  if (after_ == After::kLinger) return Linger();
  // The next request comes with what is read already.
  const ReadState state = reads_ ? ReadState::kNeedMore : reader_.Next();
  if (state == ReadState::kNeedMore && (reads_ || !reader_.HasStarted())) {
    if (is_displaced_ || context_.shared.draining.load()) return Close();
    SetPhase(Phase::kIdle);
    if (!reads_) Read(reader_.Prepare());
    return;
  }
  SetPhase(Phase::kReading);
  Act(state);
}

void HttpConnection::BeginStream(std::shared_ptr<AnswerSource> source) {
  SetPhase(Phase::kStreaming);
  source_ = std::move(source);
  piece_ = {};
  (*source_)->Attach([mailbox = context_.mailbox, weak = weak_from_this()] {
    mailbox->Post([weak] {
      if (const auto self = weak.lock()) self->WritePiece();
    });
  });
  WriteParts(Written::kPiece, {head_});
  if (!reads_) ReadAhead();
  if (context_.shared.draining.load()) BeginDrain();
}

void HttpConnection::WritePiece() {
  if (phase_ != Phase::kStreaming || writes_ != Written::kNothing) return;
  piece_ = (*source_)->Take();
  if (piece_.broken) return Close();
  const bool is_chunked = body_end_ == BodyEnd::kLastChunk;
  if (piece_.bytes.empty() && !(piece_.last && is_chunked)) {
    if (!piece_.last) {
      deadline_ = SteadyTime::max();  // The handler has one of its own.
      return;
    }
    SetPhase(Phase::kWriting);
    return OnAnswered();
  }
  SetPhase(Phase::kStreaming);
  if (!is_chunked) return WriteParts(Written::kPiece, {piece_.bytes});
  if (piece_.bytes.empty()) return WriteParts(Written::kPiece, {kLastChunk});
  std::array<char, 16> size;
  char* const end = std::to_chars(size.data(), size.data() + size.size(),
                                  piece_.bytes.size(), 16)
                        .ptr;
  head_.assign(size.data(), end).append(kLineEnd);
  WriteParts(Written::kPiece, {head_, piece_.bytes,
                               piece_.last ? kLineEndAndLastChunk : kLineEnd});
}

// Once the client has sent more, that it goes away only shows when it does not
// take the answer.
void HttpConnection::ReadAhead() {
  const std::span<char> room = reader_.PrepareAhead();
  if (room.empty()) return;
  reads_ahead_ = true;
  Read(room);
}

// Closing a socket with unread input resets the connection, and the client
// may lose the answer: so what still comes is read and dropped for a while.
void HttpConnection::Linger() {
  if (phase_ != Phase::kLingering) {
    SetPhase(Phase::kLingering);
    stream_->EndWriting();
    body_.resize(kLingerBytes);
  }
  if (!reads_) Read(body_);
}

}  // namespace roentgen::server

#include "server/http/http_connection.h"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "base/log.h"
#include "server/auth/access.h"
#include "server/auth/authenticator.h"
#include "server/http/gzip_answer.h"
#include "server/http/request_body.h"

namespace roentgen::server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

// How long a refused client may take to notice, before the connection is cut.
constexpr std::chrono::seconds kLingerTime{2};

// Also 127.0.0.1 as a socket for both protocols sees it.
bool IsLoopback(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) {
    return address.is_loopback();
  }
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6())
      .is_loopback();
}

SteadyTime Later(absl::Duration d) {
  return std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(d);
}

}  // namespace

void IoMailbox::Post(std::function<void()> work) {
  MutexLock lock(mu_);
  if (io_ != nullptr) asio::post(*io_, std::move(work));
}

void IoMailbox::Close() {
  MutexLock lock(mu_);
  io_ = nullptr;
}

HttpConnection::HttpConnection(TcpSocket socket, Context context)
    : socket_(std::move(socket)),
      context_(std::move(context)),
      reader_(
          {.header_bytes_max = context_.shared.options.header_bytes_max,
           .body_bytes_max = context_.shared.options.body_bytes_max},
          context_.shared.budget,
          [router = context_.router](std::string_view path) {
            return router->MannersOf(path).body_limit;
          },
          [&options = context_.shared.options](const HttpRequest& head) {
            return options.guard.Check(head, options.cors);
          }) {}

HttpConnection::~HttpConnection() {
  if (phase_ != Phase::kClosed) context_.shared.connections.Remove();
}

void HttpConnection::SetPhase(Phase phase) {
  const HttpServerOptions& options = context_.shared.options;
  phase_ = phase;
  switch (phase) {
    case Phase::kIdle:
      deadline_ = Later(options.idle_timeout);
      break;
    case Phase::kReading:
      deadline_ = Later(options.request_timeout);
      break;
    case Phase::kWriting:
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
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto peer = socket_.remote_endpoint(ignored);
  peer_is_loopback_ = !ignored && IsLoopback(peer.address());
  SetPhase(Phase::kIdle);
  Read();
}

void HttpConnection::Sweep(SteadyTime now) {
  if (now < deadline_) return;
  if (phase_ == Phase::kReading) {
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
}

void HttpConnection::Close() {
  if (phase_ == Phase::kClosed) return;
  SetPhase(Phase::kClosed);
  ErrorCode ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  context_.shared.connections.Remove();
  context_.on_close(this);
}

void HttpConnection::Read() {
  const std::span<char> room = reader_.Prepare();
  socket_.async_read_some(
      asio::buffer(room.data(), room.size()),
      [self = shared_from_this()](ErrorCode error, size_t n) {
        if (self->phase_ != Phase::kIdle && self->phase_ != Phase::kReading) {
          return;  // Timed out meanwhile.
        }
        if (error) return self->Close();
        self->OnRead(n);
      });
}

void HttpConnection::OnRead(size_t n) {
  if (phase_ == Phase::kIdle) SetPhase(Phase::kReading);
  Act(reader_.Commit(n));
}

void HttpConnection::Act(ReadState state) {
  switch (state) {
    case ReadState::kNeedMore:
      if (reader_.TakeContinue()) return SendContinue();
      return Read();
    case ReadState::kComplete:
      return Handle();
    case ReadState::kFailed:
      return Refuse(reader_.error());
  }
}

void HttpConnection::SendContinue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(kContinue.data(), kContinue.size()),
                    [self = shared_from_this()](ErrorCode error, size_t) {
                      if (self->phase_ != Phase::kReading) return;
                      if (error) return self->Close();
                      self->Read();
                    });
}

void HttpConnection::Handle() {
  SetPhase(Phase::kHandling);
  handling_since_ = std::chrono::steady_clock::now();
  const CorsPolicy& cors = context_.shared.options.cors;
  std::optional<HttpResponse> preflight;
  RequestReader::Taken taken =
      reader_.TakeRequest([&](HttpRequest& request) -> std::optional<AwsError> {
        preflight = cors.Preflight(request);
        if (preflight) return std::nullopt;
        return Authenticate(request);
      });
  request_id_ = taken.request.id;
  Meet(taken.request);
  if (preflight) return Deliver(*std::move(preflight));
  if (taken.error) return Deliver(Refusal(*taken.error));
  Dispatch(std::move(taken.request));
}

void HttpConnection::Meet(const HttpRequest& head) {
  operation_.clear();
  omit_body_ = head.method == "HEAD";
  error_form_ = context_.router->MannersOf(head.path).error_form;
  content_type_ = head.headers.Find("Content-Type").value_or("");
  origin_ = context_.shared.options.cors.OriginOf(head);
}

HttpResponse HttpConnection::Refusal(const AwsError& error) const {
  return error_form_(error, content_type_);
}

// Whoever does not say who it is passes as nobody, whom the route may refuse.
std::optional<AwsError> HttpConnection::Authenticate(HttpRequest& request) {
  static const Authenticator kOpenDoor;
  const Authenticator* authenticator = context_.shared.options.authenticator;
  if (authenticator == nullptr) authenticator = &kOpenDoor;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  if (authenticator->mode() != AuthMode::kOff) {
    const auto& fields = request.headers.fields();
    headers.assign(fields.begin(), fields.end());
  }
  absl::StatusOr<Principal> principal =
      authenticator->Http({.method = request.method,
                           .path = request.path,
                           .query = request.query,
                           .headers = headers,
                           .body = request.body},
                          peer_is_loopback_, context_.shared.clock.Now());
  if (!principal.ok()) return ToAwsError(principal.status(), request.id);
  request.principal = *std::move(principal);
  return std::nullopt;
}

void HttpConnection::Dispatch(HttpRequest request) {
  auto found = context_.router->Find(request.method, request.path);
  auto* match = std::get_if<HttpRouter::Match>(&found);
  // Nobody learns from a refusal which paths there are.
  const Access needed =
      match != nullptr ? match->route->access : Access::kKnown;
  const std::string_view operation =
      match != nullptr ? match->route->operation : request.path;
  const absl::Status allowed = Authorize(request.principal, needed, operation);
  if (!allowed.ok()) {
    return Deliver(Refusal(ToAwsError(allowed, request.id)));
  }
  if (const auto* none = std::get_if<HttpRouter::NoRoute>(&found)) {
    HttpResponse response = Refusal(none->error);
    if (!none->allow.empty()) {
      response.headers.emplace_back("Allow", none->allow);
    }
    return Deliver(std::move(response));
  }
  const HttpRoute& route = *match->route;
  request.parameters = std::move(match->parameters);
  operation_ = route.operation;
  const bool gzip =
      TakesGzip(request.headers.Find("Accept-Encoding").value_or(""));
  HttpResponder responder(
      [mailbox = context_.mailbox, weak = weak_from_this(),
       budget = context_.shared.budget, gzip](HttpResponse response) {
        // On the thread that made the answer: I/O has better things to do.
        if (response.lease == nullptr) {
          response.lease = std::make_shared<MemoryLease>(budget);
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
  try {
    route.handler(std::move(request), std::move(responder));
  } catch (const std::exception& e) {  // A library's; ours do not throw.
    LogError("handler threw",
             {{"operation", route.operation}, {"what", e.what()}});
  }
}

void HttpConnection::Deliver(HttpResponse response) {
  if (phase_ != Phase::kHandling) return;
  // Clients that are slow to take large answers must not fill the memory.
  body_lease_ = response.lease != nullptr ? std::move(*response.lease)
                                          : MemoryLease(context_.shared.budget);
  if (!body_lease_.GrowOrOverdraw(response.body.size())) {
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
                    reader_.keep_alive() == KeepAlive::kYes &&
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
  head_ = FormatResponseHead(
      response, {.request_id = request_id_,
                 .now = context_.shared.clock.Now(),
                 .keep_alive = after == After::kContinue ? KeepAlive::kYes
                                                         : KeepAlive::kNo});
  body_ = omit_body_ ? std::string() : std::move(response.body);
  const std::array<asio::const_buffer, 2> parts = {asio::buffer(head_),
                                                   asio::buffer(body_)};
  asio::async_write(
      socket_, parts,
      [self = shared_from_this(), after](ErrorCode error, size_t) {
        if (self->phase_ != Phase::kWriting) return;
        if (error) return self->Close();
        self->OnWritten(after);
      });
}

void HttpConnection::OnWritten(After after) {
  head_.clear();
  body_.clear();
  body_.shrink_to_fit();
  body_lease_ = MemoryLease();
  if (after == After::kClose) return Close();
  if (after == After::kLinger) return Linger();
  const ReadState state = reader_.Next();
  if (state == ReadState::kNeedMore && !reader_.HasStarted()) {
    if (context_.shared.draining.load()) return Close();
    SetPhase(Phase::kIdle);
    return Read();
  }
  SetPhase(Phase::kReading);
  Act(state);
}

// Closing a socket with unread input resets the connection, and the client
// may lose the answer: so what still comes is read and dropped for a while.
void HttpConnection::Linger() {
  if (phase_ != Phase::kLingering) {
    SetPhase(Phase::kLingering);
    ErrorCode ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    body_.resize(16 * 1024);
  }
  socket_.async_read_some(asio::buffer(body_),
                          [self = shared_from_this()](ErrorCode error, size_t) {
                            if (self->phase_ != Phase::kLingering) return;
                            if (error) return self->Close();
                            self->Linger();
                          });
}

}  // namespace roentgen::server

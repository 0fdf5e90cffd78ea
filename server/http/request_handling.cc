#include "server/http/request_handling.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/address_caller.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/worker_pool.h"
#include "server/auth/access.h"
#include "server/auth/authenticator.h"
#include "server/auth/authorization_header.h"
#include "server/http/entrance.h"
#include "server/http/forwarded.h"
#include "server/http/request_body.h"
#include "server/http/request_note.h"
#include "server/status_mapping.h"

namespace roentgen::server {

namespace {

// Whether a proxy says that it stands between: then its address says nothing of
// whoever calls.
bool IsPassedOn(const HttpRequest& request) {
  for (const std::string_view header :
       {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"}) {
    if (request.headers.Find(header)) return true;
  }
  return false;
}

}  // namespace

RequestHandling::RequestHandling(HttpShared& shared,
                                 std::shared_ptr<const HttpListener> listener,
                                 const ByteStream& stream)
    : shared_(&shared),
      listener_(std::move(listener)),
      peer_(stream.peer()),
      peer_id_(CallerOfAddress(peer_.address)),
      is_proxy_(listener_->entrance != nullptr &&
                listener_->entrance->IsProxy(peer_)) {}

void RequestHandling::Handle(HttpRequest request, Found found,
                             const BodyLimit& limit,
                             HttpResponder responder) const {
  request.caller = peer_id_;
  request.address = peer_.address;
  const bool is_served = !is_proxy_ || NoteForwarded(request);
  if (listener_->audit != nullptr) {
    request.note = std::make_shared<RequestNote>(RequestNote{
        .operation = std::string(OperationOf(found)),
        .path = request.path,
        .address = request.address,
        .request_id = request.id,
        .principal = std::string(
            KeyIdIn(request.headers.Find("authorization").value_or("")))});
    responder = Audited(*listener_->audit, listener_->space, request.note,
                        std::move(responder));
  }
  if (!is_served) {
    return responder.SendError(
        {.http_status = 403,
         .name = "AccessDeniedException",
         .message = "This listener serves other networks.",
         .retry_after = std::nullopt});
  }
  if (request.body.size() > limits::kBodyBytesOnIoThread) {
    return HandleOnWorker(std::move(request), std::move(found), limit,
                          responder, Checked::kNothing);
  }
  if (!Authenticate(request, responder)) return;
  const size_t small = std::min(limit.bytes, limits::kBodyBytesOnIoThread);
  if (DecodeSmallBody(request, small)) {
    return Dispatch(std::move(request), std::move(found), std::move(responder));
  }
  HandleOnWorker(std::move(request), std::move(found), limit, responder,
                 Checked::kSender);
}

void RequestHandling::HandleOnWorker(HttpRequest request, Found found,
                                     const BodyLimit& limit,
                                     const HttpResponder& responder,
                                     Checked checked) const {
  const WorkerPool::Terms terms = {.caller = request.caller,
                                   .at_stop = WorkerPool::AtStop::kDrop};
  auto job = [handling = *this, found = std::move(found), limit, responder,
              checked,
              shared = std::make_shared<HttpRequest>(std::move(request))] {
    // Nobody waits for what its client gave up.
    if (shared->cancelled.stop_requested()) return;
    if (checked == Checked::kNothing &&
        !handling.Authenticate(*shared, responder)) {
      return;
    }
    if (const auto error = DecodeBody(*shared, limit)) {
      return responder.SendError(*error);
    }
    handling.Dispatch(std::move(*shared), found, responder);
  };
  if (shared_->bodies.TryStart(std::move(job), terms)) return;
  responder.SendError({.http_status = 429,
                       .name = "ThrottledException",
                       .message = "Too many large requests are waiting.",
                       .retry_after = absl::Seconds(1)});
}

// Whoever does not say who it is passes as nobody, whom the route may refuse.
bool RequestHandling::Authenticate(HttpRequest& request,
                                   const HttpResponder& responder) const {
  static const Authenticator kOpenDoor;
  const Authenticator* authenticator = listener_->authenticator;
  if (authenticator == nullptr) authenticator = &kOpenDoor;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  if (authenticator->mode() != AuthMode::kOff) {
    const auto& fields = request.headers.fields();
    headers.assign(fields.begin(), fields.end());
  }
  const Peer asker = {.address = request.address,
                      .is_local = peer_.is_local && !IsPassedOn(request),
                      .certificate = peer_.certificate};
  absl::StatusOr<Principal> principal =
      authenticator->HttpFrom(asker,
                              {.method = request.method,
                               .path = request.path,
                               .query = request.query,
                               .headers = headers,
                               .body = request.body},
                              shared_->clock.Now());
  if (!principal.ok()) {
    if (request.note != nullptr) request.note->is_turned_away = true;
    const AwsError error = ToAwsError(principal.status(), request.id);
    HttpResponse response = responder.ErrorOf(error);
    // Whoever guesses pays for a connection each time.
    response.close = error.http_status == 429;
    responder.Send(std::move(response));
    return false;
  }
  request.principal = *std::move(principal);
  if (request.note != nullptr) {
    request.note->principal = request.principal.key_id;
  }
  if (authenticator->mode() == AuthMode::kVerify &&
      !request.principal.key_id.empty()) {
    CountFor(CallerOf(request.principal.key_id), request);
  }
  return true;
}

// Until then its body was somebody else's. Where there is no room for both, it
// stays.
void RequestHandling::CountFor(CallerId caller, HttpRequest& request) const {
  request.caller = caller;
  MemoryLease own(shared_->budget, caller);
  if (own.GrowOrOverdraw(request.lease.bytes())) {
    request.lease = std::move(own);
  }
}

bool RequestHandling::NoteForwarded(HttpRequest& request) const {
  std::optional<std::string> from =
      ForwardedFor(request.headers, [this](const std::string& address) {
        return listener_->entrance->IsProxy({.address = address});
      });
  if (!from) return true;
  request.address = *std::move(from);
  if (!listener_->entrance->LetsIn({.address = request.address})) return false;
  CountFor(CallerOfAddress(request.address), request);
  return true;
}

std::string_view RequestHandling::OperationOf(const Found& found) {
  const auto* match = std::get_if<HttpRouter::Match>(&found);
  return match != nullptr ? match->route->operation : std::string_view();
}

void RequestHandling::Dispatch(HttpRequest request, Found found,
                               HttpResponder responder) const {
  auto* match = std::get_if<HttpRouter::Match>(&found);
  // Nobody learns from a refusal which paths there are.
  const Access needed =
      match != nullptr ? match->route->access : Access::kKnown;
  const std::string_view operation =
      match != nullptr ? match->route->operation : request.path;
  const absl::Status allowed = Authorize(request.principal, needed, operation);
  if (!allowed.ok()) {
    return responder.SendError(ToAwsError(allowed, request.id));
  }
  if (const auto* none = std::get_if<HttpRouter::NoRoute>(&found)) {
    HttpResponse response = responder.ErrorOf(none->error);
    if (!none->allow.empty()) {
      response.headers.emplace_back("Allow", none->allow);
    }
    return responder.Send(std::move(response));
  }
  const HttpRoute& route = *match->route;
  request.parameters = std::move(match->parameters);
  request.answers = shared_->answers;
  if (request.note != nullptr &&
      (route.administers || route.access == Access::kAdminister)) {
    request.note->administers = true;
    request.note->parameters =
        request.body.substr(0, limits::kAuditParametersBytesMax + 1);
  }
  try {
    route.handler(std::move(request), std::move(responder));
  } catch (const std::exception& e) {  // A library's; ours do not throw.
    LogError("handler threw",
             {{"operation", route.operation}, {"what", e.what()}});
  }
}

}  // namespace roentgen::server

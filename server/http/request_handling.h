// What becomes of a request that has arrived whole: who sent it, whether they
// may, what its body is, and the handler of its route. Part of HttpServer.
//
// Threads: Handle runs on the connection's I/O thread. What is large goes on on
// a worker, since checking a signature, inflating and parsing take long there.
#ifndef ROENTGEN_SERVER_HTTP_REQUEST_HANDLING_H_
#define ROENTGEN_SERVER_HTTP_REQUEST_HANDLING_H_

#include <memory>
#include <string_view>
#include <variant>

#include "base/caller.h"
#include "server/auth/peer.h"
#include "server/http/byte_stream.h"
#include "server/http/http_message.h"
#include "server/http/http_router.h"
#include "server/http/http_server.h"
#include "server/http/http_shared.h"

namespace roentgen::server {

class RequestHandling {
 public:
  // `shared` outlives it; `stream` is asked once who is there.
  RequestHandling(HttpShared& shared,
                  std::shared_ptr<const HttpListener> listener,
                  const ByteStream& stream);

  // Who sends without a key.
  CallerId peer() const { return peer_id_; }

  using Found = std::variant<HttpRouter::Match, HttpRouter::NoRoute>;
  Found Find(const HttpRequest& request) const {
    return listener_->router->Find(request.method, request.path);
  }
  // The operation of the route; empty: there is none.
  static std::string_view OperationOf(const Found& found);

  // `found`: what Find says of the request; `limit`: of the body. Refusals go
  // to `responder` as well.
  void Handle(HttpRequest request, Found found, const BodyLimit& limit,
              HttpResponder responder) const;

 private:
  // Steps, on any thread. False: the request was refused.
  bool Authenticate(HttpRequest& request, const HttpResponder& responder) const;
  void Dispatch(HttpRequest request, Found found,
                HttpResponder responder) const;
  void CountFor(CallerId caller, HttpRequest& request) const;
  // Takes down for whom a proxy asks. False: they may not call here.
  bool NoteForwarded(HttpRequest& request) const;
  // The whole of it, from the signature on where that is not checked yet.
  enum class Checked { kNothing, kSender };
  void HandleOnWorker(HttpRequest request, Found found, const BodyLimit& limit,
                      const HttpResponder& responder, Checked checked) const;

  HttpShared* shared_;
  std::shared_ptr<const HttpListener> listener_;
  Peer peer_;
  CallerId peer_id_;
  bool is_proxy_;  // It says in headers for whom it asks.
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_REQUEST_HANDLING_H_

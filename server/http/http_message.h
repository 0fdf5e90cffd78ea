// What an HTTP handler gets and gives: requests, responses, responders.
//
// Threads: HttpRequest and HttpResponse are plain values, SharedBytes is
// immutable; HttpResponder is thread-safe.
#ifndef ROENTGEN_SERVER_HTTP_HTTP_MESSAGE_H_
#define ROENTGEN_SERVER_HTTP_HTTP_MESSAGE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/caller.h"
#include "base/memory_budget.h"
#include "server/auth/access.h"
#include "server/http/answer_stream.h"
#include "server/status_mapping.h"

namespace roentgen::server {

// Header fields in the order they came. Names compare without case.
class HttpHeaders {
 public:
  void Add(std::string_view name, std::string_view value) {
    fields_.emplace_back(name, value);
  }
  // The first field of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const {
    return fields_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// Names and values.
using HttpParameters = std::vector<std::pair<std::string, std::string>>;

struct RequestNote;  // See request_note.h.

struct HttpRequest {
  std::string id;  // A UUID; goes back as x-amzn-RequestId.
  std::string method;
  std::string path;           // Without the query string, not decoded.
  std::string query;          // Without the question mark.
  std::string authority;      // "host:port" of a target in absolute form.
  HttpParameters parameters;  // Parts of the path that its route has names for.
  HttpHeaders headers;
  std::string body;     // After inflating.
  Principal principal;  // Who sent it, and what they may do.
  MemoryLease lease;    // What the body counts against the server's budget.
  // Whose share of what callers share it takes: the key's, else the address's.
  CallerId caller = kNoCaller;
  // Where it came from, as Peer::address; what a proxy that the listener trusts
  // says, else of the connection.
  std::string address = {};
  // What the audit log says of it; null: nobody wants to know.
  std::shared_ptr<RequestNote> note = nullptr;
  // What its answer counts against; null: nobody counts.
  std::shared_ptr<MemoryBudget> answers = nullptr;
  // Its client went away, as far as the server sees within a second.
  std::stop_token cancelled;

  // A part of the path; the route must have one of that name.
  const std::string& Parameter(std::string_view name) const;
};

// How large bodies may be, before and after inflating, and the setting that
// says so, for those who exceed it.
struct BodyLimit {
  size_t bytes = 0;
  std::string_view setting;  // Lives as long as the program.
};

// Bytes that nobody changes and many answers refer to.
class SharedBytes {
 public:
  SharedBytes() = default;
  explicit SharedBytes(std::string bytes)
      : owner_(std::make_shared<const std::string>(std::move(bytes))),
        view_(*owner_) {}
  // Those that live as long as the program.
  static SharedBytes OfProgram(std::string_view bytes) {
    SharedBytes out;
    out.view_ = bytes;
    return out;
  }

  std::string_view view() const { return view_; }
  bool empty() const { return view_.empty(); }

 private:
  std::shared_ptr<const std::string> owner_;  // Null: the program.
  std::string_view view_;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  SharedBytes shared = {};  // Instead of `body`, when it is not empty.
  // Instead of both: what HttpResponder::Begin was told to send.
  std::shared_ptr<AnswerSource> stream = nullptr;
  bool close = false;  // The connection, after it.
  // What the body counts against the server's budget already; null: nothing.
  std::shared_ptr<MemoryLease> lease = nullptr;

  std::string_view Body() const {
    return shared.empty() ? body : shared.view();
  }
};

// `error` in AWS's REST-JSON form.
HttpResponse ErrorResponse(const AwsError& error);

// As ErrorResponse, but whoever is not known gets a 401: for the APIs that are
// not X-Ray's. Callers replace the body by their own form.
HttpResponse BearerErrorResponse(const AwsError& error);

// How refusals of one path look, to a request of that Content-Type (empty:
// none). Pure.
using ErrorForm = HttpResponse (*)(const AwsError& error,
                                   std::string_view content_type);
inline HttpResponse AwsErrorForm(const AwsError& error, std::string_view) {
  return ErrorResponse(error);
}

// The way back for one request. Copies share it. The first Send counts, on
// any thread, also after the connection or the server is gone. If the last
// copy ends without one, the client gets InternalFailure.
class HttpResponder {
 public:
  using Deliver = std::function<void(HttpResponse)>;
  using MakeError = std::function<HttpResponse(const AwsError&)>;

  // `deliver` runs at most once, on the thread that sends.
  explicit HttpResponder(Deliver deliver, MakeError make_error = ErrorResponse);

  void Send(HttpResponse response) const;
  // In the form of the request's path.
  void SendError(const AwsError& error) const;
  // What SendError sends.
  HttpResponse ErrorOf(const AwsError& error) const;
  // Sends an answer whose body is written in pieces; counts as a Send. `wake`
  // runs when there is room after a Write that did not take all, and when the
  // state of the stream changes, which may be before this returns: look at the
  // state after it. It runs on any thread, one call at a time, and must not
  // block. What it holds lives until the answer has ended. May be empty.
  AnswerStream Begin(HttpResponse head, std::function<void()> wake) const;

 private:
  class Slot;
  std::shared_ptr<Slot> slot_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_HTTP_MESSAGE_H_

// One client's connection. Part of HttpServer.
//
// Threads: confined to its I/O thread, but for what a responder calls.
#ifndef ROENTGEN_SERVER_HTTP_HTTP_CONNECTION_H_
#define ROENTGEN_SERVER_HTTP_HTTP_CONNECTION_H_

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/caller.h"
#include "base/memory_budget.h"
#include "server/http/answer_stream.h"
#include "server/http/byte_stream.h"
#include "server/http/connection_table.h"
#include "server/http/http_message.h"
#include "server/http/http_server.h"
#include "server/http/http_shared.h"
#include "server/http/io_mailbox.h"
#include "server/http/request_handling.h"
#include "server/http/request_reader.h"
#include "server/http/response_head.h"

namespace roentgen::server {

class HttpConnection final
    : public ByteStream::User,
      public std::enable_shared_from_this<HttpConnection> {
 public:
  struct Context {
    HttpShared& shared;
    std::shared_ptr<IoMailbox> mailbox;
    std::shared_ptr<const HttpListener> listener;  // That it came by.
    // Null: there was no room, and it is only told so.
    std::unique_ptr<ConnectionTable::Seat> seat;
    // Once, when the connection has closed.
    std::function<void(HttpConnection*)> on_close;
  };

  HttpConnection(std::unique_ptr<ByteStream> stream, Context context);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void Start();
  // Others want in: closes if it is idle, or before its next request.
  void Displace();
  // Acts on deadlines that have passed.
  void Sweep(SteadyTime now);
  // Closes now if no request has begun, else after its answer.
  void BeginDrain();
  void Close();

 private:
  enum class Phase {
    kIdle,
    kReading,
    kHandling,
    kWriting,
    kStreaming,  // An answer that is written in pieces.
    kLingering,
    kClosed
  };
  enum class After { kContinue, kClose, kLinger };
  // What is being written.
  enum class Written { kNothing, kContinue, kAnswer, kPiece };

  void OnRead(size_t bytes) override;
  void OnWritten(bool all) override;

  void Read(std::span<char> room);
  void Act(ReadState state);
  void Handle();
  // Takes down what shapes every answer to `head`.
  void Meet(const HttpRequest& head);
  HttpResponse Refusal(const AwsError& error) const;
  HttpResponder ResponderFor(const HttpRequest& request);
  void Deliver(HttpResponse response);
  // Answers a request that was not read whole, then closes.
  void Refuse(const AwsError& error);
  void Write(HttpResponse response, After after);
  void WriteParts(Written what, std::initializer_list<std::string_view> parts);
  void OnAnswered();
  void BeginStream(std::shared_ptr<AnswerSource> source);
  // Writes what the handler has written meanwhile.
  void WritePiece();
  // Sees whether the client goes away.
  void ReadAhead();
  void SendContinue();
  void Linger();
  static ConnectionUse UseIn(Phase phase);
  void SetPhase(Phase phase);
  void TurnAway();

  const std::unique_ptr<ByteStream> stream_;
  Context context_;
  const RequestHandling handling_;
  RequestReader reader_;
  Phase phase_ = Phase::kIdle;
  SteadyTime deadline_;
  bool is_displaced_ = false;
  bool reads_ = false;        // OnRead will come.
  bool reads_ahead_ = false;  // With bytes behind the current request.
  Written writes_ = Written::kNothing;  // OnWritten will come.

  // Of the request being handled.
  std::string request_id_;
  std::string operation_;
  ErrorForm error_form_ = AwsErrorForm;
  std::string content_type_;
  std::string origin_;  // Empty: none, or one that may not read answers.
  SteadyTime handling_since_;
  std::stop_source cancelled_{std::nostopstate};  // One for each request.
  bool omit_body_ = false;

  // Being written.
  std::string head_;
  std::string body_;
  SharedBytes shared_;
  MemoryLease body_lease_;
  After after_ = After::kClose;
  // While it streams.
  std::shared_ptr<AnswerSource> source_;
  BodyEnd body_end_ = BodyEnd::kLength;
  AnswerPipe::Piece piece_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_HTTP_CONNECTION_H_

// An answer that is written in pieces. A handler has one end of it, the
// connection of its client the other.
//
//   class Feed : public std::enable_shared_from_this<Feed> { ... };
//   auto feed = std::make_shared<Feed>();
//   feed->Start(responder.Begin(head, [feed] { feed->Go(); }));
//   ...
//   void Feed::Go() {                    // At first, and with each wake-up.
//     if (stream.state() != StreamState::kOpen) return stream.Close();
//     rest.remove_prefix(stream.Write(rest));
//   }
//
// What a client has not taken is bounded by limits::kStreamedAnswerBytes, which
// counts against the server's memory from the beginning to the end. A client
// that takes none of it for the server's write timeout is dropped. At a
// shutdown the handler is told to come to an end, and has the server's grace to
// do so. If its end is destroyed without Close, or its client goes away, the
// connection breaks: nobody takes what there is for the whole.
//
// HTTP/1.1 gets chunks; to HTTP/1.0 the end of the connection is the end of the
// answer. Nothing is compressed on the way.
#ifndef ROENTGEN_SERVER_HTTP_ANSWER_STREAM_H_
#define ROENTGEN_SERVER_HTTP_ANSWER_STREAM_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/mutex.h"

namespace roentgen::server {

enum class StreamState {
  kOpen,
  kEnding,  // The server stops: what matters may still be written.
  kGone     // Nobody is there any more; writes take nothing.
};

// What both ends share. Of use to them only.
//
// Threads: thread-safe; what it calls runs without its lock.
class AnswerPipe {
 public:
  AnswerPipe(size_t capacity, std::function<void()> wake);
  AnswerPipe(const AnswerPipe&) = delete;
  AnswerPipe& operator=(const AnswerPipe&) = delete;

  // The handler's end.
  size_t Write(std::string_view bytes);
  size_t room() const;
  StreamState state() const;
  void Finish(bool whole);

  // The connection's end.
  struct Piece {
    std::string bytes;
    bool last = false;    // The answer is whole with it.
    bool broken = false;  // It never will be.
  };
  // `poke` runs when there is something to take, once until Take.
  void Attach(std::function<void()> poke);
  Piece Take();
  // The client has what was taken last.
  void Taken();
  void SetState(StreamState state);

 private:
  using Function = std::shared_ptr<const std::function<void()>>;

  size_t RoomLocked() const RTG_REQUIRES(mu_);
  Function PokeLocked() RTG_REQUIRES(mu_);

  const size_t capacity_;
  mutable Mutex mu_;
  std::string pending_ RTG_GUARDED_BY(mu_);
  size_t in_flight_ RTG_GUARDED_BY(mu_) = 0;
  StreamState state_ RTG_GUARDED_BY(mu_) = StreamState::kOpen;
  bool finished_ RTG_GUARDED_BY(mu_) = false;
  bool whole_ RTG_GUARDED_BY(mu_) = false;
  bool wants_room_ RTG_GUARDED_BY(mu_) = false;
  bool poked_ RTG_GUARDED_BY(mu_) = true;  // Until the first Take.
  Function wake_ RTG_GUARDED_BY(mu_);
  Function poke_ RTG_GUARDED_BY(mu_);
};

// The handler's end.
//
// Threads: one thread at a time.
class AnswerStream {
 public:
  explicit AnswerStream(std::shared_ptr<AnswerPipe> pipe)
      : pipe_(std::move(pipe)) {}
  ~AnswerStream() { Finish(false); }
  AnswerStream(AnswerStream&&) noexcept = default;
  AnswerStream& operator=(AnswerStream&& other) noexcept {
    if (this == &other) return *this;
    Finish(false);
    pipe_ = std::move(other.pipe_);
    return *this;
  }

  // How many of `bytes` were taken, from their beginning. If not all were, the
  // wake-up comes when there is room again.
  size_t Write(std::string_view bytes) {
    return pipe_ != nullptr ? pipe_->Write(bytes) : 0;
  }
  // How many bytes Write would take now.
  size_t room() const { return pipe_ != nullptr ? pipe_->room() : 0; }
  StreamState state() const {
    return pipe_ != nullptr ? pipe_->state() : StreamState::kGone;
  }
  // The answer is whole. There is no wake-up after it.
  void Close() { Finish(true); }

 private:
  void Finish(bool whole) {
    if (pipe_ != nullptr) std::exchange(pipe_, nullptr)->Finish(whole);
  }

  std::shared_ptr<AnswerPipe> pipe_;  // Null once it is closed.
};

// The connection's end: its destruction tells the handler that the client is
// gone.
class AnswerSource {
 public:
  explicit AnswerSource(std::shared_ptr<AnswerPipe> pipe)
      : pipe_(std::move(pipe)) {}
  ~AnswerSource() { pipe_->SetState(StreamState::kGone); }
  AnswerSource(const AnswerSource&) = delete;
  AnswerSource& operator=(const AnswerSource&) = delete;

  AnswerPipe* operator->() const { return pipe_.get(); }

 private:
  const std::shared_ptr<AnswerPipe> pipe_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_ANSWER_STREAM_H_

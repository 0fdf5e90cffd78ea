#include "server/rpc/front_connection.h"

#include <algorithm>
#include <utility>

namespace roentgen::server {
namespace {

// RFC 9113, 7.
constexpr uint32_t kNoError = 0x0;
constexpr uint32_t kEnhanceYourCalm = 0xb;

// How long, and for how many bytes, a client may go on before it has read that
// its connection ends.
constexpr std::chrono::seconds kLingerTime{1};
constexpr size_t kLingerBytes = size_t{1024} * 1024;

// A connection that had to be cut counts as so many calls given up.
constexpr size_t kCallsPerCut = 100;

// Others that are asked when a call has ended whether they can go on.
constexpr int kAskedMax = 8;

SteadyTime Now() { return std::chrono::steady_clock::now(); }

FrontRefusal RefusalOf(FrameWatch::Then then) {
  switch (then) {
    case FrameWatch::Then::kResets:
      return FrontRefusal::kResets;
    case FrameWatch::Then::kControl:
      return FrontRefusal::kControlFrames;
    case FrameWatch::Then::kMetadata:
      return FrontRefusal::kMetadata;
    case FrameWatch::Then::kPreface:
    case FrameWatch::Then::kRead:
    case FrameWatch::Then::kHold:
      break;
  }
  return FrontRefusal::kPreface;
}

}  // namespace

std::shared_ptr<ByteStream::User> FrontConnection::Way::Self() {
  return {owner.shared_from_this(), this};
}

void FrontConnection::Way::Read() {
  reads = true;
  from.Read(buffer.Room(), Self());
}

void FrontConnection::Way::Write(size_t bytes) {
  passing = bytes;
  const std::string_view part = buffer.view().substr(0, bytes);
  to.Write({&part, 1}, Self());
}

void FrontConnection::Way::OnRead(size_t bytes) {
  reads = false;
  if (owner.state_ != State::kOpen) {
    if (this == &owner.to_server_) owner.OnLingered(bytes);
    return;
  }
  if (bytes == 0) return owner.OnEnd(*this);
  buffer.Add(bytes);
  owner.OnBytes(*this);
}

void FrontConnection::Way::OnWritten(bool all) {
  const size_t written = std::exchange(passing, 0);
  if (this == &owner.to_client_) owner.write_deadline_ = SteadyTime::max();
  if (owner.state_ == State::kLeaving && this == &owner.to_client_) {
    return owner.SayFarewell();
  }
  if (owner.state_ != State::kOpen) return;
  if (!all) return owner.OnBroken(*this);
  buffer.RemovePrefix(written);
  owner.OnBytes(*this);
}

void FrontConnection::LastWords::OnWritten(bool all) {
  if (owner.state_ != State::kLeaving) return;
  owner.write_deadline_ = SteadyTime::max();
  all ? owner.Linger() : owner.Close();
}

FrontConnection::FrontConnection(std::unique_ptr<ByteStream> client,
                                 std::unique_ptr<ByteStream> inner,
                                 Context context)
    : context_(std::move(context)),
      client_(std::move(client)),
      inner_(std::move(inner)),
      watch_(context_.shared.shares, context_.peer),
      to_server_(*this, *client_, *inner_),
      to_client_(*this, *inner_, *client_),
      last_words_(*this),
      preface_deadline_(Now() + context_.shared.options.preface_timeout) {}

void FrontConnection::Start() {
  context_.seat->Set(use_, Now());
  to_server_.Read();
  to_client_.Read();
}

void FrontConnection::OnBytes(Way& way) {
  if (&way == &to_server_) return OnClientBytes();
  OnServerBytes();
}

void FrontConnection::OnClientBytes() {
  const FrameWatch::Verdict verdict =
      watch_.OfClient(to_server_.buffer.view(), Now());
  NoteUse();
  switch (verdict.then) {
    case FrameWatch::Then::kRead:
    case FrameWatch::Then::kHold:
      break;
    case FrameWatch::Then::kPreface:
      context_.shared.Count(FrontRefusal::kPreface);
      return Close();
    case FrameWatch::Then::kResets:
    case FrameWatch::Then::kControl:
    case FrameWatch::Then::kMetadata:
      return Leave(RefusalOf(verdict.then), kEnhanceYourCalm);
  }
  if (verdict.pass > 0) {
    held_deadline_ = SteadyTime::max();
    // What did not pass is looked at once more after it.
    return to_server_.Write(verdict.pass);
  }
  if (verdict.then == FrameWatch::Then::kHold) return Hold();
  to_server_.Read();
}

void FrontConnection::OnServerBytes() {
  const std::string_view bytes = to_client_.buffer.view();
  if (bytes.empty()) return to_client_.Read();
  const size_t ended = watch_.OfServer(bytes);
  write_deadline_ = Now() + context_.shared.options.write_timeout;
  to_client_.Write(bytes.size());
  if (ended == 0) return;
  NoteUse();
  LetOthersIn();
}

void FrontConnection::Hold() {
  is_held_ = true;
  if (held_deadline_ == SteadyTime::max()) {
    held_deadline_ = Now() + context_.shared.options.write_timeout;
  }
  if (std::exchange(is_queued_, true)) return;
  context_.shared.held.push_back(weak_from_this());
}

bool FrontConnection::Retry() {
  is_queued_ = false;
  if (state_ != State::kOpen || !is_held_) return false;
  is_held_ = false;
  OnClientBytes();
  return !is_held_;
}

void FrontConnection::LetOthersIn() {
  if (is_held_) {
    is_held_ = false;
    OnClientBytes();
  }
  std::deque<std::weak_ptr<FrontConnection>>& held = context_.shared.held;
  const size_t asked = std::min<size_t>(held.size(), kAskedMax);
  for (size_t i = 0; i < asked; ++i) {
    const std::shared_ptr<FrontConnection> next = held.front().lock();
    held.pop_front();
    if (next != nullptr && next->Retry()) return;
  }
}

// Whichever way ended, the other has nobody to speak to. What the library said
// before has been written.
void FrontConnection::OnEnd(const Way& way) {
  if (&way == &to_server_) {
    watch_.GiveUpCalls(0, Now());
    return Close();
  }
  inner_->Close();
  watch_.EndCalls();
  Linger();
}

// Of whom `way` leads to, nobody takes anything any more.
void FrontConnection::OnBroken(const Way& way) {
  if (&way == &to_client_) watch_.GiveUpCalls(0, Now());
  Close();
}

void FrontConnection::Leave(FrontRefusal refusal, uint32_t code) {
  context_.shared.Count(refusal);
  state_ = State::kLeaving;
  last_code_ = code;
  inner_->Close();
  // Who was displaced had no calls, and did no wrong.
  if (refusal != FrontRefusal::kDisplaced) {
    watch_.GiveUpCalls(kCallsPerCut, Now());
  }
  write_deadline_ = Now() + context_.shared.options.write_timeout;
  if (to_client_.passing == 0) SayFarewell();
}

void FrontConnection::SayFarewell() {
  last_words_.bytes = watch_.Farewell(last_code_);
  if (last_words_.bytes.empty()) return Linger();
  write_deadline_ = Now() + context_.shared.options.write_timeout;
  const std::string_view part = last_words_.bytes;
  client_->Write({&part, 1}, {shared_from_this(), &last_words_});
}

// Closing a socket with unread input resets the connection, and the client may
// lose what it was told: so what still comes is read and dropped for a while.
void FrontConnection::Linger() {
  state_ = State::kLingering;
  linger_deadline_ = Now() + kLingerTime;
  client_->EndWriting();
  if (to_server_.reads) return;
  to_server_.buffer.Clear();
  to_server_.Read();
}

void FrontConnection::OnLingered(size_t bytes) {
  if (state_ == State::kClosed) return;
  lingered_ += bytes;
  if (bytes == 0 || lingered_ > kLingerBytes) return Close();
  if (state_ != State::kLingering) return;  // Linger reads on.
  to_server_.buffer.Clear();
  to_server_.Read();
}

void FrontConnection::Displace() {
  if (state_ == State::kOpen) Leave(FrontRefusal::kDisplaced, kNoError);
}

void FrontConnection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  client_->Close();
  inner_->Close();
  watch_.EndCalls();
  context_.on_close(this);
}

void FrontConnection::NoteUse() {
  const ConnectionUse use = !watch_.has_preface() ? ConnectionUse::kWaiting
                            : watch_.open_calls() == 0 && !is_held_
                                ? ConnectionUse::kIdle
                                : ConnectionUse::kBusy;
  if (use == use_) return;
  use_ = use;
  context_.seat->Set(use, Now());
}

void FrontConnection::Sweep(SteadyTime now) {
  switch (state_) {
    case State::kOpen:
      if (!watch_.has_preface() && now >= preface_deadline_) {
        context_.shared.Count(FrontRefusal::kPreface);
        return Close();
      }
      if (now >= write_deadline_) break;
      if (is_held_ && now >= held_deadline_) {
        Leave(FrontRefusal::kCalls, kEnhanceYourCalm);
      }
      return;
    case State::kLeaving:
      if (now >= write_deadline_) break;
      return;
    case State::kLingering:
      if (now >= linger_deadline_) Close();
      return;
    case State::kClosed:
      return;
  }
  context_.shared.Count(FrontRefusal::kWriteTimeout);
  watch_.GiveUpCalls(0, now);
  client_->Abort();
  Close();
}

}  // namespace roentgen::server

#include "server/http/answer_stream.h"

#include <algorithm>
#include <utility>

namespace roentgen::server {
namespace {

std::shared_ptr<const std::function<void()>> CallOf(
    std::function<void()> function) {
  if (!function) return nullptr;
  return std::make_shared<const std::function<void()>>(std::move(function));
}

void Run(const std::shared_ptr<const std::function<void()>>& call) {
  if (call != nullptr) (*call)();
}

}  // namespace

AnswerPipe::AnswerPipe(size_t capacity, std::function<void()> wake)
    : capacity_(capacity), wake_(CallOf(std::move(wake))) {}

size_t AnswerPipe::RoomLocked() const {
  return state_ == StreamState::kGone
             ? 0
             : capacity_ - pending_.size() - in_flight_;
}

AnswerPipe::Function AnswerPipe::PokeLocked() {
  return std::exchange(poked_, true) ? nullptr : poke_;
}

size_t AnswerPipe::Write(std::string_view bytes) {
  Function poke;
  size_t taken;
  {
    MutexLock lock(mu_);
    taken = std::min(bytes.size(), RoomLocked());
    if (taken < bytes.size()) wants_room_ = true;
    if (taken == 0) return 0;
    pending_.append(bytes.substr(0, taken));
    poke = PokeLocked();
  }
  Run(poke);
  return taken;
}

size_t AnswerPipe::room() const {
  MutexLock lock(mu_);
  return RoomLocked();
}

StreamState AnswerPipe::state() const {
  MutexLock lock(mu_);
  return state_;
}

void AnswerPipe::Finish(bool whole) {
  Function poke, dropped;
  {
    MutexLock lock(mu_);
    finished_ = true;
    whole_ = whole;
    dropped = std::move(wake_);
    poke = PokeLocked();
  }
  Run(poke);
}

void AnswerPipe::Attach(std::function<void()> poke) {
  MutexLock lock(mu_);
  poke_ = CallOf(std::move(poke));
}

AnswerPipe::Piece AnswerPipe::Take() {
  MutexLock lock(mu_);
  poked_ = false;
  if (finished_ && !whole_) return {.bytes = {}, .last = false, .broken = true};
  in_flight_ = pending_.size();
  return {
      .bytes = std::exchange(pending_, {}), .last = finished_, .broken = false};
}

void AnswerPipe::Taken() {
  Function wake;
  {
    MutexLock lock(mu_);
    in_flight_ = 0;
    // Not for a few bytes each time.
    if (!wants_room_ || RoomLocked() < capacity_ / 2) return;
    wants_room_ = false;
    wake = wake_;
  }
  Run(wake);
}

void AnswerPipe::SetState(StreamState state) {
  Function wake;
  {
    MutexLock lock(mu_);
    if (state <= state_) return;  // It never gets better.
    state_ = state;
    wake = wake_;
    if (state == StreamState::kGone) {
      // What the wake-up holds lives no longer than the answer.
      wake_ = nullptr;
      pending_ = {};
    }
  }
  Run(wake);
}

}  // namespace roentgen::server

// Streams under HTTP that are not plain TCP.
#ifndef ROENTGEN_TESTS_SERVER_HTTP_STREAMS_H_
#define ROENTGEN_TESTS_SERVER_HTTP_STREAMS_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "server/http/entrance.h"
#include "server/http/socket_stream.h"

namespace roentgen::server {

// A socket whose bytes are masked, both ways: what has no part in that
// understands nothing. TLS in small.
class MaskedStream final : public ByteStream {
 public:
  MaskedStream(Arrived arrived, char mask)
      : inner_(std::move(arrived)), mask_(mask) {}

  void Open(Opened done) override { inner_.Open(std::move(done)); }
  const Peer& peer() const override { return inner_.peer(); }
  void Read(std::span<char> room, std::shared_ptr<User> user) override {
    inner_.Read(room, std::make_shared<Unmasking>(room, mask_, user));
  }
  void Write(std::span<const std::string_view> parts,
             std::shared_ptr<User> user) override {
    masked_.clear();
    for (const std::string_view part : parts) masked_ += part;
    for (char& c : masked_) c ^= mask_;
    const std::string_view all = masked_;
    inner_.Write({&all, 1}, std::move(user));
  }
  void EndWriting() override { inner_.EndWriting(); }
  void Close() override { inner_.Close(); }
  void Abort() override { inner_.Abort(); }

 private:
  struct Unmasking final : User {
    Unmasking(std::span<char> r, char m, std::shared_ptr<User> u)
        : room(r), mask(m), user(std::move(u)) {}
    void OnRead(size_t bytes) override {
      for (char& c : room.first(bytes)) c ^= mask;
      user->OnRead(bytes);
    }
    void OnWritten(bool) override {}

    const std::span<char> room;
    const char mask;
    const std::shared_ptr<User> user;
  };

  SocketStream inner_;
  const char mask_;
  std::string masked_;
};

class MaskedStreams final : public StreamMaker {
 public:
  explicit MaskedStreams(char mask) : mask_(mask) {}
  std::unique_ptr<ByteStream> Make(Arrived arrived) const override {
    return std::make_unique<MaskedStream>(std::move(arrived), mask_);
  }
  bool HasHandshake() const override { return false; }

 private:
  const char mask_;
};

// Everybody comes in, masked; null without a mask.
inline std::shared_ptr<const Entrance> MaskedEntrance(char mask) {
  if (mask == 0) return nullptr;
  return std::make_shared<Entrance>(
      EntranceOptions{.streams = std::make_shared<MaskedStreams>(mask)});
}

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_HTTP_STREAMS_H_

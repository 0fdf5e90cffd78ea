#include "server/rpc/frame_watch.h"

#include <algorithm>

namespace roentgen::server {
namespace {

// RFC 9113, 6.
enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kResetStream = 3,
  kSettings = 4,
  kGoAway = 7,
  kContinuation = 9,
};
constexpr uint8_t kEndStream = 0x1;
constexpr uint8_t kEndHeaders = 0x4;
constexpr uint8_t kPadded = 0x8;

// A message of gRPC has a head of so many bytes: DATA with less brings nothing,
// but the end of a call, and a few at the edge of a window.
constexpr uint32_t kDataBytesMin = 5;

// What a call and its answer let the client say: that it has sent all, that the
// windows are open again, and how long that takes.
constexpr double kTokensPerCall = 1;
constexpr double kTokensPerAnswer = 2;
constexpr double kBytesPerToken = 8 * 1024;

void AppendNumber(std::string& out, uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) {
    out += static_cast<char>(value >> (8 * i) & 0xff);
  }
}

void AppendHead(std::string& out, uint32_t length, FrameType type) {
  AppendNumber(out, length, 3);
  AppendNumber(out, type, 1);
  AppendNumber(out, 0, 1);
  AppendNumber(out, 0, 4);
}

}  // namespace

FrameWatch::Frame FrameWatch::HeadAt(const char* bytes) {
  const auto at = [bytes](int i) -> uint32_t {
    return static_cast<unsigned char>(bytes[i]);
  };
  return {.length = at(0) << 16 | at(1) << 8 | at(2),
          .type = static_cast<uint8_t>(at(3)),
          .flags = static_cast<uint8_t>(at(4)),
          .stream = (at(5) & 0x7f) << 24 | at(6) << 16 | at(7) << 8 | at(8)};
}

FrameWatch::Verdict FrameWatch::OfClient(std::string_view bytes,
                                         SteadyTime now) {
  size_t at = 0;
  if (preface_left_ > 0) {
    at = std::min(preface_left_, bytes.size());
    const size_t from = kPreface.size() - preface_left_;
    if (bytes.substr(0, at) != kPreface.substr(from, at)) {
      return {.pass = 0, .then = Then::kPreface};
    }
    preface_left_ -= at;
  }
  while (at < bytes.size()) {
    if (skip_ > 0) {
      const size_t n = std::min<size_t>(skip_, bytes.size() - at);
      skip_ -= static_cast<uint32_t>(n);
      at += n;
      continue;
    }
    if (bytes.size() - at < kFrameHead) break;
    const Frame frame = HeadAt(bytes.data() + at);
    const Then then = Judge(frame, now);
    if (then != Then::kRead) return {.pass = at, .then = then};
    skip_ = frame.length;
    at += kFrameHead;
  }
  return {.pass = at, .then = Then::kRead};
}

FrameWatch::Then FrameWatch::Judge(const Frame& frame, SteadyTime now) {
  if (last_stream_ == 0 && shares_.HasToWait(peer_, now)) return Then::kHold;
  switch (frame.type) {
    case kHeaders:
      return JudgeHeaders(frame, now);
    case kContinuation:
      metadata_bytes_ += frame.length;
      if (metadata_bytes_ > limits::kHttpHeaderBytesMax) {
        return Then::kMetadata;
      }
      return Control(now);
    case kData:
      return frame.length < kDataBytesMin || (frame.flags & kPadded) != 0
                 ? Control(now)
                 : Then::kRead;
    case kResetStream:
      if (!Close(frame.stream)) return Control(now);
      return shares_.TakeReset(peer_, now) ? Then::kRead : Then::kResets;
    default:
      return Control(now);
  }
}

FrameWatch::Then FrameWatch::JudgeHeaders(const Frame& frame, SteadyTime now) {
  if (frame.length > limits::kHttpHeaderBytesMax) return Then::kMetadata;
  const bool opens = frame.stream % 2 == 1 && frame.stream > last_stream_;
  const Then then = opens ? Open(frame, now) : Control(now);
  if (then == Then::kRead) {
    const bool ends = (frame.flags & kEndHeaders) != 0;
    metadata_bytes_ = ends ? 0 : frame.length;
  }
  return then;
}

FrameWatch::Then FrameWatch::Open(const Frame& frame, SteadyTime now) {
  if (open_.size() >= kCallsHeldAt || shares_.HasToWait(peer_, now)) {
    return Then::kHold;
  }
  // The library refuses it, and its client should have known.
  const bool is_over =
      open_.size() >= size_t{limits::kGrpcStreamsPerConnectionMax};
  if (!shares_.TryOpen(peer_, open_.size())) return Then::kHold;
  open_.push_back(frame.stream);
  last_stream_ = frame.stream;
  control_.Add(kTokensPerCall);
  if (is_over && !shares_.TakeReset(peer_, now)) return Then::kResets;
  return Then::kRead;
}

FrameWatch::Then FrameWatch::Control(SteadyTime now) {
  return control_.Take(now) ? Then::kRead : Then::kControl;
}

void FrameWatch::GiveUpCalls(size_t more, SteadyTime now) {
  shares_.GiveUp(peer_, open_.size() + more, now);
  EndCalls();
}

void FrameWatch::EndCalls() {
  shares_.End(peer_, open_.size());
  open_.clear();
}

bool FrameWatch::Close(uint32_t stream) {
  const auto found = std::find(open_.begin(), open_.end(), stream);
  if (found == open_.end()) return false;
  *found = open_.back();
  open_.pop_back();
  shares_.End(peer_, 1);
  return true;
}

size_t FrameWatch::OfServer(std::string_view bytes) {
  server_began_ = server_began_ || !bytes.empty();
  size_t ended = 0;
  while (!bytes.empty()) {
    if (server_skip_ > 0) {
      const size_t n = std::min<size_t>(server_skip_, bytes.size());
      server_skip_ -= static_cast<uint32_t>(n);
      bytes.remove_prefix(n);
      continue;
    }
    const size_t n = std::min(kFrameHead - head_bytes_, bytes.size());
    std::copy_n(bytes.data(), n, head_.data() + head_bytes_);
    head_bytes_ += n;
    bytes.remove_prefix(n);
    if (head_bytes_ < kFrameHead) break;
    head_bytes_ = 0;
    const Frame frame = HeadAt(head_.data());
    server_skip_ = frame.length;
    const bool answers = frame.type == kData || frame.type == kHeaders;
    if (answers) control_.Add(kTokensPerAnswer + frame.length / kBytesPerToken);
    const bool ends = frame.type == kResetStream ||
                      (answers && (frame.flags & kEndStream) != 0);
    if (ends && Close(frame.stream)) ++ended;
  }
  return ended;
}

std::string FrameWatch::Farewell(uint32_t code) const {
  std::string out;
  if (server_skip_ > 0 || head_bytes_ > 0) return out;
  if (!server_began_) AppendHead(out, 0, kSettings);
  AppendHead(out, 8, kGoAway);
  AppendNumber(out, last_stream_, 4);
  AppendNumber(out, code, 4);
  return out;
}

}  // namespace roentgen::server

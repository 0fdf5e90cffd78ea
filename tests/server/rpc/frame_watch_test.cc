#include "server/rpc/frame_watch.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.h"
#include "gtest/gtest.h"
#include "tests/server/rpc/http2_frames.h"

namespace roentgen::server {
namespace {

using http2::Call;
using http2::Frame;
using http2::kEndHeaders;
using http2::kEndStream;
using http2::Reset;
using http2::Trailers;
using Then = FrameWatch::Then;

constexpr CallerId kPeer = 7;
constexpr CallerId kOther = 8;

class FrameWatchTest : public testing::Test {
 protected:
  FrameWatchTest() { Feed(*watch_, std::string(http2::kPreface)); }

  std::unique_ptr<FrameWatch> Another(CallerId peer) {
    auto watch = std::make_unique<FrameWatch>(shares_, peer);
    Feed(*watch, std::string(http2::kPreface));
    return watch;
  }
  Then Feed(FrameWatch& watch, const std::string& bytes) {
    return watch.OfClient(bytes, now_).then;
  }
  Then Feed(const std::string& bytes) { return Feed(*watch_, bytes); }
  // How many of `frames` pass before something else than kRead, `most` at most.
  size_t Passed(size_t most, const std::function<std::string(uint32_t)>& frame,
                Then* then = nullptr) {
    for (size_t n = 0; n < most; ++n) {
      const Then got = Feed(frame(static_cast<uint32_t>(2 * n + 1)));
      if (then != nullptr) *then = got;
      if (got != Then::kRead) return n;
    }
    return most;
  }

  SteadyTime now_{std::chrono::hours(1)};
  PeerShares shares_;
  std::unique_ptr<FrameWatch> watch_ =
      std::make_unique<FrameWatch>(shares_, kPeer);
};

TEST_F(FrameWatchTest, PassesTheSameHoweverTheBytesAreCut) {
  std::string all(http2::kPreface);
  for (uint32_t s = 1; s < 41; s += 2) {
    all += Call(s) + Frame(http2::kData, kEndStream, s, std::string(777, 'x'));
  }
  all += Reset(39) + Frame(http2::kPing, 0, 0, "12345678");
  for (const size_t piece : {1, 2, 8, 9, 10, 24, 100, 1'000'000}) {
    FrameWatch watch(shares_, kPeer);
    std::string left;
    std::string passed;
    for (size_t at = 0; at < all.size(); at += piece) {
      left += all.substr(at, piece);
      const FrameWatch::Verdict verdict = watch.OfClient(left, now_);
      ASSERT_EQ(verdict.then, Then::kRead);
      passed += left.substr(0, verdict.pass);
      left.erase(0, verdict.pass);
      // Only what may be the head of a frame waits.
      ASSERT_LT(left.size(), 9u);
    }
    EXPECT_EQ(passed, all) << piece;
    EXPECT_EQ(watch.open_calls(), 19u) << piece;
    size_t ended = 0;
    std::string server = Frame(http2::kSettings, 0, 0);
    for (uint32_t s = 1; s < 39; s += 2) server += Trailers(s);
    for (size_t at = 0; at < server.size(); at += piece) {
      ended += watch.OfServer(server.substr(at, piece));
    }
    EXPECT_EQ(ended, 19u) << piece;
    EXPECT_EQ(watch.open_calls(), 0u) << piece;
  }
  EXPECT_EQ(shares_.calls(), 0u);
}

TEST_F(FrameWatchTest, WhatIsNoPrefaceIsCut) {
  for (const char* bytes :
       {"GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\rx", "X", "PRJ"}) {
    FrameWatch watch(shares_, kPeer);
    EXPECT_EQ(Feed(watch, bytes), Then::kPreface) << bytes;
    EXPECT_FALSE(watch.has_preface());
  }
}

TEST_F(FrameWatchTest, EveryWayOfEndingACallGivesRoom) {
  struct Case {
    const char* name;
    std::string client;
    std::string server;
    size_t open;
  };
  for (const Case& c : {
           Case{"nothing", "", "", 1},
           {"trailers", "", Trailers(1), 0},
           {"data", "", Frame(http2::kData, kEndStream, 1), 0},
           {"refused", "", Reset(1), 0},
           {"given up", Reset(1), "", 0},
           {"both", Reset(1), Trailers(1), 0},
           {"half", Frame(http2::kData, kEndStream, 1, "12345"), "", 1},
           {"another", "", Trailers(3) + Reset(5), 1},
           {"head alone", "", Frame(http2::kHeaders, kEndHeaders, 1, "x"), 1},
           {"an even one", Call(2), "", 1},
           {"the same again", Call(1), "", 1},
       }) {
    const auto watch = Another(kPeer);
    ASSERT_EQ(Feed(*watch, Call(1) + c.client), Then::kRead) << c.name;
    watch->OfServer(c.server);
    EXPECT_EQ(watch->open_calls(), c.open) << c.name;
  }
}

TEST_F(FrameWatchTest, CallsAreHeldUntilOthersEnd) {
  Then then = Then::kRead;
  EXPECT_EQ(Passed(
                10'000, [](uint32_t s) { return Call(s); }, &then),
            FrameWatch::kCallsHeldAt);
  EXPECT_EQ(then, Then::kHold);
  const uint32_t next = 2 * FrameWatch::kCallsHeldAt + 1;
  // What stands before the call passes, and the same call again is one call.
  const std::string ping = Frame(http2::kPing, 0, 0, "12345678");
  const FrameWatch::Verdict held = watch_->OfClient(ping + Call(next), now_);
  EXPECT_EQ(held.pass, ping.size());
  EXPECT_EQ(held.then, Then::kHold);
  watch_->OfServer(Trailers(5));
  EXPECT_EQ(Feed(Call(next)), Then::kRead);
  EXPECT_EQ(Feed(Call(next + 2)), Then::kHold);
}

TEST_F(FrameWatchTest, CallsGivenUpAreCountedForTheAddress) {
  const auto given_up = [](uint32_t s) { return Call(s) + Reset(s); };
  Then then = Then::kRead;
  EXPECT_EQ(Passed(10'000, given_up, &then), limits::kGrpcResetsBurst);
  EXPECT_EQ(then, Then::kResets);
  // A new connection of the same address has no more of them, another has.
  EXPECT_EQ(Feed(*Another(kPeer), given_up(1)), Then::kResets);
  EXPECT_EQ(Feed(*Another(kOther), given_up(1)), Then::kRead);
  now_ += std::chrono::seconds(2);
  watch_ = Another(kPeer);
  EXPECT_EQ(Passed(10'000, given_up), 2 * limits::kGrpcResetsPerSecond);
}

TEST_F(FrameWatchTest, ConnectionsThatEndGiveUpTheirCalls) {
  // Nine connections with 200 calls each: 800 more than may be.
  for (int i = 0; i < 9; ++i) {
    const auto watch = Another(kPeer);
    for (uint32_t s = 1; s < 400; s += 2) {
      ASSERT_EQ(Feed(*watch, Call(s)), i < 6 ? Then::kRead : Then::kHold);
      if (i >= 6) break;
    }
    watch->GiveUpCalls(i < 6 ? 0 : 200, now_);
    EXPECT_EQ(shares_.calls(), 0u);
  }
  // Those that have calls go on with them, and begin no more. New ones say
  // nothing at all.
  const std::string ping = Frame(http2::kPing, 0, 0, "12345678");
  const auto fresh = Another(kPeer);
  EXPECT_EQ(Feed(*fresh, ping), Then::kHold);
  EXPECT_EQ(Feed(*Another(kOther), ping + Call(1)), Then::kRead);
  now_ += std::chrono::seconds(9);
  EXPECT_EQ(Feed(*fresh, ping + Call(1)), Then::kRead);
  // However many it were, they are forgotten after a while.
  const auto another = Another(kPeer);
  ASSERT_EQ(Feed(*another, Call(1)), Then::kRead);
  fresh->GiveUpCalls(2'000'000, now_);
  EXPECT_EQ(Feed(*another, ping), Then::kRead);
  EXPECT_EQ(Feed(*another, Call(3)), Then::kHold);
  now_ += std::chrono::seconds(limits::kGrpcResetsBurst /
                               limits::kGrpcResetsPerSecond);
  EXPECT_EQ(Feed(*another, Call(3)), Then::kRead);
}

TEST_F(FrameWatchTest, CallsThatHaveEndedAreNotGivenUp) {
  size_t n = 0;
  for (uint32_t s = 1; s < 40'001; s += 2, ++n) {
    ASSERT_EQ(Feed(Call(s)), Then::kRead) << n;
    watch_->OfServer(Trailers(s));
    // It had not heard yet.
    ASSERT_EQ(Feed(Reset(s)), Then::kRead) << n;
  }
}

TEST_F(FrameWatchTest, FramesWithoutCallOrDataRunOut) {
  struct Case {
    const char* name;
    std::string frame;
    bool runs_out = true;
  };
  for (const Case& c : {
           Case{"ping", Frame(http2::kPing, 0, 0, "12345678")},
           {"ping acknowledged", Frame(http2::kPing, 1, 0, "12345678")},
           {"settings", Frame(http2::kSettings, 0, 0)},
           {"priority", Frame(http2::kPriority, 0, 3, "12345")},
           {"window", Frame(http2::kWindowUpdate, 0, 0, "1234")},
           {"goaway", http2::GoAway(0, 0)},
           {"promise", Frame(http2::kPushPromise, 0, 1, "1234")},
           {"unknown", Frame(http2::kUnknown, 0, 0, "x")},
           {"no data", Frame(http2::kData, 0, 1)},
           {"no data, ended", Frame(http2::kData, kEndStream, 1)},
           {"a byte", Frame(http2::kData, 0, 1, "x")},
           {"padding", Frame(http2::kData, http2::kPadded, 1, "\x6xxxxxx")},
           {"trailers", Call(1)},
           {"even call", Call(2)},
           {"call zero", Call(0)},
           {"empty continuation", Frame(http2::kContinuation, 0, 1)},
           {"reset of nothing", Reset(99)},
           {"data", Frame(http2::kData, 0, 1, "12345"), false},
       }) {
    watch_ = Another(kPeer);
    ASSERT_EQ(Feed(Call(1)), Then::kRead);
    Then then = Then::kRead;
    const size_t passed = Passed(
        3 * limits::kGrpcControlFramesBurst, [&c](uint32_t) { return c.frame; },
        &then);
    EXPECT_EQ(then, c.runs_out ? Then::kControl : Then::kRead) << c.name;
    if (c.runs_out) {
      // A tenth of the burst, and what the call allowed.
      EXPECT_EQ(passed, limits::kGrpcControlFramesBurst / 10 + 1) << c.name;
      now_ += std::chrono::seconds(1);
      EXPECT_EQ(Passed(100'000, [&c](uint32_t) { return c.frame; }),
                limits::kGrpcControlFramesPerSecond)
          << c.name;
      now_ += std::chrono::hours(1);
      EXPECT_EQ(Passed(100'000, [&c](uint32_t) { return c.frame; }),
                limits::kGrpcControlFramesBurst)
          << c.name;
    }
  }
}

TEST_F(FrameWatchTest, AnswersAllowWhatTheirReaderHasToSay) {
  // A window is opened again for each 16 KiB, for the call and for all, and the
  // time of the way is taken with each: for ten minutes, and no time passes.
  const std::string said = Frame(http2::kWindowUpdate, 0, 1, "1234") +
                           Frame(http2::kWindowUpdate, 0, 0, "1234") +
                           Frame(http2::kPing, 0, 0, "12345678");
  const std::string answer =
      Frame(http2::kData, 0, 1, std::string(16 * 1024, 'x'));
  ASSERT_EQ(Feed(Call(1)), Then::kRead);
  for (int i = 0; i < 100'000; ++i) {
    watch_->OfServer(answer);
    ASSERT_EQ(Feed(said), Then::kRead) << i;
  }
}

TEST_F(FrameWatchTest, HeadsOfCallsEnd) {
  const std::string big(16'000, 'x');
  const auto more = [&big](uint8_t flags) {
    return Frame(http2::kContinuation, flags, 1, big);
  };
  EXPECT_EQ(Feed(Frame(http2::kHeaders, 0, 1, big) + more(0)), Then::kRead);
  EXPECT_EQ(Feed(more(0)), Then::kMetadata);
  // The next one begins from nothing.
  const auto watch = Another(kPeer);
  for (uint32_t s = 1; s < 21; s += 2) {
    EXPECT_EQ(
        Feed(*watch, Frame(http2::kHeaders, 0, s, big) +
                         Frame(http2::kContinuation, kEndHeaders, s, big)),
        Then::kRead);
  }
  EXPECT_EQ(Feed(*watch, Frame(http2::kHeaders, kEndHeaders, 21,
                               std::string(40'000, 'x'))),
            Then::kMetadata);
}

TEST_F(FrameWatchTest, OneAddressLeavesCallsToTheOthers) {
  std::vector<std::unique_ptr<FrameWatch>> watches;
  size_t open = 0;
  const auto fill = [&](CallerId peer) {
    watches.push_back(Another(peer));
    size_t own = 0;
    while (own < 200 &&
           Feed(*watches.back(), Call(2 * own + 1)) == Then::kRead) {
      ++own;
    }
    open += own;
    return own;
  };
  for (int i = 0; i < 15; ++i) EXPECT_EQ(fill(kPeer), 200u) << i;
  EXPECT_LT(fill(kPeer), 200u);
  // A few are always possible, so that everybody goes on.
  EXPECT_EQ(fill(kPeer), PeerShares::kCallsAlways);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(fill(kOther), 200u) << i;
  fill(kOther);
  EXPECT_EQ(fill(9), PeerShares::kCallsAlways);
  EXPECT_EQ(shares_.calls(), open);
  EXPECT_LE(open, PeerShares::kCallsMax + 4 * PeerShares::kCallsAlways);
  watches.clear();
  EXPECT_EQ(shares_.calls(), 0u);
}

TEST_F(FrameWatchTest, LastWordsStandBetweenFrames) {
  const std::string settings = Frame(http2::kSettings, 0, 0);
  EXPECT_EQ(watch_->Farewell(11), settings + http2::GoAway(0, 11));
  ASSERT_EQ(Feed(Call(1) + Call(9)), Then::kRead);
  const std::string answer = settings + Frame(http2::kData, 0, 1, "1234567");
  for (size_t n = 1; n <= answer.size(); ++n) {
    watch_->OfServer(answer.substr(n - 1, 1));
    const bool between = n == settings.size() || n == answer.size();
    EXPECT_EQ(watch_->Farewell(0), between ? http2::GoAway(9, 0) : "") << n;
  }
}

}  // namespace
}  // namespace roentgen::server

// The front between real sockets; the library behind it is the test.
#include "server/rpc/grpc_front.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/ip_network.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "gtest/gtest.h"
#include "server/http/entrance.h"
#include "tests/server/rpc/http2_frames.h"

namespace roentgen::server {
namespace {

using http2::Call;
using http2::Frame;
using http2::Reset;
using http2::Trailers;

// One end of a connection. Everything gives up after ten seconds.
class Link {
 public:
  explicit Link(int fd) : fd_(fd) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    // What the library gets does not block; a test does.
    const int flags = ::fcntl(fd, F_GETFL);
    ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
  }
  ~Link() { Close(); }
  Link(Link&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), seen_(std::move(other.seen_)) {}
  Link& operator=(Link&&) = delete;

  // False when the other side has gone.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  // The next `n` bytes, or what came before the end.
  std::string Read(size_t n) {
    while (seen_.size() < n && Fill()) {
    }
    const size_t there = std::min(n, seen_.size());
    std::string out = seen_.substr(0, there);
    seen_.erase(0, there);
    return out;
  }
  std::string ReadRest() { return Read(std::string::npos); }
  void Close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  // Whether a byte comes within `ms`.
  bool HasBytes(int ms) {
    pollfd one{.fd = fd_, .events = POLLIN, .revents = 0};
    return !seen_.empty() || ::poll(&one, 1, ms) > 0;
  }

 private:
  bool Fill() {
    char room[65536];
    const ssize_t n = ::recv(fd_, room, sizeof(room), 0);
    if (n > 0) seen_.append(room, static_cast<size_t>(n));
    return n > 0;
  }

  int fd_;
  std::string seen_;
};

class GrpcFrontTest : public testing::Test {
 protected:
  ~GrpcFrontTest() override {
    if (front_) front_->Stop();
  }

  void Start(GrpcFrontOptions options = {},
             std::shared_ptr<const Entrance> entrance = nullptr) {
    front_.emplace(options);
    auto doors = front_->Open(
        {{"127.0.0.1", 0}},
        [this](int descriptor, Peer peer) {
          MutexLock lock(mu_);
          arrived_.emplace_back(descriptor);
          addresses_.push_back(std::move(peer.address));
          came_.NotifyAll();
        },
        std::move(entrance));
    ASSERT_TRUE(doors.ok()) << doors.status();
    doors_ = *std::move(doors);
  }

  Link Connect(const char* from = "127.0.0.1") {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &address.sin_addr);
    ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    address.sin_port = htons(doors_.addresses.at(0).port);
    ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    return Link(fd);
  }
  // The library's end of the next connection.
  Link Library() {
    MutexLock lock(mu_);
    while (arrived_.empty()) came_.Wait(mu_);
    Link link = std::move(arrived_.front());
    arrived_.pop_front();
    return link;
  }
  // Both ends of a new connection, with the preface behind them.
  std::pair<Link, Link> Pair(const char* from = "127.0.0.1") {
    Link client = Connect(from);
    client.Send(http2::kPreface);
    Link library = Library();
    EXPECT_EQ(library.Read(http2::kPreface.size()), http2::kPreface);
    return {std::move(client), std::move(library)};
  }

  uint64_t Refused(FrontRefusal refusal) const {
    return front_->Stats().refused[static_cast<size_t>(refusal)];
  }

  Mutex mu_;
  CondVar came_;
  std::deque<Link> arrived_ RTG_GUARDED_BY(mu_);
  std::vector<std::string> addresses_ RTG_GUARDED_BY(mu_);
  std::optional<GrpcFront> front_;
  GrpcFront::Doors doors_;
};

const std::string kSettings = Frame(http2::kSettings, 0, 0);

TEST_F(GrpcFrontTest, BytesPassBothWaysInAnyAmount) {
  Start();
  for (const size_t bytes : {1, 4095, 4096, 4097, 70'000, 3'000'000}) {
    auto [client, library] = Pair("127.0.0.9");
    const std::string data = Frame(http2::kData, 0, 1, std::string(bytes, 'x'));
    std::string all = Call(1);
    for (int i = 0; i < 3; ++i) all += data;
    for (Link* from : {&client, &library}) {
      Link* const to = from == &client ? &library : &client;
      std::thread sender([from, &all] { EXPECT_TRUE(from->Send(all)); });
      EXPECT_EQ(to->Read(all.size()), all) << bytes;
      sender.join();
    }
  }
  MutexLock lock(mu_);
  EXPECT_EQ(addresses_.at(0), "127.0.0.9");
}

TEST_F(GrpcFrontTest, EachSideHearsThatTheOtherHasGone) {
  Start();
  {
    auto [client, library] = Pair();
    client.Close();
    EXPECT_EQ(library.ReadRest(), "");
  }
  std::pair<Link, Link> pair = Pair();
  Link& client = pair.first;
  Link& library = pair.second;
  // What was said last is heard, and the client may still be speaking.
  client.Send(Frame(http2::kPing, 0, 0, "12345678"));
  const std::string last = kSettings + http2::GoAway(0, 0) +
                           Frame(http2::kData, 0, 1, std::string(500'000, 'x'));
  std::thread sender([&library, &last] {
    EXPECT_TRUE(library.Send(last));
    library.Close();
  });
  EXPECT_EQ(client.ReadRest(), last);
  sender.join();
}

TEST_F(GrpcFrontTest, FloodsEndWithAWord) {
  Start();
  struct Case {
    FrontRefusal refusal;
    std::function<std::string(uint32_t)> frames;
    size_t passes;  // At most.
  };
  int address = 10;
  for (const Case& c : {
           Case{FrontRefusal::kResets,
                [](uint32_t s) { return Call(s) + Reset(s); }, 1'300},
           {FrontRefusal::kControlFrames,
            [](uint32_t) { return Frame(http2::kPing, 0, 0, "12345678"); },
            20'000},
           {FrontRefusal::kMetadata,
            [](uint32_t s) {
              return s == 1 ? Call(1, 0)
                            : Frame(http2::kContinuation, 0, 1,
                                    std::string(100, 'x'));
            },
            400},
       }) {
    const std::string from = "127.0.0." + std::to_string(++address);
    std::pair<Link, Link> pair = Pair(from.c_str());
    Link& client = pair.first;
    Link& library = pair.second;
    const size_t size = c.frames(3).size();
    std::string passed;
    std::thread reader([&] { passed = library.ReadRest(); });
    std::string all;
    for (uint32_t s = 1; s < 100'000; s += 2) all += c.frames(s);
    client.Send(all);
    reader.join();
    EXPECT_LE(passed.size() / size, c.passes) << NameOf(c.refusal);
    const std::string word = client.ReadRest();
    ASSERT_GE(word.size(), 26u) << NameOf(c.refusal);
    // ENHANCE_YOUR_CALM, and nothing behind it.
    EXPECT_EQ(word.substr(0, 9), kSettings);
    EXPECT_EQ(word.substr(9, 9), http2::GoAway(0, 0).substr(0, 9));
    EXPECT_EQ(word.substr(22), http2::Number(11, 4));
    EXPECT_EQ(Refused(c.refusal), 1u) << NameOf(c.refusal);
  }
}

TEST_F(GrpcFrontTest, CallsWaitAndGoOn) {
  Start();
  auto [client, library] = Pair();
  std::string first;
  for (uint32_t s = 1; s < 1'024; s += 2) first += Call(s);
  client.Send(first + Call(1'025) + Call(1'027));
  EXPECT_EQ(library.Read(first.size()), first);
  EXPECT_FALSE(library.HasBytes(50));
  library.Send(Trailers(77));
  EXPECT_EQ(library.Read(Call(1).size()), Call(1'025));
  EXPECT_FALSE(library.HasBytes(50));
  library.Send(Trailers(79));
  EXPECT_EQ(library.Read(Call(1).size()), Call(1'027));
}

TEST_F(GrpcFrontTest, CallsThatWaitTooLongEndTheirConnection) {
  Start({.write_timeout = std::chrono::milliseconds(200)});
  auto [client, library] = Pair();
  std::string calls;
  for (uint32_t s = 1; s < 2'000; s += 2) calls += Call(s);
  client.Send(calls);
  library.ReadRest();
  EXPECT_NE(client.ReadRest(), "");
  EXPECT_EQ(Refused(FrontRefusal::kCalls), 1u);
}

TEST_F(GrpcFrontTest, CallsOfOthersGiveRoom) {
  Start();
  std::vector<std::pair<Link, Link>> full;
  std::string calls;
  for (uint32_t s = 1; s < 400; s += 2) calls += Call(s);
  for (int i = 0; i < 15; ++i) {
    full.push_back(Pair());
    full.back().first.Send(calls);
    EXPECT_EQ(full.back().second.Read(calls.size()), calls);
  }
  // Three quarters of all calls are of this address: four more, then it waits.
  auto [client, library] = Pair();
  client.Send(calls);
  const size_t some = 4 * Call(1).size();
  EXPECT_EQ(library.Read(some), calls.substr(0, some));
  EXPECT_FALSE(library.HasBytes(50));
  std::string ends;
  for (uint32_t s = 1; s < 400; s += 2) ends += Trailers(s);
  full[3].second.Send(ends);
  EXPECT_EQ(library.Read(calls.size() - some), calls.substr(some));
  // Others are not asked to wait.
  auto [other_client, other_library] = Pair("127.0.0.77");
  other_client.Send(calls);
  EXPECT_EQ(other_library.Read(calls.size()), calls);
}

TEST_F(GrpcFrontTest, WhoIsNotHttp2OrSaysNothingGoes) {
  Start({.preface_timeout = std::chrono::milliseconds(200)});
  Link wrong = Connect();
  wrong.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(wrong.ReadRest(), "");
  Link silent = Connect();
  EXPECT_EQ(silent.ReadRest(), "");
  Link half = Connect();
  half.Send(http2::kPreface.substr(0, 23));
  EXPECT_EQ(half.ReadRest(), "");
  EXPECT_EQ(Refused(FrontRefusal::kPreface), 3u);
}

TEST_F(GrpcFrontTest, WhoDoesNotTakeItsAnswersGoes) {
  Start({.write_timeout = std::chrono::milliseconds(200)});
  auto [client, library] = Pair();
  const std::string answer =
      Frame(http2::kData, 0, 1, std::string(16'000'000, 'x'));
  // More than the buffers of all sockets between them.
  while (library.Send(answer)) {
  }
  EXPECT_EQ(Refused(FrontRefusal::kWriteTimeout), 1u);
}

TEST_F(GrpcFrontTest, IdleConnectionsGiveWayToNewOnes) {
  Start({.connections_max = 3});
  auto [idle, idle_library] = Pair();
  auto [busy, busy_library] = Pair();
  busy.Send(Call(1));
  busy_library.Read(Call(1).size());
  auto [late, late_library] = Pair();
  auto [newcomer, newcomer_library] = Pair("127.0.0.5");
  EXPECT_EQ(idle.ReadRest(), kSettings + http2::GoAway(0, 0));
  EXPECT_EQ(Refused(FrontRefusal::kDisplaced), 1u);
  for (Link* link : {&busy, &late, &newcomer}) {
    EXPECT_FALSE(link->HasBytes(0));
  }
  // Nobody is idle any more.
  for (auto* both : {&late, &newcomer}) both->Send(Call(1));
  late_library.Read(Call(1).size());
  newcomer_library.Read(Call(1).size());
  EXPECT_EQ(Connect("127.0.0.6").ReadRest(), "");
  EXPECT_EQ(Refused(FrontRefusal::kConnections), 1u);
}

TEST_F(GrpcFrontTest, ClosedDoorsLetNobodyInAndKeepWhoIsInside) {
  Start();
  auto [client, library] = Pair();
  front_->Close(doors_);
  EXPECT_EQ(Connect().ReadRest(), "");
  client.Send(Call(1));
  EXPECT_EQ(library.Read(Call(1).size()), Call(1));
  library.Send(Trailers(1));
  EXPECT_EQ(client.Read(Trailers(1).size()), Trailers(1));
  library.Close();
  EXPECT_EQ(client.ReadRest(), "");
  client.Close();
  front_->Stop();
  EXPECT_EQ(front_->Stats().connections, 0u);
  MutexLock lock(mu_);
  EXPECT_TRUE(arrived_.empty());
}

TEST_F(GrpcFrontTest, StopsWhateverClientsDo) {
  Start();
  std::vector<std::pair<Link, Link>> pairs;
  for (int i = 0; i < 20; ++i) pairs.push_back(Pair());
  std::string flood;
  for (uint32_t s = 1; s < 500; s += 2) flood += Call(s);
  for (auto& entry : pairs) entry.first.Send(flood);
  front_->Stop();
  for (auto& entry : pairs) {
    entry.second.ReadRest();
    entry.first.ReadRest();
  }
  EXPECT_EQ(front_->Stats().connections, 0u);
}

TEST_F(GrpcFrontTest, AnAddressInUseIsNamed) {
  Start();
  GrpcFront second({});
  const auto doors =
      second.Open({doors_.addresses},
                  [](int descriptor, const Peer&) { ::close(descriptor); });
  EXPECT_EQ(doors.status().message().find("cannot listen on grpc 127.0.0.1:"),
            0u)
      << doors.status();
}

std::string ProxyHeader(const std::string& v4) {
  const IpBytes ip = *ParseIp(v4);
  return std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", 16) +
         std::string(ip.begin() + 12, ip.end()) + std::string(8, '\0');
}

TEST_F(GrpcFrontTest, AProxySaysWhoseConnectionItIs) {
  const auto entrance = std::make_shared<Entrance>(
      EntranceOptions{.clients = {*IpNetwork::Parse("192.0.2.0/24")},
                      .proxies = {*IpNetwork::Parse("127.0.0.1")},
                      .proxy_protocol = true});
  Start({}, entrance);
  Link client = Connect();
  client.Send(ProxyHeader("192.0.2.7") + std::string(http2::kPreface));
  Link library = Library();
  EXPECT_EQ(library.Read(http2::kPreface.size()), http2::kPreface);
  {
    MutexLock lock(mu_);
    EXPECT_EQ(addresses_.back(), "192.0.2.7");
  }
  // For somebody of another network, without a header, and from elsewhere.
  Link foreign = Connect();
  foreign.Send(ProxyHeader("198.51.100.1"));
  EXPECT_EQ(foreign.ReadRest(), "");
  Link silent = Connect();
  silent.Send(http2::kPreface);
  EXPECT_EQ(silent.ReadRest(), "");
  EXPECT_EQ(Connect("127.0.0.2").ReadRest(), "");
  const auto counts = entrance->Counts();
  EXPECT_EQ(counts[static_cast<size_t>(NotIn::kNetwork)], 2u);
  EXPECT_EQ(counts[static_cast<size_t>(NotIn::kFailed)], 1u);
}

TEST_F(GrpcFrontTest, WhoIsNotInYetDoesNotHoldUpTheStop) {
  Start({}, std::make_shared<Entrance>(
                EntranceOptions{.proxies = {*IpNetwork::Parse("127.0.0.1")},
                                .proxy_protocol = true,
                                .timeout = std::chrono::hours(1)}));
  Link slow = Connect();
  slow.Send(ProxyHeader("192.0.2.7").substr(0, 20));
  Link other = Connect();
  other.Send(ProxyHeader("192.0.2.7") + std::string(http2::kPreface));
  Library().Close();  // By then the slow one is on its way in.
  front_->Stop();
  EXPECT_EQ(slow.ReadRest(), "");
}

}  // namespace
}  // namespace roentgen::server

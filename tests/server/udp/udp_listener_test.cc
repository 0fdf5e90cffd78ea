#include "server/udp/udp_listener.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/ip_network.h"
#include "base/listen_address.h"
#include "base/mutex.h"
#include "gtest/gtest.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"
#include "storage/memory/memory_engine.h"
#include "tests/server/space/test_space.h"
#include "tests/support/socket_dir.h"

namespace roentgen::server {
namespace {

constexpr const char* kHeader = "{\"format\":\"json\",\"version\":1}\n";

std::string Document(int i) {
  char id[17];
  std::snprintf(id, sizeof(id), "%016x", i + 1);
  return std::string(R"({"name":"n","trace_id":)"
                     R"("1-66f01000-0123456789abcdef01234567","id":")") +
         id + R"(","start_time":1727008768,"end_time":1727008769})";
}

// A datagram's document: a request with spans whose ids are 1 to `count`.
std::string Spans(const std::string& tag, int count) {
  opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest request;
  auto* scope = request.add_resource_spans()->add_scope_spans();
  for (int i = 1; i <= count; ++i) {
    auto* span = scope->add_spans();
    span->set_trace_id(std::string(16, 'x'));
    span->set_span_id(std::string(7, 'x') + static_cast<char>(i));
  }
  return tag + absl::Base64Escape(request.SerializeAsString());
}

// Keeps acknowledgements until told.
class HoldingEngine : public storage::MemoryEngine {
 public:
  using MemoryEngine::MemoryEngine;

  void Write(std::span<storage::IncomingRecord>, const storage::WriteOptions&,
             WriteDone done) override {
    MutexLock lock(mu_);
    held_.push_back(std::move(done));
  }
  void Release() {
    std::vector<WriteDone> held;
    {
      MutexLock lock(mu_);
      held.swap(held_);
    }
    for (const WriteDone& done : held) done({});
  }

 private:
  Mutex mu_;
  std::vector<WriteDone> held_ RTG_GUARDED_BY(mu_);
};

// Its first write does not return until told.
class StuckEngine : public storage::MemoryEngine {
 public:
  using MemoryEngine::MemoryEngine;

  void Write(std::span<storage::IncomingRecord> records,
             const storage::WriteOptions& options, WriteDone done) override {
    {
      MutexLock lock(mu_);
      ++writes_;
      changed_.NotifyAll();
      while (!free_) changed_.Wait(mu_);
    }
    MemoryEngine::Write(records, options, std::move(done));
  }
  size_t writes() {
    MutexLock lock(mu_);
    return writes_;
  }
  void AwaitWrites(size_t n) {
    MutexLock lock(mu_);
    while (writes_ < n) changed_.Wait(mu_);
  }
  void Free() {
    MutexLock lock(mu_);
    free_ = true;
    changed_.NotifyAll();
  }

 private:
  Mutex mu_;
  CondVar changed_;
  size_t writes_ RTG_GUARDED_BY(mu_) = 0;
  bool free_ RTG_GUARDED_BY(mu_) = false;
};

class Sender {
 public:
  explicit Sender(uint16_t port) {
    fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to));
  }
  ~Sender() { close(fd_); }
  void Send(const std::string& bytes) {
    ASSERT_EQ(send(fd_, bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }

 private:
  int fd_;
};

class UdpListenerTest : public testing::Test {
 protected:
  void Start(storage::TraceEngine& engine, UdpOptions options = {}) {
    options.address = {"127.0.0.1", 0};
    space_.emplace(engine, clock_);
    udp_.emplace(**space_, options);
    const absl::Status started = udp_->Start();
    ASSERT_TRUE(started.ok()) << started;
    sender_.emplace(udp_->address().port);
  }
  uint64_t Accepted() const {
    return (*space_)->documents().Counts(IngestSource::kUdp).accepted;
  }

  ManualClock clock_{Timestamp::FromSeconds(1'727'008'800)};
  storage::MemoryEngine engine_{clock_, absl::Hours(24)};
  HoldingEngine holding_{clock_, absl::Hours(24)};
  StuckEngine stuck_{clock_, absl::Hours(24)};
  std::optional<TestSpace> space_;
  std::optional<UdpListener> udp_;
  std::optional<Sender> sender_;
};

TEST_F(UdpListenerTest, StoresDocuments) {
  Start(engine_);
  for (int i = 0; i < 300; ++i) sender_->Send(kHeader + Document(i));
  udp_->AwaitReceived(300);
  udp_->Stop();
  EXPECT_EQ(Accepted(), 300u);
  EXPECT_EQ(engine_.Usage().records_written, 300u);
}

TEST_F(UdpListenerTest, TakesNothingFromNetworksThatItDoesNotKnow) {
  const struct {
    const char* network;
    bool may;
  } cases[] = {{"127.0.0.0/8", true},
               {"::ffff:127.0.0.1", true},
               {"0.0.0.0/0", true},
               {"10.0.0.0/8", false},
               {"::1", false}};
  for (const auto& c : cases) {
    Start(engine_, {.clients = {*IpNetwork::Parse(c.network)}});
    for (int i = 0; i < 3; ++i) sender_->Send(kHeader + Document(i));
    udp_->AwaitReceived(3);
    udp_->Stop();
    EXPECT_EQ(Accepted(), c.may ? 3u : 0u) << c.network;
    EXPECT_EQ(udp_->Counts().dropped["network"], c.may ? 0u : 3u);
    udp_.reset();
  }
}

TEST_F(UdpListenerTest, ListensOnAUnixSocket) {
  const testing_support::SocketDir dir;
  space_.emplace(engine_, clock_);
  // Networks are of IP.
  udp_.emplace(**space_, UdpOptions{.address = {.path = dir.Path("u")},
                                    .clients = {*IpNetwork::Parse("::1")}});
  ASSERT_TRUE(udp_->Start().ok());
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const SocketAddress where = ToSocketAddress(udp_->address());
  ASSERT_EQ(connect(fd, where.get(), where.size), 0);
  for (int i = 0; i < 3; ++i) {
    const std::string bytes = kHeader + Document(i);
    ASSERT_EQ(send(fd, bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }
  close(fd);
  udp_->AwaitReceived(3);
  udp_->Stop();
  EXPECT_EQ(Accepted(), 3u);
  udp_.reset();
  EXPECT_NE(access(dir.Path("u").c_str(), F_OK), 0);
}

TEST_F(UdpListenerTest, CountsWhatItDropsByReason) {
  Start(engine_);
  sender_->Send("");
  sender_->Send("probe");
  sender_->Send("garbage\n{}");
  sender_->Send("{\"format\":\"xml\",\"version\":1}\n{}");
  sender_->Send(kHeader);
  sender_->Send(kHeader + Document(1));
  udp_->AwaitReceived(6);
  udp_->Stop();
  auto dropped = udp_->Counts().dropped;
  EXPECT_EQ(dropped["empty"], 1u);
  EXPECT_EQ(dropped["no_header_line"], 1u);
  EXPECT_EQ(dropped["bad_header"], 1u);
  EXPECT_EQ(dropped["bad_format"], 1u);
  EXPECT_EQ(dropped["no_document"], 1u);
  EXPECT_EQ(dropped["backpressure"], 0u);
  EXPECT_EQ(dropped["kernel"], 0u);
  EXPECT_EQ(Accepted(), 1u);
}

TEST_F(UdpListenerTest, BadDocumentsDoNotHarmTheirNeighbours) {
  Start(engine_);
  sender_->Send(kHeader + std::string("{}"));
  sender_->Send(kHeader + Document(1));
  sender_->Send(kHeader + std::string("not json"));
  udp_->AwaitReceived(3);
  udp_->Stop();
  EXPECT_EQ(Accepted(), 1u);
}

TEST_F(UdpListenerTest, TakesTheLargestDatagram) {
  Start(engine_);
  std::string document = Document(1);
  document.insert(1, "\"metadata\":{\"d\":{\"x\":\"\"}},");
  const size_t room = 65'507 - std::string(kHeader).size() - document.size();
  document.insert(document.find("\"\"}}") + 1, std::string(room, 'x'));
  sender_->Send(kHeader + document);
  udp_->AwaitReceived(1);
  udp_->Stop();
  EXPECT_EQ(Accepted(), 1u);
}

TEST_F(UdpListenerTest, DropsAndCountsWhileTooMuchIsUnacknowledged) {
  Start(holding_, {.unacknowledged_bytes_max = Document(0).size() + 10});
  sender_->Send(kHeader + Document(0));
  udp_->AwaitReceived(1);
  EXPECT_EQ(udp_->Counts().unacknowledged_bytes, Document(0).size());
  sender_->Send(kHeader + Document(1));
  udp_->AwaitReceived(2);
  EXPECT_EQ(udp_->Counts().dropped["backpressure"], 1u);
  holding_.Release();
  EXPECT_EQ(udp_->Counts().unacknowledged_bytes, 0u);
  sender_->Send(kHeader + Document(2));
  udp_->AwaitReceived(3);
  udp_->Stop();
  holding_.Release();
  EXPECT_EQ(udp_->Counts().dropped["backpressure"], 1u);
  EXPECT_EQ(Accepted(), 2u);
}

TEST_F(UdpListenerTest, StoresSampledSpansBetweenDocuments) {
  Start(engine_);
  sender_->Send(kHeader + Document(1));
  sender_->Send(kHeader + Spans("T1S", 3));
  sender_->Send(kHeader + Spans("T1U", 4));
  sender_->Send(kHeader + Document(2));
  udp_->AwaitReceived(4);
  udp_->Stop();
  EXPECT_EQ(Accepted(), 2u);
  EXPECT_EQ((*space_)->span_exports().Counts(SpanSource::kOtlpUdp).accepted,
            3u);
  EXPECT_EQ(udp_->Counts().dropped["unsampled"], 1u);
  EXPECT_EQ(udp_->Counts().unacknowledged_bytes, 0u);
  EXPECT_EQ(engine_.Usage().records_written, 5u);
}

TEST_F(UdpListenerTest, KeepsUnsampledSpansWhenTold) {
  Start(engine_, {.keep_unsampled_spans = true});
  sender_->Send(kHeader + Spans("T1U", 4));
  udp_->AwaitReceived(1);
  udp_->Stop();
  EXPECT_EQ((*space_)->span_exports().Counts(SpanSource::kOtlpUdp).accepted,
            4u);
  EXPECT_EQ(udp_->Counts().dropped["unsampled"], 0u);
}

TEST_F(UdpListenerTest, CountsSpansThatMakeNoSense) {
  Start(engine_);
  sender_->Send(kHeader + std::string("T1S*not base64*"));
  sender_->Send(kHeader + std::string("T1SAAAA"));  // Field number 0.
  sender_->Send(kHeader + std::string("T1S"));
  sender_->Send(kHeader + Spans("T1S", 1));
  udp_->AwaitReceived(4);
  udp_->Stop();
  auto dropped = udp_->Counts().dropped;
  EXPECT_EQ(dropped["bad_base64"], 1u);
  EXPECT_EQ(dropped["bad_spans"], 1u);
  EXPECT_EQ(dropped["no_document"], 1u);
  EXPECT_EQ((*space_)->span_exports().Counts(SpanSource::kOtlpUdp).accepted,
            1u);
}

TEST_F(UdpListenerTest, SpansCountAsUnacknowledgedToo) {
  Start(holding_, {.unacknowledged_bytes_max = 100});
  for (int i = 0; i < 4; ++i) sender_->Send(kHeader + Spans("T1S", 2));
  udp_->AwaitReceived(4);
  udp_->Stop();
  EXPECT_EQ(udp_->Counts().dropped["backpressure"], 3u);
  udp_.reset();
  holding_.Release();
  EXPECT_EQ((*space_)->span_exports().Counts(SpanSource::kOtlpUdp).accepted,
            2u);
}

TEST_F(UdpListenerTest, SpansThatWaitTogetherAreWrittenTogether) {
  Start(stuck_);
  sender_->Send(kHeader + Spans("T1S", 1));
  stuck_.AwaitWrites(1);
  for (int i = 0; i < 5; ++i) sender_->Send(kHeader + Spans("T1S", 2));
  sender_->Send(kHeader + std::string("T1SAAAA"));
  stuck_.Free();
  udp_->AwaitReceived(7);
  udp_->Stop();
  EXPECT_EQ(stuck_.writes(), 2u);
  EXPECT_EQ(stuck_.Usage().records_written, 11u);
  EXPECT_EQ(udp_->Counts().dropped["bad_spans"], 1u);
}

TEST_F(UdpListenerTest, AcknowledgementMayComeAfterTheListener) {
  Start(holding_);
  sender_->Send(kHeader + Document(0));
  udp_->AwaitReceived(1);
  udp_->Stop();
  udp_.reset();
  holding_.Release();
  EXPECT_EQ(Accepted(), 1u);
}

TEST_F(UdpListenerTest, StopTakesInWhatHasArrived) {
  Start(engine_);
  for (int i = 0; i < 100; ++i) sender_->Send(kHeader + Document(i));
  udp_->Stop();
  EXPECT_EQ(Accepted(), 100u);
}

TEST_F(UdpListenerTest, CountsWhatTheKernelDrops) {
  Start(engine_, {.receive_buffer_bytes = 4096});
  // More at once than the buffer holds, until some are lost.
  uint64_t sent = 0;
  while (udp_->Counts().dropped["kernel"] == 0) {
    for (int i = 0; i < 50; ++i) sender_->Send(kHeader + Document(i));
    sent += 50;
  }
  udp_->Stop();
  const UdpCounts counts = udp_->Counts();
  EXPECT_EQ(counts.received + counts.dropped.at("kernel"), sent);
}

TEST_F(UdpListenerTest, RefusesAddressInUseByName) {
  Start(engine_);
  UdpListener second(**space_, {.address = udp_->address()});
  const absl::Status status = second.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(std::string(status.message()).find(udp_->address().ToString()),
            std::string::npos);
}

}  // namespace
}  // namespace roentgen::server

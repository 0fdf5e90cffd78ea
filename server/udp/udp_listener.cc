#include "server/udp/udp_listener.h"

#include <array>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/memory_budget.h"
#include "base/mutex.h"
#include "server/udp/datagram.h"
#include "server/udp/udp_socket.h"

namespace roentgen::server {
namespace {

// From this many datagrams per call on, the listener lets more gather before
// the next one.
constexpr size_t kBusyBatch = 4;

}  // namespace

class UdpListener::Core {
 public:
  Core(Space& space, UdpOptions options)
      : pipeline_(space.documents()),
        spans_(space.span_exports()),
        clock_(space.clock()),
        options_(std::move(options)),
        address_(options_.address),
        budget_(
            std::make_shared<MemoryBudget>(options_.unacknowledged_bytes_max)) {
  }
  ~Core() { Stop(); }

  absl::Status Start() {
    absl::Status opened = socket_.Open(address_, options_.receive_buffer_bytes);
    if (!opened.ok()) return opened;
    if (socket_.receive_buffer_bytes() < options_.receive_buffer_bytes) {
      LogWarn("udp receive buffer is smaller than asked for",
              {{"asked_bytes", options_.receive_buffer_bytes},
               {"granted_bytes", socket_.receive_buffer_bytes()},
               {"hint", "raise net.core.rmem_max"}});
    }
    thread_ = std::thread([this] { Run(); });
    return absl::OkStatus();
  }

  const ListenAddress& address() const { return address_; }

  void Stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    socket_.Wake();
    thread_.join();
  }

  void AwaitReceived(uint64_t n) const {
    for (uint64_t now = received_.load(); now < n; now = received_.load()) {
      received_.wait(now);
    }
  }

  UdpCounts Counts() const {
    UdpCounts counts;
    counts.received = received_.load();
    for (size_t i = 1; i < kDatagramFaultCount; ++i) {
      const auto name = DatagramFaultName(static_cast<DatagramFault>(i));
      counts.dropped[std::string(name)] = faults_[i].load();
    }
    counts.dropped["backpressure"] = backpressure_.load();
    counts.dropped["network"] = strangers_.load();
    counts.dropped["kernel"] = KernelDrops();
    counts.unacknowledged_bytes = budget_->used();
    counts.receive_buffer_bytes = socket_.receive_buffer_bytes();
    return counts;
  }

 private:
  void Run() {
    bool more = false;
    while (!stopping_) {
      if (!more) socket_.WaitReadable();
      const size_t n = TakeIn();
      more = n == UdpSocket::kBatchMax;
      if (n >= kBusyBatch && !more) socket_.Nap();
    }
    // What has arrived before Stop; bounded, as others may keep sending.
    for (int i = 0; i < 64 && TakeIn() > 0; ++i) {
    }
  }

  // One batch; returns how many datagrams it had.
  size_t TakeIn() {
    documents_.clear();
    requests_.clear();
    size_t bytes = 0;
    const auto& datagrams = socket_.Receive();
    for (const ReceivedDatagram& datagram : datagrams) {
      if (!MaySend(datagram)) {
        ++strangers_;
        continue;
      }
      const Datagram parsed = datagram.truncated
                                  ? Datagram{.fault = DatagramFault::kTruncated,
                                             .kind = {},
                                             .document = {}}
                                  : ParseDatagram(datagram.bytes);
      if (parsed.fault != DatagramFault::kNone) {
        Count(parsed.fault);
        continue;
      }
      if (parsed.kind != DatagramKind::kDocument) {
        DecodeRequest(parsed);
        continue;
      }
      documents_.push_back(parsed.document);
      bytes += parsed.document.size();
    }
    if (!documents_.empty()) HandOn(bytes);
    if (!requests_.empty()) HandOnSpans();
    // Last: what counts as received has its other counts, too.
    received_ += datagrams.size();
    received_.notify_all();
    return datagrams.size();
  }

  bool MaySend(const ReceivedDatagram& datagram) const {
    return options_.clients.empty() || !datagram.from ||
           AnyContains(options_.clients, *datagram.from);
  }

  void HandOn(size_t bytes) {
    if (!budget_->TryTake(bytes)) {
      backpressure_ += documents_.size();
      return;
    }
    // The budget may outlive the listener: the commit may come late. Errors
    // are counted by the pipeline; there is nobody to tell.
    pipeline_.Put(documents_, IngestSource::kUdp,
                  {.deadline = clock_.Now().ToTime() + options_.put_timeout},
                  [budget = budget_, bytes](const absl::StatusOr<PutOutcome>&) {
                    budget->Give(bytes);
                  });
  }

  void DecodeRequest(const Datagram& datagram) {
    if (datagram.kind == DatagramKind::kUnsampledSpans &&
        !options_.keep_unsampled_spans) {
      return Count(DatagramFault::kUnsampled);
    }
    std::string request;
    if (!DecodeSpans(datagram.document, request)) {
      return Count(DatagramFault::kBadBase64);
    }
    if (!budget_->TryTake(request.size())) {
      ++backpressure_;
      return;
    }
    requests_.push_back(std::move(request));
  }

  void HandOnSpans() {
    const std::vector<std::string_view> views(requests_.begin(),
                                              requests_.end());
    size_t bytes = 0;
    for (std::string_view request : views) bytes += request.size();
    // As above; the pipeline does not count what is no request.
    const size_t bad = spans_.ExportTogether(
        views, SpanSource::kOtlpUdp,
        clock_.Now().ToTime() + options_.put_timeout,
        [budget = budget_, bytes] { budget->Give(bytes); });
    faults_[static_cast<size_t>(DatagramFault::kBadSpans)] += bad;
  }

  void Count(DatagramFault fault) { ++faults_[static_cast<size_t>(fault)]; }

  // The kernel's counter has 32 bits and wraps.
  uint64_t KernelDrops() const {
    MutexLock lock(drops_mu_);
    const uint32_t now = socket_.KernelDrops();
    kernel_drops_ += static_cast<uint32_t>(now - last_kernel_drops_);
    last_kernel_drops_ = now;
    return kernel_drops_;
  }

  IngestPipeline& pipeline_;
  SpanPipeline& spans_;
  const Clock& clock_;
  const UdpOptions options_;
  ListenAddress address_;
  const std::shared_ptr<MemoryBudget> budget_;
  UdpSocket socket_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::vector<std::string_view> documents_;  // Of the batch at hand.
  std::vector<std::string> requests_;        // Likewise, decoded.

  std::atomic<uint64_t> received_{0};
  std::atomic<uint64_t> backpressure_{0};
  std::atomic<uint64_t> strangers_{0};
  std::array<std::atomic<uint64_t>, kDatagramFaultCount> faults_{};
  mutable Mutex drops_mu_;
  mutable uint32_t last_kernel_drops_ RTG_GUARDED_BY(drops_mu_) = 0;
  mutable uint64_t kernel_drops_ RTG_GUARDED_BY(drops_mu_) = 0;
};

UdpListener::UdpListener(Space& space, UdpOptions options)
    : core_(std::make_unique<Core>(space, std::move(options))) {}
UdpListener::~UdpListener() = default;

absl::Status UdpListener::Start() { return core_->Start(); }
ListenAddress UdpListener::address() const { return core_->address(); }
void UdpListener::Stop() { core_->Stop(); }
UdpCounts UdpListener::Counts() const { return core_->Counts(); }
void UdpListener::AwaitReceived(uint64_t n) const { core_->AwaitReceived(n); }

}  // namespace roentgen::server

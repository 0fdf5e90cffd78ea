#include "server/tls/tls_streams.h"

#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "server/tls/tls_stream.h"

namespace roentgen::server {
namespace {

// OpenSSL has some hundreds of reasons; a series each would be too much.
constexpr size_t kReasonsMax = 32;

}  // namespace

void TlsHandshakes::Done(const char* version) {
  MutexLock lock(mu_);
  ++counts_.handshakes[version];
}

void TlsHandshakes::Failed(const std::string& reason, const std::string& peer) {
  bool has_line = false;
  {
    MutexLock lock(mu_);
    const bool is_known = counts_.failures.contains(reason) ||
                          counts_.failures.size() < kReasonsMax;
    ++counts_.failures[is_known ? reason : "other"];
    has_line = lines_.Take(std::chrono::steady_clock::now());
  }
  if (!has_line) return;
  LogInfo("a TLS handshake failed", {{"peer", peer}, {"reason", reason}});
}

TlsCounts TlsHandshakes::Counts() const {
  MutexLock lock(mu_);
  return counts_;
}

absl::StatusOr<std::shared_ptr<TlsStreams>> TlsStreams::Load(
    TlsSettings settings, absl::Time now) {
  RTG_ASSIGN_OR_RETURN(TlsContext context, TlsContext::Load(settings, now));
  return std::make_shared<TlsStreams>(std::move(settings), std::move(context));
}

std::unique_ptr<ByteStream> TlsStreams::Make(Arrived arrived) const {
  return std::make_unique<TlsStream>(std::move(arrived), Current(),
                                     settings_.application, handshakes_);
}

absl::Status TlsStreams::Reload(absl::Time now) {
  RTG_ASSIGN_OR_RETURN(TlsContext context, TlsContext::Load(settings_, now));
  MutexLock lock(mu_);
  context_ = std::move(context);
  return absl::OkStatus();
}

absl::Time TlsStreams::expires() const { return Current().expires(); }

TlsContext TlsStreams::Current() const {
  MutexLock lock(mu_);
  return context_;
}

}  // namespace roentgen::server

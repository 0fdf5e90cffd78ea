// TLS around the sockets of a listener.
//
//   RTG_ASSIGN_OR_RETURN(auto streams, TlsStreams::Load(settings, now));
//   listener.entrance = std::make_shared<Entrance>({.streams = streams});
//   ...
//   absl::Status read = streams->Reload(now);   // The old pair stays if not
//   OK.
//
// Certificate, key and authorities are replaced together and checked before:
// connections that are open, or on their way in, keep what they began with.
//
// Threads: thread-safe; Load and Reload read files.
#ifndef ROENTGEN_SERVER_TLS_TLS_STREAMS_H_
#define ROENTGEN_SERVER_TLS_TLS_STREAMS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/token_bucket.h"
#include "server/http/socket_stream.h"
#include "server/tls/tls_context.h"

namespace roentgen::server {

struct TlsCounts {
  std::map<std::string, uint64_t> handshakes;  // By version: "TLSv1.3".
  std::map<std::string, uint64_t> failures;    // By reason; few of them.
};

// What the streams of a listener count, and what the log hears of it.
class TlsHandshakes {
 public:
  void Done(const char* version);
  // `reason` in OpenSSL's words; `peer` for the log.
  void Failed(const std::string& reason, const std::string& peer);
  TlsCounts Counts() const;

 private:
  mutable Mutex mu_;
  TlsCounts counts_ RTG_GUARDED_BY(mu_);
  TokenBucket lines_ RTG_GUARDED_BY(mu_){{.burst = 20, .per_second = 1}, 20};
};

class TlsStreams final : public StreamMaker {
 public:
  static absl::StatusOr<std::shared_ptr<TlsStreams>> Load(TlsSettings settings,
                                                          absl::Time now);
  explicit TlsStreams(TlsSettings settings, TlsContext context)
      : settings_(std::move(settings)), context_(std::move(context)) {}

  std::unique_ptr<ByteStream> Make(Arrived arrived) const override;
  bool HasHandshake() const override { return true; }

  // Those of TlsContext::Load; then all stays as it was.
  absl::Status Reload(absl::Time now);

  const TlsSettings& settings() const { return settings_; }
  absl::Time expires() const;
  TlsCounts Counts() const { return handshakes_->Counts(); }

 private:
  TlsContext Current() const;

  const TlsSettings settings_;
  mutable Mutex mu_;
  TlsContext context_ RTG_GUARDED_BY(mu_);
  // Outlived by none of the streams.
  const std::shared_ptr<TlsHandshakes> handshakes_ =
      std::make_shared<TlsHandshakes>();
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_TLS_TLS_STREAMS_H_

// How clients come in by each listener, and the certificates that it shows.
//
// Threads: thread-safe; reads files.
#ifndef ROENTGEN_SERVER_APP_ENTRANCE_SETUP_H_
#define ROENTGEN_SERVER_APP_ENTRANCE_SETUP_H_

#include <array>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "server/app/file_mark.h"
#include "server/config/listener.h"
#include "server/http/entrance.h"
#include "server/tls/tls_streams.h"

namespace roentgen::server {

// Whether clients come in by both in the same way.
bool HaveOneEntrance(const Listener& a, const Listener& b);

class Entrances {
 public:
  // Of the listeners of TCP and Unix sockets among those of ListenersOf. Reads
  // and checks certificates; InvalidArgument and NotFound name the listener.
  static absl::StatusOr<std::shared_ptr<Entrances>> Make(
      const std::vector<Listener>& listeners, absl::Time now);

  // Of one of them.
  std::shared_ptr<const Entrance> Of(const Listener& listener) const;

  // Reads all certificates again; the log says what cannot be used, and what
  // was there stays.
  void Reload(absl::Time now);
  // The same of those whose files have changed. The log also says once a day
  // which certificates end soon.
  void ReloadChanged(absl::Time now);

  // Lives as long as `metrics`.
  void AddMetrics(Metrics& metrics) const;

 private:
  // Of certificate, key and authorities.
  using FileMarks = std::array<FileMark, 3>;

  struct Way {
    Listener like;                    // The first of those that share it.
    std::shared_ptr<TlsStreams> tls;  // Null: plain text.
    std::shared_ptr<const Entrance> entrance;
    FileMarks marks;
    absl::Time warned = absl::InfinitePast();
  };

  static FileMarks MarksOf(const TlsSettings& settings);
  static void Read(Way& way, absl::Time now);
  static void WarnOfEnd(Way& way, absl::Time now);

  // Ways stay what they are but for marks and warnings.
  mutable Mutex mu_;
  std::vector<Way> ways_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_ENTRANCE_SETUP_H_

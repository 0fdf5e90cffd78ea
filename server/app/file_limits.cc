#include "server/app/file_limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <string>

#include "base/limits.h"

namespace roentgen::server {
namespace {

// A client's socket, and the pair behind it (grpc_front.h).
constexpr uint64_t kFilesPerGrpcConnection = 3;
// With fewer connections of a kind it is no server.
constexpr int64_t kConnectionsMin = 16;

uint64_t FilesOfConnections(const Config& config) {
  return static_cast<uint64_t>(config.http_connections_max) +
         kFilesPerGrpcConnection *
             static_cast<uint64_t>(config.grpc_connections_max);
}

uint64_t FilesKept() {
  return limits::kFilesReserved + limits::kAdminConnectionsReserved;
}

}  // namespace

uint64_t RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return std::numeric_limits<uint64_t>::max();
  }
  rlimit raised = limit;
  raised.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur
                                                : limit.rlim_cur;
}

uint64_t FilesNeeded(const Config& config) {
  return FilesOfConnections(config) + FilesKept();
}

absl::Status FitConnections(uint64_t files, Config& config) {
  if (files >= FilesNeeded(config)) return absl::OkStatus();
  const uint64_t left = files - std::min(files, FilesKept());
  const uint64_t wanted = FilesOfConnections(config);
  for (int64_t* const limit :
       {&config.http_connections_max, &config.grpc_connections_max}) {
    const auto lowered =
        static_cast<int64_t>(static_cast<uint64_t>(*limit) * left / wanted);
    if (lowered < std::min(*limit, kConnectionsMin)) {
      return absl::FailedPreconditionError(
          "this process may have " + std::to_string(files) +
          " open files, which is not enough for any connections besides " +
          std::to_string(FilesKept()) +
          " kept for the store: raise the limit (ulimit -n, LimitNOFILE)");
    }
    *limit = lowered;
  }
  return absl::OkStatus();
}

}  // namespace roentgen::server

// The whole server: builds every part from a configuration and takes it apart
// in reverse.
//
//   RTG_ASSIGN_OR_RETURN(auto server, Server::Start(config, SystemClock()));
//   ... wait for a signal ...
//   server->Shutdown();
//
// Threads: confined to the thread that starts it.
#ifndef ROENTGEN_SERVER_APP_SERVER_H_
#define ROENTGEN_SERVER_APP_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "server/app/server_addresses.h"
#include "server/auth/access.h"
#include "server/config/config.h"

namespace roentgen::server {

// A path that a running server answers to.
struct ServerRoute {
  std::string listener;  // Its name.
  std::string method;
  std::string path;  // "{name}" stands for a part.
  Access access = Access::kOpen;
};

class Server {
 public:
  // Opens the store and listens. `clock` outlives the server. The message of
  // an error is for the operator: it names what could not be had.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Config& config,
                                                       const Clock& clock);
  // As Shutdown.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const ServerAddresses& addresses() const { return addresses_; }
  // Of all listeners of HTTP, in no order.
  std::vector<ServerRoute> routes() const;

  // Reads certificates, access keys and master keys again. What cannot be used
  // is told to the log, and what was there stays.
  void Reload();
  // Whether its store is encrypted under master keys.
  bool is_encrypted() const;
  // Reads these alone again, and says how that went.
  absl::Status ReadKeysAgain();

  // Stops taking requests, lets those that have begun end, closes the store.
  // Returns what went wrong there. Idempotent.
  absl::Status Shutdown();

 private:
  struct Parts;

  explicit Server(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
  ServerAddresses addresses_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_SERVER_H_

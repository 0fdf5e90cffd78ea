// Where a running server listens.
//
// Threads: plain value.
#ifndef ROENTGEN_SERVER_APP_SERVER_ADDRESSES_H_
#define ROENTGEN_SERVER_APP_SERVER_ADDRESSES_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roentgen::server {

// Addresses, "host:port", by the name of their listener, in the order of the
// configuration.
class ServerAddresses {
 public:
  // A name that may stay without an address: a listener that is off.
  void AddName(std::string_view name);
  void Add(std::string_view name, std::string address);

  // Empty when there is none of that name.
  const std::vector<std::string>& Of(std::string_view name) const;
  const std::vector<std::pair<std::string, std::vector<std::string>>>& all()
      const {
    return all_;
  }

  // One JSON object of lists, as in the ports file.
  std::string ToJson() const;

 private:
  std::vector<std::string>& ListOf(std::string_view name);

  std::vector<std::pair<std::string, std::vector<std::string>>> all_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_SERVER_ADDRESSES_H_

// Who the server says it is: the parts of its ARNs.
//
//   identity.Arn("sampling-rule/Default")
//   // arn:aws:xray:us-east-1:000000000000:sampling-rule/Default
//
// Threads: plain value.
#ifndef ROENTGEN_SERVER_IDENTITY_H_
#define ROENTGEN_SERVER_IDENTITY_H_

#include <string>
#include <string_view>

namespace roentgen::server {

struct Identity {
  std::string partition = "aws";
  std::string region = "us-east-1";
  std::string account_id = "000000000000";

  std::string Arn(std::string_view resource,
                  std::string_view service = "xray") const {
    return "arn:" + partition + ':' + std::string(service) + ':' + region +
           ':' + account_id + ':' + std::string(resource);
  }
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_IDENTITY_H_

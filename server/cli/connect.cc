#include "server/cli/connect.h"

#include <grpc/grpc.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "base/status_macros.h"

namespace roentgen::server {
namespace {

constexpr char kAddressDefault[] = "127.0.0.1:4317";

// A flag, else the variable; empty: neither.
std::string ValueOf(const Arguments& arguments, const char* flag,
                    const char* variable) {
  const char* environment = std::getenv(variable);
  const std::string otherwise = environment != nullptr ? environment : "";
  return arguments.Value(flag).value_or(otherwise);
}

absl::StatusOr<std::string> FileOf(const Arguments& arguments, const char* flag,
                                   const char* variable) {
  const std::string path = ValueOf(arguments, flag, variable);
  if (path.empty()) return path;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file && (text << file.rdbuf())) return text.str();
  return absl::InvalidArgumentError("--" + std::string(flag) +
                                    ": cannot read " + path);
}

std::shared_ptr<grpc::ChannelCredentials> TlsOf(const std::string& authorities,
                                                const std::string& certificate,
                                                const std::string& key) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = authorities;
  options.pem_cert_chain = certificate;
  options.pem_private_key = key;
  return grpc::SslCredentials(options);
}

}  // namespace

std::string AddressOf(const Arguments& arguments) {
  std::string address = ValueOf(arguments, "address", "ROENTGEN_ADDRESS");
  if (address.empty()) address = kAddressDefault;
  // The resolver of gRPC does not know this name on every machine.
  const std::string_view local = "localhost:";
  if (address.starts_with(local)) {
    address.replace(0, local.size(), "127.0.0.1:");
  }
  return address;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(
    const std::string& address, const Arguments& arguments) {
  RTG_ASSIGN_OR_RETURN(const std::string authorities,
                       FileOf(arguments, "ca", "ROENTGEN_CA"));
  RTG_ASSIGN_OR_RETURN(const std::string certificate,
                       FileOf(arguments, "cert", "ROENTGEN_CERT"));
  RTG_ASSIGN_OR_RETURN(const std::string key,
                       FileOf(arguments, "cert-key", "ROENTGEN_CERT_KEY"));
  if (certificate.empty() != key.empty()) {
    return absl::InvalidArgumentError(
        "--cert and --cert-key: one needs the other");
  }
  const std::optional<std::string> name = arguments.Value("server-name");
  // What the environment says is for the network.
  const bool is_unix = address.starts_with("unix:");
  const bool has_tls =
      arguments.Has("tls") || arguments.Has("ca") || arguments.Has("cert") ||
      name || (!is_unix && !(authorities.empty() && certificate.empty()));
  grpc::ChannelArguments options;
  options.SetMaxReceiveMessageSize(-1);
  // A proxy from the environment never stands before a server like this.
  options.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (name) options.SetSslTargetNameOverride(*name);
  return grpc::CreateCustomChannel(address,
                                   has_tls
                                       ? TlsOf(authorities, certificate, key)
                                       : grpc::InsecureChannelCredentials(),
                                   options);
}

}  // namespace roentgen::server

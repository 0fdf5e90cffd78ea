#include "server/app/server_addresses.h"

#include "base/json_writer.h"

namespace roentgen::server {

std::vector<std::string>& ServerAddresses::ListOf(std::string_view name) {
  for (auto& [known, addresses] : all_) {
    if (known == name) return addresses;
  }
  return all_.emplace_back(name, std::vector<std::string>()).second;
}

void ServerAddresses::AddName(std::string_view name) { ListOf(name); }

void ServerAddresses::Add(std::string_view name, std::string address) {
  ListOf(name).push_back(std::move(address));
}

const std::vector<std::string>& ServerAddresses::Of(
    std::string_view name) const {
  static const std::vector<std::string> kNone;
  for (const auto& [known, addresses] : all_) {
    if (known == name) return addresses;
  }
  return kNone;
}

std::string ServerAddresses::ToJson() const {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  for (const auto& [name, addresses] : all_) {
    json.Key(name).BeginArray();
    for (const std::string& address : addresses) json.String(address);
    json.EndArray();
  }
  json.EndObject();
  return out;
}

}  // namespace roentgen::server

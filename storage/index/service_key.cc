#include "storage/index/service_key.h"

#include "trace/model/joined_key.h"

namespace roentgen::storage {

void AppendServiceKey(const ServiceId& service, std::string& key) {
  AppendKeyPart(service.name, key);
  key += '\0';
  AppendKeyPart(service.type, key);
  key += '\0';
  AppendKeyPart(service.account_id, key);
}

std::string ServiceKeyOf(const ServiceId& service) {
  std::string key;
  AppendServiceKey(service, key);
  return key;
}

ServiceId SplitServiceKey(std::string_view key) {
  ServiceId service;
  service.name = TakeKeyPart(key);
  service.type = TakeKeyPart(key);
  service.account_id = TakeKeyPart(key);
  return service;
}

void AppendAliasKey(const ServiceId& alias, std::string& key) {
  AppendKeyPart(alias.name, key);
  key += '\0';
  AppendKeyPart(alias.type, key);
}

ServiceAlias SplitAliasKey(std::string_view key) {
  ServiceAlias alias;
  alias.name = TakeKeyPart(key);
  alias.type = TakeKeyPart(key);
  return alias;
}

}  // namespace roentgen::storage

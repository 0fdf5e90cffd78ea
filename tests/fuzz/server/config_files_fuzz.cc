// Any configuration file, file of keys and of what is not kept: taken, or
// refused with the name of the file, and never with a secret in the error. Also
// master keys and the address of a webhook.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "server/auth/key_ring.h"
#include "server/config/config.h"
#include "server/config/config_loader.h"
#include "server/config/encryption_keys.h"
#include "server/config/keys_file.h"
#include "server/config/redaction_file.h"
#include "server/insights/webhook_client.h"

namespace roentgen::server {
namespace {

constexpr char kWhere[] = "the-file";

void CheckRefusal(const absl::Status& status) {
  if (status.ok()) return;
  if (!absl::IsInvalidArgument(status)) std::abort();
  if (!absl::StrContains(status.message(), kWhere)) std::abort();
  // Seeds have it as a secret.
  if (absl::StrContains(status.message(), "hushhushhushhush")) std::abort();
}

}  // namespace
}  // namespace roentgen::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace roentgen::server;  // NOLINT: one function.
  const std::string text(reinterpret_cast<const char*>(data), size);
  Config config;
  CheckRefusal(ApplyYaml(text, kWhere, config));
  const auto keys = ParseKeys(text, kWhere);
  CheckRefusal(keys.status());
  if (keys.ok() && !KeyRing::Make(*keys).ok()) std::abort();
  ParseRedaction(text, kWhere).IgnoreError();
  for (const auto& parse : {&ParseMasterKeys, &ParseMasterKeyList}) {
    const absl::Status status = parse(text, kWhere).status();
    if (!status.ok() && !absl::IsInvalidArgument(status)) std::abort();
  }
  ParseWebhookUrl(text).IgnoreError();
  return 0;
}

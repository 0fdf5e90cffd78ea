// Any bytes as a stored sampling rule: what decodes is written and read back
// the same.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "server/sampling/rule_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace roentgen::server;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::optional<StoredRule> rule = DecodeRule("r", bytes);
  if (rule && DecodeRule("r", EncodeRule(*rule)) != rule) std::abort();
  return 0;
}

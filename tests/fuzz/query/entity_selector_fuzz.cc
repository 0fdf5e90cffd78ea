// Any bytes as an entity selector: it is one, or is refused in the words of
// filter expressions.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "query/graph/entity_selector.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto selector = roentgen::query::ParseEntitySelector(text);
  if (selector.ok()) {
    Select(*selector, {});
    return 0;
  }
  if (!absl::IsInvalidArgument(selector.status()) ||
      !std::string(selector.status().message())
           .starts_with("Error Location: line ")) {
    std::abort();
  }
  return 0;
}

// Any bytes as a stored group: what decodes is written and read back the same,
// and a change of it is, too.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "query/groups/group_codec.h"
#include "query/groups/group_history.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace roentgen;
  using namespace roentgen::query;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::optional<StoredGroup> group = DecodeGroup("g", bytes);
  if (!group) return 0;
  if (DecodeGroup("g", EncodeGroup(*group)) != group) std::abort();
  NoteChange("ok", Timestamp::FromSeconds(1'700'000'000), group->history);
  if (DecodeGroup("g", EncodeGroup(*group)) != group) std::abort();
  return 0;
}

// Any bytes as a file of the store's log, and as what the log's records and the
// blocks beside a batch's columns say.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "storage/record/context_table.h"
#include "storage/rocks/log_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace roentgen::storage;  // NOLINT: one function.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  size_t told = 0;
  size_t told_bytes = 0;
  const LogFileState state = ReadLogFile(bytes, [&](std::string_view record) {
    ++told;
    told_bytes += record.size();
    return told % 3 == 0;
  });
  if (state.whole > size || told_bytes > size) std::abort();
  if (state.noted && told == 0) std::abort();
  // Cut there, it is whole.
  const LogFileState cut =
      ReadLogFile(bytes.substr(0, state.whole), [](auto) { return false; });
  if (cut.whole != state.whole || cut.bit_turned) std::abort();
  if (auto contexts = UnpackContexts(bytes); contexts.ok()) {
    const auto again = UnpackContexts(PackContexts(*contexts));
    if (!again.ok() || again->size() != contexts->size()) std::abort();
  }
  return 0;
}

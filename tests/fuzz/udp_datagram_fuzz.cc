// Any datagram: a document is a true part of it, and a faulty one has none.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/udp/datagram.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using roentgen::server::DatagramFault;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const auto parsed = roentgen::server::ParseDatagram(input);
  if (parsed.fault != DatagramFault::kNone) {
    if (!parsed.document.empty()) std::abort();
    return 0;
  }
  const size_t newline = input.find('\n');
  if (newline == input.npos || parsed.document != input.substr(newline + 1)) {
    std::abort();
  }
  return 0;
}

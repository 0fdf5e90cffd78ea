// Any datagram: a document is what stands after the header line and, before
// spans, their tag; a faulty one has none. Spans that decode encode to the
// same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "server/udp/datagram.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using roentgen::server::DatagramFault;
  using roentgen::server::DatagramKind;
  using roentgen::server::DecodeSpans;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const auto parsed = roentgen::server::ParseDatagram(input);
  if (parsed.fault != DatagramFault::kNone) {
    if (!parsed.document.empty()) std::abort();
    return 0;
  }
  const size_t newline = input.find('\n');
  if (newline == input.npos) std::abort();
  const bool document = parsed.kind == DatagramKind::kDocument;
  if (parsed.document != input.substr(newline + (document ? 1 : 4))) {
    std::abort();
  }
  std::string spans;
  if (document || !DecodeSpans(parsed.document, spans)) return 0;
  std::string again;
  if (!DecodeSpans(absl::Base64Escape(spans), again) || again != spans) {
    std::abort();
  }
  return 0;
}

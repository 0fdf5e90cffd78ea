// The X-Ray daemon's datagram: one header line, one document.
//
//   {"format":"json","version":1}\n{"trace_id":...}
//
// The header is a JSON object whose `format` is "json" in any case and whose
// `version` is 1; other members are ignored. The first newline ends it. The
// document is not looked at here.
//
// Threads: thread-safe; each thread keeps a parser of its own.
#ifndef ROENTGEN_SERVER_UDP_DATAGRAM_H_
#define ROENTGEN_SERVER_UDP_DATAGRAM_H_

#include <cstddef>
#include <string_view>

namespace roentgen::server {

enum class DatagramFault {
  kNone,
  kEmpty,         // Nothing at all: a probe.
  kNoHeaderLine,  // No newline: a probe or garbage.
  kBadHeader,     // The first line is no JSON object with those members.
  kBadFormat,     // `format` or `version` is another.
  kNoDocument,    // Nothing but white space after the newline.
  kTruncated,     // Longer than a datagram can be received.
};
inline constexpr size_t kDatagramFaultCount = 7;

// For metrics: "no_header_line".
std::string_view DatagramFaultName(DatagramFault fault);

struct Datagram {
  DatagramFault fault = DatagramFault::kNone;
  std::string_view document;  // Part of `bytes`; set when there is no fault.
};

Datagram ParseDatagram(std::string_view bytes);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_UDP_DATAGRAM_H_

// The X-Ray daemon's datagram: one header line, one document or one request of
// OTLP.
//
//   {"format":"json","version":1}\n{"trace_id":...}
//   {"format":"json","version":1}\nT1S<base64>
//
// The header is a JSON object whose `format` is "json" in any case and whose
// `version` is 1; other members are ignored. The first newline ends it. The
// document is not looked at here. T1S stands before sampled spans, T1U before
// others: an ExportTraceServiceRequest in base64, as ADOT's SDKs send it.
//
// Threads: thread-safe; each thread keeps a parser of its own.
#ifndef ROENTGEN_SERVER_UDP_DATAGRAM_H_
#define ROENTGEN_SERVER_UDP_DATAGRAM_H_

#include <cstddef>
#include <string>
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
  kBadBase64,     // After T1S or T1U.
  kBadSpans,      // What was base64 is no request.
  kUnsampled,     // Spans after T1U, which nobody wants.
};
inline constexpr size_t kDatagramFaultCount = 10;

// For metrics: "no_header_line".
std::string_view DatagramFaultName(DatagramFault fault);

enum class DatagramKind { kDocument, kSampledSpans, kUnsampledSpans };

struct Datagram {
  DatagramFault fault = DatagramFault::kNone;
  DatagramKind kind = DatagramKind::kDocument;
  // Part of `bytes`; set when there is no fault. Of spans, the base64 text.
  std::string_view document;
};

// Finds no fault in what comes after a tag.
Datagram ParseDatagram(std::string_view bytes);

// The request in the document of spans. False, and nothing certain in `out`:
// it is no base64, of the standard alphabet, padded or not.
bool DecodeSpans(std::string_view document, std::string& out);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_UDP_DATAGRAM_H_

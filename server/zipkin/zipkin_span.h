// A span as Zipkin's clients tell it, and its way into OTLP.
//
// Threads: plain data; a builder belongs to one thread.
#ifndef ROENTGEN_SERVER_ZIPKIN_ZIPKIN_SPAN_H_
#define ROENTGEN_SERVER_ZIPKIN_ZIPKIN_SPAN_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roentgen::server {

struct ZipkinEndpoint {
  std::string service_name;
  std::string ipv4;
  std::string ipv6;
  uint64_t port = 0;
};

struct ZipkinSpan {
  // Bytes: 16, 8 and 8 or none, in a valid span.
  std::string trace_id;
  std::string id;
  std::string parent_id;
  std::string name;
  uint64_t kind = 0;  // As OTLP numbers them.
  uint64_t timestamp_us = 0;
  uint64_t duration_us = 0;
  ZipkinEndpoint local;
  ZipkinEndpoint remote;
  std::vector<std::pair<uint64_t, std::string>> annotations;  // Time, value.
  std::vector<std::pair<std::string, std::string>> tags;
  bool debug = false;
  bool shared = false;
};

// Bytes of an id given in hex digits, padded with zeros to `bytes`; empty when
// it is none.
std::string ZipkinIdBytes(std::string_view hex, size_t bytes);

class OtlpFromZipkin {
 public:
  void Add(const ZipkinSpan& span);
  // The request with all that was added.
  std::string Finish() &&;

 private:
  // Spans by their resource, serialized both.
  std::map<std::string, std::string> scopes_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ZIPKIN_ZIPKIN_SPAN_H_

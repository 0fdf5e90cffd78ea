// Zipkin's spans, as JSON or as its Protobuf, -> a serialized
// ExportTraceServiceRequest: everything after it knows one kind of span.
//
// Times become nanoseconds, ids are padded with zeros, tags become attributes
// (an "error" tag also the status), annotations events; the local endpoint
// becomes the resource, the remote one "peer.service" and "net.peer.*";
// "zipkin.shared" and "zipkin.debug" keep those flags.
//
// A span of which a member is not what it should be (an id that is not of hex
// digits, a time that is no number) is refused by name and value, and does not
// fail the others. So are those that do not pass where spans are checked.
//
// Errors: InvalidArgument when the bytes are no list of spans.
//
// Format: Zipkin's API, version 2.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_ZIPKIN_ZIPKIN_READER_H_
#define ROENTGEN_SERVER_ZIPKIN_ZIPKIN_READER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace roentgen::server {

struct ZipkinRequest {
  std::string otlp;  // With the spans that were not refused.
  uint64_t rejected = 0;
  std::string message;  // Why the first of these were.

  void Reject(const std::string& why);
};

absl::StatusOr<ZipkinRequest> ReadZipkinJson(std::string_view json);
absl::StatusOr<ZipkinRequest> ReadZipkinProto(std::string_view bytes);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ZIPKIN_ZIPKIN_READER_H_

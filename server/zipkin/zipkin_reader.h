// Zipkin's spans, as JSON or as its Protobuf, -> a serialized
// ExportTraceServiceRequest: everything after it knows one kind of span.
//
// Times become nanoseconds, ids are padded with zeros, tags become attributes
// (an "error" tag also the status), annotations events; the local endpoint
// becomes the resource, the remote one "peer.service" and "net.peer.*";
// "zipkin.shared" and "zipkin.debug" keep those flags.
//
// A span whose ids or times make no sense does not fail the others: it gets an
// id that no valid span has, and is refused where spans are checked.
//
// Errors: InvalidArgument when the bytes are no list of spans.
//
// Format: Zipkin's API, version 2.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_ZIPKIN_ZIPKIN_READER_H_
#define ROENTGEN_SERVER_ZIPKIN_ZIPKIN_READER_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace roentgen::server {

absl::StatusOr<std::string> ReadZipkinJson(std::string_view json);
absl::StatusOr<std::string> ReadZipkinProto(std::string_view bytes);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ZIPKIN_ZIPKIN_READER_H_

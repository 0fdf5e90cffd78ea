#include "tests/support/segments.h"

#include <cstdio>
#include <cstdlib>

#include "trace/document/document_parser.h"

namespace roentgen::testing_support {

storage::TraceId TraceNumber(uint64_t number) {
  storage::TraceId id;
  for (size_t i = 0; i < 8; ++i) {
    id.bytes[15 - i] = static_cast<uint8_t>(number >> (8 * i));
  }
  id.bytes[0] = 0x65;
  return id;
}

std::string EntityText(uint64_t number) {
  return storage::EntityId{number}.ToString();
}

std::string Document(const SegmentSpec& spec) {
  char times[128];
  if (spec.in_progress) {
    std::snprintf(times, sizeof(times),
                  "\"start_time\":%.6f,\"in_progress\":true", spec.start);
  } else {
    std::snprintf(times, sizeof(times), "\"start_time\":%.6f,\"end_time\":%.6f",
                  spec.start, spec.start + spec.seconds);
  }
  std::string out = "{" + spec.extra;
  if (spec.subsegment) out += "\"type\":\"subsegment\",";
  if (spec.parent != 0) {
    out += "\"parent_id\":\"" + EntityText(spec.parent) + "\",";
  }
  out += "\"trace_id\":\"" + TraceNumber(spec.trace).ToString() +
         "\",\"id\":\"" + EntityText(spec.id) + "\",\"name\":\"" + spec.name +
         "\"," + times;
  return out + "}";
}

storage::NewRecord Record(const std::string& document) {
  storage::DocumentParser parser;
  storage::SegmentDocument parsed;
  if (auto fault = parser.Parse(document, parsed)) {
    std::fprintf(stderr, "%s\n%s\n", fault->Message().c_str(),
                 document.c_str());
    std::abort();
  }
  return {.trace_id = parsed.trace_id,
          .format = storage::RecordFormat::kXrayJson,
          .facts = parsed.Facts(),
          .document = document};
}

}  // namespace roentgen::testing_support

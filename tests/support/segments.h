// Small documents and records for tests.
#ifndef ROENTGEN_TESTS_SUPPORT_SEGMENTS_H_
#define ROENTGEN_TESTS_SUPPORT_SEGMENTS_H_

#include <cstdint>
#include <string>

#include "trace/model/record.h"

namespace roentgen::testing_support {

struct SegmentSpec {
  uint64_t trace = 1;  // Number of the trace.
  uint64_t id = 1;     // Number of the entity, unique in its trace.
  double start = 1'700'000'000;
  double seconds = 1;
  bool in_progress = false;
  uint64_t parent = 0;  // 0: none.
  bool subsegment = false;
  std::string name = "shop";
  std::string extra;  // More members, each followed by a comma.
};

storage::TraceId TraceNumber(uint64_t number);
std::string EntityText(uint64_t number);
std::string Document(const SegmentSpec& spec);

// Parses, as ingest does; aborts the test program on a bad document.
storage::NewRecord Record(const std::string& document);
inline storage::NewRecord Record(const SegmentSpec& spec) {
  return Record(Document(spec));
}

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_SEGMENTS_H_

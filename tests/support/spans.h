// Small spans and records for tests.
#ifndef ROENTGEN_TESTS_SUPPORT_SPANS_H_
#define ROENTGEN_TESTS_SUPPORT_SPANS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "trace/model/record.h"

namespace roentgen::testing_support {

struct SpanSpec {
  using Attributes = std::vector<std::pair<std::string, std::string>>;

  uint64_t trace = 1;   // Number of the trace.
  uint64_t id = 1;      // Number of the span.
  uint64_t parent = 0;  // 0: none.
  std::string name = "GET /";
  uint64_t kind = 2;  // Server.
  double start = 1'700'000'000;
  double seconds = 1;
  uint64_t status = 0;
  Attributes attributes = {};
  std::string service = "shop";  // Empty: the resource does not say.
  Attributes resource = {};
  std::string scope = "tests";
  std::string scope_version = {};
  std::string trace_state = {};
  std::string status_message = {};
  std::vector<std::string> events = {};  // Their names.
};

// Serialized, as a client would.
std::string SpanBytes(const SpanSpec& spec);
std::shared_ptr<const storage::SpanContext> ContextOf(const SpanSpec& spec);
// As ingest makes it.
storage::NewRecord Record(const SpanSpec& spec);

// A whole ExportTraceServiceRequest; a ResourceSpans each.
std::string ExportRequest(const std::vector<SpanSpec>& specs);

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_SPANS_H_

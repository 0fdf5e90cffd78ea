// What is asked of spans.
//
// Threads: plain values.
#ifndef ROENTGEN_QUERY_SPANS_SPAN_QUERY_H_
#define ROENTGEN_QUERY_SPANS_SPAN_QUERY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/timestamp.h"

namespace roentgen::query {

// What one span must meet. Members that are not set match anything.
struct SpanQuery {
  std::optional<std::string> service;
  std::optional<std::string> operation;  // Span name.
  std::optional<std::string> kind;       // "server", ... (operation.h).
  // Service of the other side (peer.service, service.peer.name): one of these.
  // Empty: any, or none.
  std::vector<std::string> remote_services;
  // Keys and values, compared as text, wherever they stand: in the span, its
  // resource, scope, events or links. An empty optional: the key is there.
  std::vector<std::pair<std::string, std::optional<std::string>>> attributes;
  // Each is the name of an attribute or of an event.
  std::vector<std::string> words;
  // Both ends are in it.
  Timestamp start_min = Timestamp::Min();
  Timestamp start_max = Timestamp::Max();
  int64_t duration_min_ns = 0;
  int64_t duration_max_ns = INT64_MAX;
  size_t limit = limits::kSpanSearchTracesDefault;  // Traces.
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SPANS_SPAN_QUERY_H_

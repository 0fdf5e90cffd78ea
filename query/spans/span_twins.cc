#include "query/spans/span_twins.h"

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "trace/model/record.h"

namespace roentgen::query {

using storage::SpanContext;
using storage::TraceSpan;

SpanTrace WithoutTwins(SpanTrace trace) {
  // Those of one content count as one context.
  absl::flat_hash_map<std::pair<std::string_view, std::string_view>, size_t>
      contexts;
  absl::flat_hash_map<const SpanContext*, size_t> by_address;
  absl::flat_hash_set<std::pair<size_t, std::string_view>> seen;
  std::vector<bool> keep;
  keep.reserve(trace.spans.size());
  for (const TraceSpan& span : trace.spans) {
    const auto [at, fresh] = by_address.try_emplace(span.context.get(), 0);
    if (fresh && span.context != nullptr) {
      at->second = contexts
                       .try_emplace({span.context->resource_spans,
                                     span.context->scope_spans},
                                    contexts.size() + 1)
                       .first->second;
    }
    keep.push_back(seen.insert({at->second, span.span}).second);
  }
  if (seen.size() == trace.spans.size()) return trace;
  std::vector<TraceSpan> spans;
  spans.reserve(seen.size());
  for (size_t i = 0; i < trace.spans.size(); ++i) {
    if (keep[i]) spans.push_back(std::move(trace.spans[i]));
  }
  trace.spans = std::move(spans);
  return trace;
}

}  // namespace roentgen::query

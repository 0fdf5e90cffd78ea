#include "query/spans/span_summary.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "trace/span/service_name.h"
#include "trace/span/span_view.h"

namespace roentgen::query {

absl::StatusOr<SpanTraceSummary> Summarize(const SpanTrace& trace) {
  SpanTraceSummary summary{.id = trace.id};
  absl::flat_hash_set<storage::EntityId> present;
  for (const storage::TraceSpan& span : trace.spans) present.insert(span.id);
  std::map<std::string, ServiceSummary> services;
  std::optional<uint64_t> root_start, start;
  storage::SpanView view;
  storage::ContextView context;
  for (const storage::TraceSpan& span : trace.spans) {
    if (span.context == nullptr || !storage::ReadSpan(span.span, view) ||
        !storage::ReadContext(*span.context, context)) {
      return absl::DataLossError("a stored span does not read");
    }
    const std::string name = storage::ServiceNameOf(*span.context, context);
    ServiceSummary& service = services[name];
    const bool failed = view.status_code == storage::kStatusError;
    ++summary.spans;
    ++service.spans;
    summary.errors += failed ? 1 : 0;
    service.errors += failed ? 1 : 0;
    if (!start || view.start_ns < *start) start = view.start_ns;
    summary.end_ns = std::max({summary.end_ns, view.end_ns, view.start_ns});
    if (storage::HasParent(view)) {
      const bool here =
          present.contains(storage::EntityIdOf(view.parent_span_id));
      summary.orphans += here ? 0 : 1;
    } else if (!root_start || view.start_ns < *root_start) {
      root_start = view.start_ns;
      summary.root_service = name;
      summary.root_operation = view.name;
    }
  }
  summary.start_ns = start.value_or(0);
  for (auto& [name, service] : services) {
    service.name = name;
    summary.services.push_back(std::move(service));
  }
  return summary;
}

}  // namespace roentgen::query

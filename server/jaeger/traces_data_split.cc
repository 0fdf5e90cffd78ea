#include "server/jaeger/traces_data_split.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/status_macros.h"
#include "trace/span/span_view.h"
#include "trace/span/wire_fields.h"

namespace roentgen::server {
namespace {

using storage::FieldReader;
using storage::SpanContext;
using storage::WireType;

constexpr uint32_t kInner = 2;  // scope_spans and spans alike.

// `message` without its field 2, which goes to `parts`.
absl::Status TakeInner(std::string_view message, std::string& rest,
                       std::vector<std::string_view>& parts) {
  FieldReader in(message);
  while (in.Next()) {
    if (in.Is(kInner, WireType::kBytes)) {
      parts.push_back(in.bytes());
    } else {
      rest += in.whole();
    }
  }
  if (in.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError("the body is no TracesData");
}

class Splitter {
 public:
  absl::Status AddResource(std::string_view message) {
    std::string resource;
    std::vector<std::string_view> scopes;
    RTG_RETURN_IF_ERROR(TakeInner(message, resource, scopes));
    for (const std::string_view scope : scopes) {
      auto context = std::make_shared<SpanContext>();
      context->resource_spans = resource;
      std::vector<std::string_view> spans;
      RTG_RETURN_IF_ERROR(TakeInner(scope, context->scope_spans, spans));
      storage::ContextView view;
      if (!storage::ReadContext(*context, view)) {
        return absl::InvalidArgumentError("a resource or scope does not read");
      }
      for (const std::string_view span : spans) {
        RTG_RETURN_IF_ERROR(AddSpan(context, span));
      }
    }
    return absl::OkStatus();
  }

  std::vector<query::SpanTrace> Take() { return std::move(traces_); }

 private:
  absl::Status AddSpan(const std::shared_ptr<const SpanContext>& context,
                       std::string_view bytes) {
    if (!storage::ReadSpan(bytes, span_) || span_.trace_id.size() != 16 ||
        span_.span_id.size() != 8) {
      return absl::InvalidArgumentError(
          "span '" + std::string(span_.name) +
          "': its trace id must have 32 hex digits and its span id 16");
    }
    const storage::TraceId id = storage::TraceIdOf(span_);
    const auto [at, fresh] = by_id_.try_emplace(id, traces_.size());
    if (fresh) traces_.push_back({.id = id, .spans = {}});
    traces_[at->second].spans.push_back(
        {.id = storage::EntityIdOf(span_.span_id),
         .context = context,
         .span = std::string(bytes)});
    return absl::OkStatus();
  }

  storage::SpanView span_;
  std::vector<query::SpanTrace> traces_;
  absl::flat_hash_map<storage::TraceId, size_t> by_id_;
};

}  // namespace

absl::StatusOr<std::vector<query::SpanTrace>> SplitTracesData(
    std::string_view traces_data) {
  Splitter splitter;
  FieldReader in(traces_data);
  while (in.Next()) {
    if (!in.Is(1, WireType::kBytes)) continue;
    RTG_RETURN_IF_ERROR(splitter.AddResource(in.bytes()));
  }
  if (!in.ok()) {
    return absl::InvalidArgumentError("the body is no TracesData");
  }
  return splitter.Take();
}

}  // namespace roentgen::server

#include "trace/mapping/context_cache.h"

#include <utility>

#include "absl/hash/hash.h"
#include "base/limits.h"
#include "base/status_macros.h"

namespace roentgen::storage {

size_t ContextCache::ByValue::operator()(const SpanContext* context) const {
  return absl::HashOf(context->resource_spans, context->scope_spans,
                      context->profile);
}

absl::StatusOr<std::shared_ptr<const MappedContext>> ContextCache::Get(
    const std::shared_ptr<const SpanContext>& context) {
  if (context == nullptr) {
    return absl::DataLossError("a stored span has no context");
  }
  if (context == last_.key) return last_.mapped;
  if (const auto found = by_address_.find(context.get());
      found != by_address_.end()) {
    last_ = found->second;
    return last_.mapped;
  }
  MakeRoom(context->resource_spans.size() + context->scope_spans.size() +
           context->profile.size());
  auto [at, is_new] = by_value_.try_emplace(context.get());
  if (is_new) {
    absl::StatusOr<std::shared_ptr<const MappedContext>> mapped =
        MapContext(context);
    if (!mapped.ok()) {
      by_value_.erase(at);
      return mapped.status();
    }
    // The key lives as long as its value, which holds the context.
    at->second = *std::move(mapped);
    mapped_bytes_ += at->second->memory_bytes;
  }
  last_ = {.key = context, .mapped = at->second};
  by_address_.emplace(context.get(), last_);
  return last_.mapped;
}

void ContextCache::MakeRoom(size_t bytes) {
  if (by_address_.size() >= limits::kMappedContextsMax ||
      bytes_ + bytes > limits::kMappedContextBytesMax) {
    by_address_.clear();
    by_value_.clear();
    bytes_ = 0;
  }
  bytes_ += bytes;
}

}  // namespace roentgen::storage

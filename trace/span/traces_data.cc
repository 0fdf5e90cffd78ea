#include "trace/span/traces_data.h"

#include "trace/span/wire_fields.h"

namespace roentgen::storage {
namespace {

constexpr uint32_t kInner = 2;  // scope_spans and spans alike.

// Where field 2 goes in `message`: where every serializer puts it.
size_t PlaceOfInner(std::string_view message) {
  size_t before = 0;
  FieldReader in(message);
  while (in.Next() && in.field() < kInner) before += in.whole().size();
  return before;
}

// The tag and the length of a field of that many bytes.
std::string HeadOf(uint32_t field, size_t bytes) {
  std::string head;
  AppendTag(field, WireType::kBytes, head);
  AppendVarint(bytes, head);
  return head;
}

// Field 1 of TracesData: `spans` in their scope in their resource. Nothing
// large is copied more than once.
void AppendResourceSpans(const SpanContext& context, std::string_view spans,
                         std::string& out) {
  const std::string_view resource = context.resource_spans;
  const std::string_view scope = context.scope_spans;
  const size_t scope_bytes = scope.size() + spans.size();
  const std::string scope_head = HeadOf(kInner, scope_bytes);
  const std::string resource_head =
      HeadOf(1, resource.size() + scope_head.size() + scope_bytes);
  const size_t in_resource = PlaceOfInner(resource);
  const size_t in_scope = PlaceOfInner(scope);
  out += resource_head;
  out += resource.substr(0, in_resource);
  out += scope_head;
  out += scope.substr(0, in_scope);
  out += spans;
  out += scope.substr(in_scope);
  out += resource.substr(in_resource);
}

}  // namespace

void TracesDataBuilder::Add(const std::shared_ptr<const SpanContext>& context,
                            std::string_view span) {
  const auto [at, fresh] =
      by_context_.try_emplace(context.get(), groups_.size());
  if (fresh) {
    groups_.push_back({context, {}});
    bytes_ += context->resource_spans.size() + context->scope_spans.size();
  }
  AppendBytesField(kInner, span, groups_[at->second].spans);
  bytes_ += span.size() + 8;
}

std::string TracesDataBuilder::Finish() {
  std::string out;
  out.reserve(bytes_);
  for (Group& group : groups_) {
    AppendResourceSpans(*group.context, group.spans, out);
    group.spans = std::string();  // Memory that `out` now needs.
  }
  groups_.clear();
  by_context_.clear();
  bytes_ = 0;
  return out;
}

}  // namespace roentgen::storage

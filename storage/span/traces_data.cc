#include "storage/span/traces_data.h"

#include "storage/span/wire_fields.h"

namespace roentgen::storage {
namespace {

constexpr uint32_t kInner = 2;  // scope_spans and spans alike.

// `outer` with `inner` as its field 2, where every serializer puts it.
std::string Nest(std::string_view outer, std::string_view inner) {
  size_t before = 0;
  FieldReader in(outer);
  while (in.Next() && in.field() < kInner) before += in.whole().size();
  std::string out;
  out.reserve(outer.size() + inner.size());
  out += outer.substr(0, before);
  out += inner;
  out += outer.substr(before);
  return out;
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
  for (const Group& group : groups_) {
    const std::string scope = Nest(group.context->scope_spans, group.spans);
    std::string field;
    AppendBytesField(kInner, scope, field);
    AppendBytesField(1, Nest(group.context->resource_spans, field), out);
  }
  groups_.clear();
  by_context_.clear();
  bytes_ = 0;
  return out;
}

}  // namespace roentgen::storage

#include "storage/record/context_table.h"

#include <cstring>
#include <utility>

#include "base/digest.h"
#include "base/seeded_hash.h"
#include "base/status_macros.h"
#include "base/wire.h"
#include "storage/record/block_codec.h"

namespace roentgen::storage {
namespace {

// Odd; parts in other places give another hash.
constexpr uint64_t kSpread = 0x9e3779b97f4a7c15;

size_t BytesOf(const SpanContext& context) {
  return sizeof(context) + context.resource_spans.size() +
         context.scope_spans.size() + context.profile.size();
}

uint64_t HashOf(const SpanContext& context) {
  uint64_t hash = 0;
  for (const std::string* part :
       {&context.resource_spans, &context.scope_spans, &context.profile}) {
    hash = (hash ^ SeededHash()(*part)) * kSpread;
  }
  return hash;
}

// Whoever chose contexts of the same would get around the limit of a trace.
uint64_t DigestOf(const SpanContext& context) {
  std::string parts;
  for (const std::string* part :
       {&context.resource_spans, &context.scope_spans, &context.profile}) {
    AppendBytes(*part, parts);
  }
  const Digest digest = Sha256(parts);
  uint64_t print;
  std::memcpy(&print, digest.data(), sizeof(print));
  return print;
}

}  // namespace

size_t ContextTableBuilder::ByContent::operator()(
    const SpanContext* context) const {
  return HashOf(*context);
}

const ContextPrint& ContextPrinter::Of(
    const std::shared_ptr<const SpanContext>& context) {
  if (context == last_) return print_;
  last_ = context;
  print_ = {};
  if (context != nullptr) {
    view_ = ContextView();
    ReadContext(*context, view_);  // As far as it reads.
    print_ = {DigestOf(*context), MappedBytesOf(*context, view_)};
  }
  return print_;
}

std::optional<uint32_t> ContextTableBuilder::Add(
    const std::shared_ptr<const SpanContext>& context) {
  const auto kept = by_address_.find(context.get());
  if (kept != by_address_.end()) return kept->second;
  const auto number = static_cast<uint32_t>(contexts_.size());
  const auto [at, fresh] = numbers_.try_emplace(context.get(), number);
  if (!fresh) return at->second;
  if (bytes_ + BytesOf(*context) > bytes_max_) {
    numbers_.erase(at);
    return std::nullopt;
  }
  contexts_.push_back(context);
  bytes_ += BytesOf(*context);
  by_address_[context.get()] = number;
  return number;
}

void ContextTableBuilder::Clear() {
  contexts_.clear();
  numbers_.clear();
  by_address_.clear();
  bytes_ = 0;
}

void AppendContexts(const ContextTable& table, std::string& out) {
  AppendVarint(table.size(), out);
  for (const auto& context : table) {
    AppendBytes(context->resource_spans, out);
    AppendBytes(context->scope_spans, out);
    AppendBytes(context->profile, out);
  }
}

bool ReadContexts(ByteReader& in, ContextTable& table) {
  uint64_t count;
  if (!in.BoundedVarint(in.rest().size(), count)) return false;
  table.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view resource, scope, profile;
    if (!in.Bytes(resource) || !in.Bytes(scope) || !in.Bytes(profile)) {
      return false;
    }
    table.push_back(std::make_shared<const SpanContext>(
        SpanContext{.resource_spans = std::string(resource),
                    .scope_spans = std::string(scope),
                    .profile = std::string(profile)}));
  }
  return true;
}

std::string PackContexts(const ContextTable& table) {
  std::string raw;
  AppendContexts(table, raw);
  std::string stored;
  CompressBlock(raw, stored);
  return stored;
}

absl::StatusOr<ContextTable> UnpackContexts(std::string_view stored) {
  std::string raw;
  std::string_view plain;
  RTG_RETURN_IF_ERROR(DecompressBlock(stored, plain, raw));
  ByteReader in(raw);
  ContextTable table;
  if (!ReadContexts(in, table) || !in.done()) {
    return absl::DataLossError("span contexts: damaged");
  }
  return table;
}

size_t MemoryOf(const ContextTable& table) {
  size_t bytes = 0;
  for (const auto& context : table) bytes += BytesOf(*context);
  return bytes;
}

}  // namespace roentgen::storage

#include "trace/span/span_profile.h"

#include "base/wire.h"

namespace roentgen::storage {
namespace {

constexpr uint64_t kVersion = 1;

}  // namespace

std::string EncodeSpanProfile(const SpanProfile& profile) {
  std::string out;
  AppendVarint(kVersion, out);
  AppendVarint(profile.index_all ? 1 : 0, out);
  AppendBytes(profile.unknown_service, out);
  AppendVarint(profile.indexed_attributes.size(), out);
  for (const std::string& key : profile.indexed_attributes) {
    AppendBytes(key, out);
  }
  return out;
}

bool DecodeSpanProfile(std::string_view bytes, SpanProfile& profile) {
  ByteReader in(bytes);
  uint64_t version, index_all, count;
  std::string_view text;
  if (!in.Varint(version) || version != kVersion ||
      !in.BoundedVarint(1, index_all) || !in.Bytes(text) ||
      !in.BoundedVarint(bytes.size(), count)) {
    return false;
  }
  profile.index_all = index_all != 0;
  profile.unknown_service = text;
  profile.indexed_attributes.clear();
  for (uint64_t i = 0; i < count; ++i) {
    if (!in.Bytes(text)) return false;
    profile.indexed_attributes.emplace_back(text);
  }
  return in.done();
}

}  // namespace roentgen::storage

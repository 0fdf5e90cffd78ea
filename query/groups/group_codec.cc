#include "query/groups/group_codec.h"

#include "base/limits.h"
#include "base/wire.h"

namespace roentgen::query {
namespace {

constexpr uint64_t kVersion = 1;
constexpr uint64_t kInsightsBit = 1;
constexpr uint64_t kNotificationsBit = 2;

bool ReadTags(ByteReader& in, std::vector<Tag>& tags) {
  uint64_t count;
  if (!in.BoundedVarint(limits::kTagsMax, count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view key, value;
    if (!in.Bytes(key) || !in.Bytes(value)) return false;
    tags.push_back({.key = std::string(key), .value = std::string(value)});
  }
  return true;
}

void AppendTime(Timestamp time, std::string& out) {
  AppendZigzag(time.ns, out);
}

bool ReadTime(ByteReader& in, Timestamp& time) { return in.Zigzag(time.ns); }

void AppendHistory(const GroupHistory& history, std::string& out) {
  AppendTime(history.since, out);
  AppendVarint(history.past.size(), out);
  for (const PastExpression& past : history.past) {
    AppendTime(past.since, out);
    AppendBytes(past.expression, out);
  }
  AppendVarint(history.changes.size(), out);
  for (const Timestamp change : history.changes) AppendTime(change, out);
}

bool ReadHistory(ByteReader& in, GroupHistory& history) {
  uint64_t count;
  if (!ReadTime(in, history.since) ||
      !in.BoundedVarint(limits::kGroupPastExpressionsMax, count)) {
    return false;
  }
  for (uint64_t i = 0; i < count; ++i) {
    PastExpression& past = history.past.emplace_back();
    std::string_view expression;
    if (!ReadTime(in, past.since) || !in.Bytes(expression)) return false;
    past.expression = expression;
  }
  if (!in.BoundedVarint(limits::kGroupChangesMax, count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    if (!ReadTime(in, history.changes.emplace_back())) return false;
  }
  return true;
}

}  // namespace

std::string EncodeGroup(const StoredGroup& stored) {
  std::string out;
  AppendVarint(kVersion, out);
  AppendBytes(stored.unique_id, out);
  AppendBytes(stored.group.filter_expression, out);
  AppendVarint((stored.group.insights_enabled ? kInsightsBit : 0) |
                   (stored.group.notifications_enabled ? kNotificationsBit : 0),
               out);
  AppendVarint(stored.group.tags.size(), out);
  for (const Tag& tag : stored.group.tags) {
    AppendBytes(tag.key, out);
    AppendBytes(tag.value, out);
  }
  AppendHistory(stored.history, out);
  return out;
}

std::optional<StoredGroup> DecodeGroup(std::string_view name,
                                       std::string_view bytes) {
  ByteReader in(bytes);
  uint64_t version, flags;
  std::string_view unique_id, filter;
  StoredGroup out;
  if (!in.Varint(version) || version != kVersion || !in.Bytes(unique_id) ||
      !in.Bytes(filter) ||
      !in.BoundedVarint(kInsightsBit | kNotificationsBit, flags) ||
      !ReadTags(in, out.group.tags) || !ReadHistory(in, out.history) ||
      !in.done()) {
    return std::nullopt;
  }
  out.unique_id = unique_id;
  out.group.name = name;
  out.group.filter_expression = filter;
  out.group.insights_enabled = (flags & kInsightsBit) != 0;
  out.group.notifications_enabled = (flags & kNotificationsBit) != 0;
  return out;
}

}  // namespace roentgen::query

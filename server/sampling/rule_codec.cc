#include "server/sampling/rule_codec.h"

#include <bit>

#include "base/limits.h"
#include "base/wire.h"
#include "server/sampling/rule_checks.h"

namespace roentgen::server {
namespace {

constexpr uint64_t kVersion = 1;

void AppendDouble(double value, std::string& out) {
  AppendFixed64(std::bit_cast<uint64_t>(value), out);
}

bool ReadDouble(ByteReader& in, double& value) {
  uint64_t bits;
  if (!in.Fixed64(bits)) return false;
  value = std::bit_cast<double>(bits);
  return true;
}

bool ReadText(ByteReader& in, std::string& text) {
  std::string_view bytes;
  if (!in.Bytes(bytes)) return false;
  text = bytes;
  return true;
}

void AppendBoost(const std::optional<SamplingRateBoost>& boost,
                 std::string& out) {
  AppendVarint(boost ? 1 : 0, out);
  if (!boost) return;
  AppendDouble(boost->max_rate, out);
  AppendZigzag(boost->cooldown_window_minutes, out);
}

bool ReadBoost(ByteReader& in, std::optional<SamplingRateBoost>& boost) {
  uint64_t there;
  if (!in.BoundedVarint(1, there)) return false;
  if (there == 0) return true;
  boost.emplace();
  return ReadDouble(in, boost->max_rate) &&
         in.Zigzag(boost->cooldown_window_minutes);
}

bool ReadAttributes(ByteReader& in,
                    std::map<std::string, std::string>& attributes) {
  uint64_t count;
  if (!in.BoundedVarint(limits::kRuleAttributesMax, count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    std::string key, value;
    if (!ReadText(in, key) || !ReadText(in, value)) return false;
    attributes[key] = value;
  }
  return true;
}

bool ReadTags(ByteReader& in, std::vector<query::Tag>& tags) {
  uint64_t count;
  if (!in.BoundedVarint(limits::kTagsMax, count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    query::Tag& tag = tags.emplace_back();
    if (!ReadText(in, tag.key) || !ReadText(in, tag.value)) return false;
  }
  return true;
}

bool ReadRule(ByteReader& in, SamplingRule& rule) {
  return ReadText(in, rule.resource_arn) && in.Zigzag(rule.priority) &&
         ReadDouble(in, rule.fixed_rate) && in.Zigzag(rule.reservoir_size) &&
         ReadText(in, rule.service_name) && ReadText(in, rule.service_type) &&
         ReadText(in, rule.host) && ReadText(in, rule.http_method) &&
         ReadText(in, rule.url_path) && ReadAttributes(in, rule.attributes) &&
         ReadBoost(in, rule.boost);
}

}  // namespace

std::string EncodeRule(const StoredRule& stored) {
  const SamplingRule& rule = stored.record.rule;
  std::string out;
  AppendVarint(kVersion, out);
  AppendZigzag(stored.record.created_at.ns, out);
  AppendZigzag(stored.record.modified_at.ns, out);
  AppendBytes(rule.resource_arn, out);
  AppendZigzag(rule.priority, out);
  AppendDouble(rule.fixed_rate, out);
  AppendZigzag(rule.reservoir_size, out);
  for (const std::string* pattern :
       {&rule.service_name, &rule.service_type, &rule.host, &rule.http_method,
        &rule.url_path}) {
    AppendBytes(*pattern, out);
  }
  AppendVarint(rule.attributes.size(), out);
  for (const auto& [key, value] : rule.attributes) {
    AppendBytes(key, out);
    AppendBytes(value, out);
  }
  AppendBoost(rule.boost, out);
  AppendVarint(stored.tags.size(), out);
  for (const query::Tag& tag : stored.tags) {
    AppendBytes(tag.key, out);
    AppendBytes(tag.value, out);
  }
  return out;
}

std::optional<StoredRule> DecodeRule(std::string_view name,
                                     std::string_view bytes) {
  ByteReader in(bytes);
  uint64_t version;
  StoredRule out;
  SamplingRuleRecord& record = out.record;
  record.rule.rule_name = name;
  if (!in.BoundedVarint(kVersion, version) || version != kVersion ||
      !in.Zigzag(record.created_at.ns) || !in.Zigzag(record.modified_at.ns) ||
      !ReadRule(in, record.rule) || !ReadTags(in, out.tags) || !in.done()) {
    return std::nullopt;
  }
  if (!CheckRuleName(name).ok() || !CheckRuleTexts(record.rule).ok() ||
      !CheckRuleNumbers(record.rule).ok()) {
    return std::nullopt;
  }
  return out;
}

}  // namespace roentgen::server

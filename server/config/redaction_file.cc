#include "server/config/redaction_file.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/status_macros.h"
#include "server/config/private_file.h"
#include "yaml-cpp/yaml.h"

namespace roentgen::server {
namespace {

using storage::RedactedPart;
using storage::RedactionAction;
using storage::RedactionRule;
using storage::RedactionRules;

constexpr std::pair<std::string_view, RedactedPart> kParts[] = {
    {"attribute", RedactedPart::kAttribute},
    {"header", RedactedPart::kHeader},
    {"query_parameter", RedactedPart::kQueryParameter},
    {"sql", RedactedPart::kSql},
    {"client_address", RedactedPart::kClientAddress}};
constexpr std::pair<std::string_view, RedactionAction> kActions[] = {
    {"drop", RedactionAction::kDrop},
    {"mask", RedactionAction::kMask},
    {"hash", RedactionAction::kHash}};

class RedactionReader {
 public:
  explicit RedactionReader(std::string_view where) : where_(where) {}

  absl::StatusOr<RedactionRules> Read(const YAML::Node& root) {
    if (!root.IsMap()) return At(root, "expected 'rules:' with a list below");
    std::vector<RedactionRule> rules;
    std::string hash_key;
    std::set<std::string> seen;
    for (const auto& member : root) {
      const std::string field = TextOf(member.first);
      if (!seen.insert(field).second) return At(member.first, field + " twice");
      if (field == "hash_key" && member.second.IsScalar()) {
        hash_key = member.second.Scalar();
      } else if (field == "rules" && member.second.IsSequence()) {
        RTG_ASSIGN_OR_RETURN(rules, ReadRules(member.second));
      } else {
        return At(member.first, "'" + field +
                                    "': expected hash_key with a text, or "
                                    "rules with a list");
      }
    }
    absl::StatusOr<RedactionRules> made =
        RedactionRules::Make(std::move(rules), std::move(hash_key));
    if (made.ok()) return made;
    return At(root, std::string(made.status().message()));
  }

 private:
  absl::StatusOr<std::vector<RedactionRule>> ReadRules(const YAML::Node& list) {
    std::vector<RedactionRule> rules;
    for (const auto& entry : list) {
      const std::string place = "rules[" + std::to_string(rules.size()) + "]";
      if (!entry.IsMap()) return At(entry, place + ": expected of, name, ...");
      RTG_ASSIGN_OR_RETURN(rules.emplace_back(), ReadRule(place, entry));
    }
    return rules;
  }

  absl::StatusOr<RedactionRule> ReadRule(const std::string& place,
                                         const YAML::Node& entry) {
    RedactionRule rule;
    std::set<std::string> seen;
    for (const auto& member : entry) {
      const std::string field = TextOf(member.first);
      const std::string value = TextOf(member.second);
      const std::string at = place + '.' + field;
      if (!seen.insert(field).second) return At(member.first, at + " twice");
      if (field == "name") {
        rule.name = value;
      } else if (field == "of") {
        RTG_RETURN_IF_ERROR(Choose(at, member.second, value, kParts, rule.of));
      } else if (field == "action") {
        RTG_RETURN_IF_ERROR(
            Choose(at, member.second, value, kActions, rule.action));
      } else {
        return At(member.first, place + ": unknown field '" + field + "'");
      }
    }
    for (const char* needed : {"of", "action"}) {
      if (!seen.contains(needed)) {
        return At(entry, place + ": " + needed + " is missing");
      }
    }
    return rule;
  }

  template <typename Value, size_t n>
  absl::Status Choose(const std::string& at, const YAML::Node& node,
                      const std::string& text,
                      const std::pair<std::string_view, Value> (&choices)[n],
                      Value& value) const {
    std::string names;
    for (const auto& [name, choice] : choices) {
      if (name == text) {
        value = choice;
        return absl::OkStatus();
      }
      if (!names.empty()) names += ", ";
      names += name;
    }
    return At(node, at + ": '" + text + "' is none of " + names);
  }

  static std::string TextOf(const YAML::Node& node) {
    return node.IsScalar() ? node.Scalar() : "";
  }

  absl::Status At(const YAML::Node& node, const std::string& what) const {
    // An empty text has no line.
    const int line = std::max(node.Mark().line, 0) + 1;
    return absl::InvalidArgumentError(where_ + ":" + std::to_string(line) +
                                      ": " + what);
  }

  const std::string where_;
};

}  // namespace

absl::StatusOr<RedactionRules> ParseRedaction(const std::string& text,
                                              std::string_view where) {
  try {
    return RedactionReader(where).Read(YAML::Load(text));
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(std::string(where) + ":" +
                                      std::to_string(e.mark.line + 1) + ": " +
                                      e.msg);
  }
}

absl::StatusOr<std::shared_ptr<const RedactionRules>> LoadRedactionFile(
    const std::string& path) {
  if (path.empty()) return nullptr;
  RTG_ASSIGN_OR_RETURN(
      const std::string text,
      ReadPrivateFile(path, "redaction file", limits::kKeysFileBytesMax));
  RTG_ASSIGN_OR_RETURN(RedactionRules rules, ParseRedaction(text, path));
  return std::make_shared<const RedactionRules>(std::move(rules));
}

}  // namespace roentgen::server

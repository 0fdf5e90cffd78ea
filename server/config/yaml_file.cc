#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "server/config/config_loader.h"
#include "server/config/listeners_yaml.h"
#include "server/config/settings.h"
#include "yaml-cpp/yaml.h"

namespace roentgen::server {
namespace {

// Deeper than any setting's name.
constexpr int kDepthMax = 8;

class YamlReader {
 public:
  YamlReader(std::string_view where, Config& config,
             std::vector<const Setting*>& given)
      : where_(where), config_(config), given_(given) {}

  absl::Status ReadMap(const YAML::Node& map, const std::string& prefix,
                       int depth) {
    std::vector<std::string> seen;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) return At(entry.first, "bad key");
      const std::string name = prefix + entry.first.Scalar();
      for (const std::string& other : seen) {
        if (other == name) return At(entry.first, "'" + name + "' twice");
      }
      seen.push_back(name);
      RTG_RETURN_IF_ERROR(ReadEntry(name, entry.first, entry.second, depth));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ReadEntry(const std::string& name, const YAML::Node& key,
                         const YAML::Node& value, int depth) {
    if (name == "listeners") {
      RTG_ASSIGN_OR_RETURN(config_.listeners, ReadListeners(value, where_));
      return absl::OkStatus();
    }
    if (const Setting* setting = FindSetting(name)) {
      given_.push_back(setting);
      const absl::Status set = SetValue(*setting, value);
      if (set.ok()) return set;
      return At(key, name + ": " + std::string(set.message()));
    }
    if (!IsPrefix(name)) return At(key, "unknown setting '" + name + "'");
    if (value.IsNull()) return absl::OkStatus();
    if (!value.IsMap() || depth >= kDepthMax) {
      return At(key, name + ": expected settings below it");
    }
    return ReadMap(value, name + ".", depth + 1);
  }

  absl::Status SetValue(const Setting& setting, const YAML::Node& value) {
    if (value.IsScalar()) return SetFromText(setting, value.Scalar(), config_);
    if (value.IsNull() && IsList(setting)) {
      return SetFromList(setting, {}, config_);
    }
    if (!value.IsSequence()) {
      return absl::InvalidArgumentError("expected a value");
    }
    std::vector<std::string> values;
    for (const auto& item : value) {
      if (!item.IsScalar()) {
        return absl::InvalidArgumentError("expected a list of values");
      }
      values.push_back(item.Scalar());
    }
    return SetFromList(setting, values, config_);
  }

  static bool IsPrefix(const std::string& name) {
    for (const Setting& setting : Settings()) {
      if (setting.name.starts_with(name + ".")) return true;
    }
    return false;
  }

  absl::Status At(const YAML::Node& node, const std::string& what) const {
    return absl::InvalidArgumentError(
        where_ + ":" + std::to_string(node.Mark().line + 1) + ": " + what);
  }

  const std::string where_;
  Config& config_;
  std::vector<const Setting*>& given_;
};

}  // namespace

absl::Status ApplyYaml(const std::string& text, std::string_view where,
                       Config& config, std::vector<const Setting*>* given) {
  std::vector<const Setting*> ignored;
  try {
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return absl::OkStatus();
    if (!root.IsMap()) {
      return absl::InvalidArgumentError(std::string(where) +
                                        ": expected a map of settings");
    }
    return YamlReader(where, config, given != nullptr ? *given : ignored)
        .ReadMap(root, "", 0);
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(std::string(where) + ":" +
                                      std::to_string(e.mark.line + 1) + ": " +
                                      e.msg);
  }
}

}  // namespace roentgen::server

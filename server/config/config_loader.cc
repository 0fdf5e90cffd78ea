#include "server/config/config_loader.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "base/status_macros.h"
#include "server/config/settings.h"

namespace roentgen::server {
namespace {

constexpr std::string_view kPrefix = "ROENTGEN_";
constexpr std::string_view kFileVariable = "ROENTGEN_CONFIG";
// See encryption_keys.h; not even copied here.
constexpr std::string_view kKeysVariable = "ROENTGEN_ENCRYPTION_KEYS";

// Variables with the prefix that are no settings: the file's name, the
// client's server, master keys, and switches of the server's own tests.
bool IsForOthers(std::string_view name) {
  return name == kFileVariable || name == "ROENTGEN_ADDRESS" ||
         name == "ROENTGEN_KEY" || name == kKeysVariable ||
         name == "ROENTGEN_CRASH_POINT" || name.starts_with("ROENTGEN_TEST_");
}

// What the command line says.
struct Arguments {
  std::string config_file;
  bool help = false;
  bool check = false;
  std::vector<std::pair<const Setting*, std::string>> values;
};

absl::Status Bad(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

// Takes the value of the flag at `i`: behind "=" or the next argument.
absl::StatusOr<std::string> TakeValue(const std::vector<std::string>& args,
                                      size_t& i) {
  const size_t equals = args[i].find('=');
  if (equals != std::string::npos) return args[i].substr(equals + 1);
  if (i + 1 >= args.size()) return Bad("flag " + args[i] + " needs a value");
  return args[++i];
}

absl::StatusOr<Arguments> ParseArguments(const std::vector<std::string>& args) {
  Arguments out;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (arg == "--help" || arg == "-h") {
      out.help = true;
      continue;
    }
    if (arg == "--check-config") {
      out.check = true;
      continue;
    }
    if (!arg.starts_with("--")) return Bad("unexpected argument '" + arg + "'");
    const std::string name = arg.substr(2, arg.find('=') - 2);
    const Setting* setting = FindSetting(name);
    if (setting == nullptr && name != "config") {
      return Bad(name == "listeners"
                     ? "flag --listeners: they stand in the file alone"
                     : "unknown flag --" + name);
    }
    RTG_ASSIGN_OR_RETURN(std::string value, TakeValue(args, i));
    if (setting == nullptr) {
      out.config_file = std::move(value);
    } else {
      out.values.emplace_back(setting, std::move(value));
    }
  }
  return out;
}

absl::Status Apply(const Setting& setting, std::string_view text,
                   const std::string& where, Config& config) {
  const absl::Status set = SetFromText(setting, text, config);
  if (set.ok()) return set;
  return Bad(where + ": " + std::string(set.message()) + ", was '" +
             std::string(text) + "'");
}

using Given = std::vector<const Setting*>;

absl::Status ApplyEnvironment(
    const std::map<std::string, std::string>& environment, Config& config,
    Given& given) {
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kPrefix) || IsForOthers(name)) continue;
    const Setting* setting = nullptr;
    for (const Setting& candidate : Settings()) {
      if (EnvironmentName(candidate) == name) setting = &candidate;
    }
    if (setting == nullptr) {
      return Bad(name == "ROENTGEN_LISTENERS"
                     ? "environment: listeners stand in the file alone"
                     : "environment: unknown setting " + name);
    }
    RTG_RETURN_IF_ERROR(Apply(*setting, value, "environment: " + name, config));
    given.push_back(setting);
  }
  return absl::OkStatus();
}

absl::Status ApplyFile(const std::string& path, Config& config, Given& given) {
  std::ifstream file(path, std::ios::binary);
  std::error_code ignored;
  if (!file || std::filesystem::is_directory(path, ignored)) {
    return absl::NotFoundError("cannot read configuration file '" + path + "'");
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return ApplyYaml(text, path, config, &given);
}

// Whoever gives both would be heeded in the one only.
absl::Status CheckOneSourceOfListeners(const Config& config,
                                       const Given& given) {
  if (!config.listeners) return absl::OkStatus();
  for (const Setting* setting : given) {
    if (!IsList(*setting) || setting->list_of != ListOf::kAddresses) continue;
    return Bad("listeners: they replace " + std::string(setting->name) +
               ", which is given, too");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LoadedConfig> LoadConfig(
    const std::vector<std::string>& args,
    const std::map<std::string, std::string>& environment) {
  RTG_ASSIGN_OR_RETURN(const Arguments arguments, ParseArguments(args));
  LoadedConfig loaded;
  loaded.help = arguments.help;
  loaded.check = arguments.check;
  if (loaded.help) return loaded;

  std::string path = arguments.config_file;
  const auto variable = environment.find(std::string(kFileVariable));
  if (path.empty() && variable != environment.end()) path = variable->second;
  Given given;
  if (!path.empty()) RTG_RETURN_IF_ERROR(ApplyFile(path, loaded.config, given));
  RTG_RETURN_IF_ERROR(ApplyEnvironment(environment, loaded.config, given));
  for (const auto& [setting, value] : arguments.values) {
    RTG_RETURN_IF_ERROR(Apply(*setting, value,
                              "flag --" + std::string(setting->name),
                              loaded.config));
    given.push_back(setting);
  }
  RTG_RETURN_IF_ERROR(CheckOneSourceOfListeners(loaded.config, given));
  return loaded;
}

std::map<std::string, std::string> ReadEnvironment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    const size_t equals = line.find('=');
    if (equals == line.npos || line.substr(0, equals) == kKeysVariable)
      continue;
    out.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return out;
}

}  // namespace roentgen::server

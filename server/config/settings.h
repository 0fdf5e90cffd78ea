// The table of settings: one row drives the configuration file, the
// environment, the flags, --help and docs/configuration.md.
//
// A setting `xray.http.listen` is that key in the file (or nested maps), the
// variable ROENTGEN_XRAY_HTTP_LISTEN, and the flag --xray.http.listen.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CONFIG_SETTINGS_H_
#define ROENTGEN_SERVER_CONFIG_SETTINGS_H_

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "server/config/config.h"

namespace roentgen::server {

using SettingMember =
    std::variant<std::string Config::*, bool Config::*, int64_t Config::*,
                 absl::Duration Config::*, ByteCount Config::*,
                 std::vector<std::string> Config::*>;

enum class ListOf { kAddresses, kTexts };

struct Setting {
  std::string_view name;
  SettingMember member;
  std::string_view doc;  // Sentences.
  // For texts, the legal values joined by "|"; empty: any. For numbers,
  // sizes (bytes) and durations (milliseconds), the bounds when max > 0.
  std::string_view choices = {};
  int64_t min = 0;
  int64_t max = 0;
  // What the elements of a list are.
  ListOf list_of = ListOf::kAddresses;
};

std::span<const Setting> Settings();

// Null when there is none of that name.
const Setting* FindSetting(std::string_view name);

// Sets the member from text; lists are separated by commas, and empty text is
// the empty list. InvalidArgument does not name the setting.
absl::Status SetFromText(const Setting& setting, std::string_view text,
                         Config& config);
absl::Status SetFromList(const Setting& setting,
                         const std::vector<std::string>& values,
                         Config& config);
bool IsList(const Setting& setting);

// The member's value as SetFromText reads it.
std::string ValueText(const Setting& setting, const Config& config);
// "duration", "size", "list of addresses", ...
std::string TypeText(const Setting& setting);
// "ROENTGEN_XRAY_HTTP_LISTEN"
std::string EnvironmentName(const Setting& setting);

// docs/configuration.md's table, between its markers.
std::string SettingsMarkdown();
// The body of --help.
std::string SettingsHelp();

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CONFIG_SETTINGS_H_

#include <cctype>
#include <string>

#include "server/config/settings.h"

namespace roentgen::server {
namespace {

constexpr const char* kTypes[] = {
    "text", "true or false", "number", "duration", "size", "list of addresses"};

std::string DefaultText(const Setting& setting) {
  std::string value = ValueText(setting, Config());
  return value.empty() ? "(empty)" : value;
}

// "a|b" would end a cell of a Markdown table.
std::string ForCell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string TypeText(const Setting& setting) {
  if (!setting.choices.empty()) return std::string(setting.choices);
  if (setting.list_of == ListOf::kTexts) return "list of texts";
  return kTypes[setting.member.index()];
}

std::string EnvironmentName(const Setting& setting) {
  std::string name = "ROENTGEN_";
  for (const char c : setting.name) {
    name +=
        c == '.'
            ? '_'
            : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::string SettingsMarkdown() {
  std::string out =
      "| setting | type | default | what it does |\n"
      "| --- | --- | --- | --- |\n";
  for (const Setting& setting : Settings()) {
    out += "| `" + std::string(setting.name) + "` | " +
           ForCell(TypeText(setting)) + " | `" + DefaultText(setting) + "` | " +
           ForCell(setting.doc) + " |\n";
  }
  return out;
}

std::string SettingsHelp() {
  std::string out;
  for (const Setting& setting : Settings()) {
    out += "  --" + std::string(setting.name) + "=" + TypeText(setting) +
           "\n      " + std::string(setting.doc) +
           "\n      Default: " + DefaultText(setting) + "\n";
  }
  return out;
}

}  // namespace roentgen::server

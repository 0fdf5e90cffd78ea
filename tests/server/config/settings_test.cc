#include "server/config/settings.h"

#include <fstream>
#include <iterator>
#include <set>

#include "gmock/gmock.h"
#include "server/config/config_loader.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(SettingsTest, NamesAreDistinctInEveryForm) {
  std::set<std::string> names;
  for (const Setting& setting : Settings()) {
    EXPECT_TRUE(names.insert(EnvironmentName(setting)).second) << setting.name;
  }
}

TEST(SettingsTest, DefaultsReadBackAsThemselves) {
  for (const Setting& setting : Settings()) {
    Config config;
    const std::string text = ValueText(setting, config);
    const absl::Status status = SetFromText(setting, text, config);
    EXPECT_TRUE(status.ok()) << setting.name << ": " << status;
    EXPECT_EQ(config, Config()) << setting.name;
  }
}

TEST(SettingsTest, HelpNamesEverySetting) {
  const std::string help = SettingsHelp();
  for (const Setting& setting : Settings()) {
    EXPECT_THAT(help, HasSubstr("--" + std::string(setting.name) + "="));
  }
}

// When this fails, put the printed table into the document.
TEST(SettingsTest, DocumentHoldsTheTable) {
  const std::string document = ReadFile("docs/configuration.md");
  EXPECT_TRUE(document.find(SettingsMarkdown()) != document.npos)
      << SettingsMarkdown();
}

TEST(SettingsTest, SampleFileSpellsOutTheDefaults) {
  const std::string sample = ReadFile("deploy/roentgen.yaml");
  for (const Setting& setting : Settings()) {
    const std::string name(setting.name);
    const std::string last = name.substr(name.rfind('.') + 1);
    EXPECT_THAT(sample, HasSubstr(last + ":")) << setting.name;
  }
  Config config;
  const absl::Status status = ApplyYaml(sample, "roentgen.yaml", config);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(config, Config());
}

}  // namespace
}  // namespace roentgen::server

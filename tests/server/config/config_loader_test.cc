#include "server/config/config_loader.h"

#include <cstdlib>
#include <fstream>

#include "gmock/gmock.h"
#include "server/config/settings.h"

namespace roentgen::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string WriteFile(const std::string& text) {
  static int count = 0;
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/config" +
                           std::to_string(count++) + ".yaml";
  std::ofstream(path) << text;
  return path;
}

Config Yaml(const std::string& text) {
  Config config;
  const absl::Status status = ApplyYaml(text, "x.yaml", config);
  EXPECT_TRUE(status.ok()) << status;
  return config;
}

std::string YamlError(const std::string& text) {
  Config config;
  return std::string(ApplyYaml(text, "x.yaml", config).message());
}

std::string LoadError(const std::vector<std::string>& args,
                      const std::map<std::string, std::string>& env = {}) {
  return std::string(LoadConfig(args, env).status().message());
}

TEST(LoadConfigTest, NothingGivenMeansDefaults) {
  const auto loaded = LoadConfig({}, {{"PATH", "/bin"}});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->config, Config());
  EXPECT_FALSE(loaded->help);
  EXPECT_FALSE(loaded->check);
}

TEST(LoadConfigTest, FlagsBeatEnvironmentBeatsFile) {
  const std::string path =
      WriteFile("data_dir: file\nlog: {level: warn}\nread_workers: 7\n");
  const auto loaded =
      LoadConfig({"--config", path, "--data_dir=flag"},
                 {{"ROENTGEN_DATA_DIR", "env"}, {"ROENTGEN_LOG_LEVEL", "off"}});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->config.data_dir, "flag");
  EXPECT_EQ(loaded->config.log_level, "off");
  EXPECT_EQ(loaded->config.read_workers, 7);
}

TEST(LoadConfigTest, FileMayComeFromTheEnvironment) {
  const std::string path = WriteFile("data_dir: file\n");
  const auto loaded = LoadConfig({}, {{"ROENTGEN_CONFIG", path}});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->config.data_dir, "file");
}

TEST(LoadConfigTest, FlagsTakeTheirValueBothWays) {
  const auto loaded =
      LoadConfig({"--retention", "7d", "--xray.udp.listen=", "--check-config",
                  "--xray.http.listen=127.0.0.1:0,[::1]:80"},
                 {});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->config.retention, absl::Hours(168));
  EXPECT_THAT(loaded->config.xray_udp_listen, IsEmpty());
  EXPECT_THAT(loaded->config.xray_http_listen,
              ElementsAre("127.0.0.1:0", "[::1]:80"));
  EXPECT_TRUE(loaded->check);
}

TEST(LoadConfigTest, NamesWhatIsWrongAndWhere) {
  EXPECT_EQ(LoadError({"--nope=1"}), "unknown flag --nope");
  EXPECT_EQ(LoadError({"serve"}), "unexpected argument 'serve'");
  EXPECT_EQ(LoadError({"--retention"}), "flag --retention needs a value");
  EXPECT_EQ(LoadError({"--retention=soon"}),
            "flag --retention: expected a duration such as 30d, 15s or 250ms, "
            "was 'soon'");
  EXPECT_EQ(LoadError({}, {{"ROENTGEN_NOPE", "1"}}),
            "environment: unknown setting ROENTGEN_NOPE");
  EXPECT_EQ(LoadError({}, {{"ROENTGEN_STORE", "disk"}}),
            "environment: ROENTGEN_STORE: must be one of rocksdb|memory, was "
            "'disk'");
  EXPECT_EQ(LoadError({"--read_workers=0"}),
            "flag --read_workers: must be 1 to 256, was '0'");
  EXPECT_THAT(LoadError({"--http.body_bytes_max=1"}),
              HasSubstr("must be 1KiB to 1GiB"));
  EXPECT_THAT(LoadError({"--grpc.listen=here"}), HasSubstr("'here'"));
  EXPECT_THAT(LoadError({"--config=/nowhere/x"}), HasSubstr("/nowhere/x"));
  EXPECT_THAT(LoadError({"--config=/"}), HasSubstr("cannot read"));
}

TEST(LoadConfigTest, OtherVariablesAreLeftAlone) {
  EXPECT_TRUE(LoadConfig({}, {{"ROENTGEN_ADDRESS", "x"},
                              {"ROENTGEN_TEST_X", "y"},
                              {"ROENTGEN_CRASH_POINT", "z"}})
                  .ok());
}

TEST(ApplyYamlTest, TakesNestedAndDottedKeys) {
  const Config config = Yaml(
      "# a comment\n"
      "data_dir: /var/lib/roentgen\n"
      "xray:\n"
      "  http:\n"
      "    listen: [\"127.0.0.1:1\", \"127.0.0.1:2\"]\n"
      "  udp.listen: 127.0.0.1:3\n"
      "grpc: {listen: []}\n"
      "admin.http.listen: ~\n"
      "disk_budget: 10GiB\n"
      "strict_aws_limits: true\n");
  EXPECT_EQ(config.data_dir, "/var/lib/roentgen");
  EXPECT_THAT(config.xray_http_listen,
              ElementsAre("127.0.0.1:1", "127.0.0.1:2"));
  EXPECT_THAT(config.xray_udp_listen, ElementsAre("127.0.0.1:3"));
  EXPECT_THAT(config.grpc_listen, IsEmpty());
  EXPECT_THAT(config.admin_http_listen, IsEmpty());
  EXPECT_EQ(config.disk_budget.bytes, 10ull << 30);
  EXPECT_TRUE(config.strict_aws_limits);
}

TEST(ApplyYamlTest, EmptyFileChangesNothing) {
  EXPECT_EQ(Yaml(""), Config());
  EXPECT_EQ(Yaml("# only words\n"), Config());
  EXPECT_EQ(Yaml("log:\n"), Config());
}

TEST(ApplyYamlTest, NamesKeyAndLine) {
  EXPECT_EQ(YamlError("store: memory\nlog:\n  levle: info\n"),
            "x.yaml:3: unknown setting 'log.levle'");
  EXPECT_EQ(YamlError("nope: 1\n"), "x.yaml:1: unknown setting 'nope'");
  EXPECT_EQ(YamlError("\nretention: {days: 3}\n"),
            "x.yaml:2: retention: expected a value");
  EXPECT_EQ(YamlError("log: loud\n"),
            "x.yaml:1: log: expected settings below it");
  EXPECT_EQ(YamlError("store: memory\nstore: rocksdb\n"),
            "x.yaml:2: 'store' twice");
  EXPECT_EQ(YamlError("store: [memory]\n"),
            "x.yaml:1: store: expected one value, not a list");
  EXPECT_EQ(YamlError("- a\n"), "x.yaml: expected a map of settings");
  EXPECT_THAT(YamlError("a: [\n"), HasSubstr("x.yaml:"));
  EXPECT_THAT(YamlError("a: b: c\n"), HasSubstr("x.yaml:1: "));
}

}  // namespace
}  // namespace roentgen::server

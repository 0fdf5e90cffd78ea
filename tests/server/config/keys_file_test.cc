// The file of access keys.
#include "server/config/keys_file.h"

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(KeysFile, ReadsKeys) {
  const auto keys = ParseKeys(
      "keys:\n"
      "  - id: AKID\n"
      "    secret: 'a/+=b'\n"
      "    permissions: [ingest, read]\n"
      "  - {id: b-1, secret: 123, session_token: t, permissions: "
      "[administer]}\n",
      "k.yaml");
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_THAT(
      *keys,
      ElementsAre(AccessKey{.id = "AKID",
                            .secret = "a/+=b",
                            .permissions = {.ingest = true, .read = true}},
                  AccessKey{.id = "b-1",
                            .secret = "123",
                            .session_token = "t",
                            .permissions = {.administer = true}}));
  EXPECT_THAT(*ParseKeys("keys: []", "k.yaml"), IsEmpty());
}

TEST(KeysFile, ReadsEndsAndHashes) {
  const auto keys = ParseKeys(
      "keys:\n"
      "  - {id: a, secret: s, expires: 2026-12-31, permissions: [read]}\n"
      "  - {id: b, secret: s, expires: '2026-12-31T12:00:00Z', permissions: "
      "[read]}\n"
      "  - {id: c, secret_hash: "
      "'$scrypt$ln=14,r=8,p=1$MTIzNDU2Nzg5MDEyMzQ1Ng$"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', permissions: [read]}\n",
      "k.yaml");
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->at(0).expires,
            absl::FromCivil(absl::CivilDay(2027, 1, 1), absl::UTCTimeZone()));
  EXPECT_EQ(
      keys->at(1).expires,
      absl::FromCivil(absl::CivilHour(2026, 12, 31, 12), absl::UTCTimeZone()));
  EXPECT_TRUE(keys->at(2).secret.empty());
  EXPECT_FALSE(keys->at(2).secret_hash.empty());
  for (const auto& [text, part] :
       std::vector<std::pair<std::string, std::string>>{
           {"{id: a, secret: s, expires: soon, permissions: [read]}",
            "keys[0].expires: 'soon' is no time as"},
           {"{id: a, secret_hash: x, permissions: [read]}",
            "keys[0].secret_hash: must be $scrypt$"},
           {"{id: a, secret: s, secret_hash: x, permissions: [read]}",
            "keys[0].secret_hash: not together with"}}) {
    EXPECT_THAT(
        std::string(ParseKeys("keys:\n- " + text, "k.yaml").status().message()),
        testing::HasSubstr(part));
  }
}

TEST(KeysFile, SaysWhereAndWhatIsWrong) {
  const std::string shape =
      "expected 'keys:' with a list below it, and no more";
  const std::pair<std::string, std::string> cases[] = {
      {"", "k.yaml:1: " + shape},
      {"[]", "k.yaml:1: " + shape},
      {"keys: 7", "k.yaml:1: " + shape},
      {"keys: []\nother: 1", "k.yaml:1: " + shape},
      {"keys:\n- 7", "k.yaml:2: keys[0]: expected id, secret, ..."},
      {"keys:\n- id: a",
       "k.yaml:2: keys[0].secret: must have 1 to 256 "
       "characters, visible ones of ASCII"},
      {"keys:\n- {id: a, secret: 's p', permissions: [read]}",
       "k.yaml:2: keys[0].secret: must have 1 to 256 characters, visible ones "
       "of ASCII"},
      {"keys:\n- {id: 'a:b', secret: x, permissions: [read]}",
       "k.yaml:2: keys[0].id: must have 1 to 128 characters, letters, digits "
       "and _ - ."},
      {"keys:\n- {id: a, secret: x, session_token: '', permissions: [read]}",
       "k.yaml:2: keys[0].session_token: must have 1 to 4096 characters, "
       "visible ones of ASCII"},
      {"keys:\n- {id: a, secret: x}",
       "k.yaml:2: keys[0].permissions: must name some of ingest, read, "
       "administer"},
      {"keys:\n- {id: a, secret: x, permissions: read}",
       "k.yaml:2: keys[0].permissions: expected a list"},
      {"keys:\n- {id: a, secret: x, permissions: [write]}",
       "k.yaml:2: keys[0].permissions: 'write' is none of ingest, read, "
       "administer"},
      {"keys:\n- {id: a, secret: [x], permissions: [read]}",
       "k.yaml:2: keys[0].secret: expected a text"},
      {"keys:\n- {id: a, id: b}", "k.yaml:2: keys[0].id twice"},
      {"keys:\n- {id: a, secrets: x}",
       "k.yaml:2: keys[0]: unknown field 'secrets'"},
      {"keys:\n- {id: a, secret: x, permissions: [read]}\n"
       "- {id: a, secret: y, permissions: [read]}",
       "k.yaml:3: keys[1].id: 'a' is there twice"},
  };
  for (const auto& [text, message] : cases) {
    const auto keys = ParseKeys(text, "k.yaml");
    EXPECT_TRUE(absl::IsInvalidArgument(keys.status())) << text;
    EXPECT_EQ(keys.status().message(), message) << text;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(ParseKeys("keys: [", "k").status()));
}

TEST(KeysFile, HasBounds) {
  std::string text = "keys:\n";
  for (int i = 0; i < 1'001; ++i) {
    text +=
        "- {id: k" + std::to_string(i) + ", secret: s, permissions: [read]}\n";
  }
  EXPECT_EQ(ParseKeys(text, "k").status().message(),
            "k:1002: more than 1000 keys");
}

TEST(KeysFile, IsLoadedEvenWhenOthersMayReadIt) {
  const std::string path = testing::TempDir() + "/keys.yaml";
  std::ofstream(path) << "keys: [{id: a, secret: s, permissions: [read]}]";
  for (const mode_t mode : {0600, 0644}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const auto keys = LoadKeysFile(path);
    ASSERT_TRUE(keys.ok()) << keys.status();
    EXPECT_EQ(keys->size(), 1u);
  }
  EXPECT_TRUE(absl::IsNotFound(LoadKeysFile(path + ".no").status()));
  EXPECT_FALSE(LoadKeysFile(testing::TempDir()).ok());  // A folder.
}

}  // namespace
}  // namespace roentgen::server

// What every settings store must do; on RocksDB also over a restart.
#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "gtest/gtest.h"
#include "storage/memory/memory_settings.h"
#include "storage/settings/settings_store.h"
#include "tests/support/engines.h"

namespace roentgen::storage {
namespace {

using testing_support::EngineKind;
using testing_support::EngineUnderTest;

enum class StoreKind { kMemory, kRocks };

class SettingsStoreContract : public testing::TestWithParam<StoreKind> {
 protected:
  SettingsStoreContract() {
    if (GetParam() == StoreKind::kMemory) return;
    engine_.emplace(EngineKind::kRocksOpen,
                    Timestamp::FromSeconds(1'700'000'100));
  }

  SettingsStore& store() {
    return engine_ ? engine_->rocks()->settings() : memory_;
  }
  void Restart() {
    if (engine_) engine_->Restart();
  }

  bool Set(std::string_view key, const std::optional<std::string>& expected,
           const std::optional<std::string>& value) {
    const auto set = store().CompareAndSet(key, expected, value);
    EXPECT_TRUE(set.ok()) << set.status();
    return set.ok() && *set;
  }
  std::optional<std::string> Get(std::string_view key) {
    const auto value = store().Get(key);
    EXPECT_TRUE(value.ok()) << value.status();
    return value.ok() ? *value : std::nullopt;
  }
  std::vector<Setting> List(std::string_view prefix) {
    const auto all = store().List(prefix);
    EXPECT_TRUE(all.ok()) << all.status();
    return all.ok() ? *all : std::vector<Setting>();
  }

 private:
  MemorySettings memory_;
  std::optional<EngineUnderTest> engine_;
};

TEST_P(SettingsStoreContract, SetsOnlyWhatIsAsExpected) {
  EXPECT_EQ(Get("a"), std::nullopt);
  EXPECT_FALSE(Set("a", "", "1"));
  EXPECT_TRUE(Set("a", std::nullopt, "1"));
  EXPECT_FALSE(Set("a", std::nullopt, "2"));
  EXPECT_FALSE(Set("a", "0", "2"));
  EXPECT_EQ(Get("a"), "1");
  EXPECT_TRUE(Set("a", "1", "2"));
  EXPECT_EQ(Get("a"), "2");
  EXPECT_TRUE(Set("a", "2", "2"));
}

TEST_P(SettingsStoreContract, RemovesOnlyWhatIsAsExpected) {
  EXPECT_TRUE(Set("a", std::nullopt, ""));
  EXPECT_EQ(Get("a"), "");
  EXPECT_FALSE(Set("a", "1", std::nullopt));
  EXPECT_TRUE(Set("a", "", std::nullopt));
  EXPECT_EQ(Get("a"), std::nullopt);
  EXPECT_TRUE(Set("a", std::nullopt, std::nullopt));
  EXPECT_TRUE(List("").empty());
}

TEST_P(SettingsStoreContract, ListsByPrefixInOrderOfKeys) {
  const std::string odd("b/\0\xff", 4);
  for (const std::string& key : {std::string("b/2"), std::string("a"),
                                 std::string("b/10"), odd, std::string("b0")}) {
    EXPECT_TRUE(Set(key, std::nullopt, "v" + key));
  }
  EXPECT_EQ(List("b/"),
            (std::vector<Setting>{
                {odd, "v" + odd}, {"b/10", "vb/10"}, {"b/2", "vb/2"}}));
  EXPECT_EQ(List("").size(), 5u);
  EXPECT_TRUE(List("c").empty());
}

TEST_P(SettingsStoreContract, RefusesWhatIsTooLarge) {
  const std::string key(limits::kSettingKeyBytesMax, 'k');
  const std::string value(limits::kSettingBytesMax, 'v');
  EXPECT_TRUE(Set(key, std::nullopt, value));
  const auto code = [&](const std::string& k, const std::string& v) {
    return store().CompareAndSet(k, std::nullopt, v).status().code();
  };
  EXPECT_EQ(code(key + "k", "v"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("k", value + "v"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code("", "v"), absl::StatusCode::kInvalidArgument);
}

TEST_P(SettingsStoreContract, SaysWhatChangedSince) {
  const auto changes = [&](const SettingsVersion& since) {
    const auto found = store().Changes(since);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *found : SettingsChanges();
  };
  const SettingsChanges first = changes({});
  EXPECT_TRUE(first.all);
  EXPECT_GT(first.version, SettingsVersion());
  EXPECT_TRUE(Set("b", std::nullopt, "1"));
  EXPECT_TRUE(Set("a", std::nullopt, "1"));
  EXPECT_TRUE(Set("b", "1", "2"));
  EXPECT_FALSE(Set("c", "not so", "2"));
  EXPECT_TRUE(Set("d", std::nullopt, std::nullopt));
  const SettingsChanges second = changes(first.version);
  EXPECT_FALSE(second.all);
  EXPECT_EQ(second.keys, (std::vector<std::string>{"a", "b"}));
  EXPECT_GT(second.version, first.version);
  EXPECT_TRUE(Set("a", "1", std::nullopt));
  const SettingsChanges third = changes(second.version);
  EXPECT_FALSE(third.all);
  EXPECT_EQ(third.keys, std::vector<std::string>{"a"});
  EXPECT_EQ(changes(first.version).keys, second.keys) << "versions stay";
  const SettingsChanges none = changes(third.version);
  EXPECT_FALSE(none.all);
  EXPECT_EQ(none.keys, std::vector<std::string>());
  EXPECT_EQ(none.version, third.version);
  // It may forget, but says so: whoever asks from too far back learns of "a".
  for (size_t i = 0; i < 5'000 && GetParam() == StoreKind::kMemory; ++i) {
    EXPECT_TRUE(Set(
        "e", i == 0 ? std::nullopt : std::optional("v" + std::to_string(i - 1)),
        "v" + std::to_string(i)));
  }
  const SettingsChanges late = changes(second.version);
  EXPECT_TRUE(late.all ||
              std::count(late.keys.begin(), late.keys.end(), "a") == 1);
  EXPECT_EQ(late.all, GetParam() == StoreKind::kMemory);
}

TEST_P(SettingsStoreContract, OutlivesARestart) {
  if (GetParam() == StoreKind::kMemory) GTEST_SKIP() << "by design";
  EXPECT_TRUE(Set("kept", std::nullopt, "1"));
  EXPECT_TRUE(Set("gone", std::nullopt, "1"));
  EXPECT_TRUE(Set("gone", "1", std::nullopt));
  Restart();
  EXPECT_EQ(List(""), (std::vector<Setting>{{"kept", "1"}}));
  EXPECT_TRUE(Set("kept", "1", "2"));
  Restart();
  EXPECT_EQ(Get("kept"), "2");
}

TEST_P(SettingsStoreContract, OfManyAtOnceOneWins) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 25;
  std::atomic<int> wins{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int done = 0; done < kRounds;) {
        const std::optional<std::string> now = Get("count");
        const int next = now ? std::stoi(*now) + 1 : 1;
        if (!Set("count", now, std::to_string(next))) continue;
        ++done;
        ++wins;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wins, kThreads * kRounds);
  EXPECT_EQ(Get("count"), std::to_string(kThreads * kRounds));
}

INSTANTIATE_TEST_SUITE_P(Stores, SettingsStoreContract,
                         testing::Values(StoreKind::kMemory, StoreKind::kRocks),
                         [](const auto& test) {
                           return test.param == StoreKind::kMemory ? "Memory"
                                                                   : "Rocks";
                         });

}  // namespace
}  // namespace roentgen::storage

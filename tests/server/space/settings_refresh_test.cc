// Two processes that share settings, as two spaces of this one: what one
// changes, the other one sees once it looks.
#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "server/space/space.h"
#include "storage/memory/memory_engine.h"
#include "storage/memory/memory_settings.h"
#include "tests/support/segments.h"

namespace roentgen::server {
namespace {

SpaceOptions Options() {
  SpaceOptions options;
  options.random = [] {
    static uint64_t last = 0;
    return ++last * 0x9E3779B97F4A7C15;
  };
  return options;
}

// A kind of setting that is kept in memory, and one of that kind, `name`.
struct Kind {
  std::string title;
  std::string prefix;  // Of its keys.
  // As somebody who asks sees it; empty: there is none, or nothing was set.
  std::function<std::string(Space&, const std::string& name)> view;
  // Makes it, or changes it, to the n-th of its values.
  std::function<absl::Status(Space&, const std::string& name, int n)> set;
  // Empty: there is no such operation.
  std::function<absl::Status(Space&, const std::string& name)> remove;

  friend void PrintTo(const Kind& kind, std::ostream* os) { *os << kind.title; }
};

std::string ExpressionOf(int n) { return absl::StrCat("duration > ", n); }

Kind Groups() {
  return {.title = "Groups",
          .prefix = "group/",
          .view =
              [](Space& space, const std::string& name) {
                const auto found = space.groups().FindByName(name);
                return found ? found->expression : "";
              },
          .set =
              [](Space& space, const std::string& name, int n) {
                if (space.groups().FindByName(name)) {
                  return space.groups()
                      .Update({.name = name, .arn = {}},
                              {.filter_expression = ExpressionOf(n),
                               .insights = {}})
                      .status();
                }
                return space.groups()
                    .Create({.name = name,
                             .filter_expression = ExpressionOf(n),
                             .insights = {},
                             .tags = {}})
                    .status();
              },
          .remove =
              [](Space& space, const std::string& name) {
                return space.groups().Delete({.name = name, .arn = {}});
              }};
}

Kind Rules() {
  return {.title = "Rules",
          .prefix = "sampling-rule/",
          .view =
              [](Space& space, const std::string& name) {
                const auto found = space.rules().Find(name);
                return found ? absl::StrCat(found->reservoir_size) : "";
              },
          .set =
              [](Space& space, const std::string& name, int n) {
                if (space.rules().Find(name)) {
                  RuleChange change;
                  change.reservoir_size = n;
                  return space.rules()
                      .Update({.name = name, .arn = {}}, change)
                      .status();
                }
                NewRule made;
                made.key.name = name;
                made.rule.resource_arn = "*";
                made.rule.priority = 7;
                made.rule.service_name = "*";
                made.rule.service_type = "*";
                made.rule.host = "*";
                made.rule.http_method = "*";
                made.rule.url_path = "*";
                made.rule.version = 1;
                made.rule.reservoir_size = n;
                return space.rules().Create(made).status();
              },
          .remove =
              [](Space& space, const std::string& name) {
                return space.rules().Delete({.name = name, .arn = {}}).status();
              }};
}

Kind Policies() {
  return {
      .title = "Policies",
      .prefix = "policy/",
      .view = [](Space& space, const std::string& name) -> std::string {
        for (const ResourcePolicy& policy : space.policies().List()) {
          if (policy.name == name) return policy.document;
        }
        return "";
      },
      .set =
          [](Space& space, const std::string& name, int n) {
            return space.policies()
                .Put({.name = name,
                      .document = absl::StrCat(
                          R"({"Statement":[{"Effect":"Allow","Principal":"*",)"
                          R"("Action":"xray:*","Resource":"*"}],"Id":")",
                          n, R"("})"),
                      .revision = {}})
                .status();
          },
      .remove =
          [](Space& space, const std::string& name) {
            return space.policies().Delete(name, {});
          }};
}

// There is one; it has no name.
Kind Account() {
  return {.title = "Account",
          .prefix = "account",
          .view =
              [](Space& space, const std::string&) {
                const double percentage =
                    space.account().indexing().desired_percentage;
                return percentage == 1 ? "" : absl::StrCat(percentage);
              },
          .set =
              [](Space& space, const std::string&, int n) {
                return space.account().SetIndexing("Default", n).status();
              },
          .remove = nullptr};
}

// The store makes their names.
Kind Retrievals() {
  return {.title = "Retrievals",
          .prefix = "retrieval/",
          .view = [](Space& space, const std::string& name) -> std::string {
            const CallLimits limits = space.call_limits();
            const auto graph = space.retrievals().Graph(
                name, limits.Until(absl::InfiniteFuture(), {}));
            if (!graph.ok()) return "";
            return graph->cancelled ? "cancelled" : "started";
          },
          .set = nullptr,
          .remove = nullptr};
}

class SharedSettings : public testing::Test {
 protected:
  std::unique_ptr<Space> NewSpace() {
    SpaceStore store;
    store.engine = std::make_unique<storage::MemoryEngine>(SystemClock(),
                                                           absl::Hours(720));
    store.settings = &settings_;
    auto space = Space::Open(std::move(store), Options());
    EXPECT_TRUE(space.ok()) << space.status();
    return space.ok() ? *std::move(space) : nullptr;
  }
  void Damage(const std::string& key) {
    const auto stored = settings_.Get(key);
    ASSERT_TRUE(stored.ok() && *stored) << key;
    const auto set = settings_.CompareAndSet(key, *stored, "\xff\xff");
    ASSERT_TRUE(set.ok() && *set);
  }

  storage::MemorySettings settings_;
};

class RefreshTest : public SharedSettings,
                    public testing::WithParamInterface<Kind> {};

TEST_P(RefreshTest, WhatOneChangesTheOtherSeesOnceItLooks) {
  const Kind& kind = GetParam();
  const auto one = NewSpace();
  const auto other = NewSpace();
  for (int n = 2; n <= 4; ++n) {
    ASSERT_TRUE(kind.set(*one, "x", n).ok());
    const std::string now = kind.view(*one, "x");
    EXPECT_NE(kind.view(*other, "x"), now);
    ASSERT_TRUE(other->RefreshSettings().ok());
    EXPECT_EQ(kind.view(*other, "x"), now);
  }
  // Now it may change it, too; else the other one was faster.
  EXPECT_TRUE(absl::IsUnavailable(
      (kind.set(*other, "x", 5).IgnoreError(), kind.set(*one, "x", 6))));
  ASSERT_TRUE(one->RefreshSettings().ok());
  EXPECT_EQ(kind.view(*one, "x"), kind.view(*other, "x"));
  EXPECT_TRUE(kind.set(*one, "x", 6).ok());
}

TEST_P(RefreshTest, WhatIsRemovedGoes) {
  const Kind& kind = GetParam();
  for (const bool after_many : {false, true}) {
    const auto one = NewSpace();
    const auto other = NewSpace();
    ASSERT_TRUE(kind.set(*one, "x", 2).ok());
    ASSERT_TRUE(kind.set(*one, "kept", 3).ok());
    ASSERT_TRUE(other->RefreshSettings().ok());
    EXPECT_NE(kind.view(*other, "x"), "");
    const std::string kept = kind.view(*other, "kept");
    if (kind.remove) {
      ASSERT_TRUE(kind.remove(*one, "x").ok());
    } else {
      ASSERT_TRUE(
          settings_.CompareAndSet(kind.prefix, *settings_.Get(kind.prefix), {})
              .ok());
    }
    // More than the store remembers one by one.
    for (int i = 0; after_many && i < 5'000; ++i) {
      ASSERT_TRUE(settings_
                      .CompareAndSet("unrelated", *settings_.Get("unrelated"),
                                     absl::StrCat(i))
                      .ok());
    }
    ASSERT_TRUE(other->RefreshSettings().ok());
    EXPECT_EQ(kind.view(*other, "x"), "");
    if (kind.remove) {
      EXPECT_EQ(kind.view(*other, "kept"), kept);
      ASSERT_TRUE(kind.remove(*one, "kept").ok());
    }
  }
}

TEST_P(RefreshTest, WhatIsDamagedCostsItself) {
  const Kind& kind = GetParam();
  const auto one = NewSpace();
  const auto other = NewSpace();
  ASSERT_TRUE(kind.set(*one, "x", 2).ok());
  ASSERT_TRUE(other->RefreshSettings().ok());
  const std::string before = kind.view(*other, "x");
  if (kind.remove) {
    ASSERT_TRUE(kind.set(*one, "y", 3).ok());
  }
  ASSERT_TRUE(one->groups().Create({.name = "another"}).ok());
  Damage(kind.remove ? kind.prefix + "x" : kind.prefix);
  EXPECT_TRUE(absl::IsDataLoss(other->RefreshSettings()));
  EXPECT_EQ(kind.view(*other, "x"), before);
  EXPECT_EQ(kind.view(*other, "y"), kind.view(*one, "y"));
  EXPECT_TRUE(other->groups().FindByName("another"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, RefreshTest,
                         testing::Values(Groups(), Rules(), Policies(),
                                         Account()),
                         [](const auto& test) { return test.param.title; });

TEST_F(SharedSettings, RetrievalsAreStartedAndCancelledForAll) {
  const Kind kind = Retrievals();
  const auto one = NewSpace();
  const auto other = NewSpace();
  const auto start = [&] {
    return one->retrievals()
        .Start({.trace_ids = {testing_support::TraceNumber(1).ToString()},
                .start = Timestamp::FromSeconds(0),
                .end = Timestamp::FromSeconds(1)})
        .value_or("");
  };
  const std::string token = start();
  const std::string damaged = start();
  EXPECT_EQ(kind.view(*other, token), "");
  ASSERT_TRUE(other->RefreshSettings().ok());
  EXPECT_EQ(kind.view(*other, token), "started");
  ASSERT_TRUE(one->retrievals().Cancel(token).ok());
  Damage(kind.prefix + damaged);
  EXPECT_TRUE(absl::IsDataLoss(other->RefreshSettings()));
  EXPECT_EQ(kind.view(*other, token), "cancelled");
  EXPECT_EQ(kind.view(*other, damaged), "started");
  for (const std::string& gone : {token, damaged}) {
    const std::string key = kind.prefix + gone;
    ASSERT_TRUE(settings_.CompareAndSet(key, *settings_.Get(key), {}).ok());
  }
  ASSERT_TRUE(other->RefreshSettings().ok());
  EXPECT_EQ(kind.view(*other, token), "");
  EXPECT_EQ(kind.view(*other, damaged), "");
}

// Says that others write to it, too.
class SharedEngine : public storage::MemoryEngine {
 public:
  explicit SharedEngine(bool shared)
      : MemoryEngine(SystemClock(), absl::Hours(720)), shared_(shared) {}
  storage::EngineTraits traits() const override {
    storage::EngineTraits traits = MemoryEngine::traits();
    traits.shared = shared_;
    return traits;
  }

 private:
  const bool shared_;
};

// Counts who asks for changes.
class AskedSettings : public storage::MemorySettings {
 public:
  absl::StatusOr<storage::SettingsChanges> Changes(
      const storage::SettingsVersion& since) override {
    MutexLock lock(mu_);
    ++asked_;
    more_.NotifyAll();
    return MemorySettings::Changes(since);
  }
  int asked() {
    MutexLock lock(mu_);
    return asked_;
  }
  void WaitForMoreThan(int asked) {
    MutexLock lock(mu_);
    while (asked_ <= asked) more_.Wait(mu_);
  }

 private:
  Mutex mu_;
  CondVar more_;
  int asked_ RTG_GUARDED_BY(mu_) = 0;
};

TEST(SpaceOverASharedStore, LooksByItself) {
  int at_the_start = 0;
  for (const bool shared : {false, true}) {
    AskedSettings settings;
    SpaceStore store;
    store.engine = std::make_unique<SharedEngine>(shared);
    store.settings = &settings;
    const auto space = Space::Open(std::move(store), Options());
    ASSERT_TRUE(space.ok()) << space.status();
    if (shared) {
      settings.WaitForMoreThan(at_the_start);
    } else {
      ASSERT_TRUE((*space)->Stop().ok());
      at_the_start = settings.asked();
    }
  }
}

}  // namespace
}  // namespace roentgen::server

// What is kept of insights, and how long.
#include "server/insights/insight_store.h"

#include <string>
#include <vector>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/insights/insight_codec.h"
#include "storage/memory/memory_settings.h"

namespace roentgen::server {
namespace {

using storage::ServiceId;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Timestamp At(int64_t minute) {
  return Timestamp::FromSeconds(1'700'000'040 + minute * 60);
}

InsightRecord Sample(int64_t minute, const std::string& group = "g") {
  const ServiceId pay{.name = "pay", .type = "remote", .account_id = "1"};
  const ServiceId front{.name = "front", .type = "", .account_id = ""};
  InsightRecord record;
  record.insight = {.id = InsightIdOf(group, pay, At(minute)),
                    .group_id = group,
                    .group_name = "shop",
                    .group_arn = "arn:aws:xray:r:a:group/shop/X",
                    .root_cause = pay,
                    .start = At(minute),
                    .last_update = At(minute + 1),
                    .impact = {.client = {.faults = 1, .oks = 2, .total = 4},
                               .root_cause = {.faults = 5, .total = 6}},
                    .top_services = {front, pay}};
  record.hot_until = At(minute + 1);
  record.hot_impact = record.insight.impact;
  AddEvent(InsightEventKind::kCreated, record);
  return record;
}

void CloseAt(int64_t minute, InsightRecord& record) {
  record.insight.last_update = At(minute);
  record.hot_until = At(minute - 10);
  CloseInsight(record);
}

class InsightStoreTest : public testing::Test {
 protected:
  InsightStoreTest() { Open(); }
  void Open() {
    auto opened = InsightStore::Open(
        settings_, {.retention = absl::Hours(24), .per_group_max = 3});
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  void Put(const InsightRecord& record) {
    const absl::Status put = store_->Put(record);
    ASSERT_TRUE(put.ok()) << put;
  }

  storage::MemorySettings settings_;
  std::unique_ptr<InsightStore> store_;
};

TEST_F(InsightStoreTest, KeepsOverARestart) {
  InsightRecord closed = Sample(5);
  CloseAt(30, closed);
  Put(Sample(9));
  Put(closed);
  Put(Sample(7, ""));
  ASSERT_TRUE(store_->SetEvaluatedUntil("g", At(30)).ok());
  ASSERT_TRUE(store_->SetEvaluatedUntil("", At(31)).ok());
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(store_->OfGroup("g"), ElementsAre(Sample(9), closed));
    EXPECT_THAT(store_->OfGroup(""), ElementsAre(Sample(7, "")));
    EXPECT_THAT(store_->Active(), SizeIs(2));
    EXPECT_EQ(store_->Get(closed.insight.id), closed);
    EXPECT_EQ(store_->Get("?"), std::nullopt);
    EXPECT_EQ(store_->EvaluatedUntil("g"), At(30));
    EXPECT_EQ(store_->EvaluatedUntil(""), At(31));
    Open();
  }
  ASSERT_TRUE(store_->KeepEvaluated({""}).ok());
  EXPECT_EQ(store_->EvaluatedUntil("g"), std::nullopt);
  EXPECT_EQ(store_->EvaluatedUntil(""), At(31));
}

TEST_F(InsightStoreTest, KeepsTheNewestOfAGroup) {
  for (int64_t i = 0; i < 5; ++i) Put(Sample(i));
  Put(Sample(0, "other"));
  EXPECT_THAT(store_->OfGroup("g"),
              ElementsAre(Sample(4), Sample(3), Sample(2)));
  EXPECT_THAT(store_->OfGroup("other"), SizeIs(1));
  EXPECT_THAT(*settings_.List("insight/"), SizeIs(4));
}

TEST_F(InsightStoreTest, DropsWhatEndedLongAgo) {
  InsightRecord closed = Sample(0);
  CloseAt(30, closed);
  Put(closed);
  Put(Sample(1));
  ASSERT_TRUE(store_->Expire(At(20 + 24 * 60)).ok());
  EXPECT_THAT(store_->OfGroup("g"), SizeIs(2));
  ASSERT_TRUE(store_->Expire(At(21 + 24 * 60)).ok());
  EXPECT_THAT(store_->OfGroup("g"), ElementsAre(Sample(1)));
  EXPECT_THAT(*settings_.List("insight/"), SizeIs(1));
}

TEST_F(InsightStoreTest, TellsOfEventsInTheirOrder) {
  InsightRecord first = Sample(5);
  CloseAt(30, first);
  InsightRecord quiet = Sample(1);
  quiet.events_notified = quiet.events_made;
  for (const InsightRecord& record : {Sample(9), first, quiet}) Put(record);
  std::vector<std::string> told;
  while (const std::optional<PendingEvent> event = store_->NextPending()) {
    told.push_back(
        std::to_string((event->event.time - At(0)) / absl::Minutes(1)) +
        std::string(NameOf(event->state())));
    ASSERT_TRUE(store_->MarkNotified(*event).ok());
    ASSERT_TRUE(store_->MarkNotified(*event).ok());
    Open();
    // What the evaluation puts does not know what was told.
    Put(Sample(9));
  }
  EXPECT_THAT(told, ElementsAre("6ACTIVE", "10ACTIVE", "30CLOSED"));
}

TEST_F(InsightStoreTest, DamagedInsightsAreDropped) {
  Put(Sample(1));
  const std::string good = EncodeInsight(Sample(2));
  ASSERT_TRUE(*settings_.CompareAndSet("insight/x", {}, good + "!"));
  ASSERT_TRUE(*settings_.CompareAndSet("insight-time/x", {}, "!"));
  Open();
  EXPECT_THAT(store_->OfGroup("g"), ElementsAre(Sample(1)));
  EXPECT_THAT(*settings_.List("insight"), SizeIs(1));
}

// As the store is on a full disk.
class FullSettings : public storage::MemorySettings {
 public:
  absl::StatusOr<bool> CompareAndSet(
      std::string_view key, const std::optional<std::string>& expected,
      const std::optional<std::string>& value) override {
    if (full) return absl::UnavailableError("no room");
    return MemorySettings::CompareAndSet(key, expected, value);
  }
  bool full = false;
};

TEST(InsightStoreOnAFullDiskTest, ADamagedInsightKeepsNothingFromStarting) {
  FullSettings settings;
  for (const char* key : {"insight/x", "insight-time/x"}) {
    ASSERT_TRUE(*settings.CompareAndSet(key, {}, "!"));
  }
  settings.full = true;
  const InsightStore::Options options{.retention = absl::Hours(24),
                                      .per_group_max = 3};
  const auto opened = InsightStore::Open(settings, options);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_THAT((*opened)->OfGroup("g"), IsEmpty());
  EXPECT_THAT(*settings.List("insight"), SizeIs(2));
  settings.full = false;
  ASSERT_TRUE(InsightStore::Open(settings, options).ok());
  EXPECT_THAT(*settings.List("insight"), IsEmpty());
}

TEST_F(InsightStoreTest, ChangesOfOthersAreNotOverwritten) {
  Put(Sample(1));
  const std::string key = "insight/" + Sample(1).insight.id;
  InsightRecord changed = Sample(1);
  changed.insight.group_name = "x";
  ASSERT_TRUE(*settings_.CompareAndSet(key, EncodeInsight(Sample(1)),
                                       EncodeInsight(changed)));
  changed.insight.group_name = "y";
  EXPECT_TRUE(absl::IsUnavailable(store_->Put(changed)));
}

TEST(InsightCodecTest, ReadsOnlyWhatIsWhole) {
  InsightRecord record = Sample(1);
  CloseAt(20, record);
  const std::string bytes = EncodeInsight(record);
  EXPECT_EQ(DecodeInsight(record.insight.id, bytes), record);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeInsight("x", bytes.substr(0, size)), std::nullopt) << size;
    std::string flipped = bytes;
    flipped[size] = static_cast<char>(flipped[size] ^ 0x81);
    (void)DecodeInsight("x", flipped);  // Must not crash.
  }
}

TEST(InsightCodecTest, TheLongestNamesFitASetting) {
  InsightRecord record = Sample(1);
  for (size_t event = 0; event < limits::kInsightEventsMax; ++event) {
    record.insight.top_services.clear();
    for (size_t i = 0; i < limits::kInsightServicesMax; ++i) {
      std::string name = std::to_string(event * 100 + i);
      name.resize(4 * limits::kNameCharsMax, '\xFF');
      record.insight.top_services.push_back(
          {.name = name,
           .type = std::string(4 * limits::kStringCharsMax, 't'),
           .account_id = std::string(4 * limits::kStringCharsMax, 'a')});
    }
    AddEvent(InsightEventKind::kChanged, record);
  }
  const std::string bytes = EncodeInsight(record);
  EXPECT_LE(bytes.size(), limits::kSettingBytesMax);
  const auto read = DecodeInsight(record.insight.id, bytes);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->insight, record.insight);
  EXPECT_EQ(read->events.back(), record.events.back());
  EXPECT_EQ(read->events_made, record.events_made);
}

// Two processes that share settings: what one changes, the other one sees once
// it looks.
TEST_F(InsightStoreTest, WhatOthersChangeIsSeenAfterARefresh) {
  const auto opened = InsightStore::Open(
      settings_, {.retention = absl::Hours(24), .per_group_max = 3});
  ASSERT_TRUE(opened.ok()) << opened.status();
  InsightStore& other = **opened;
  InsightRecord x = Sample(1);
  InsightRecord y = Sample(2);
  Put(x);
  Put(y);
  ASSERT_TRUE(store_->SetEvaluatedUntil("g", At(3)).ok());
  EXPECT_FALSE(other.Get(x.insight.id));
  ASSERT_TRUE(other.Refresh().ok());
  EXPECT_EQ(other.Get(x.insight.id), store_->Get(x.insight.id));
  EXPECT_EQ(other.EvaluatedUntil("g"), At(3));
  // Only one of them goes on from there.
  ASSERT_TRUE(store_->SetEvaluatedUntil("g", At(4)).ok());
  EXPECT_TRUE(absl::IsUnavailable(other.SetEvaluatedUntil("g", At(4))));

  // What is damaged costs itself, and is left to whoever wrote it.
  CloseAt(30, y);
  Put(y);
  const std::string key = "insight/" + x.insight.id;
  const auto stored = settings_.Get(key);
  ASSERT_TRUE(stored.ok());
  ASSERT_TRUE(*settings_.CompareAndSet(key, *stored, "\xff\xff"));
  EXPECT_TRUE(absl::IsDataLoss(other.Refresh()));
  EXPECT_TRUE(other.Get(x.insight.id));
  EXPECT_EQ(other.Get(y.insight.id), store_->Get(y.insight.id));
  EXPECT_EQ(other.EvaluatedUntil("g"), At(4));
  EXPECT_EQ(*settings_.Get(key), "\xff\xff");
  ASSERT_TRUE(*settings_.CompareAndSet(key, "\xff\xff", *stored));

  ASSERT_TRUE(store_->KeepEvaluated({}).ok());
  ASSERT_TRUE(store_->Expire(At(30) + absl::Hours(25)).ok());
  ASSERT_TRUE(other.Refresh().ok());
  EXPECT_FALSE(other.Get(y.insight.id));
  EXPECT_EQ(other.EvaluatedUntil("g"), std::nullopt);
}

}  // namespace
}  // namespace roentgen::server

#include "server/account/account_settings.h"

#include "gmock/gmock.h"
#include "server/aws_status.h"
#include "storage/memory/memory_settings.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

class AccountSettingsTest : public testing::Test {
 protected:
  AccountSettingsTest() { Reopen(); }
  void Reopen() { settings_ = *AccountSettings::Open(store_, clock_); }

  ManualClock clock_{Timestamp::FromSeconds(1'727'008'800)};
  storage::MemorySettings store_;
  std::unique_ptr<AccountSettings> settings_;
};

TEST_F(AccountSettingsTest, TheDestinationSurvivesARestart) {
  EXPECT_EQ(settings_->destination(), Destination::kXray);
  EXPECT_EQ(settings_->SetDestination(Destination::kXray).message(),
            "The destination is already set to XRay");
  EXPECT_TRUE(settings_->SetDestination(Destination::kCloudWatchLogs).ok());
  Reopen();
  EXPECT_EQ(settings_->destination(), Destination::kCloudWatchLogs);
  EXPECT_EQ(settings_->SetDestination(Destination::kCloudWatchLogs).message(),
            "The destination is already set to CloudWatchLogs");
}

TEST_F(AccountSettingsTest, TheIndexingRuleSurvivesARestart) {
  EXPECT_EQ(settings_->indexing().desired_percentage, 1);
  EXPECT_EQ(settings_->indexing().modified, Timestamp());
  EXPECT_TRUE(settings_->SetIndexing("Default", 12.5).ok());
  Reopen();
  EXPECT_EQ(settings_->indexing().desired_percentage, 12.5);
  EXPECT_EQ(settings_->indexing().actual_percentage, 100);
  EXPECT_EQ(settings_->indexing().modified, clock_.Now());
  EXPECT_TRUE(absl::IsInvalidArgument(
      settings_->SetIndexing("Default", 100.1).status()));
  EXPECT_TRUE(
      absl::IsInvalidArgument(settings_->SetIndexing("Default", -1).status()));
  EXPECT_EQ(
      AwsFaultOf(settings_->SetIndexing("Other", 1).status())->resource_name,
      "Other");
}

TEST_F(AccountSettingsTest, EncryptionWithAKeyIsRefused) {
  EXPECT_TRUE(settings_->CheckEncryption("NONE", std::nullopt).ok());
  EXPECT_FALSE(settings_->CheckEncryption("NONE", "k").ok());
  EXPECT_THAT(settings_->CheckEncryption("KMS", std::nullopt).message(),
              HasSubstr("KeyId must be given"));
  EXPECT_THAT(settings_->CheckEncryption("KMS", "alias/a").message(),
              HasSubstr("alias/a"));
}

TEST_F(AccountSettingsTest, EncryptionIsWhatTheStoresIs) {
  EXPECT_EQ(settings_->encryption_key(), "");
  std::string key = "a";
  settings_ = *AccountSettings::Open(store_, clock_, [&] { return key; });
  EXPECT_EQ(settings_->encryption_key(), "a");
  EXPECT_TRUE(settings_->CheckEncryption("KMS", "a").ok());
  EXPECT_THAT(settings_->CheckEncryption("NONE", std::nullopt).message(),
              HasSubstr("master key 'a'"));
  key = "b";
  EXPECT_FALSE(settings_->CheckEncryption("KMS", "a").ok());
  EXPECT_TRUE(settings_->CheckEncryption("KMS", "b").ok());
}

TEST_F(AccountSettingsTest, DamageIsNotOverlooked) {
  ASSERT_TRUE(store_.CompareAndSet("account", std::nullopt, "\x01").ok());
  EXPECT_TRUE(absl::IsDataLoss(AccountSettings::Open(store_, clock_).status()));
}

}  // namespace
}  // namespace roentgen::server

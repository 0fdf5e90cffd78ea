// Any bytes as a setting that is stored: read, or said to be damaged. What is
// read is written as the same again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "server/account/account_settings.h"
#include "server/account/policy_document.h"
#include "server/account/resource_policies.h"
#include "server/account/trace_retrieval.h"
#include "server/insights/insight_codec.h"
#include "storage/memory/memory_engine.h"
#include "storage/memory/memory_settings.h"

namespace roentgen::server {
namespace {

void Check(bool ok) {
  if (!ok) std::abort();
}

void CheckOpened(const absl::Status& status) {
  Check(status.ok() || absl::IsDataLoss(status));
}

void Store(storage::SettingsStore& store, const std::string& key,
           const std::string& value) {
  const auto stored = store.CompareAndSet(key, std::nullopt, value);
  Check(stored.ok() && *stored);
}

void FuzzInsight(const std::string& bytes) {
  const auto insight = DecodeInsight("id", bytes);
  if (!insight) return;
  const std::string written = EncodeInsight(*insight);
  const auto again = DecodeInsight("id", written);
  Check(again.has_value());
  Check(EncodeInsight(*again) == written);
}

void FuzzAccount(const std::string& bytes) {
  const ManualClock clock(Timestamp::FromSeconds(1'700'000'000));
  storage::MemorySettings store;
  Store(store, "account", bytes);
  const auto settings = AccountSettings::Open(store, clock);
  CheckOpened(settings.status());
  if (!settings.ok()) return;
  Check((*settings)->SetIndexing("Default", 5).ok());
  const auto again = AccountSettings::Open(store, clock);
  Check(again.ok() && (*again)->indexing().desired_percentage == 5);
}

void FuzzPolicy(const std::string& bytes) {
  const ManualClock clock(Timestamp::FromSeconds(1'700'000'000));
  storage::MemorySettings store;
  Store(store, "policy/p", bytes);
  const auto policies = ResourcePolicies::Open(store, clock);
  CheckOpened(policies.status());
  if (policies.ok()) Check((*policies)->List().size() <= 1);
  CheckPolicyDocument(bytes).IgnoreError();  // Any answer will do.
}

void FuzzRetrieval(const std::string& bytes) {
  const ManualClock clock(Timestamp::FromSeconds(1'700'000'000));
  storage::MemorySettings store;
  Store(store, "retrieval/t", bytes);
  storage::MemoryEngine engine(clock, absl::Hours(24));
  query::TraceQueries queries(engine, {});
  const query::ServiceGraphs graphs(engine, {});
  const auto retrievals = TraceRetrieval::Open(
      store, queries, graphs,
      {.clock = &clock, .random = [] { return uint64_t{1}; }});
  CheckOpened(retrievals.status());
  if (retrievals.ok()) (*retrievals)->Cancel("t").IgnoreError();
}

}  // namespace
}  // namespace roentgen::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  roentgen::server::FuzzInsight(bytes);
  roentgen::server::FuzzAccount(bytes);
  roentgen::server::FuzzPolicy(bytes);
  roentgen::server::FuzzRetrieval(bytes);
  return 0;
}

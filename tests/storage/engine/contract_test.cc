// The contract of engines on those of this project: in memory, and on RocksDB
// with the traces open, sealed, and read back after a restart.
#include "tests/storage/engine/contract.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/storage/engine/contract_suites.h"
#include "tests/support/engines.h"

namespace roentgen::storage {
namespace {

using testing_support::EngineKind;
using testing_support::EngineUnderTest;

class OwnStore : public ContractStore {
 public:
  OwnStore(EngineKind kind, Timestamp now) : store_(kind, now) {}

  TraceEngine& engine() override { return store_.engine(); }
  ManualClock& clock() override { return store_.clock(); }
  void Settle() override { store_.Settle(); }
  void SetGroups(const GroupTests& groups) override {
    store_.SetGroups(groups);
  }

 private:
  EngineUnderTest store_;
};

static_assert(testing_support::kTestRetention == kContractRetention);

ContractEngine Engine(EngineKind kind) {
  return {.name = testing_support::NameOf(kind),
          .open =
              [kind](Timestamp now) {
                return std::make_unique<OwnStore>(kind, now);
              },
          .settles = kind != EngineKind::kRocksOpen};
}

auto Engines() {
  return testing::Values(
      Engine(EngineKind::kMemory), Engine(EngineKind::kRocksOpen),
      Engine(EngineKind::kRocksSealed), Engine(EngineKind::kRocksRestarted),
      Engine(EngineKind::kRocksPieces));
}

INSTANTIATE_TEST_SUITE_P(Engines, TraceContract, Engines(),
                         ContractEngineName());
INSTANTIATE_TEST_SUITE_P(Engines, SpanContract, Engines(),
                         ContractEngineName());
INSTANTIATE_TEST_SUITE_P(Engines, IndexedSpanContract, Engines(),
                         ContractEngineName());
INSTANTIATE_TEST_SUITE_P(Engines, GraphContract, Engines(),
                         ContractEngineName());
INSTANTIATE_TEST_SUITE_P(Engines, GraphGroupsContract, Engines(),
                         ContractEngineName());
INSTANTIATE_TEST_SUITE_P(Engines, GraphSettledContract, Engines(),
                         ContractEngineName());

}  // namespace
}  // namespace roentgen::storage

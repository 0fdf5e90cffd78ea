// What every engine must do, as suites that any engine runs.
//
//   #include "tests/storage/engine/contract_suites.h"
//   INSTANTIATE_TEST_SUITE_P(Mine, TraceContract, Values(ContractEngine{...}),
//                            ContractEngineName());
//
// and so for each suite of that header. An engine says what it cannot do by its
// traits (EngineTraits); a case that asks for more is skipped, and says so.
//
// Threads: one thread at a time.
#ifndef ROENTGEN_TESTS_STORAGE_ENGINE_CONTRACT_H_
#define ROENTGEN_TESTS_STORAGE_ENGINE_CONTRACT_H_

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/timestamp.h"
#include "gtest/gtest.h"
#include "storage/engine/trace_engine.h"
#include "tests/support/calls.h"

namespace roentgen::storage {

// An empty store of an engine, in one of its states.
class ContractStore {
 public:
  virtual ~ContractStore() = default;

  virtual TraceEngine& engine() = 0;
  // The engine's time.
  virtual ManualClock& clock() = 0;
  // Brings what was written to the state that is tested: sealed, restarted.
  virtual void Settle() = 0;
  // Also of the engine after a restart; outlives this object.
  virtual void SetGroups(const GroupTests& groups) = 0;
};

inline constexpr absl::Duration kContractRetention = absl::Hours(24 * 30);

struct ContractEngine {
  std::string name;
  // With kContractRetention, at that time.
  std::function<std::unique_ptr<ContractStore>(Timestamp now)> open;
  // Settle leaves no trace as one that may get more records soon.
  bool settles = false;

  friend void PrintTo(const ContractEngine& engine, std::ostream* os) {
    *os << engine.name;
  }
};

struct ContractEngineName {
  std::string operator()(
      const testing::TestParamInfo<ContractEngine>& info) const {
    return info.param.name;
  }
};

class EngineContract : public testing::TestWithParam<ContractEngine> {
 protected:
  static constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);

  TraceEngine& engine() { return store_->engine(); }
  EngineTraits traits() { return engine().traits(); }

  // Acknowledged, and seen by later calls.
  void Write(std::vector<NewRecord> records) {
    const absl::Status status = WriteAndWait(engine(), std::move(records));
    ASSERT_TRUE(status.ok()) << status;
    const absl::Status seen = engine().CatchUp(testing_support::AnyCall());
    ASSERT_TRUE(seen.ok()) << seen;
  }

  std::unique_ptr<ContractStore> store_ = GetParam().open(kNow);
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TESTS_STORAGE_ENGINE_CONTRACT_H_

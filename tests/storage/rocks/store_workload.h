// A random working life of a store, written down in a ledger: segments alone
// and in crowds, late ones, several writes at once, seals, settings, backups,
// clean restarts, and a time after which the first of it expires.
//
// Threads: one.
#ifndef ROENTGEN_TESTS_STORAGE_ROCKS_STORE_WORKLOAD_H_
#define ROENTGEN_TESTS_STORAGE_ROCKS_STORE_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/storage/rocks/store_ledger.h"

namespace roentgen::storage {

class StoreWorkload {
 public:
  // The time at which it begins.
  static constexpr Timestamp kBegin = Timestamp::FromSeconds(1'700'000'040);

  // Options with which every other seed's sealed traces stay in pieces when
  // there is news of them.
  static RocksEngineOptions OptionsOf(uint64_t seed,
                                      RocksEngineOptions options);

  // `moment`: that of the files below the store (PowerCutFiles::moments). The
  // store is `options.path`, opened with OptionsOf; retention is 30 days at
  // most.
  StoreWorkload(uint64_t seed, RocksEngineOptions options,
                std::function<size_t()> moment);

  // Opens the store, lives, and closes it. What fails is not acknowledged, and
  // the rest goes on.
  void Run();
  // `steps` of it on an engine that is open.
  void Step(RocksEngine& engine, size_t steps);

  const StoreLedger& ledger() const { return ledger_; }
  const Clock& clock() const { return clock_; }
  // The time of day at that moment, about.
  Timestamp TimeOf(size_t moment) const;
  // What refused, and what it said.
  const std::vector<absl::Status>& failures() const { return failures_; }

 private:
  StoreLedger::Put NewPut(uint64_t trace);
  // Ends when all have been answered.
  void Write(RocksEngine& engine,
             std::vector<std::vector<StoreLedger::Put>> writes);
  void WriteSome(RocksEngine& engine);
  void ChangeSetting(RocksEngine& engine);
  void ExpireAll(RocksEngine& engine);
  void Note(const absl::Status& status);
  void Pass(absl::Duration time);
  uint64_t Below(uint64_t n) { return random_() % n; }

  std::mt19937_64 random_;
  const RocksEngineOptions options_;
  const std::function<size_t()> moment_;
  ManualClock clock_{kBegin};
  std::map<size_t, Timestamp> times_;  // By the moment at which each began.
  StoreLedger ledger_;
  std::vector<absl::Status> failures_;
  uint64_t next_trace_ = 1;
  uint64_t next_id_ = 1;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TESTS_STORAGE_ROCKS_STORE_WORKLOAD_H_

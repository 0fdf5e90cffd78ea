// The engines under test, behind one handle.
#ifndef ROENTGEN_TESTS_SUPPORT_ENGINES_H_
#define ROENTGEN_TESTS_SUPPORT_ENGINES_H_

#include <memory>
#include <ostream>
#include <string>

#include "base/clock.h"
#include "gtest/gtest.h"
#include "storage/engine/trace_engine.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/support/temp_dir.h"

namespace roentgen::testing_support {

enum class EngineKind {
  kMemory,
  kRocksOpen,       // Everything stays in the open table.
  kRocksSealed,     // Settle seals everything.
  kRocksRestarted,  // Encrypted. Settle closes the store and opens it again.
  kRocksPieces      // Settle seals, and what was sealed stays where it is.
};
std::string NameOf(EngineKind kind);
inline void PrintTo(EngineKind kind, std::ostream* os) { *os << NameOf(kind); }

// For INSTANTIATE_TEST_SUITE_P: every engine in every state, and its name.
inline auto AllEngines() {
  return testing::Values(EngineKind::kMemory, EngineKind::kRocksOpen,
                         EngineKind::kRocksSealed, EngineKind::kRocksRestarted,
                         EngineKind::kRocksPieces);
}
struct EngineName {
  std::string operator()(const testing::TestParamInfo<EngineKind>& info) const {
    return NameOf(info.param);
  }
};

inline constexpr absl::Duration kTestRetention = absl::Hours(24 * 30);

class EngineUnderTest {
 public:
  EngineUnderTest(EngineKind kind, Timestamp now,
                  storage::RocksEngineOptions options = {});

  storage::TraceEngine& engine() { return *engine_; }
  // Null for the in-memory engine.
  storage::RocksEngine* rocks() { return rocks_; }
  ManualClock& clock() { return clock_; }
  const std::string& path() const { return dir_.path(); }

  // Brings the store to the state its kind is about.
  void Settle();
  // Closes a RocksDB store and opens it again.
  void Restart();
  // Also of the engine after a restart; outlives this object.
  void SetGroups(const storage::GroupTests& groups);

 private:
  void Open();

  const EngineKind kind_;
  TempDir dir_;
  ManualClock clock_;
  storage::RocksEngineOptions options_;
  std::unique_ptr<storage::TraceEngine> engine_;
  storage::RocksEngine* rocks_ = nullptr;
  const storage::GroupTests* groups_ = nullptr;
};

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_ENGINES_H_

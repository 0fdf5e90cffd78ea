#include "tests/support/engines.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "storage/memory/memory_engine.h"
#include "tests/support/master_keys.h"

namespace roentgen::testing_support {
namespace {

void MustBeOk(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

}  // namespace

std::string NameOf(EngineKind kind) {
  switch (kind) {
    case EngineKind::kMemory:
      return "Memory";
    case EngineKind::kRocksOpen:
      return "RocksOpen";
    case EngineKind::kRocksSealed:
      return "RocksSealed";
    case EngineKind::kRocksRestarted:
      return "RocksRestarted";
    case EngineKind::kRocksPieces:
      return "RocksPieces";
  }
  return "";
}

EngineUnderTest::EngineUnderTest(EngineKind kind, Timestamp now,
                                 storage::RocksEngineOptions options)
    : kind_(kind), clock_(now), options_(std::move(options)) {
  options_.path = dir_.path() + "/store";
  options_.retention = kTestRetention;
  options_.memtable_bytes = 4 << 20;
  options_.cache_bytes = 4 << 20;
  // The suites hold for an encrypted store as well.
  if (kind_ == EngineKind::kRocksRestarted) {
    options_.keys = TestMasterKeys({"a"});
  }
  if (kind_ == EngineKind::kRocksPieces) {
    options_.whole_trace_records = 0;
    options_.piece_ratio = 0;
  }
  Open();
}

void EngineUnderTest::Open() {
  if (kind_ == EngineKind::kMemory) {
    engine_ = std::make_unique<storage::MemoryEngine>(clock_, kTestRetention,
                                                      options_.rules);
    return;
  }
  auto opened = storage::RocksEngine::Open(options_, clock_);
  MustBeOk(opened.status());
  rocks_ = opened->get();
  engine_ = *std::move(opened);
  if (groups_ != nullptr) engine_->SetGroups(*groups_);
}

void EngineUnderTest::SetGroups(const storage::GroupTests& groups) {
  groups_ = &groups;
  engine_->SetGroups(groups);
}

void EngineUnderTest::Settle() {
  if (kind_ == EngineKind::kRocksSealed || kind_ == EngineKind::kRocksPieces) {
    MustBeOk(rocks_->SealAll());
  }
  if (kind_ == EngineKind::kRocksRestarted) Restart();
}

void EngineUnderTest::Restart() {
  if (rocks_ == nullptr) return;
  MustBeOk(engine_->Close());
  engine_.reset();
  Open();
}

}  // namespace roentgen::testing_support

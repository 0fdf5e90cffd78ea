// What was written to a store and what it acknowledged, each with the moment at
// which it happened; and whether a store, opened again, still has it.
//
// Threads: thread-safe; Faults is for one thread, when nobody writes any more.
#ifndef ROENTGEN_TESTS_STORAGE_ROCKS_STORE_LEDGER_H_
#define ROENTGEN_TESTS_STORAGE_ROCKS_STORE_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/timestamp.h"
#include "storage/rocks/rocks_engine.h"
#include "trace/model/ids.h"

namespace roentgen::storage {

class StoreLedger {
 public:
  // Of PowerCutFiles::moments.
  using Moment = size_t;
  static constexpr Moment kNever = std::numeric_limits<Moment>::max();

  struct Put {
    TraceId trace;
    std::string document;  // No two are the same.
  };

  // A write, or a change of a setting, is about to begin. Returns what End
  // takes. What is not ended may be there or not.
  size_t BeginWrite(std::vector<Put> puts, Moment moment);
  size_t BeginSetting(std::string key, std::optional<std::string> value,
                      Moment moment);
  // It was acknowledged.
  void EndWrite(size_t write, Moment moment);
  void EndSetting(size_t setting, Moment moment);
  // From now on everything that was written so far may be gone.
  void MayExpire(Moment moment, Timestamp next_start);

  // How many writes were acknowledged by then.
  size_t Acknowledged(Moment moment) const;

  // What is wrong with a store that was cut off at `moment`; nothing: it has
  // everything that was acknowledged by then, nothing else but writes that
  // were under way, each whole, its searches, figures and map say the same
  // as those of a simple engine with the same documents, and a check of all
  // that is stored finds nothing.
  std::vector<std::string> Faults(RocksEngine& engine, Moment moment) const;

 private:
  struct Write {
    std::vector<Put> puts;
    Moment begin = 0;
    Moment end = kNever;
  };
  struct Change {
    std::string key;
    std::optional<std::string> value;
    Moment begin = 0;
    Moment end = kNever;
  };
  struct Expiry {
    Moment moment = kNever;
    size_t writes = 0;     // Those before this one.
    Timestamp next_start;  // Of segments that come later.
  };

  void CheckSettings(RocksEngine& engine, Moment moment,
                     std::vector<std::string>& faults) const RTG_REQUIRES(mu_);
  // What the store has is `visible`: searches and figures must agree.
  void CheckAnswers(RocksEngine& engine, Moment moment,
                    const std::vector<Put>& visible,
                    std::vector<std::string>& faults) const RTG_REQUIRES(mu_);
  // Documents of each known trace that are there.
  std::vector<Put> CheckDocuments(RocksEngine& engine, Moment moment,
                                  std::vector<std::string>& faults) const
      RTG_REQUIRES(mu_);

  mutable Mutex mu_;
  std::vector<Write> writes_ RTG_GUARDED_BY(mu_);
  std::vector<Change> changes_ RTG_GUARDED_BY(mu_);
  Expiry expiry_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TESTS_STORAGE_ROCKS_STORE_LEDGER_H_

// The traces of which something is in memory: their records, where their older
// records lie, and the index that they are searched by.
//
//   live.Change([&](OpenTable& table, auto& places) { table.Append(...); });
//   live.Read([&](const OpenTable& table, const auto& places) { ... });
//   live.WithIndex(call, links, LiveTraces<Place>::Disk::kAny,
//                  [&](const auto& places) { view = store.View(); },
//                  [&](OpenIndex& index) { ...; return absl::OkStatus(); });
//
// `Place` says where a sealed trace lies. It belongs to the engine, which knows
// its disk; this class knows no disk.
//
// Locks are taken in this order: those that the engine holds when it calls, the
// index's, that of publishing, the table's, those of what the engine looks at
// in the functions that it passes. Such functions do memory work only, but for
// a start, when nobody waits.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_LIVE_LIVE_TRACES_H_
#define ROENTGEN_STORAGE_LIVE_LIVE_TRACES_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "storage/live/full_traces.h"
#include "storage/live/open_index.h"
#include "storage/live/open_table.h"
#include "trace/assembly/record_resolution.h"
#include "trace/model/ids.h"

namespace roentgen::storage {

template <typename Place>
class LiveTraces {
 public:
  // Sealed places of open traces: their rows there do not count.
  using Places = absl::flat_hash_map<TraceId, Place>;

  // `rules` are those of the store.
  explicit LiveTraces(AssemblyRules rules) : index_(rules) {}

  // fn(const OpenTable&, const Places&); several at a time.
  template <typename Fn>
  auto Read(Fn fn) const RTG_EXCLUDES(table_mu_) {
    ReaderLock lock(table_mu_);
    return fn(table_, places_);
  }
  // fn(OpenTable&, Places&); alone.
  template <typename Fn>
  auto Change(Fn fn) RTG_EXCLUDES(table_mu_) {
    WriterLock lock(table_mu_);
    return fn(table_, places_);
  }
  // What `write()` puts on disk and `change(OpenTable&, Places&)` makes in
  // memory is one step for whoever asks for both (Disk::kAgrees). Errors: those
  // of `write`; then nothing changes.
  template <typename Write, typename Fn>
  absl::Status Publish(Write write, Fn change)
      RTG_EXCLUDES(publish_mu_, table_mu_) {
    WriterLock publish_lock(publish_mu_);
    RTG_RETURN_IF_ERROR(write());
    WriterLock lock(table_mu_);
    change(table_, places_);
    ++generation_;
    return absl::OkStatus();
  }

  // Whether what is read from disk in `hold` has to be of the same instant.
  enum class Disk { kAny, kAgrees };

  // Brings the index up to date and calls use(OpenIndex&), alone.
  // hold(const Places&) runs at the instant that the index is of. Waits for
  // others by turns, within the call. Returns how many traces it indexed.
  // Errors: those of Call::Check, of the index, and of `use`.
  template <typename Hold, typename Use>
  absl::StatusOr<uint64_t> WithIndex(const Call& call,
                                     const ResolveLinks& resolve_links,
                                     Disk disk, Hold hold, Use use)
      RTG_EXCLUDES(index_mu_, publish_mu_, table_mu_) {
    constexpr std::chrono::milliseconds kTurn{20};
    while (!index_mu_.TryLockFor(kTurn)) RTG_RETURN_IF_ERROR(call.Check());
    const AdoptedLock index_lock(index_mu_);
    if (disk == Disk::kAgrees) {
      ReaderLock publish_lock(publish_mu_);
      NoteChanges(hold);
    } else {
      NoteChanges(hold);
    }
    absl::StatusOr<uint64_t> indexed =
        index_.Index([&] { return call.Check(); }, resolve_links);
    index_bytes_ = index_.MemoryBytes();
    RTG_RETURN_IF_ERROR(indexed.status());
    RTG_RETURN_IF_ERROR(use(index_));
    return indexed;
  }

  // Seals and drops so far: a look at the disk before one may be outdated.
  uint64_t generation() const { return generation_; }
  // Places on disk are given up for another reason than a seal.
  void PlacesGo() {
    ++generation_;
    full_.Clear();
  }

  FullTraces& full() { return full_; }
  const FullTraces& full() const { return full_; }
  size_t index_bytes() const { return index_bytes_; }

 private:
  template <typename Hold>
  void NoteChanges(Hold& hold) RTG_REQUIRES(index_mu_) RTG_EXCLUDES(table_mu_) {
    WriterLock lock(table_mu_);
    hold(places_);
    index_.Note(table_.TakeChanges());
  }

  TimedMutex index_mu_ RTG_ACQUIRED_BEFORE(publish_mu_, table_mu_);
  // Shared by who needs what is on disk and in memory to agree.
  SharedMutex publish_mu_ RTG_ACQUIRED_BEFORE(table_mu_);
  mutable SharedMutex table_mu_;

  OpenIndex index_ RTG_GUARDED_BY(index_mu_);
  OpenTable table_ RTG_GUARDED_BY(table_mu_);
  Places places_ RTG_GUARDED_BY(table_mu_);
  FullTraces full_;
  std::atomic<uint64_t> generation_{0};
  std::atomic<size_t> index_bytes_{0};
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_LIVE_LIVE_TRACES_H_

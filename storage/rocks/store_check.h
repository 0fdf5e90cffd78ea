// Checks a whole store: that everything in it reads and belongs together, and
// that locators, index, operations and the service map's figures say what the
// stored records say.
//
//   RTG_ASSIGN_OR_RETURN(const CheckReport report,
//                        CheckFolder(options, {}, UnattendedCall()));
//   if (report.found() > 0) ...
//
// What is compared is what this program makes of the records now: after an
// update that reads documents in another way, what an earlier one sealed may
// differ. Not compared are links between traces and memberships in groups,
// which depend on what was stored, and on expressions, when a batch was sealed.
//
// One batch is in memory at a time, and the sums of the service map of a bucket
// as far as limits::kQueryMemoryBytes goes: with more it goes over the bucket
// several times.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_STORE_CHECK_H_
#define ROENTGEN_STORAGE_ROCKS_STORE_CHECK_H_

#include "absl/status/statusor.h"
#include "base/call.h"
#include "storage/engine/check_report.h"
#include "storage/rocks/rocks_db.h"
#include "storage/rocks/rocks_engine_options.h"
#include "storage/rocks/sealed_store.h"
#include "trace/model/record.h"

namespace roentgen::storage {

// Of a store that is open, which goes on meanwhile: what is looked at is what
// it had at one instant. `log`: its family of commits. Errors: those of the
// call and of `options.progress`; Unavailable when the disk refuses more reads
// than `options.findings_max`: those before are findings.
absl::StatusOr<CheckReport> CheckStore(RocksDb& db, const Family& log,
                                       const SealedStore& sealed,
                                       AssemblyRules rules,
                                       const CheckOptions& options,
                                       const Call& call);

// Of a store that no process has open; changes nothing. That it would not open
// is a finding. Errors: as CheckStore; FailedPrecondition when a process has
// it open, or there is none.
absl::StatusOr<CheckReport> CheckFolder(const RocksEngineOptions& store,
                                        const CheckOptions& options,
                                        const Call& call);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_STORE_CHECK_H_

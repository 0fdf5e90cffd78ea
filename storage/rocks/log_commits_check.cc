#include "storage/rocks/log_commits_check.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/status_macros.h"
#include "storage/rocks/commit_log.h"
#include "storage/rocks/logged_records.h"

namespace roentgen::storage {
absl::Status CheckCommits(const SnapshotReader& reader, const Family& log,
                          const StoreMarks& marks, const Call& call,
                          CheckNotes& notes) {
  const auto add = [&](FindingKind kind, std::string text) {
    notes.Add({.kind = kind, .text = std::move(text)});
  };
  absl::flat_hash_set<uint64_t> there;
  const auto is_there = [&](uint64_t number) {
    return number < std::max<uint64_t>(marks.log_begin, 1) ||
           there.contains(number);
  };
  uint64_t last = 0;
  const absl::Status read = reader.ForEach(
      log.get(), {},
      [&](std::string_view key, std::string_view value) -> absl::Status {
        RTG_RETURN_IF_ERROR(call.Check());
        ++notes.report.commits;
        const auto number = ParseLogKey(key);
        if (!number) {
          add(FindingKind::kLog, "a key of the log is no number of a commit");
          return absl::OkStatus();
        }
        const std::string name = "commit " + std::to_string(*number);
        absl::StatusOr<Commit> commit = DecodeCommit(value);
        absl::Status status = commit.status();
        if (commit.ok()) {
          size_t records = 0;
          status = ForEachLogged(*commit, [&](const LoggedRecord&) {
            return call.CheckAt(records++);
          });
        }
        if (absl::IsCancelled(status) || absl::IsDeadlineExceeded(status)) {
          return status;
        }
        if (!status.ok()) {
          add(FindingKind::kLog, name + ": " + std::string(status.message()));
        }
        if (commit.ok() && commit->previous && !is_there(*commit->previous)) {
          add(FindingKind::kLog,
              name + " comes after commit " +
                  std::to_string(*commit->previous) +
                  ", which was acknowledged and is not there");
        }
        there.insert(*number);
        last = *number;
        return absl::OkStatus();
      });
  if (absl::IsDataLoss(read)) {
    add(FindingKind::kLog, std::string(read.message()));
    return absl::OkStatus();
  }
  RTG_RETURN_IF_ERROR(read);
  if (!is_there(marks.last_commit)) {
    add(FindingKind::kLog, "commit " + std::to_string(marks.last_commit) +
                               " was acknowledged and is not there");
  }
  return absl::OkStatus();
}

}  // namespace roentgen::storage

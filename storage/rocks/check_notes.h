// A report that is being made.
//
// Threads: one.
#ifndef ROENTGEN_STORAGE_ROCKS_CHECK_NOTES_H_
#define ROENTGEN_STORAGE_ROCKS_CHECK_NOTES_H_

#include <cstddef>
#include <string>
#include <utility>

#include "storage/engine/check_report.h"

namespace roentgen::storage {

class CheckNotes {
 public:
  explicit CheckNotes(size_t findings_max) : findings_max_(findings_max) {}

  void Add(Finding finding) {
    ++report.counts[finding.kind];
    if (report.findings.size() < findings_max_) {
      report.findings.push_back(std::move(finding));
    }
  }
  void Note(std::string text) {
    if (report.notes.size() < findings_max_) {
      report.notes.push_back(std::move(text));
    }
  }

  CheckReport report;

 private:
  const size_t findings_max_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_CHECK_NOTES_H_

#include "server/v1/check_convert.h"

#include <cstdint>
#include <string>

namespace roentgen::server {

void ToProto(const storage::CheckReport& from, v1::CheckStoreResponse* to) {
  const auto count = [](uint64_t n) { return static_cast<int64_t>(n); };
  for (const storage::Finding& finding : from.findings) {
    v1::StoreFinding* added = to->add_findings();
    added->set_kind(std::string(NameOf(finding.kind)));
    if (finding.bucket) added->set_bucket(*finding.bucket);
    if (finding.batch) added->set_batch(*finding.batch);
    if (finding.trace) added->set_trace_id(finding.trace->ToString());
    added->set_text(finding.text);
  }
  for (const auto& [kind, n] : from.counts) {
    (*to->mutable_finding_counts())[std::string(NameOf(kind))] = count(n);
  }
  for (const std::string& note : from.notes) to->add_notes(note);
  to->set_bucket_count(count(from.buckets));
  to->set_batch_count(count(from.batches));
  to->set_trace_count(count(from.traces));
  to->set_record_count(count(from.records));
  to->set_roll_up_count(count(from.roll_ups));
  to->set_commit_count(count(from.commits));
}

}  // namespace roentgen::server

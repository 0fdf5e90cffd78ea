#include "storage/rocks/logged_records.h"

#include "base/status_macros.h"
#include "storage/record/record_block.h"

namespace roentgen::storage {

absl::Status ForEachLogged(
    const Commit& commit,
    absl::FunctionRef<absl::Status(const LoggedRecord&)> use) {
  RecordDocuments documents;
  SegmentDocument document;
  for (const auto& block : commit.blocks) {
    RTG_ASSIGN_OR_RETURN(const RecordBlock records, RecordBlock::Parse(*block));
    if (!records.has_trace_ids()) {
      return absl::DataLossError("a block without trace ids");
    }
    for (uint32_t i = 0; i < records.size(); ++i) {
      const StoredRecord stored = records.Get(i);
      RTG_RETURN_IF_ERROR(documents.Read(stored, SpanPlace::kInService,
                                         Texts::kOmitted, document));
      RTG_RETURN_IF_ERROR(use({.trace_id = records.trace_id(i),
                               .block = block,
                               .index = i,
                               .stored = stored,
                               .document = document}));
    }
  }
  return absl::OkStatus();
}

}  // namespace roentgen::storage

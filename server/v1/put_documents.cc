#include "server/v1/put_documents.h"

#include <string_view>
#include <utility>
#include <vector>

#include "server/rpc/message_size.h"

namespace roentgen::server {

void PutDocuments(
    const V1Context& context, Space& space,
    const google::protobuf::RepeatedPtrField<std::string>& documents,
    absl::Time deadline, IngestPipeline::Done done) {
  std::vector<std::string_view> views(documents.begin(), documents.end());
  size_t bytes = 0;
  for (std::string_view view : views) bytes += view.size();
  const absl::Status size = CheckMessageSize(bytes, context.message_bytes_max);
  if (!size.ok()) return done(size);
  bytes += views.size() * sizeof(views[0]);
  auto lease = std::make_shared<MemoryLease>(context.memory);
  if (!lease->GrowTo(bytes)) {
    done(TooManyBytesInFlight(context));
    return;
  }
  space.documents().Put(
      views, IngestSource::kGrpc, deadline,
      [lease = std::move(lease), done = std::move(done)](
          absl::StatusOr<PutOutcome> outcome) { done(std::move(outcome)); });
}

}  // namespace roentgen::server

#include "server/v1/put_documents.h"

#include <string_view>
#include <utility>
#include <vector>

#include "server/rpc/message_size.h"

namespace roentgen::server {
namespace {

// A refusal as Protobuf keeps it: its id, code and message.
constexpr size_t kRefusalBytes = 256;

}  // namespace

size_t RefusalBytes(int documents) {
  return static_cast<size_t>(documents) * kRefusalBytes;
}

void PutDocuments(
    const V1Context& context, Space& space,
    const google::protobuf::RepeatedPtrField<std::string>& documents,
    const PutTerms& terms, IngestPipeline::Done done) {
  std::vector<std::string_view> views(documents.begin(), documents.end());
  size_t bytes = 0;
  for (std::string_view view : views) bytes += view.size();
  const absl::Status size = CheckMessageSize(bytes, context.message_bytes_max);
  if (!size.ok()) return done(size);
  bytes += views.size() * sizeof(views[0]);
  auto lease = std::make_shared<MemoryLease>(context.memory, terms.caller);
  if (!lease->GrowTo(bytes)) {
    done(TooManyRequestBytes(context));
    return;
  }
  space.documents().Put(
      views, IngestSource::kGrpc, terms,
      [lease = std::move(lease), done = std::move(done)](
          absl::StatusOr<PutOutcome> outcome) { done(std::move(outcome)); });
}

}  // namespace roentgen::server

// From a request's documents into the ingest pipeline, within the memory
// budget.
#ifndef ROENTGEN_SERVER_V1_PUT_DOCUMENTS_H_
#define ROENTGEN_SERVER_V1_PUT_DOCUMENTS_H_

#include <cstddef>
#include <string>

#include "google/protobuf/repeated_field.h"
#include "server/v1/v1_context.h"

namespace roentgen::server {

// What the answer of so many documents may take, bytes.
size_t RefusalBytes(int documents);

// The documents may change once this returns. `done` runs exactly once, on
// any thread, also before this returns, and must not block. Errors are those
// of IngestPipeline::Put, and ResourceExhausted for lack of memory or too large
// a message.
void PutDocuments(
    const V1Context& context, Space& space,
    const google::protobuf::RepeatedPtrField<std::string>& documents,
    const PutTerms& terms, IngestPipeline::Done done);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_PUT_DOCUMENTS_H_

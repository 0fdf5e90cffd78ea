// Any bytes as an export request: all or nothing of it is taken; what is
// accepted is stored byte for byte, or mended and byte for byte beside. Against
// Protobuf's own parser: what that takes for a request without unknown or
// merged parts has the same spans.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"
#include "opentelemetry/proto/trace/v1/trace.pb.h"
#include "server/ingest/span_pipeline.h"
#include "storage/memory/memory_engine.h"
#include "trace/span/span_text.h"

namespace roentgen::server {
namespace {

using opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;
using opentelemetry::proto::trace::v1::Span;

// Keeps what is written.
class RecordingEngine : public storage::MemoryEngine {
 public:
  using MemoryEngine::MemoryEngine;

  void Write(std::span<storage::IncomingRecord> records,
             const storage::WriteOptions& options, WriteDone done) override {
    for (const storage::IncomingRecord& record : records) {
      written.emplace_back(record.document);
    }
    MemoryEngine::Write(records, options, std::move(done));
  }

  std::vector<std::string> written;
};

bool HasIds(const Span& span) {
  const auto is_id = [](const std::string& id, size_t size) {
    return id.size() == size && id.find_first_not_of('\0') != id.npos;
  };
  return is_id(span.trace_id(), 16) && is_id(span.span_id(), 8) &&
         (span.parent_span_id().empty() || span.parent_span_id().size() == 8);
}

void Run(const std::string& bytes) {
  ManualClock clock(Timestamp::FromSeconds(1'727'008'800));
  RecordingEngine engine(clock, absl::Hours(720));
  SpanPipeline pipeline(engine, clock, {});
  const auto outcome = pipeline.ExportAndWait(bytes, SpanSource::kOtlpHttp,
                                              absl::InfiniteFuture());
  if (!outcome.ok()) {
    if (!engine.written.empty()) std::abort();
    return;
  }
  if (outcome->accepted != engine.written.size()) std::abort();
  if ((outcome->rejected == 0) != outcome->message.empty()) std::abort();
  for (const std::string& document : engine.written) {
    const bool mended = document.find(kReplacementCharacter) != document.npos;
    if (!mended && bytes.find(document) == bytes.npos) std::abort();
    // Inputs are far below the limit, so that originals are kept.
    const std::string_view original = storage::OriginalSpan(document);
    if (bytes.find(original) == bytes.npos) std::abort();
  }
  // Protobuf refuses some that the pipeline takes, such as text that is not
  // UTF-8 in a field nobody reads.
  ExportTraceServiceRequest request;
  if (!request.ParseFromString(bytes)) return;
  // Scopes were instrumentation libraries once, in field 1000.
  if (bytes.find("\xC2\x3E") != bytes.npos) return;
  std::vector<const Span*> spans;
  for (const auto& resource : request.resource_spans()) {
    for (const auto& scope : resource.scope_spans()) {
      for (const Span& span : scope.spans()) spans.push_back(&span);
    }
  }
  if (spans.size() != outcome->accepted + outcome->rejected) std::abort();
  if (outcome->rejected > 0) return;
  for (size_t i = 0; i < spans.size(); ++i) {
    Span stored;
    if (!HasIds(*spans[i]) || !stored.ParseFromString(engine.written[i]) ||
        stored.SerializeAsString() != spans[i]->SerializeAsString()) {
      std::abort();
    }
  }
}

}  // namespace
}  // namespace roentgen::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size > 64 * 1024) return 0;
  roentgen::server::Run(
      std::string(reinterpret_cast<const char*>(bytes), size));
  return 0;
}

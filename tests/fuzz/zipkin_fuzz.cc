// Any bytes as Zipkin's spans: what is understood is stored and comes back as
// JSON that is understood again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/clock.h"
#include "query/spans/span_search.h"
#include "server/http/query_string.h"
#include "server/ingest/span_pipeline.h"
#include "server/zipkin/zipkin_api.h"
#include "server/zipkin/zipkin_reader.h"
#include "storage/memory/memory_engine.h"
#include "tests/support/calls.h"

namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace roentgen;  // NOLINT: one function.
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  for (const bool proto : {false, true}) {
    const auto spans =
        proto ? server::ReadZipkinProto(bytes) : server::ReadZipkinJson(bytes);
    if (!spans.ok()) continue;
    const ManualClock clock{Timestamp::FromSeconds(1'700'000'000)};
    storage::MemoryEngine engine(clock, absl::Hours(720));
    server::SpanPipeline pipeline(engine, clock, {});
    const auto outcome = pipeline.ExportAndWait(
        spans->otlp, server::SpanSource::kZipkin, absl::InfiniteFuture());
    Check(outcome.ok());
    const query::SpanSearch search(engine);
    Check(search
              .Find({}, testing_support::AnyCall(),
                    [&](const query::SpanTrace& trace) {
                      const server::ZipkinApi api(search, clock);
                      const auto json =
                          api.GetTrace(trace.id.ToString().substr(2, 8) +
                                           trace.id.ToString().substr(11),
                                       testing_support::AnyCall());
                      Check(json.ok());
                      Check(server::ReadZipkinJson(*json).ok());
                      return true;
                    })
              .ok());
  }
  return 0;
}

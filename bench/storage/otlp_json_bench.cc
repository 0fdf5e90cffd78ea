// OTLP JSON in and out, for each span of a request of 100.
#include <string>

#include "benchmark/benchmark.h"
#include "trace/span/otlp_json_reader.h"
#include "trace/span/otlp_json_writer.h"
#include "trace/span/otlp_schema.h"

namespace roentgen::storage {
namespace {

constexpr int kSpans = 100;

// As SDKs send them: members in the order of the protocol's fields.
std::string Request() {
  std::string out =
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name",)"
      R"("value":{"stringValue":"shop"}}]},"scopeSpans":[{"scope":)"
      R"({"name":"http","version":"1.0"},"spans":[)";
  for (int i = 0; i < kSpans; ++i) {
    if (i > 0) out += ',';
    out +=
        R"({"traceId":"5b8efff798038103d269b633813fc60c",)"
        R"("spanId":"eee19b7ec3c1b174","parentSpanId":"eee19b7ec3c1b173",)"
        R"("name":"GET /cart/{id}","kind":2,)"
        R"("startTimeUnixNano":"1544712660000000000",)"
        R"("endTimeUnixNano":"1544712661000000000","attributes":[)"
        R"({"key":"http.request.method","value":{"stringValue":"GET"}},)"
        R"({"key":"url.full","value":{"stringValue":"http://a.example/cart"}},)"
        R"({"key":"http.response.status_code","value":{"intValue":200}},)"
        R"({"key":"server.address","value":{"stringValue":"a.example"}},)"
        R"({"key":"retry","value":{"boolValue":false}},)"
        R"({"key":"load","value":{"doubleValue":0.25}}],)"
        R"("events":[{"timeUnixNano":"1544712660500000000","name":"read"}],)"
        R"("status":{"code":0},"flags":257})";
  }
  return out + "]}]}]}";
}

void BM_Read(benchmark::State& state) {
  OtlpJsonReader reader;
  std::string json = Request();
  for (auto _ : state) benchmark::DoNotOptimize(reader.Read(json));
  state.SetItemsProcessed(state.iterations() * kSpans);
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(json.size()));
}
BENCHMARK(BM_Read);

void BM_Write(benchmark::State& state) {
  OtlpJsonReader reader;
  std::string json = Request();
  const std::string wire = *reader.Read(json);
  std::string out;
  for (auto _ : state) {
    out.clear();
    if (!OtlpJsonWriter(out).Write(kTracesDataMessage, wire)) {
      state.SkipWithError("not written");
    }
    benchmark::DoNotOptimize(out);
  }
  state.SetItemsProcessed(state.iterations() * kSpans);
}
BENCHMARK(BM_Write);

}  // namespace
}  // namespace roentgen::storage

#include "bench/search/store_fill.h"

#include <cstdio>
#include <utility>

#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "bench/search/measure.h"
#include "bench/support/segment_generator.h"
#include "storage/rocks/rocks_engine_options.h"
#include "trace/document/document_parser.h"

namespace roentgen::bench {
namespace {

constexpr size_t kRecordsPerWrite = 2'000;

absl::StatusOr<std::unique_ptr<storage::RocksEngine>> Open(
    const std::string& dir, const Clock& clock, absl::Duration seal_wait) {
  storage::RocksEngineOptions options;
  options.path = dir;
  options.seal_wait_max = seal_wait;
  return storage::RocksEngine::Open(std::move(options), clock);
}

}  // namespace

struct RecordMaker::Parts {
  explicit Parts(uint64_t seed) : generator(seed) {}
  SegmentGenerator generator;
  storage::DocumentParser parser;
  storage::SegmentDocument document;
};

RecordMaker::RecordMaker(uint64_t seed)
    : parts_(std::make_unique<Parts>(seed)) {}
RecordMaker::~RecordMaker() = default;

void RecordMaker::AddTrace(int64_t start_us,
                           std::vector<storage::NewRecord>& records) {
  for (std::string& text : parts_->generator.Trace(start_us)) {
    if (parts_->parser.Parse(text, parts_->document)) continue;
    records.push_back({.trace_id = parts_->document.trace_id,
                       .format = storage::RecordFormat::kXrayJson,
                       .facts = parts_->document.Facts(),
                       .document = std::move(text)});
  }
}

absl::StatusOr<std::unique_ptr<storage::RocksEngine>> OpenStore(
    const std::string& dir, const Clock& clock) {
  return Open(dir, clock, storage::RocksEngineOptions().seal_wait_max);
}

absl::Status WritePatiently(storage::TraceEngine& engine,
                            const std::vector<storage::NewRecord>& records) {
  while (true) {
    const absl::Status status = storage::WriteAndWait(engine, records);
    if (!absl::IsResourceExhausted(status)) return status;
    absl::SleepFor(absl::Milliseconds(20));
  }
}

absl::Status FillStore(const std::string& dir, uint64_t segments, int days) {
  const int64_t fill_seconds = kDaySeconds * days;
  const int64_t first = kDayBeginSeconds + kDaySeconds - fill_seconds;
  ManualClock clock(Timestamp::FromSeconds(first));
  // Time passes quickly here: traces must not wait for a full batch in vain.
  RTG_ASSIGN_OR_RETURN(const auto engine, Open(dir, clock, absl::Hours(48)));
  const double begin = WallNow();
  RecordMaker maker(11);
  std::vector<storage::NewRecord> records;
  uint64_t written = 0;
  uint64_t traces = 0;
  int64_t start_us = 0;
  while (written < segments) {
    records.clear();
    while (records.size() < kRecordsPerWrite) {
      start_us =
          static_cast<int64_t>(static_cast<double>(written + records.size()) /
                               static_cast<double>(segments) *
                               static_cast<double>(fill_seconds - 2) * 1e6);
      maker.AddTrace(first * 1'000'000 + start_us, records);
      ++traces;
    }
    clock.Set({(first * 1'000'000 + start_us) * 1'000});
    RTG_RETURN_IF_ERROR(WritePatiently(*engine, records));
    written += records.size();
  }
  clock.Set(kDayEnd + absl::Minutes(1));
  RTG_RETURN_IF_ERROR(engine->SealAll());
  RTG_RETURN_IF_ERROR(engine->Close());
  std::printf(
      "filled %llu segments of %llu traces: %.0f s, %.1f us CPU a segment\n",
      static_cast<unsigned long long>(written),
      static_cast<unsigned long long>(traces), WallNow() - begin,
      ProcessCpuNow() * 1e6 / static_cast<double>(written));
  return absl::OkStatus();
}

}  // namespace roentgen::bench

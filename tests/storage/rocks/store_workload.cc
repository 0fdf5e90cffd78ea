#include "tests/storage/rocks/store_workload.h"

#include <future>
#include <iterator>
#include <optional>
#include <utility>

#include "tests/support/segments.h"

namespace roentgen::storage {
namespace {

constexpr size_t kStepsBetweenRestarts = 16;
constexpr size_t kStepsBetweenBackups = 7;
constexpr absl::Duration kHalfADay = absl::Hours(12);

std::string RandomText(std::mt19937_64& random, size_t bytes) {
  std::string out;
  while (out.size() < bytes) out.push_back('a' + random() % 26);
  return out;
}

}  // namespace

StoreWorkload::StoreWorkload(uint64_t seed, RocksEngineOptions options,
                             std::function<size_t()> moment)
    : random_(seed),
      options_(OptionsOf(seed, std::move(options))),
      moment_(std::move(moment)) {}

RocksEngineOptions StoreWorkload::OptionsOf(uint64_t seed,
                                            RocksEngineOptions options) {
  if (seed % 2 == 0) {
    options.whole_trace_records = 0;
    options.piece_ratio = 0;
  }
  return options;
}

void StoreWorkload::Run() {
  for (int life = 0; life < 3; ++life) {
    auto opened = RocksEngine::Open(options_, clock_);
    if (!opened.ok()) return Note(opened.status());
    Step(**opened, kStepsBetweenRestarts);
    if (life == 1) ExpireAll(**opened);
    Note((*opened)->Close());
  }
}

void StoreWorkload::Step(RocksEngine& engine, size_t steps) {
  for (size_t i = 0; i < steps; ++i) {
    Pass(absl::Milliseconds(Below(10'000)));
    if (i % kStepsBetweenBackups == kStepsBetweenBackups - 1) {
      Note(engine.TakeBackup().status());  // And lets it go.
    }
    switch (Below(8)) {
      case 0:
        Note(engine.SealAll());
        break;
      case 1:
        ChangeSetting(engine);
        break;
      default:
        WriteSome(engine);
    }
  }
}

StoreLedger::Put StoreWorkload::NewPut(uint64_t trace) {
  const double start = static_cast<double>(clock_.Now().ns / 1'000'000) / 1e3;
  // Some are large, so that memtables fill.
  const std::string note = RandomText(random_, Below(20) == 0 ? 8'000 : 60);
  const testing_support::SegmentSpec spec{
      .trace = trace,
      .id = next_id_++,
      .start = start,
      .seconds = 0.001 * static_cast<double>(Below(3'000)),
      .name = "service-" + std::to_string(Below(5)),
      .extra = "\"annotations\":{\"note\":\"" + note + "\"},"};
  return {testing_support::TraceNumber(trace), testing_support::Document(spec)};
}

void StoreWorkload::WriteSome(RocksEngine& engine) {
  const auto some_trace = [&] {
    // News of a trace that may be sealed, else a new one.
    return next_trace_ > 1 && Below(3) == 0 ? 1 + Below(next_trace_ - 1)
                                            : next_trace_++;
  };
  const size_t sizes[] = {1, 1, 3, 25};
  const size_t at_once[] = {1, 1, 1, 3};
  std::vector<std::vector<StoreLedger::Put>> writes(at_once[Below(4)]);
  for (auto& puts : writes) {
    for (size_t left = sizes[Below(4)]; left > 0; --left) {
      puts.push_back(NewPut(some_trace()));
    }
  }
  Write(engine, std::move(writes));
}

void StoreWorkload::Write(RocksEngine& engine,
                          std::vector<std::vector<StoreLedger::Put>> writes) {
  std::vector<std::future<absl::Status>> answers;
  for (auto& puts : writes) {
    std::vector<NewRecord> records;
    for (const StoreLedger::Put& put : puts) {
      records.push_back(testing_support::Record(put.document));
    }
    const size_t write = ledger_.BeginWrite(std::move(puts), moment_());
    const auto answer = std::make_shared<std::promise<absl::Status>>();
    answers.push_back(answer->get_future());
    std::vector<IncomingRecord> views = ViewsOf(records);
    engine.Write(views, {}, [this, write, answer](WriteOutcome outcome) {
      if (outcome.status.ok()) ledger_.EndWrite(write, moment_());
      answer->set_value(std::move(outcome.status));
    });
  }
  for (auto& answer : answers) Note(answer.get());
}

void StoreWorkload::ChangeSetting(RocksEngine& engine) {
  const std::string key = "key-" + std::to_string(Below(4));
  const auto now = engine.settings().Get(key);
  if (!now.ok()) return Note(now.status());
  std::optional<std::string> value;
  if (!*now || Below(3) != 0) value = RandomText(random_, 20);
  const size_t change = ledger_.BeginSetting(key, value, moment_());
  const auto set = engine.settings().CompareAndSet(key, *now, value);
  if (set.ok() && *set) ledger_.EndSetting(change, moment_());
  Note(set.status());
}

// As the server's job does, for longer than the retention.
void StoreWorkload::ExpireAll(RocksEngine& engine) {
  Note(engine.SealAll());
  const Timestamp end = clock_.Now() + options_.retention + 2 * kHalfADay;
  const Timestamp whole{end.ns / 60'000'000'000 * 60'000'000'000};
  ledger_.MayExpire(moment_(), whole);
  while (clock_.Now() < end) {
    Pass(kHalfADay);
    Note(engine.Retain());
  }
  // What comes now is of new traces.
  next_trace_ += 1'000;
}

void StoreWorkload::Pass(absl::Duration time) {
  clock_.Advance(time);
  times_[moment_()] = clock_.Now();
}

Timestamp StoreWorkload::TimeOf(size_t moment) const {
  const auto next = times_.upper_bound(moment);
  return next == times_.begin() ? kBegin : std::prev(next)->second;
}

void StoreWorkload::Note(const absl::Status& status) {
  if (!status.ok()) failures_.push_back(status);
}

}  // namespace roentgen::storage

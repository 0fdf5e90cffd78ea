#include "tests/storage/index/index_fixture.h"

#include <utility>

#include "bench/support/segment_generator.h"
#include "gtest/gtest.h"
#include "storage/index/batch_index.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"

namespace roentgen::testing_support {

using storage::Column;
using storage::Part;

MapChunks::MapChunks(std::vector<storage::IndexChunk> chunks) {
  for (storage::IndexChunk& c : chunks) {
    chunks_[{c.column, c.part, c.annotation_key}] = std::move(c.bytes);
  }
}

absl::Status MapChunks::Read(
    Column column, Part part, std::string_view key,
    const std::function<absl::Status(std::string_view)>& use) const {
  const auto found = chunks_.find({column, part, std::string(key)});
  if (found == chunks_.end()) return absl::DataLossError("no such chunk");
  return use(found->second);
}

size_t MapChunks::bytes() const {
  size_t bytes = 0;
  for (const auto& [key, chunk] : chunks_) {
    bytes += std::get<2>(key).size() + 7 + chunk.size();
  }
  return bytes;
}

IndexFixture::IndexFixture(int traces, uint64_t seed) {
  constexpr int64_t kStartUs = 1'700'000'000'000'000;
  bench::SegmentGenerator generator(seed);
  for (int i = 0; i < traces; ++i) Add(generator.Trace(kStartUs + i * 1'000));
  Pack();
}

IndexFixture::IndexFixture(
    const std::vector<std::vector<std::string>>& traces) {
  for (const std::vector<std::string>& documents : traces) Add(documents);
  Pack();
}

IndexFixture::IndexFixture(const std::vector<storage::TraceRecords>& traces) {
  for (const storage::TraceRecords& records : traces) Add(records);
  Pack();
}

void IndexFixture::Add(std::vector<std::string> documents) {
  storage::TraceRecords records;
  for (std::string& d : documents) {
    records.trace_id = Record(d).trace_id;
    records.records.push_back(
        {.sequence = {1, static_cast<uint32_t>(records.records.size())},
         .received = {1'700'000'000'000'000'000},
         .document = std::move(d)});
  }
  Add(records);
}

void IndexFixture::Add(const storage::TraceRecords& records) {
  absl::StatusOr<storage::Trace> trace =
      storage::AssembleTrace(records, testing_support::AnyCall());
  ASSERT_TRUE(trace.ok()) << trace.status();
  columns_.Add(*trace, records.records.back().received);
  traces_.push_back(*std::move(trace));
}

void IndexFixture::Pack() {
  chunks_ = std::make_unique<MapChunks>(storage::PackColumns(columns_));
  const absl::Status status = chunks_->Read(
      Column::kDirectory, Part::kValues, {}, [this](std::string_view bytes) {
        auto decoded = storage::IndexDirectory::Decode(bytes);
        if (!decoded.ok()) return decoded.status();
        directory_ = *std::move(decoded);
        return absl::OkStatus();
      });
  ASSERT_TRUE(status.ok()) << status;
}

}  // namespace roentgen::testing_support

// Any bytes as a stored block; and any bytes as a document inside one, which
// must come back unchanged.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "storage/index/column_codec.h"
#include "storage/index/index_format.h"
#include "storage/index/text_filter.h"
#include "storage/record/record_block.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace roentgen::storage;  // NOLINT: one function.
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (auto block = RecordBlock::Parse(bytes); block.ok()) {
    for (size_t i = 0; i < block->size(); ++i) block->Get(i);
  }
  TraceId trace;
  EntityId own{size};
  if (bytes.size() >= 35) {
    if (auto id = TraceId::Parse(bytes.substr(0, 35))) trace = *id;
    if (auto id = EntityId::Parse(bytes.substr(0, 16))) own = *id;
  }
  RecordBlockBuilder builder(RecordBlockBuilder::Form::kRequest);
  builder.Add(trace, own, RecordFormat::kXrayJson, bytes);
  auto back = RecordBlock::Parse(builder.Finish());
  if (!back.ok() || back->Get(0).document != bytes) std::abort();

  if (auto ints = DecodeInts<int64_t>(bytes); ints.ok()) {
    auto again = DecodeInts<int64_t>(EncodeInts<int64_t>(*ints));
    if (!again.ok() || *again != *ints) std::abort();
  }
  // Only that they end.
  (void)UnpackDictionary(bytes).ok();
  (void)IndexDirectory::Decode(bytes).ok();
  MayContain(bytes, "x");
  return 0;
}

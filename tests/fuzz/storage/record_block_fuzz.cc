// Any bytes as a stored block; and any bytes as a document inside one, which
// must come back unchanged.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "storage/index/batch_index.h"
#include "storage/index/column_codec.h"
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
  RecordBlockBuilder builder(RecordBlockBuilder::Sequences::kOmitted);
  builder.Add(trace, own, RecordFormat::kXrayJson, bytes);
  auto back = RecordBlock::Parse(builder.Finish());
  if (!back.ok() || back->Get(0).document != bytes) std::abort();

  if (auto ints = DecodeInts(bytes); ints.ok()) {
    auto again = DecodeInts(EncodeInts(*ints));
    if (!again.ok() || *again != *ints) std::abort();
  }
  (void)DecodeDictionary(bytes).ok();  // Only that it ends.
  if (auto filter = AnnotationFilter::Parse(bytes); filter.ok()) {
    for (size_t g = 0; g < filter->groups(); ++g) filter->MayContain(g, "x");
  }
  return 0;
}

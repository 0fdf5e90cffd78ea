// The contexts of many spans, each once, and their numbers.
//
// Stored form: a block (block_codec.h) of a varint count and, per context,
// three byte strings.
//
// Threads: plain data.
#ifndef ROENTGEN_STORAGE_RECORD_CONTEXT_TABLE_H_
#define ROENTGEN_STORAGE_RECORD_CONTEXT_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "base/wire.h"
#include "trace/model/record.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

using ContextTable = std::vector<std::shared_ptr<const SpanContext>>;

class ContextTableBuilder {
 public:
  explicit ContextTableBuilder(size_t bytes_max = SIZE_MAX)
      : bytes_max_(bytes_max) {}

  // The context's number; nothing when there is no room for it.
  std::optional<uint32_t> Add(
      const std::shared_ptr<const SpanContext>& context);

  const ContextTable& contexts() const { return contexts_; }
  size_t bytes() const { return bytes_; }
  void Clear();

 private:
  struct ByContent {
    size_t operator()(const SpanContext* context) const;
    bool operator()(const SpanContext* a, const SpanContext* b) const {
      return *a == *b;
    }
  };

  size_t bytes_max_;
  ContextTable contexts_;
  size_t bytes_ = 0;
  // Of those that are kept, so that an address stands for one.
  absl::flat_hash_map<const SpanContext*, uint32_t> by_address_;
  absl::flat_hash_map<const SpanContext*, uint32_t, ByContent, ByContent>
      numbers_;
};

// What a context counts in the size of a trace, where equal ones count once.
struct ContextPrint {
  uint64_t hash = 0;  // A part of a digest: it is stored, too.
  size_t bytes = 0;   // With what it is mapped to. 0: there is no context.
};

// The contexts of a trace by a part of their hashes, which is enough to count
// them: few, as a rule, and then without memory of their own.
class ContextHashes {
 public:
  // Whether it was not there.
  bool Add(uint64_t hash) {
    if (Has(hash)) return false;
    if (many_ == nullptr && few_.size() < kFewMax) {
      few_.push_back(hash);
      return true;
    }
    if (many_ == nullptr) {
      many_ = std::make_unique<absl::flat_hash_set<uint64_t>>(few_.begin(),
                                                              few_.end());
    }
    return many_->insert(hash).second;
  }
  bool Has(uint64_t hash) const {
    if (many_ != nullptr) return many_->contains(hash);
    return std::find(few_.begin(), few_.end(), hash) != few_.end();
  }
  template <typename Fn>
  void ForEach(Fn fn) const {
    if (many_ != nullptr) {
      for (uint64_t hash : *many_) fn(hash);
    } else {
      for (uint64_t hash : few_) fn(hash);
    }
  }

 private:
  static constexpr size_t kFewMax = 6;

  absl::InlinedVector<uint64_t, kFewMax> few_;
  std::unique_ptr<absl::flat_hash_set<uint64_t>> many_;
};

// Prints of the contexts of one request: neighbours share theirs.
class ContextPrinter {
 public:
  // `context` may be null.
  const ContextPrint& Of(const std::shared_ptr<const SpanContext>& context);

 private:
  std::shared_ptr<const SpanContext> last_;
  ContextPrint print_;
  ContextView view_;
};

void AppendContexts(const ContextTable& table, std::string& out);
// False when the bytes are no contexts.
bool ReadContexts(ByteReader& in, ContextTable& table);

std::string PackContexts(const ContextTable& table);
// Errors: DataLoss.
absl::StatusOr<ContextTable> UnpackContexts(std::string_view stored);

// Bytes in memory, about.
size_t MemoryOf(const ContextTable& table);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_RECORD_CONTEXT_TABLE_H_

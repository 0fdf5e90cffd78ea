#include "storage/rocks/batch_rows.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace roentgen::storage {
namespace {

enum class Begin { kTrace, kMore, kUnknown };

// A record that may begin a trace.
struct Start {
  uint32_t block = 0;
  uint32_t index = 0;
  uint64_t at = 0;  // Its place over all records of the run.
  Begin begin = Begin::kUnknown;
  std::optional<uint32_t> ordinal = {};
  // Where its trace ends, as its locator says.
  std::optional<uint64_t> end = {};
};

// Blocks that follow each other and read.
class Run {
 public:
  Run(uint32_t first_block, std::span<const BlockStarts> blocks, bool is_last)
      : first_block_(first_block), is_last_(is_last) {
    for (const BlockStarts& block : blocks) {
      begins_.push_back(records_);
      for (uint32_t i = 0; i < block->size(); ++i) {
        if (!(*block)[i]) continue;
        const bool open = i == 0 && !(first_block == 0 && begins_.size() == 1);
        starts_.push_back(
            {.block = first_block + static_cast<uint32_t>(begins_.size() - 1),
             .index = i,
             .at = records_ + i,
             .begin = open ? Begin::kUnknown : Begin::kTrace});
      }
      records_ += block->size();
    }
  }

  // What a locator says; false: it cannot be of this run.
  bool Know(uint32_t ordinal, const RowPlace& place) {
    if (place.block < first_block_ ||
        place.block - first_block_ >= begins_.size()) {
      return false;
    }
    const uint64_t at = begins_[place.block - first_block_] + place.first;
    const uint64_t end = at + place.records;
    const auto start = Find(at);
    if (start == starts_.end() || start->at != at || place.records == 0) {
      return false;
    }
    const auto next = Find(end);
    // What begins within it is the rest of it in another block.
    for (auto more = start + 1; more != next; ++more) {
      if (more->index != 0) return false;
    }
    if (end < records_ && (next == starts_.end() || next->at != end)) {
      return false;
    }
    // Behind the run there are blocks that do not read.
    if (end > records_) return false;
    start->begin = Begin::kTrace;
    start->ordinal = ordinal;
    start->end = end;
    for (auto more = start + 1; more != next; ++more) {
      more->begin = Begin::kMore;
    }
    if (next != starts_.end()) next->begin = Begin::kTrace;
    return true;
  }

  void Place(std::optional<uint32_t> traces,
             std::map<uint32_t, RowPlace>& out) {
    if (starts_.empty()) return;
    if (first_block_ == 0) starts_.front().ordinal = 0;
    Resolve(traces);
    Number(traces);
    for (size_t i = 0; i < starts_.size(); ++i) {
      const Start& start = starts_[i];
      if (!start.ordinal || start.begin != Begin::kTrace) continue;
      const std::optional<uint64_t> end = EndOf(i);
      if (!end) continue;
      out.emplace(*start.ordinal,
                  RowPlace{.block = start.block,
                           .first = start.index,
                           .records = static_cast<uint32_t>(*end - start.at)});
    }
  }

 private:
  // Nothing: it is not clear where the trace that begins there ends.
  std::optional<uint64_t> EndOf(size_t start) const {
    if (starts_[start].end) return starts_[start].end;
    size_t next = start + 1;
    while (next < starts_.size() && starts_[next].begin == Begin::kMore) {
      ++next;
    }
    if (next == starts_.size()) {
      return is_last_ ? std::optional(records_) : std::nullopt;
    }
    if (starts_[next].begin != Begin::kTrace) return std::nullopt;
    return starts_[next].at;
  }

  std::vector<Start>::iterator Find(uint64_t at) {
    return std::lower_bound(
        starts_.begin(), starts_.end(), at,
        [](const Start& start, uint64_t value) { return start.at < value; });
  }

  // Between two traces whose ordinals are known, their number tells whether all
  // that may begin one do, or none.
  void Resolve(std::optional<uint32_t> traces) {
    std::optional<size_t> before;
    for (size_t i = 0; i <= starts_.size(); ++i) {
      const bool at_end = i == starts_.size();
      if (at_end && !(is_last_ && traces)) break;
      const std::optional<uint32_t> ordinal =
          at_end ? traces : starts_[i].ordinal;
      if (!ordinal) continue;
      if (before && *ordinal > *starts_[*before].ordinal) {
        Settle(*before + 1, i, *ordinal - *starts_[*before].ordinal - 1);
      }
      before = i;
    }
  }

  void Settle(size_t begin, size_t end, size_t wanted) {
    size_t sure = 0;
    size_t open = 0;
    for (size_t i = begin; i < end; ++i) {
      sure += starts_[i].begin == Begin::kTrace ? 1 : 0;
      open += starts_[i].begin == Begin::kUnknown ? 1 : 0;
    }
    if (wanted != sure && wanted != sure + open) return;
    for (size_t i = begin; i < end; ++i) {
      if (starts_[i].begin != Begin::kUnknown) continue;
      starts_[i].begin = wanted == sure ? Begin::kMore : Begin::kTrace;
    }
  }

  // On from traces whose ordinals are known, as far as it is clear.
  void Number(std::optional<uint32_t> traces) {
    std::optional<uint32_t> next;
    for (Start& start : starts_) {
      if (start.begin == Begin::kUnknown) next.reset();
      if (start.begin != Begin::kTrace) continue;
      if (!start.ordinal) start.ordinal = next;
      if (start.ordinal) next = *start.ordinal + 1;
    }
    std::optional<uint32_t> later = is_last_ ? traces : std::nullopt;
    for (auto start = starts_.rbegin(); start != starts_.rend(); ++start) {
      if (start->begin == Begin::kUnknown) later.reset();
      if (start->begin != Begin::kTrace) continue;
      if (!start->ordinal && later && *later > 0) start->ordinal = *later - 1;
      later = start->ordinal;
    }
  }

  const uint32_t first_block_;
  const bool is_last_;  // Nothing comes after it.
  uint64_t records_ = 0;
  std::vector<uint64_t> begins_;  // By block: records before it.
  std::vector<Start> starts_;
};

}  // namespace

std::vector<bool> StartsOf(const RecordBlock& block) {
  std::vector<bool> starts(block.size());
  for (size_t i = 0; i < block.size(); ++i) {
    starts[i] = block.first_of_trace(i);
  }
  return starts;
}

std::map<uint32_t, RowPlace> PlaceRows(
    std::span<const BlockStarts> blocks,
    const std::map<uint32_t, RowPlace>& known, std::optional<uint32_t> traces) {
  std::map<uint32_t, RowPlace> out;
  for (size_t begin = 0; begin < blocks.size();) {
    size_t end = begin;
    while (end < blocks.size() && blocks[end]) ++end;
    if (end > begin) {
      Run run(static_cast<uint32_t>(begin), blocks.subspan(begin, end - begin),
              traces && end == blocks.size());
      for (const auto& [ordinal, place] : known) run.Know(ordinal, place);
      run.Place(traces, out);
    }
    begin = std::max(end, begin + 1);
  }
  return out;
}

}  // namespace roentgen::storage

#include "storage/rocks/table_salvage.h"

#include <array>
#include <optional>

#include "rocksdb/iterator.h"
#include "rocksdb/options.h"
#include "rocksdb/table_properties.h"
#include "storage/rocks/rocks_db.h"
#include "storage/rocks/roll_up_store.h"

namespace roentgen::storage {
namespace {

// A key as a number, of which it has so many bytes, to look for where a table
// reads again.
class KeyNumber {
 public:
  static constexpr int kBits = 192;

  explicit KeyNumber(std::string_view key) {
    for (size_t i = 0; i < bytes_.size() && i < key.size(); ++i) {
      bytes_[i] = static_cast<uint8_t>(key[i]);
    }
  }

  // Nothing: there is no such number.
  std::optional<KeyNumber> PlusBit(int bit) const {
    KeyNumber sum = *this;
    size_t at = bytes_.size() - 1 - static_cast<size_t>(bit / 8);
    unsigned carry = 1u << (bit % 8);
    while (carry != 0) {
      const unsigned byte = sum.bytes_[at] + carry;
      sum.bytes_[at] = static_cast<uint8_t>(byte);
      carry = byte >> 8;
      if (carry != 0 && at-- == 0) return std::nullopt;
    }
    return sum;
  }

  std::string_view AsBytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

 private:
  std::array<uint8_t, kBits / 8> bytes_{};
};

bool Reads(rocksdb::Iterator& at, const KeyNumber& key) {
  at.Seek(ToSlice(key.AsBytes()));
  return at.status().ok();
}

// Sets `at` behind the damage that follows `last`. False: nothing does.
bool SkipDamage(rocksdb::Iterator& at, std::string_view last) {
  const KeyNumber begin(last);
  // The first power of two that is far enough, then what is just enough.
  int bit = 0;
  std::optional<KeyNumber> behind;
  for (; bit < KeyNumber::kBits; ++bit) {
    behind = begin.PlusBit(bit);
    if (!behind) return false;
    if (Reads(at, *behind)) break;
  }
  if (!behind || bit == KeyNumber::kBits) return false;
  KeyNumber damaged = begin;
  for (int step = bit - 1; step >= 0; --step) {
    const auto middle = damaged.PlusBit(step);
    if (middle && !Reads(at, *middle)) damaged = *middle;
  }
  const auto first = damaged.PlusBit(0);
  return Reads(at, first ? *first : *behind) || Reads(at, *behind);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TableSalvage>> TableSalvage::Open(
    rocksdb::Env& env, const std::string& path) {
  rocksdb::Options options;
  options.env = &env;
  options.merge_operator = MakeRollUpMerge();
  auto table = std::unique_ptr<TableSalvage>(new TableSalvage());
  table->reader_ = std::make_unique<rocksdb::SstFileReader>(options);
  const rocksdb::Status opened = table->reader_->Open(path);
  if (!opened.ok()) return absl::DataLossError(opened.ToString());
  if (const auto properties = table->reader_->GetTableProperties()) {
    table->family_ = properties->column_family_name;
    table->family_id_ = properties->column_family_id;
  }
  return table;
}

absl::Status TableSalvage::ForEach(
    const UseKey& use,
    const std::function<void(const absl::Status&)>& damaged) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at(reader_->NewIterator(options));
  std::string last;
  at->SeekToFirst();
  while (true) {
    for (; at->Valid(); at->Next()) {
      const absl::Status used =
          use(FromSlice(at->key()), FromSlice(at->value()));
      if (!used.ok()) return used;
      last = at->key().ToString();
    }
    if (at->status().ok()) return absl::OkStatus();
    damaged(absl::DataLossError(at->status().ToString()));
    if (!SkipDamage(*at, last)) return absl::OkStatus();
    // What reads before the damage was used.
    if (at->Valid() && FromSlice(at->key()) <= last) return absl::OkStatus();
  }
}

}  // namespace roentgen::storage

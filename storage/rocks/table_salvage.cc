#include "storage/rocks/table_salvage.h"

#include <algorithm>
#include <optional>

#include "base/status_macros.h"
#include "rocksdb/iterator.h"
#include "rocksdb/options.h"
#include "rocksdb/table_properties.h"
#include "storage/rocks/rocks_db.h"
#include "storage/rocks/roll_up_store.h"

namespace roentgen::storage {
namespace {

// A key as a number of many digits, to look for where a table reads again.
class KeyNumber {
 public:
  KeyNumber(std::string_view key, size_t bytes) : bytes_(key) {
    bytes_.resize(std::max(bytes, key.size()), '\0');
  }

  int bits() const { return static_cast<int>(bytes_.size() * 8); }

  // Nothing: there is no such number.
  std::optional<KeyNumber> PlusBit(int bit) const {
    KeyNumber sum = *this;
    size_t at = bytes_.size() - 1 - static_cast<size_t>(bit / 8);
    unsigned carry = 1u << (bit % 8);
    while (carry != 0) {
      const unsigned byte = static_cast<uint8_t>(sum.bytes_[at]) + carry;
      sum.bytes_[at] = static_cast<char>(byte);
      carry = byte >> 8;
      if (carry != 0 && at-- == 0) return std::nullopt;
    }
    return sum;
  }

  std::string_view AsBytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// An iterator that met damage stays at it, wherever it goes: each look takes a
// new one.
class Cursor {
 public:
  explicit Cursor(rocksdb::SstFileReader& reader) : reader_(reader) {}

  bool SeekToFirst() {
    Renew();
    at_->SeekToFirst();
    return at_->status().ok();
  }
  bool Seek(const KeyNumber& key) {
    Renew();
    at_->Seek(ToSlice(key.AsBytes()));
    return at_->status().ok();
  }
  rocksdb::Iterator& at() const { return *at_; }

 private:
  void Renew() {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    at_.reset(reader_.NewIterator(options));
  }

  rocksdb::SstFileReader& reader_;
  std::unique_ptr<rocksdb::Iterator> at_;
};

// Digits of a key that are told apart: more than keys have, as a rule. Where
// longer ones begin alike, some that follow damage may be passed.
size_t DigitsFor(size_t longest_key) {
  return std::max<size_t>(64, 2 * longest_key);
}

// Goes behind the damage that follows `last`. False: nothing there reads.
bool SkipDamage(Cursor& cursor, std::string_view last, size_t longest_key) {
  const KeyNumber begin(last, DigitsFor(longest_key));
  // The first power of two that is far enough, then what is just enough. Bit by
  // bit: behind what reads again there may be more damage.
  int far = 0;
  while (true) {
    const auto key = begin.PlusBit(far);
    if (!key) return false;
    if (cursor.Seek(*key)) break;
    if (++far == begin.bits()) return false;
  }
  KeyNumber damaged = begin;
  for (int step = far - 1; step >= 0; --step) {
    const auto middle = damaged.PlusBit(step);
    if (middle && !cursor.Seek(*middle)) damaged = *middle;
  }
  const auto first = damaged.PlusBit(0);
  return first && cursor.Seek(*first);
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
  Cursor cursor(*reader_);
  std::string last;
  size_t longest = 0;
  bool reads = cursor.SeekToFirst();
  while (true) {
    rocksdb::Iterator& at = cursor.at();
    for (; reads && at.Valid(); at.Next()) {
      RTG_RETURN_IF_ERROR(use(FromSlice(at.key()), FromSlice(at.value())));
      last = at.key().ToString();
      longest = std::max(longest, last.size());
    }
    if (at.status().ok()) return absl::OkStatus();
    damaged(absl::DataLossError(at.status().ToString()));
    reads = SkipDamage(cursor, last, longest);
    if (!reads) return absl::OkStatus();
  }
}

}  // namespace roentgen::storage

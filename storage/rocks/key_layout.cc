#include "storage/rocks/key_layout.h"

#include <cstdio>

#include "base/limits.h"
#include "base/wire.h"

namespace roentgen::storage {
namespace {

constexpr uint64_t kBucketVersion = 1;
constexpr uint64_t kMarksVersion = 2;
constexpr uint64_t kMarksVersionWithoutLog = 1;

constexpr uint32_t kSignBit = uint32_t{1} << 31;

std::string FamilyName(const char* prefix, BucketId bucket) {
  char name[32];
  std::snprintf(name, sizeof(name), "%s-%08u", prefix, bucket);
  return name;
}

std::string Kind(char kind, BatchId batch) {
  std::string key(1, kind);
  AppendBigEndian(batch, key);
  return key;
}

bool ReadKind(ByteReader& in, char kind, BatchId& batch) {
  uint8_t found;
  return in.Byte(found) && found == static_cast<uint8_t>(kind) &&
         in.BigEndian(batch);
}

bool ReadUint32(ByteReader& in, uint32_t& out) {
  uint64_t v;
  if (!in.BoundedVarint(UINT32_MAX, v)) return false;
  out = static_cast<uint32_t>(v);
  return true;
}

}  // namespace

std::string LocatorFamily(BucketId bucket) { return FamilyName("loc", bucket); }
std::string BatchFamily(BucketId bucket) { return FamilyName("dat", bucket); }

std::string BucketKey(BucketId bucket) {
  std::string key = kBucketPrefix;
  AppendBigEndian(bucket, key);
  return key;
}

std::optional<BucketId> ParseBucketKey(std::string_view key) {
  const std::string_view prefix = kBucketPrefix;
  if (key.substr(0, prefix.size()) != prefix) return std::nullopt;
  ByteReader in(key.substr(prefix.size()));
  BucketId bucket;
  if (!in.BigEndian(bucket) || !in.done()) return std::nullopt;
  return bucket;
}

std::string EncodeBucketHead(Timestamp opened) {
  std::string value;
  AppendVarint(kBucketVersion, value);
  AppendFixed64(static_cast<uint64_t>(opened.ns), value);
  return value;
}

std::optional<Timestamp> DecodeBucketHead(std::string_view value) {
  ByteReader in(value);
  uint64_t version, opened;
  if (!in.Varint(version) || version != kBucketVersion || !in.Fixed64(opened) ||
      !in.done()) {
    return std::nullopt;
  }
  return Timestamp{static_cast<int64_t>(opened)};
}

std::string SettingKey(std::string_view key) {
  return kSettingPrefix + std::string(key);
}

std::string LogKey(uint64_t commit) {
  std::string key;
  AppendBigEndian(commit, key);
  return key;
}

std::optional<uint64_t> ParseLogKey(std::string_view key) {
  ByteReader in(key);
  uint64_t commit;
  if (!in.BigEndian(commit) || !in.done()) return std::nullopt;
  return commit;
}

std::string HeadKey(BatchId batch) { return Kind(kHeadKind, batch); }

std::string BlockKey(BatchId batch, uint32_t block) {
  std::string key = Kind(kBlockKind, batch);
  AppendBigEndian(block, key);
  return key;
}

std::string ColumnKey(BatchId batch, Column column, Part part,
                      std::string_view annotation_key) {
  std::string key = Kind(kColumnKind, batch);
  key.push_back(static_cast<char>(column));
  key.push_back(static_cast<char>(part));
  key.append(annotation_key);
  return key;
}

std::string DeadKey(BatchId batch, uint32_t ordinal) {
  std::string key = Kind(kDeadKind, batch);
  AppendBigEndian(ordinal, key);
  return key;
}

std::string ContextsKey(BatchId batch) { return Kind(kContextsKind, batch); }

std::string OperationsKey(BatchId batch) {
  return Kind(kOperationsKind, batch);
}

std::string RollUpKey(std::string_view group_id, uint8_t level, int64_t slot) {
  std::string key(1, kRollUpKind);
  key.push_back(static_cast<char>(group_id.size()));
  key.append(group_id);
  key.push_back(static_cast<char>(level));
  // With the sign bit turned, negative numbers sort first.
  AppendBigEndian(static_cast<uint32_t>(slot) ^ kSignBit, key);
  return key;
}

std::optional<int64_t> ParseRollUpSlot(std::string_view key) {
  ByteReader in(key);
  uint8_t kind, length, level;
  std::string_view group;
  uint32_t slot;
  if (!in.Byte(kind) || kind != kRollUpKind || !in.Byte(length) ||
      !in.Raw(length, group) || !in.Byte(level) || !in.BigEndian(slot) ||
      !in.done()) {
    return std::nullopt;
  }
  return static_cast<int32_t>(slot ^ kSignBit);
}

std::optional<BatchId> ParseBatchOfKey(std::string_view key) {
  ByteReader in(key);
  uint8_t kind;
  BatchId batch;
  if (!in.Byte(kind) || !in.BigEndian(batch)) return std::nullopt;
  return batch;
}

std::optional<BatchId> ParseHeadKey(std::string_view key) {
  ByteReader in(key);
  BatchId batch;
  if (!ReadKind(in, kHeadKind, batch) || !in.done()) return std::nullopt;
  return batch;
}

std::optional<DeadTrace> ParseDeadKey(std::string_view key) {
  ByteReader in(key);
  DeadTrace dead;
  if (!ReadKind(in, kDeadKind, dead.batch) || !in.BigEndian(dead.ordinal) ||
      !in.done()) {
    return std::nullopt;
  }
  return dead;
}

std::string EncodeLocator(const Locator& l) {
  std::string value;
  for (uint32_t v : {l.batch, l.ordinal, l.block, l.first, l.records}) {
    AppendVarint(v, value);
  }
  if (!l.bytes) return value;
  AppendVarint(*l.bytes, value);
  AppendVarint(l.contexts.size(), value);
  for (uint64_t hash : l.contexts) AppendBigEndian(hash, value);
  for (const Piece& p : l.earlier) {
    for (uint32_t v : {p.batch, p.block, p.first, p.records}) {
      AppendVarint(v, value);
    }
  }
  return value;
}

std::optional<Locator> DecodeLocator(std::string_view value) {
  ByteReader in(value);
  Locator l;
  if (!ReadUint32(in, l.batch) || !ReadUint32(in, l.ordinal) ||
      !ReadUint32(in, l.block) || !ReadUint32(in, l.first) ||
      !ReadUint32(in, l.records)) {
    return std::nullopt;
  }
  if (in.done()) return l;
  uint64_t bytes, contexts;
  if (!in.Varint(bytes) ||
      !in.BoundedVarint(limits::kTraceContextsToldMax, contexts)) {
    return std::nullopt;
  }
  l.bytes = bytes;
  l.contexts.resize(contexts);
  for (uint64_t& hash : l.contexts) {
    if (!in.BigEndian(hash)) return std::nullopt;
  }
  while (!in.done()) {
    Piece p;
    if (l.earlier.size() == limits::kTracePiecesMax - 1 ||
        !ReadUint32(in, p.batch) || !ReadUint32(in, p.block) ||
        !ReadUint32(in, p.first) || !ReadUint32(in, p.records)) {
      return std::nullopt;
    }
    l.earlier.push_back(p);
  }
  return l;
}

std::string EncodeMarks(const StoreMarks& marks) {
  std::string value;
  AppendVarint(kMarksVersion, value);
  AppendVarint(marks.next_commit, value);
  AppendVarint(marks.next_batch, value);
  AppendVarint(marks.next_bucket, value);
  AppendFixed64(static_cast<uint64_t>(marks.latest.ns), value);
  AppendVarint(marks.log_begin, value);
  AppendVarint(marks.last_commit, value);
  return value;
}

std::optional<StoreMarks> DecodeMarks(std::string_view value) {
  ByteReader in(value);
  uint64_t version, latest;
  StoreMarks marks;
  if (!in.Varint(version) ||
      (version != kMarksVersion && version != kMarksVersionWithoutLog) ||
      !in.Varint(marks.next_commit) || !ReadUint32(in, marks.next_batch) ||
      !ReadUint32(in, marks.next_bucket) || !in.Fixed64(latest)) {
    return std::nullopt;
  }
  if (version == kMarksVersion &&
      (!in.Varint(marks.log_begin) || !in.Varint(marks.last_commit))) {
    return std::nullopt;
  }
  if (!in.done()) return std::nullopt;
  marks.latest.ns = static_cast<int64_t>(latest);
  return marks;
}

std::string EncodeHead(const BatchHead& h) {
  std::string value;
  AppendVarint(kIndexVersion, value);
  AppendVarint(h.through_commit, value);
  for (uint32_t v : {h.traces, h.records, h.blocks}) AppendVarint(v, value);
  for (const BatchHead::Span& s :
       {h.start, h.event, h.service_end, h.received, h.latest_start}) {
    AppendFixed64(static_cast<uint64_t>(s.min), value);
    AppendFixed64(static_cast<uint64_t>(s.max), value);
  }
  return value;
}

absl::StatusOr<BatchHead> DecodeHead(std::string_view value) {
  const absl::Status damaged = absl::DataLossError("batch head: damaged");
  ByteReader in(value);
  BatchHead h;
  uint32_t version;
  if (!ReadUint32(in, version) || version == 0) return damaged;
  if (version != kIndexVersion) {
    return absl::FailedPreconditionError(
        "another version of Roentgen sealed a batch: its index has version " +
        std::to_string(version) + ", this program reads version " +
        std::to_string(kIndexVersion));
  }
  if (!in.Varint(h.through_commit) || !ReadUint32(in, h.traces) ||
      !ReadUint32(in, h.records) || !ReadUint32(in, h.blocks)) {
    return damaged;
  }
  for (BatchHead::Span* s :
       {&h.start, &h.event, &h.service_end, &h.received, &h.latest_start}) {
    uint64_t min, max;
    if (!in.Fixed64(min) || !in.Fixed64(max)) return damaged;
    s->min = static_cast<int64_t>(min);
    s->max = static_cast<int64_t>(max);
  }
  if (!in.done()) return damaged;
  return h;
}

}  // namespace roentgen::storage

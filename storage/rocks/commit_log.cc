#include "storage/rocks/commit_log.h"

#include "base/wire.h"

namespace roentgen::storage {
namespace {

constexpr uint64_t kVersion = 2;
constexpr uint64_t kVersionWithoutPrevious = 1;

absl::Status Damaged() { return absl::DataLossError("commit: damaged"); }

}  // namespace

std::string EncodeCommit(const Commit& commit) {
  std::string value;
  AppendVarint(commit.previous ? kVersion : kVersionWithoutPrevious, value);
  AppendFixed64(static_cast<uint64_t>(commit.received.ns), value);
  if (commit.previous) AppendVarint(*commit.previous, value);
  AppendVarint(commit.blocks.size(), value);
  for (const auto& block : commit.blocks) AppendBytes(*block, value);
  AppendVarint(commit.reopened.size(), value);
  for (const TraceId& id : commit.reopened) value.append(id.AsBytes());
  return value;
}

absl::StatusOr<Commit> DecodeCommit(std::string_view value) {
  ByteReader in(value);
  Commit commit;
  uint64_t version, received, count;
  if (!in.Varint(version) ||
      (version != kVersion && version != kVersionWithoutPrevious) ||
      !in.Fixed64(received)) {
    return Damaged();
  }
  if (version == kVersion) {
    uint64_t previous;
    if (!in.Varint(previous)) return Damaged();
    commit.previous = previous;
  }
  if (!in.BoundedVarint(value.size(), count)) return Damaged();
  commit.received.ns = static_cast<int64_t>(received);
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view block;
    if (!in.Bytes(block)) return Damaged();
    commit.blocks.push_back(std::make_shared<const std::string>(block));
  }
  if (!in.BoundedVarint(value.size(), count)) return Damaged();
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view id;
    if (!in.Raw(16, id)) return Damaged();
    commit.reopened.push_back(TraceId::FromBytes(id));
  }
  if (!in.done()) return Damaged();
  return commit;
}

}  // namespace roentgen::storage

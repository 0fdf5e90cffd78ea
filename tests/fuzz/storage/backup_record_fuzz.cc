// Any bytes as the record of a backup, and as all of it but its checksum: what
// decodes is written and read back the same, and names no other folder.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/content_hash.h"
#include "storage/rocks/backup_record.h"

namespace {

void Check(std::string_view text) {
  using namespace roentgen::storage;
  const auto record = DecodeBackupRecord(text);
  if (!record.ok()) return;
  const auto again = DecodeBackupRecord(EncodeBackupRecord(*record));
  if (!again.ok() || again->time != record->time ||
      again->files != record->files) {
    std::abort();
  }
  for (const KeptFile& kept : record->files) {
    if (kept.file.name.find('/') != kept.file.name.npos) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Check(text);
  Check(text + "end " + roentgen::ContentHash::HexOf(text) + '\n');
  const auto name = roentgen::storage::ParseNameOfContent(text);
  if (name && name->hash.size() != roentgen::ContentHash::kHexDigits) {
    std::abort();
  }
  return 0;
}

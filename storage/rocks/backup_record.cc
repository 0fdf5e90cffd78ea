#include "storage/rocks/backup_record.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "absl/time/time.h"
#include "base/content_hash.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/files/store_encryption.h"

namespace roentgen::storage {
namespace {

constexpr std::string_view kFirstLine = "roentgen-backup 1\n";
constexpr std::string_view kNoPrint = "-";
constexpr std::string_view kRecordBegin = "backup-";
constexpr std::string_view kContentBegin = "data-";

template <typename Number>
bool ParseNumber(std::string_view text, Number& out) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// Takes what is before `end`, which it takes, too. False: there is none.
bool TakeUntil(char end, std::string_view& text, std::string_view& out) {
  const size_t at = text.find(end);
  if (at == text.npos) return false;
  out = text.substr(0, at);
  text.remove_prefix(at + 1);
  return true;
}

// "NAME BYTES PRINT HASH"
bool ParseFile(std::string_view line, KeptFile& out) {
  std::string_view name;
  std::string_view bytes;
  std::string_view print;
  if (!TakeUntil(' ', line, name) || !TakeUntil(' ', line, bytes) ||
      !TakeUntil(' ', line, print) || !CheckStoreFileName(name).ok() ||
      !ParseNumber(bytes, out.file.bytes) || !IsContentHash(line) ||
      (print != kNoPrint && !IsContentHash(print))) {
    return false;
  }
  out.file.name = std::string(name);
  if (print != kNoPrint) out.file.print = std::string(print);
  out.hash = std::string(line);
  return true;
}

absl::Status Damaged(const char* what) {
  return absl::DataLossError(std::string("it is damaged: ") + what);
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() <= 20 &&
         text.find_first_not_of("0123456789") == text.npos;
}

}  // namespace

uint64_t BackupRecord::bytes() const {
  uint64_t sum = 0;
  for (const KeptFile& kept : files) sum += kept.file.bytes;
  return sum;
}

std::string EncodeBackupRecord(const BackupRecord& record) {
  std::string text(kFirstLine);
  text += "time " + std::to_string(record.time.ns) + '\n';
  for (const KeptFile& kept : record.files) {
    text +=
        "file " + kept.file.name + ' ' + std::to_string(kept.file.bytes) + ' ';
    text += kept.file.print.empty() ? kNoPrint : kept.file.print;
    text += ' ' + kept.hash + '\n';
  }
  text += "end " + ContentHash::HexOf(text) + '\n';
  return text;
}

absl::StatusOr<BackupRecord> DecodeBackupRecord(std::string_view text) {
  const std::string_view whole = text;
  if (!text.starts_with(kFirstLine)) return Damaged("its first line");
  text.remove_prefix(kFirstLine.size());
  BackupRecord record;
  std::set<std::string> names;
  std::string_view line;
  if (!TakeUntil('\n', text, line) || !line.starts_with("time ") ||
      !ParseNumber(line.substr(5), record.time.ns)) {
    return Damaged("its time");
  }
  while (true) {
    const std::string_view read = whole.substr(0, whole.size() - text.size());
    if (!TakeUntil('\n', text, line)) return Damaged("it has no end");
    if (line.starts_with("end ")) {
      if (!text.empty() || line.substr(4) != ContentHash::HexOf(read)) {
        return Damaged("its checksum");
      }
      break;
    }
    KeptFile kept;
    if (!line.starts_with("file ") || !ParseFile(line.substr(5), kept) ||
        record.files.size() == limits::kBackupFilesMax ||
        !names.insert(kept.file.name).second) {
      return Damaged("a file's line");
    }
    record.files.push_back(std::move(kept));
  }
  if (!names.contains("CURRENT")) return Damaged("it has no CURRENT");
  return record;
}

std::string NameOfRecord(Timestamp time) {
  return std::string(kRecordBegin) + absl::FormatTime("%Y%m%dT%H%M%E9SZ",
                                                      time.ToTime(),
                                                      absl::UTCTimeZone());
}

bool IsNameOfRecord(std::string_view name) {
  return name.starts_with(kRecordBegin) &&
         name.find_first_not_of("0123456789TZ.", kRecordBegin.size()) ==
             name.npos;
}

std::string NameOfContent(const ContentName& content) {
  return std::string(kContentBegin) + content.hash + "-" +
         std::to_string(content.bytes);
}

std::optional<ContentName> ParseNameOfContent(std::string_view name) {
  ContentName content;
  if (!name.starts_with(kContentBegin)) return std::nullopt;
  name.remove_prefix(kContentBegin.size());
  std::string_view hash;
  if (!TakeUntil('-', name, hash) || !IsContentHash(hash) || !IsNumber(name) ||
      !ParseNumber(name, content.bytes)) {
    return std::nullopt;
  }
  content.hash = std::string(hash);
  return content;
}

absl::Status CheckStoreFileName(std::string_view name) {
  const auto numbered = [&](std::string_view begin, std::string_view end) {
    return name.starts_with(begin) && name.ends_with(end) &&
           name.size() > begin.size() + end.size() &&
           IsNumber(name.substr(begin.size(),
                                name.size() - begin.size() - end.size()));
  };
  if (name == "CURRENT" || name == "IDENTITY" || name == kEncryptionFile ||
      numbered("MANIFEST-", "") || numbered("OPTIONS-", "") ||
      numbered("", ".sst") || numbered("", ".log")) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("a store has no file of the name \"" +
                                    std::string(name.substr(0, 100)) + "\"");
}

}  // namespace roentgen::storage

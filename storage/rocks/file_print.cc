#include "storage/rocks/file_print.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "base/content_hash.h"
#include "base/status_macros.h"
#include "storage/files/file_prefix.h"
#include "storage/rocks/rocks_db.h"

namespace roentgen::storage {
namespace {

using rocksdb::IOOptions;

// What a table says of itself takes about 1 KiB.
constexpr uint64_t kEndBytes = 16 * 1024;
constexpr size_t kPartBytes = 1024 * 1024;

// Of what is done with a name: RocksDB takes one that is not there for an error
// of the disk.
absl::Status FromNamed(const rocksdb::Status& status,
                       const std::string& doing) {
  if (!status.IsPathNotFound()) return FromRocks(status, doing);
  return absl::NotFoundError(doing + ": it is not there");
}

}  // namespace

absl::StatusOr<uint64_t> SizeOfFile(rocksdb::FileSystem& files,
                                    const std::string& path) {
  uint64_t bytes = 0;
  RTG_RETURN_IF_ERROR(
      FromNamed(files.GetFileSize(path, IOOptions(), &bytes, nullptr),
                "while looking at " + path));
  return bytes;
}

absl::StatusOr<std::string> PrintOfTable(rocksdb::FileSystem& files,
                                         const std::string& path,
                                         uint64_t bytes) {
  const std::string doing = "while reading the end of " + path;
  std::unique_ptr<rocksdb::FSRandomAccessFile> file;
  RTG_RETURN_IF_ERROR(
      FromNamed(files.NewRandomAccessFile(path, {}, &file, nullptr), doing));
  const uint64_t wanted = std::min(bytes, kEndBytes);
  std::string buffer(wanted, '\0');
  rocksdb::Slice end;
  RTG_RETURN_IF_ERROR(FromRocks(file->Read(bytes - wanted, wanted, IOOptions(),
                                           &end, buffer.data(), nullptr),
                                doing));
  if (end.size() != wanted) {
    return absl::DataLossError(path + " is shorter than it was");
  }
  ContentHash hash;
  std::string begin(std::min<uint64_t>(bytes, kPrefixBytes), '\0');
  rocksdb::Slice prefix;
  RTG_RETURN_IF_ERROR(FromRocks(
      file->Read(0, begin.size(), IOOptions(), &prefix, begin.data(), nullptr),
      doing));
  if (KindOfFile(FromSlice(prefix), bytes) == PrefixKind::kEncrypted) {
    hash.Add(FromSlice(prefix));
  }
  hash.Add(FromSlice(end));
  return hash.Hex();
}

absl::Status ReadParts(
    rocksdb::FileSystem& files, const std::string& path,
    const std::function<absl::Status(std::string_view)>& use) {
  const std::string doing = "while reading " + path;
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  RTG_RETURN_IF_ERROR(
      FromNamed(files.NewSequentialFile(path, {}, &file, nullptr), doing));
  std::string buffer(kPartBytes, '\0');
  while (true) {
    rocksdb::Slice part;
    RTG_RETURN_IF_ERROR(FromRocks(
        file->Read(buffer.size(), IOOptions(), &part, buffer.data(), nullptr),
        doing));
    if (part.empty()) return absl::OkStatus();
    RTG_RETURN_IF_ERROR(use(FromSlice(part)));
  }
}

absl::StatusOr<std::string> HashOfFile(rocksdb::FileSystem& files,
                                       const std::string& path) {
  ContentHash hash;
  RTG_RETURN_IF_ERROR(ReadParts(files, path, [&](std::string_view part) {
    hash.Add(part);
    return absl::OkStatus();
  }));
  return hash.Hex();
}

absl::StatusOr<std::vector<std::string>> NamesIn(rocksdb::FileSystem& files,
                                                 const std::string& path,
                                                 const std::string& what) {
  std::vector<std::string> names;
  const absl::Status listed =
      FromRocks(files.GetChildren(path, IOOptions(), &names, nullptr),
                "while listing " + path);
  if (absl::IsNotFound(listed)) {
    // RocksDB says so of what may not be read, too; the system tells.
    const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int error = folder < 0 ? errno : 0;
    if (folder >= 0) close(folder);
    if (error == 0 || error == ENOENT) {
      return absl::NotFoundError(what + ' ' + path + " is not there");
    }
    return absl::UnavailableError(what + ' ' + path + " cannot be read: " +
                                  std::generic_category().message(error));
  }
  RTG_RETURN_IF_ERROR(listed);
  std::erase_if(names, [](const std::string& name) {
    return name == "." || name == "..";
  });
  return names;
}

}  // namespace roentgen::storage

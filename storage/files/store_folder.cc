#include "storage/files/store_folder.h"

#include <memory>

#include "base/status_macros.h"
#include "storage/files/rocks_status.h"

namespace roentgen::storage {
namespace {

using rocksdb::IOOptions;

}  // namespace

absl::StatusOr<std::vector<std::string>> StoreFolder::Names() const {
  std::vector<std::string> names;
  RTG_RETURN_IF_ERROR(
      FromRocks(files_.GetChildren(path_, IOOptions(), &names, nullptr),
                "data folder " + path_));
  return names;
}

absl::StatusOr<std::string> StoreFolder::Read(const std::string& name) const {
  constexpr size_t kReadBytes = 1 << 20;
  const std::string doing = "while reading " + name;
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  RTG_RETURN_IF_ERROR(FromRocks(
      files_.NewSequentialFile(PathOf(name), {}, &file, nullptr), doing));
  std::string bytes;
  std::string buffer(kReadBytes, '\0');
  while (true) {
    rocksdb::Slice part;
    RTG_RETURN_IF_ERROR(FromRocks(
        file->Read(buffer.size(), IOOptions(), &part, buffer.data(), nullptr),
        doing));
    if (part.empty()) return bytes;
    bytes.append(part.data(), part.size());
  }
}

absl::Status StoreFolder::Write(const std::string& name,
                                std::string_view bytes) const {
  const std::string doing = "while writing " + name;
  std::unique_ptr<rocksdb::FSWritableFile> file;
  RTG_RETURN_IF_ERROR(FromRocks(
      files_.NewWritableFile(PathOf(name), {}, &file, nullptr), doing));
  RTG_RETURN_IF_ERROR(
      FromRocks(file->Append(ToSlice(bytes), IOOptions(), nullptr), doing));
  RTG_RETURN_IF_ERROR(FromRocks(file->Sync(IOOptions(), nullptr), doing));
  return FromRocks(file->Close(IOOptions(), nullptr), doing);
}

absl::Status StoreFolder::Rename(const std::string& from,
                                 const std::string& to) const {
  return FromRocks(
      files_.RenameFile(PathOf(from), PathOf(to), IOOptions(), nullptr),
      "while renaming " + from);
}

absl::Status StoreFolder::Remove(const std::string& name) const {
  return FromRocks(files_.DeleteFile(PathOf(name), IOOptions(), nullptr),
                   "while removing " + name);
}

absl::Status StoreFolder::Sync() const {
  const std::string doing = "while syncing folder " + path_;
  std::unique_ptr<rocksdb::FSDirectory> folder;
  RTG_RETURN_IF_ERROR(FromRocks(
      files_.NewDirectory(path_, IOOptions(), &folder, nullptr), doing));
  return FromRocks(folder->Fsync(IOOptions(), nullptr), doing);
}

}  // namespace roentgen::storage

#include "tests/support/power_cut_files.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <utility>

namespace roentgen::testing_support {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using Deed = PowerCutFiles::Deed;

constexpr size_t kPageBytes = 4096;

std::string NameIn(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string FolderOf(std::string path) {
  path.erase(path.rfind('/'));
  while (path.ends_with('/')) path.pop_back();
  return path;
}

IOStatus NotRemembered() {
  return IOStatus::NotSupported("it would not be remembered");
}

class WritableFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WritableFile(std::unique_ptr<rocksdb::FSWritableFile> file,
               PowerCutFiles& files, PowerCutFiles::FileNumber number,
               bool swallows)
      : FSWritableFileOwnerWrapper(std::move(file)),
        files_(files),
        number_(number),
        swallows_(swallows) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    files_.Remember({.deed = Deed::kAppend,
                     .file = number_,
                     .text = data.ToString(),
                     .to = {}});
    bytes_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus PositionedAppend(const rocksdb::Slice&, uint64_t, const IOOptions&,
                            IODebugContext*) override {
    return NotRemembered();
  }
  IOStatus PositionedAppend(const rocksdb::Slice&, uint64_t, const IOOptions&,
                            const rocksdb::DataVerificationInfo&,
                            IODebugContext*) override {
    return NotRemembered();
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    if (!swallows_) {
      files_.Remember({.deed = Deed::kSync,
                       .file = number_,
                       .text = {},
                       .to = {},
                       .bytes = bytes_});
    }
    return IOStatus::OK();
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  // It starts to write pages; nothing is promised.
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&,
                     IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  PowerCutFiles& files_;
  const PowerCutFiles::FileNumber number_;
  const bool swallows_;
  std::atomic<size_t> bytes_{0};
};

class Folder : public rocksdb::FSDirectoryWrapper {
 public:
  Folder(std::unique_ptr<rocksdb::FSDirectory> folder, PowerCutFiles& files)
      : FSDirectoryWrapper(std::move(folder)), files_(files) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    if (!files_.SwallowsFolders()) {
      files_.Remember({.deed = Deed::kSyncFolder, .text = {}, .to = {}});
    }
    return IOStatus::OK();
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  PowerCutFiles& files_;
};

}  // namespace

size_t PowerCutFiles::moments() const {
  const std::lock_guard lock(mu_);
  return done_.size();
}

void PowerCutFiles::Remember(Done done) {
  const std::lock_guard lock(mu_);
  done_.push_back(std::move(done));
}

bool PowerCutFiles::IsInFolder(const std::string& path) const {
  const std::lock_guard lock(mu_);
  return FolderOf(path) == folder_;
}

bool PowerCutFiles::Swallows(std::string_view name) const {
  return name.ends_with(".log") ? swallow_ == Swallow::kSyncOfLogs
                                : swallow_ == Swallow::kSyncOfOthers;
}

IOStatus PowerCutFiles::NewWritableFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  IOStatus status =
      FileSystemWrapper::NewWritableFile(name, options, file, debug);
  if (!status.ok()) return status;
  FileNumber number = 0;
  {
    const std::lock_guard lock(mu_);
    if (folder_.empty()) folder_ = FolderOf(name);
    number = next_file_++;
  }
  if (!IsInFolder(name)) return status;
  Remember(
      {.deed = Deed::kCreate, .file = number, .text = NameIn(name), .to = {}});
  *file = std::make_unique<WritableFile>(std::move(*file), *this, number,
                                         Swallows(NameIn(name)));
  return status;
}

IOStatus PowerCutFiles::NewDirectory(
    const std::string& name, const IOOptions& options,
    std::unique_ptr<rocksdb::FSDirectory>* folder, IODebugContext* debug) {
  IOStatus status =
      FileSystemWrapper::NewDirectory(name, options, folder, debug);
  if (status.ok() && IsInFolder(name + "/.")) {
    *folder = std::make_unique<Folder>(std::move(*folder), *this);
  }
  return status;
}

IOStatus PowerCutFiles::RenameFile(const std::string& from,
                                   const std::string& to,
                                   const IOOptions& options,
                                   IODebugContext* debug) {
  IOStatus status = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (status.ok() && IsInFolder(from)) {
    Remember({.deed = Deed::kRename, .text = NameIn(from), .to = NameIn(to)});
  }
  return status;
}

IOStatus PowerCutFiles::DeleteFile(const std::string& name,
                                   const IOOptions& options,
                                   IODebugContext* debug) {
  IOStatus status = FileSystemWrapper::DeleteFile(name, options, debug);
  if (status.ok() && IsInFolder(name)) {
    Remember({.deed = Deed::kDelete, .text = NameIn(name), .to = {}});
  }
  return status;
}

IOStatus PowerCutFiles::ReopenWritableFile(
    const std::string&, const rocksdb::FileOptions&,
    std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) {
  return NotRemembered();
}

IOStatus PowerCutFiles::ReuseWritableFile(
    const std::string&, const std::string&, const rocksdb::FileOptions&,
    std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) {
  return NotRemembered();
}

IOStatus PowerCutFiles::NewRandomRWFile(
    const std::string&, const rocksdb::FileOptions&,
    std::unique_ptr<rocksdb::FSRandomRWFile>*, IODebugContext*) {
  return NotRemembered();
}

IOStatus PowerCutFiles::Truncate(const std::string&, size_t, const IOOptions&,
                                 IODebugContext*) {
  return NotRemembered();
}

IOStatus PowerCutFiles::LinkFile(const std::string&, const std::string&,
                                 const IOOptions&, IODebugContext*) {
  return NotRemembered();
}

void PowerCut::Change(const PowerCutFiles::Done& done, Names& names) {
  switch (done.deed) {
    case Deed::kCreate:
      names[done.text] = done.file;
      break;
    case Deed::kRename: {
      const auto from = names.find(done.text);
      if (from == names.end()) break;
      names[done.to] = from->second;
      names.erase(done.text);
      break;
    }
    case Deed::kDelete:
      names.erase(done.text);
      break;
    case Deed::kAppend:
    case Deed::kSync:
    case Deed::kSyncFolder:
      break;
  }
}

void PowerCut::AdvanceTo(size_t moment) {
  for (; moment_ < moment; ++moment_) {
    const PowerCutFiles::Done& done = files_.done()[moment_];
    switch (done.deed) {
      case Deed::kAppend:
        contents_[done.file].bytes += done.text;
        break;
      case Deed::kSync: {
        size_t& synced = contents_[done.file].synced;
        synced = std::max(synced, done.bytes);
        break;
      }
      case Deed::kSyncFolder:
        for (const auto* change : unsynced_) Change(*change, names_);
        unsynced_.clear();
        break;
      case Deed::kCreate:
      case Deed::kRename:
      case Deed::kDelete:
        unsynced_.push_back(&done);
        break;
    }
  }
}

void PowerCut::Leave(Leftover leftover, std::mt19937_64& random,
                     const std::string& to) const {
  const auto up_to = [&](size_t most) {
    return most == 0 ? 0 : static_cast<size_t>(random() % (most + 1));
  };
  Names names = names_;
  if (leftover != Leftover::kSynced) {
    const size_t kept = up_to(unsynced_.size());
    for (size_t i = 0; i < kept; ++i) Change(*unsynced_[i], names);
  }
  std::filesystem::create_directories(to);
  for (const auto& [name, number] : names) {
    std::string bytes;
    if (const auto found = contents_.find(number); found != contents_.end()) {
      const Content& content = found->second;
      size_t kept = content.synced;
      if (leftover != Leftover::kSynced) {
        kept += up_to(content.bytes.size() - content.synced);
      }
      bytes = content.bytes.substr(0, kept);
      for (size_t begin = content.synced;
           leftover == Leftover::kSomePages && begin < kept;) {
        const size_t end =
            std::min(kept, (begin / kPageBytes + 1) * kPageBytes);
        if (random() % 2 == 0) {
          std::fill(bytes.begin() + static_cast<ptrdiff_t>(begin),
                    bytes.begin() + static_cast<ptrdiff_t>(end), '\0');
        }
        begin = end;
      }
    }
    std::ofstream(to + "/" + name, std::ios::binary) << bytes;
  }
}

}  // namespace roentgen::testing_support

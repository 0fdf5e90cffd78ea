#include "tests/support/faulty_files.h"

#include <cstring>
#include <utility>

namespace roentgen::testing_support {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus Failed() { return IOStatus::IOError("read", "input/output error"); }

// What was read, with a bit in its middle turned.
void Flip(char* scratch, Slice* result) {
  if (result->empty()) return;
  if (result->data() != scratch) {
    std::memmove(scratch, result->data(), result->size());
  }
  scratch[result->size() / 2] ^= 0x10;
  *result = Slice(scratch, result->size());
}

class SequentialFile : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  SequentialFile(std::unique_ptr<rocksdb::FSSequentialFile> file,
                 FaultyFiles& files)
      : FSSequentialFileOwnerWrapper(std::move(file)), files_(files) {}

  IOStatus Read(size_t n, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* debug) override {
    if (files_.NextRead(false) != FaultyFiles::Turn::kGood) return Failed();
    return FSSequentialFileOwnerWrapper::Read(n, options, result, scratch,
                                              debug);
  }

 private:
  FaultyFiles& files_;
};

class RandomAccessFile : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  RandomAccessFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file,
                   FaultyFiles& files)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), files_(files) {}

  IOStatus Read(uint64_t offset, size_t n, const IOOptions& options,
                Slice* result, char* scratch,
                IODebugContext* debug) const override {
    const FaultyFiles::Turn turn = files_.NextRead(true);
    if (turn == FaultyFiles::Turn::kFails) return Failed();
    IOStatus status = FSRandomAccessFileOwnerWrapper::Read(
        offset, n, options, result, scratch, debug);
    if (turn == FaultyFiles::Turn::kFlips && status.ok()) Flip(scratch, result);
    return status;
  }

  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count,
                     const IOOptions& options, IODebugContext* debug) override {
    for (size_t i = 0; i < count; ++i) {
      rocksdb::FSReadRequest& r = requests[i];
      r.status = Read(r.offset, r.len, options, &r.result, r.scratch, debug);
    }
    return IOStatus::OK();
  }

  // Else tables are read ahead, and reads are not counted.
  IOStatus Prefetch(uint64_t, size_t, const IOOptions&,
                    IODebugContext*) override {
    return IOStatus::NotSupported("Prefetch");
  }

 private:
  FaultyFiles& files_;
};

class WritableFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WritableFile(std::unique_ptr<rocksdb::FSWritableFile> file,
               FaultyFiles& files, bool is_log)
      : FSWritableFileOwnerWrapper(std::move(file)),
        files_(files),
        is_log_(is_log) {}

  IOStatus Append(const Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    const IOStatus next = files_.NextChange(ChangeFault::kWrite);
    if (!next.ok()) return next;
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    // No test pulls a plug: what is answered need not be done.
    return files_.NextChange(is_log_ ? ChangeFault::kSyncLog
                                     : ChangeFault::kSyncOther);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }

 private:
  FaultyFiles& files_;
  const bool is_log_;
};

class Folder : public rocksdb::FSDirectoryWrapper {
 public:
  Folder(std::unique_ptr<rocksdb::FSDirectory> folder, FaultyFiles& files)
      : FSDirectoryWrapper(std::move(folder)), files_(files) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return files_.NextChange(ChangeFault::kSyncFolder);
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  FaultyFiles& files_;
};

}  // namespace

void FaultyFiles::BreakChanges(ChangeFault fault, uint64_t first,
                               uint64_t count, ChangeError error) {
  change_count_ = 0;
  change_error_ = error;
  change_fault_ = fault;
  first_change_ = first;
  changes_ = 0;
  broken_changes_ = 0;
  change_count_ = count;
}

IOStatus FaultyFiles::NextChange(ChangeFault kind) {
  if (kind != change_fault_) return IOStatus::OK();
  const uint64_t change = changes_++;
  const uint64_t first = first_change_;
  if (change < first || change - first >= change_count_) return IOStatus::OK();
  ++broken_changes_;
  return change_error_ == ChangeError::kNoSpace
             ? IOStatus::NoSpace("change", "no space left on device")
             : IOStatus::IOError("change", "input/output error");
}

IOStatus FaultyFiles::NewWritableFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  const IOStatus next = NextChange(ChangeFault::kCreate);
  if (!next.ok()) return next;
  IOStatus status =
      FileSystemWrapper::NewWritableFile(name, options, file, debug);
  if (status.ok()) {
    *file = std::make_unique<WritableFile>(std::move(*file), *this,
                                           name.ends_with(".log"));
  }
  return status;
}

IOStatus FaultyFiles::NewDirectory(
    const std::string& name, const IOOptions& options,
    std::unique_ptr<rocksdb::FSDirectory>* folder, IODebugContext* debug) {
  IOStatus status =
      FileSystemWrapper::NewDirectory(name, options, folder, debug);
  if (status.ok()) {
    *folder = std::make_unique<Folder>(std::move(*folder), *this);
  }
  return status;
}

IOStatus FaultyFiles::RenameFile(const std::string& from, const std::string& to,
                                 const IOOptions& options,
                                 IODebugContext* debug) {
  const IOStatus next = NextChange(ChangeFault::kRename);
  if (!next.ok()) return next;
  return FileSystemWrapper::RenameFile(from, to, options, debug);
}

IOStatus FaultyFiles::LinkFile(const std::string& from, const std::string& to,
                               const IOOptions& options,
                               IODebugContext* debug) {
  const IOStatus next = NextChange(ChangeFault::kLink);
  if (!next.ok()) return next;
  return FileSystemWrapper::LinkFile(from, to, options, debug);
}

IOStatus FaultyFiles::CreateDir(const std::string& name,
                                const IOOptions& options,
                                IODebugContext* debug) {
  const IOStatus next = NextChange(ChangeFault::kMakeFolder);
  if (!next.ok()) return next;
  return FileSystemWrapper::CreateDir(name, options, debug);
}

IOStatus FaultyFiles::CreateDirIfMissing(const std::string& name,
                                         const IOOptions& options,
                                         IODebugContext* debug) {
  const IOStatus next = NextChange(ChangeFault::kMakeFolder);
  if (!next.ok()) return next;
  return FileSystemWrapper::CreateDirIfMissing(name, options, debug);
}

IOStatus FaultyFiles::DeleteFile(const std::string& name,
                                 const IOOptions& options,
                                 IODebugContext* debug) {
  const IOStatus next = NextChange(ChangeFault::kRemove);
  if (!next.ok()) return next;
  return FileSystemWrapper::DeleteFile(name, options, debug);
}

IOStatus FaultyFiles::DeleteDir(const std::string& name,
                                const IOOptions& options,
                                IODebugContext* debug) {
  const IOStatus next = NextChange(ChangeFault::kRemove);
  if (!next.ok()) return next;
  return FileSystemWrapper::DeleteDir(name, options, debug);
}

IOStatus FaultyFiles::GetChildren(const std::string& name,
                                  const IOOptions& options,
                                  std::vector<std::string>* names,
                                  IODebugContext* debug) {
  const IOStatus next = NextChange(ChangeFault::kLook);
  if (!next.ok()) return next;
  return FileSystemWrapper::GetChildren(name, options, names, debug);
}

IOStatus FaultyFiles::GetFileSize(const std::string& name,
                                  const IOOptions& options, uint64_t* bytes,
                                  IODebugContext* debug) {
  const IOStatus next = NextChange(ChangeFault::kLook);
  if (!next.ok()) return next;
  return FileSystemWrapper::GetFileSize(name, options, bytes, debug);
}

void FaultyFiles::Break(ReadFault fault, uint64_t first, uint64_t count) {
  count_ = 0;
  fault_ = fault;
  first_ = first;
  reads_ = 0;
  broken_ = 0;
  count_ = count;
}

FaultyFiles::Turn FaultyFiles::NextRead(bool of_table) {
  const uint64_t read = reads_++;
  if (read < first_ || read >= first_ + count_) return Turn::kGood;
  const bool flips = fault_ == ReadFault::kFlipInSst;
  if (flips && !of_table) return Turn::kGood;
  ++broken_;
  return flips ? Turn::kFlips : Turn::kFails;
}

IOStatus FaultyFiles::NewSequentialFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) {
  if (NextRead(false) != Turn::kGood) return Failed();
  IOStatus status =
      FileSystemWrapper::NewSequentialFile(name, options, file, debug);
  if (status.ok()) {
    *file = std::make_unique<SequentialFile>(std::move(*file), *this);
  }
  return status;
}

IOStatus FaultyFiles::NewRandomAccessFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* file, IODebugContext* debug) {
  if (NextRead(false) != Turn::kGood) return Failed();
  IOStatus status =
      FileSystemWrapper::NewRandomAccessFile(name, options, file, debug);
  if (status.ok()) {
    *file = std::make_unique<RandomAccessFile>(std::move(*file), *this);
  }
  return status;
}

IOStatus FaultyFiles::GetFreeSpace(const std::string&, const IOOptions&,
                                   uint64_t* free, IODebugContext*) {
  *free = free_bytes_;
  return IOStatus::OK();
}

}  // namespace roentgen::testing_support

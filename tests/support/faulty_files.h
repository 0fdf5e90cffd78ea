// A file system whose reads, writes and syncs fail when a test says so, and
// whose free space is what a test says.
//
// Threads: thread-safe.
#ifndef ROENTGEN_TESTS_SUPPORT_FAULTY_FILES_H_
#define ROENTGEN_TESTS_SUPPORT_FAULTY_FILES_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rocksdb/file_system.h"

namespace roentgen::testing_support {

enum class ReadFault {
  kFail,      // EIO.
  kFlipInSst  // A bit of what a read of a table file brings.
};

// What fails of what changes files. Nothing of it is done then.
enum class ChangeFault {
  kNothing,
  kCreate,     // Of a file.
  kWrite,      // To the end of a file.
  kSyncLog,    // Of a log.
  kSyncOther,  // Of another file.
  kRename,
  kSyncFolder,
  kLink,
  kMakeFolder,
  kRemove,  // A file or a folder.
  kLook     // At a folder, or at the size of a file: that changes nothing.
};

// What it fails with.
enum class ChangeError { kInput, kNoSpace };

class FaultyFiles : public rocksdb::FileSystemWrapper {
 public:
  FaultyFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultyFiles"; }

  // Of the reads from now on, counted from 0, `count` fail from `first` on.
  // Opening a file to read counts as one.
  void Break(ReadFault fault, uint64_t first, uint64_t count);
  void Heal() { Break(ReadFault::kFail, 0, 0); }
  // Since the last Break or Heal.
  uint64_t reads() const { return reads_; }
  // Reads that were broken, since the last Break or Heal.
  uint64_t broken() const { return broken_; }

  // The same of such changes.
  void BreakChanges(ChangeFault fault, uint64_t first, uint64_t count,
                    ChangeError error = ChangeError::kInput);
  void HealChanges() { BreakChanges(ChangeFault::kNothing, 0, 0); }
  // Of the kind that was given, since the last BreakChanges.
  uint64_t changes() const { return changes_; }
  uint64_t broken_changes() const { return broken_changes_; }

  void SetFreeBytes(uint64_t bytes) { free_bytes_ = bytes; }

  rocksdb::IOStatus NewSequentialFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSSequentialFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomAccessFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name,
                                 const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* folder,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDir(const std::string& name,
                              const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& name,
                                       const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteDir(const std::string& name,
                              const rocksdb::IOOptions& options,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetChildren(const std::string& name,
                                const rocksdb::IOOptions& options,
                                std::vector<std::string>* names,
                                rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFileSize(const std::string& name,
                                const rocksdb::IOOptions& options,
                                uint64_t* bytes,
                                rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFreeSpace(const std::string& path,
                                 const rocksdb::IOOptions& options,
                                 uint64_t* free,
                                 rocksdb::IODebugContext* debug) override;

  // For the files.
  enum class Turn { kGood, kFails, kFlips };
  Turn NextRead(bool of_table);
  // OK: it is to be done.
  rocksdb::IOStatus NextChange(ChangeFault kind);

 private:
  std::atomic<uint64_t> reads_{0};
  std::atomic<uint64_t> broken_{0};
  std::atomic<ReadFault> fault_{ReadFault::kFail};
  std::atomic<uint64_t> first_{0};
  std::atomic<uint64_t> count_{0};
  std::atomic<ChangeFault> change_fault_{ChangeFault::kNothing};
  std::atomic<ChangeError> change_error_{ChangeError::kInput};
  std::atomic<uint64_t> changes_{0};
  std::atomic<uint64_t> broken_changes_{0};
  std::atomic<uint64_t> first_change_{0};
  std::atomic<uint64_t> change_count_{0};
  std::atomic<uint64_t> free_bytes_{uint64_t{1} << 40};
};

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_FAULTY_FILES_H_

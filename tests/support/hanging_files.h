// A file system whose syncs of logs hang for as long as a test wants.
//
// Threads: thread-safe.
#ifndef ROENTGEN_TESTS_SUPPORT_HANGING_FILES_H_
#define ROENTGEN_TESTS_SUPPORT_HANGING_FILES_H_

#include <memory>
#include <string>

#include "base/mutex.h"
#include "rocksdb/file_system.h"

namespace roentgen::testing_support {

class HangingFiles : public rocksdb::FileSystemWrapper {
 public:
  HangingFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "HangingFiles"; }

  // From now on, until Release.
  void Hang();
  void Release();
  // Returns once a sync hangs.
  void WaitUntilOneHangs();

  rocksdb::IOStatus NewWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;

  // For the files.
  void PassSync();

 private:
  Mutex mu_;
  CondVar changed_;
  bool hangs_ RTG_GUARDED_BY(mu_) = false;
  int hanging_ RTG_GUARDED_BY(mu_) = 0;
};

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_HANGING_FILES_H_

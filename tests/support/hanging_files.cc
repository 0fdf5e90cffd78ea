#include "tests/support/hanging_files.h"

#include <utility>

namespace roentgen::testing_support {
namespace {

class LogFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  LogFile(std::unique_ptr<rocksdb::FSWritableFile> file, HangingFiles& files)
      : FSWritableFileOwnerWrapper(std::move(file)), files_(files) {}

  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    files_.PassSync();
    return FSWritableFileOwnerWrapper::Sync(options, debug);
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                          rocksdb::IODebugContext* debug) override {
    files_.PassSync();
    return FSWritableFileOwnerWrapper::Fsync(options, debug);
  }

 private:
  HangingFiles& files_;
};

}  // namespace

void HangingFiles::Hang() {
  MutexLock lock(mu_);
  hangs_ = true;
}

void HangingFiles::Release() {
  MutexLock lock(mu_);
  hangs_ = false;
  changed_.NotifyAll();
}

void HangingFiles::WaitUntilOneHangs() {
  MutexLock lock(mu_);
  while (hanging_ == 0) changed_.Wait(mu_);
}

void HangingFiles::PassSync() {
  MutexLock lock(mu_);
  ++hanging_;
  if (hangs_) changed_.NotifyAll();
  while (hangs_) changed_.Wait(mu_);
  --hanging_;
}

rocksdb::IOStatus HangingFiles::NewWritableFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file,
    rocksdb::IODebugContext* debug) {
  rocksdb::IOStatus status =
      FileSystemWrapper::NewWritableFile(name, options, file, debug);
  if (status.ok() && name.ends_with(".log")) {
    *file = std::make_unique<LogFile>(std::move(*file), *this);
  }
  return status;
}

}  // namespace roentgen::testing_support

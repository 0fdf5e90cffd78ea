// A file system under which the bytes of all files are encrypted: those above
// it see them plain, and no prefix.
//
//   auto files = std::make_shared<EncryptedFiles>(below, keys, adopt);
//
// Each file has its own key, in a prefix (file_prefix.h) that is on the disk
// before its first byte. So a file that a power cut left without its prefix
// never had any, and reads as empty. A file without the prefix that has bytes
// is damage to whoever reads it.
//
// Names, links and folders are those of the file system below. What would
// encrypt other bytes with the same part of a file's key stream is refused
// (NotSupported): appending to a file that was closed, overwriting, recycling;
// so are direct reads and writes, and mapping into memory. RocksDB asks for
// none of that with this store's options.
//
// Threads: thread-safe; its files as RocksDB's.
#ifndef ROENTGEN_STORAGE_FILES_ENCRYPTED_FILES_H_
#define ROENTGEN_STORAGE_FILES_ENCRYPTED_FILES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "rocksdb/file_system.h"
#include "storage/files/file_cipher.h"
#include "storage/files/file_prefix.h"
#include "storage/files/master_keys.h"

namespace roentgen::storage {

// The beginning of a file, as it lies on the disk.
struct FileBegin {
  PrefixKind kind = PrefixKind::kEmpty;
  uint64_t size = 0;   // With the prefix, if it has one.
  std::string prefix;  // kPrefixBytes at most.
};
rocksdb::IOStatus ReadFileBegin(rocksdb::FileSystem& files,
                                const std::string& path, FileBegin* begin);

class EncryptedFiles : public rocksdb::FileSystemWrapper {
 public:
  // Called before the first file is made under a key, until it succeeds.
  using Adopt = std::function<absl::Status(const MasterKey& key)>;

  EncryptedFiles(std::shared_ptr<rocksdb::FileSystem> below,
                 std::shared_ptr<const MasterKeys> keys, Adopt adopt);
  const char* Name() const override { return "EncryptedFiles"; }

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
  rocksdb::IOStatus ReopenWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(
      const std::string& name, const std::string& old_name,
      const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomRWFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSRandomRWFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewMemoryMappedFileBuffer(
      const std::string& name,
      std::unique_ptr<rocksdb::MemoryMappedFileBuffer>* buffer) override;
  rocksdb::IOStatus NewLogger(const std::string& name,
                              const rocksdb::IOOptions& options,
                              std::shared_ptr<rocksdb::Logger>* logger,
                              rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Truncate(const std::string& name, size_t size,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFileSize(const std::string& name,
                                const rocksdb::IOOptions& options,
                                uint64_t* size,
                                rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetChildrenFileAttributes(
      const std::string& folder, const rocksdb::IOOptions& options,
      std::vector<rocksdb::FileAttributes>* attributes,
      rocksdb::IODebugContext* debug) override;

 private:
  // Null: it reads as empty.
  rocksdb::IOStatus CipherOf(const std::string& name,
                             std::shared_ptr<const FileCipher>* cipher);
  rocksdb::IOStatus Adopted(const MasterKey& key);

  const std::shared_ptr<const MasterKeys> keys_;
  const Adopt adopt_;
  Mutex mu_;
  std::set<std::string> adopted_ RTG_GUARDED_BY(mu_);  // By what tells them.
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_FILES_ENCRYPTED_FILES_H_

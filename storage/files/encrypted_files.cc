#include "storage/files/encrypted_files.h"

#include <algorithm>
#include <utility>

namespace roentgen::storage {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

using Cipher = std::shared_ptr<const FileCipher>;

IOStatus NotWith(const char* what) {
  return IOStatus::NotSupported("encrypted files", what);
}

IOStatus CheckOptions(const FileOptions& options) {
  if (options.use_direct_reads || options.use_direct_writes) {
    return NotWith("direct input and output");
  }
  if (options.use_mmap_reads) return NotWith("mapping into memory");
  return IOStatus::OK();
}

// `read`: what a file gave, in `scratch` or elsewhere; plain and in `scratch`
// afterwards.
IOStatus Decrypt(const FileCipher& cipher, uint64_t offset, char* scratch,
                 Slice* read) {
  if (!cipher.Apply(offset, read->data(), scratch, read->size())) {
    return IOStatus::IOError("OpenSSL does not decrypt");
  }
  *read = Slice(scratch, read->size());
  return IOStatus::OK();
}

class SequentialFile : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  // `cipher` null: it is empty.
  SequentialFile(std::unique_ptr<rocksdb::FSSequentialFile> file, Cipher cipher)
      : FSSequentialFileOwnerWrapper(std::move(file)),
        cipher_(std::move(cipher)) {}

  IOStatus Read(size_t n, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* debug) override {
    *result = Slice();
    if (cipher_ == nullptr) return IOStatus::OK();
    IOStatus status =
        FSSequentialFileOwnerWrapper::Read(n, options, result, scratch, debug);
    if (!status.ok()) return status;
    status = Decrypt(*cipher_, at_, scratch, result);
    at_ += result->size();
    return status;
  }
  IOStatus Skip(uint64_t n) override {
    if (cipher_ == nullptr) return IOStatus::OK();
    at_ += n;
    return FSSequentialFileOwnerWrapper::Skip(n);
  }
  // It is for direct reads only.
  IOStatus PositionedRead(uint64_t, size_t, const IOOptions&, Slice*, char*,
                          IODebugContext*) override {
    return NotWith("direct input and output");
  }
  IOStatus InvalidateCache(size_t offset, size_t length) override {
    return FSSequentialFileOwnerWrapper::InvalidateCache(offset + kPrefixBytes,
                                                         length);
  }

 private:
  const Cipher cipher_;
  uint64_t at_ = 0;
};

class RandomAccessFile : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  RandomAccessFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file,
                   Cipher cipher)
      : FSRandomAccessFileOwnerWrapper(std::move(file)),
        cipher_(std::move(cipher)) {}

  IOStatus Read(uint64_t offset, size_t n, const IOOptions& options,
                Slice* result, char* scratch,
                IODebugContext* debug) const override {
    *result = Slice();
    if (cipher_ == nullptr) return IOStatus::OK();
    IOStatus status = FSRandomAccessFileOwnerWrapper::Read(
        offset + kPrefixBytes, n, options, result, scratch, debug);
    if (!status.ok()) return status;
    return Decrypt(*cipher_, offset, scratch, result);
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count,
                     const IOOptions& options, IODebugContext* debug) override {
    if (cipher_ == nullptr) {
      // One after the other, which are all empty.
      return FSRandomAccessFile::MultiRead(requests, count, options, debug);
    }
    for (size_t i = 0; i < count; ++i) requests[i].offset += kPrefixBytes;
    IOStatus status = FSRandomAccessFileOwnerWrapper::MultiRead(requests, count,
                                                                options, debug);
    for (size_t i = 0; i < count; ++i) {
      rocksdb::FSReadRequest& request = requests[i];
      request.offset -= kPrefixBytes;
      if (!status.ok() || !request.status.ok()) continue;
      request.status =
          Decrypt(*cipher_, request.offset, request.scratch, &request.result);
    }
    return status;
  }
  IOStatus Prefetch(uint64_t offset, size_t n, const IOOptions& options,
                    IODebugContext* debug) override {
    return FSRandomAccessFileOwnerWrapper::Prefetch(offset + kPrefixBytes, n,
                                                    options, debug);
  }
  IOStatus InvalidateCache(size_t offset, size_t length) override {
    return FSRandomAccessFileOwnerWrapper::InvalidateCache(
        offset + kPrefixBytes, length);
  }
  // By Read, at once.
  IOStatus ReadAsync(
      rocksdb::FSReadRequest& request, const IOOptions& options,
      std::function<void(const rocksdb::FSReadRequest&, void*)> done,
      void* argument, void** handle, rocksdb::IOHandleDeleter* deleter,
      IODebugContext* debug) override {
    return FSRandomAccessFile::ReadAsync(request, options, std::move(done),
                                         argument, handle, deleter, debug);
  }

 private:
  const Cipher cipher_;
};

class WritableFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WritableFile(std::unique_ptr<rocksdb::FSWritableFile> file, Cipher cipher)
      : FSWritableFileOwnerWrapper(std::move(file)),
        cipher_(std::move(cipher)) {}

  IOStatus Append(const Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    // After an error nobody knows where the file ends: what came then would
    // not decrypt, or take the place of other bytes.
    if (failed_) return IOStatus::IOError("an earlier append failed");
    for (size_t done = 0; done < data.size();) {
      const size_t step = std::min(data.size() - done, kStepBytes);
      encrypted_.resize(std::max(encrypted_.size(), step));
      if (!cipher_->Apply(size_, data.data() + done, encrypted_.data(), step)) {
        failed_ = true;
        return IOStatus::IOError("OpenSSL does not encrypt");
      }
      IOStatus status = FSWritableFileOwnerWrapper::Append(
          Slice(encrypted_.data(), step), options, debug);
      if (!status.ok()) {
        failed_ = true;
        return status;
      }
      size_ += step;
      done += step;
    }
    return IOStatus::OK();
  }
  // The checksum is of other bytes than those that go to the disk.
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&,
                            IODebugContext*) override {
    return NotWith("overwriting");
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&,
                            const rocksdb::DataVerificationInfo&,
                            IODebugContext*) override {
    return NotWith("overwriting");
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options,
                    IODebugContext* debug) override {
    if (size > size_) return NotWith("truncating to more than there is");
    // What would be appended then would have the key stream of what went.
    if (size < size_) failed_ = true;
    return FSWritableFileOwnerWrapper::Truncate(size + kPrefixBytes, options,
                                                debug);
  }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    return size_;
  }
  IOStatus InvalidateCache(size_t offset, size_t length) override {
    return FSWritableFileOwnerWrapper::InvalidateCache(offset + kPrefixBytes,
                                                       length);
  }
  IOStatus RangeSync(uint64_t offset, uint64_t size, const IOOptions& options,
                     IODebugContext* debug) override {
    return FSWritableFileOwnerWrapper::RangeSync(offset + kPrefixBytes, size,
                                                 options, debug);
  }
  void PrepareWrite(size_t offset, size_t size, const IOOptions& options,
                    IODebugContext* debug) override {
    FSWritableFileOwnerWrapper::PrepareWrite(offset + kPrefixBytes, size,
                                             options, debug);
  }
  IOStatus Allocate(uint64_t offset, uint64_t size, const IOOptions& options,
                    IODebugContext* debug) override {
    return FSWritableFileOwnerWrapper::Allocate(offset + kPrefixBytes, size,
                                                options, debug);
  }

 private:
  static constexpr size_t kStepBytes = 1 << 20;

  const Cipher cipher_;
  std::string encrypted_;
  uint64_t size_ = 0;
  bool failed_ = false;
};

}  // namespace

IOStatus ReadFileBegin(rocksdb::FileSystem& files, const std::string& path,
                       FileBegin* begin) {
  *begin = FileBegin();
  IOStatus status = files.GetFileSize(path, IOOptions(), &begin->size, nullptr);
  if (!status.ok() || begin->size == 0) return status;
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  status = files.NewSequentialFile(path, FileOptions(), &file, nullptr);
  if (!status.ok()) return status;
  std::string buffer(kPrefixBytes, '\0');
  while (begin->prefix.size() < kPrefixBytes) {
    Slice part;
    status = file->Read(kPrefixBytes - begin->prefix.size(), IOOptions(), &part,
                        buffer.data(), nullptr);
    if (!status.ok()) return status;
    if (part.empty()) break;
    begin->prefix.append(part.data(), part.size());
  }
  // It may have grown meanwhile.
  begin->size = begin->prefix.size() < kPrefixBytes
                    ? begin->prefix.size()
                    : std::max<uint64_t>(begin->size, kPrefixBytes);
  begin->kind = KindOfFile(begin->prefix, begin->size);
  return status;
}

EncryptedFiles::EncryptedFiles(std::shared_ptr<rocksdb::FileSystem> below,
                               std::shared_ptr<const MasterKeys> keys,
                               Adopt adopt)
    : FileSystemWrapper(std::move(below)),
      keys_(std::move(keys)),
      adopt_(std::move(adopt)) {}

IOStatus EncryptedFiles::CipherOf(const std::string& name, Cipher* cipher) {
  cipher->reset();
  FileBegin begin;
  IOStatus status = ReadFileBegin(*target(), name, &begin);
  if (!status.ok() || begin.kind == PrefixKind::kEmpty) return status;
  if (begin.kind == PrefixKind::kPlain) {
    return IOStatus::Corruption(name,
                                "is not encrypted, or its prefix is damaged");
  }
  absl::StatusOr<OpenedPrefix> opened = OpenPrefix(begin.prefix, *keys_->Get());
  if (!opened.ok()) {
    const std::string why(opened.status().message());
    return absl::IsDataLoss(opened.status()) ? IOStatus::Corruption(name, why)
                                             : IOStatus::IOError(name, why);
  }
  *cipher = std::make_shared<const FileCipher>(std::move(opened->key));
  return status;
}

IOStatus EncryptedFiles::Adopted(const MasterKey& key) {
  MutexLock lock(mu_);
  if (adopted_.contains(key.check())) return IOStatus::OK();
  const absl::Status adopted = adopt_(key);
  if (!adopted.ok()) {
    return IOStatus::IOError("a new master key cannot be used",
                             std::string(adopted.message()));
  }
  adopted_.insert(key.check());
  return IOStatus::OK();
}

IOStatus EncryptedFiles::NewSequentialFile(
    const std::string& name, const FileOptions& options,
    std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) {
  file->reset();
  IOStatus status = CheckOptions(options);
  std::unique_ptr<rocksdb::FSSequentialFile> below;
  // First: it says best that there is none.
  if (status.ok()) {
    status = target()->NewSequentialFile(name, options, &below, debug);
  }
  Cipher cipher;
  if (status.ok()) status = CipherOf(name, &cipher);
  if (status.ok() && cipher != nullptr) status = below->Skip(kPrefixBytes);
  if (!status.ok()) return status;
  *file = std::make_unique<SequentialFile>(std::move(below), std::move(cipher));
  return status;
}

IOStatus EncryptedFiles::NewRandomAccessFile(
    const std::string& name, const FileOptions& options,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* file, IODebugContext* debug) {
  file->reset();
  IOStatus status = CheckOptions(options);
  std::unique_ptr<rocksdb::FSRandomAccessFile> below;
  if (status.ok()) {
    status = target()->NewRandomAccessFile(name, options, &below, debug);
  }
  Cipher cipher;
  if (status.ok()) status = CipherOf(name, &cipher);
  if (!status.ok()) return status;
  *file =
      std::make_unique<RandomAccessFile>(std::move(below), std::move(cipher));
  return status;
}

IOStatus EncryptedFiles::NewWritableFile(
    const std::string& name, const FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  file->reset();
  IOStatus status = CheckOptions(options);
  const std::shared_ptr<const MasterKeySet> keys = keys_->Get();
  if (status.ok()) status = Adopted(keys->current());
  std::unique_ptr<rocksdb::FSWritableFile> below;
  if (status.ok()) {
    FileOptions plainly = options;
    // The file would be longer than what is in it, as long as it is open.
    plainly.use_mmap_writes = false;
    status = target()->NewWritableFile(name, plainly, &below, debug);
  }
  if (!status.ok()) return status;
  FileKey key = FileKey::New();
  status = below->Append(MakePrefix(key, keys->current()), IOOptions(), debug);
  if (status.ok()) status = below->Sync(IOOptions(), debug);
  if (!status.ok()) return status;
  *file = std::make_unique<WritableFile>(
      std::move(below), std::make_shared<const FileCipher>(std::move(key)));
  return status;
}

IOStatus EncryptedFiles::ReopenWritableFile(
    const std::string&, const FileOptions&,
    std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) {
  return NotWith("opening a file again to write");
}

IOStatus EncryptedFiles::ReuseWritableFile(
    const std::string&, const std::string&, const FileOptions&,
    std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) {
  return NotWith("recycling of files");
}

IOStatus EncryptedFiles::NewRandomRWFile(
    const std::string&, const FileOptions&,
    std::unique_ptr<rocksdb::FSRandomRWFile>*, IODebugContext*) {
  return NotWith("overwriting");
}

IOStatus EncryptedFiles::NewMemoryMappedFileBuffer(
    const std::string&, std::unique_ptr<rocksdb::MemoryMappedFileBuffer>*) {
  return NotWith("mapping into memory");
}

IOStatus EncryptedFiles::NewLogger(const std::string&, const IOOptions&,
                                   std::shared_ptr<rocksdb::Logger>*,
                                   IODebugContext*) {
  return NotWith("a log of RocksDB's");
}

IOStatus EncryptedFiles::Truncate(const std::string&, size_t, const IOOptions&,
                                  IODebugContext*) {
  return NotWith("truncating a file that is closed");
}

IOStatus EncryptedFiles::GetFileSize(const std::string& name,
                                     const IOOptions& options, uint64_t* size,
                                     IODebugContext* debug) {
  IOStatus status = target()->GetFileSize(name, options, size, debug);
  if (!status.ok() || *size == 0) return status;
  bool is_folder = false;
  status = target()->IsDirectory(name, options, &is_folder, debug);
  if (!status.ok() || is_folder) return status;
  FileBegin begin;
  status = ReadFileBegin(*target(), name, &begin);
  if (!status.ok()) return status;
  // What is plain is an error to its readers only.
  *size = begin.kind == PrefixKind::kEmpty       ? 0
          : begin.kind == PrefixKind::kEncrypted ? begin.size - kPrefixBytes
                                                 : begin.size;
  return status;
}

IOStatus EncryptedFiles::GetChildrenFileAttributes(
    const std::string& folder, const IOOptions& options,
    std::vector<rocksdb::FileAttributes>* attributes, IODebugContext* debug) {
  // By GetChildren and GetFileSize.
  return rocksdb::FileSystem::GetChildrenFileAttributes(folder, options,
                                                        attributes, debug);
}

}  // namespace roentgen::storage

// AES-256 in counter mode over a file's bytes, from any of them on.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_FILES_FILE_CIPHER_H_
#define ROENTGEN_STORAGE_FILES_FILE_CIPHER_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "storage/files/file_prefix.h"

namespace roentgen::storage {

class FileCipher {
 public:
  explicit FileCipher(FileKey key) : key_(std::move(key)) {}

  // Encrypts or decrypts, which is the same, `size` bytes of the file from
  // `offset` on. `out` may be `in`. False: the library refuses.
  [[nodiscard]] bool Apply(uint64_t offset, const char* in, char* out,
                           size_t size) const;

 private:
  const FileKey key_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_FILES_FILE_CIPHER_H_

// What stands before the bytes of an encrypted file: which it is, and its own
// key, wrapped.
//
//   0     magic, 16 bytes, the last of which is the version
//   512   slot 0
//   1024  slot 1
//   4096  the file's bytes, encrypted
//
// All else is zero. A slot is within one sector, which a disk writes whole:
//
//   0    magic of slots, 8 bytes
//   8    generation, 4 bytes, the lowest first
//   12   length of the master key's id, 1 byte, and the id
//   80   the file's id, 16 random bytes
//   96   nonce of the wrapping, 12 bytes
//   108  wrapped key and nonce of the file (32 and 16 bytes)
//   156  tag, 16 bytes
//
// AES-256-GCM wraps, with magic, version and all of the slot before its nonce
// as associated data. A new file has its key in both slots: one that is damaged
// does no harm. Wrapped again is one slot after the other, with a higher
// generation; whoever reads takes the highest that authenticates.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_FILES_FILE_PREFIX_H_
#define ROENTGEN_STORAGE_FILES_FILE_PREFIX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/files/master_keys.h"
#include "storage/files/secret.h"

namespace roentgen::storage {

// Its own block: readers that want whole ones find the file's aligned.
inline constexpr size_t kPrefixBytes = 4096;
inline constexpr int kPrefixSlots = 2;

struct FileKey {
  static constexpr size_t kKeyBytes = 32;
  static constexpr size_t kNonceBytes = 16;

  // A random one.
  static FileKey New();

  std::string file_id;  // 16 bytes; no secret.
  Secret secret;        // The key, then the nonce.
};

enum class PrefixKind {
  kEmpty,  // It reads as empty: no byte of it was ever written.
  kEncrypted,
  kPlain  // Not of ours.
};
// `begin`: the first kPrefixBytes of a file of `size` bytes, or all of it. A
// power cut may have torn what was not synced when the file was made.
PrefixKind KindOfFile(std::string_view begin, uint64_t size);

struct OpenedPrefix {
  FileKey key;
  uint32_t generation = 0;
  int slot = 0;  // It was read from this one.
  // The master keys of the slots; empty: the slot is damaged or needs a key
  // that is not given.
  std::array<std::string, kPrefixSlots> key_ids;
};
// `prefix`: of an encrypted file, kPrefixBytes. Errors: FailedPrecondition,
// naming the key, when it needs one that is not among `keys`; DataLoss when it
// is damaged.
absl::StatusOr<OpenedPrefix> OpenPrefix(std::string_view prefix,
                                        const MasterKeySet& keys);

// Of a new file.
std::string MakePrefix(const FileKey& key, const MasterKey& master);
// A slot alone, and where it stands.
std::string MakeSlot(const FileKey& key, const MasterKey& master,
                     uint32_t generation);
uint64_t OffsetOfSlot(int slot);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_FILES_FILE_PREFIX_H_

#include "storage/files/secret.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "openssl/crypto.h"
#include "openssl/rand.h"

#if defined(__SANITIZE_ADDRESS__)
#define ROENTGEN_LEAK_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ROENTGEN_LEAK_SANITIZER
#endif
#endif
#ifdef ROENTGEN_LEAK_SANITIZER
#include <sanitizer/lsan_interface.h>
#endif

namespace roentgen::storage {
namespace {

// Not less than a key takes: each has room of its own.
constexpr size_t kPieceBytes = 64;

// The leak sanitizer does not look into that memory by itself: what only
// OpenSSL's objects in it point to, as the state of random numbers, would be
// taken for lost.
void ShowToSanitizer() {
#ifdef ROENTGEN_LEAK_SANITIZER
  void* const any = OPENSSL_secure_malloc(kPieceBytes);
  if (any == nullptr) return;
  constexpr size_t kBytes = limits::kSecretMemoryBytes;
  // Wherever in it the piece is; what is not mapped is not looked at.
  __lsan_register_root_region(static_cast<char*>(any) - kBytes, 2 * kBytes);
  OPENSSL_secure_free(any);
#endif
}

// OpenSSL's: between pages that nobody may touch.
bool SetUpMemory() {
  if (CRYPTO_secure_malloc_initialized() != 0) return true;
  const int made =
      CRYPTO_secure_malloc_init(limits::kSecretMemoryBytes, kPieceBytes);
  if (made != 1) {
    LogWarn(
        "memory for keys cannot be locked: the system may write it to swap; "
        "allow it, as with LimitMEMLOCK",
        {{"bytes", limits::kSecretMemoryBytes}});
  }
  ShowToSanitizer();
  return true;
}

unsigned char* Allocate(size_t size) {
  static const bool done = SetUpMemory();
  static_cast<void>(done);
  void* bytes = OPENSSL_secure_zalloc(size);
  // So many files are open that there is no such memory left.
  if (bytes == nullptr) bytes = OPENSSL_zalloc(size);
  if (bytes == nullptr) std::abort();
  return static_cast<unsigned char*>(bytes);
}

}  // namespace

Secret::Secret(size_t size) : bytes_(Allocate(size)), size_(size) {}

Secret Secret::CopyOf(std::string_view bytes) {
  Secret out(bytes.size());
  std::memcpy(out.bytes_, bytes.data(), bytes.size());
  return out;
}

Secret Secret::Random(size_t size) {
  Secret out(size);
  // Without randomness there is no key.
  if (RAND_priv_bytes(out.bytes_, static_cast<int>(size)) != 1) std::abort();
  // What made it is not kept by threads that need it once in a while, as
  // RocksDB's, which may outlive the library.
  OPENSSL_thread_stop();
  return out;
}

Secret::~Secret() {
  // It knows which memory it is of.
  if (bytes_ != nullptr) OPENSSL_secure_clear_free(bytes_, size_);
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace roentgen::storage

#include "storage/files/file_cipher.h"

#include <algorithm>
#include <array>
#include <memory>

#include "openssl/evp.h"

namespace roentgen::storage {
namespace {

constexpr size_t kBlockBytes = 16;
// What OpenSSL takes at once; a multiple of a block.
constexpr size_t kStepBytes = size_t{1} << 30;

using Block = std::array<unsigned char, kBlockBytes>;

// The counter of block `block`: the nonce, as a number, plus that.
Block CounterOf(const unsigned char* nonce, uint64_t block) {
  Block counter;
  std::copy_n(nonce, kBlockBytes, counter.begin());
  uint64_t carry = 0;
  for (size_t i = kBlockBytes; i-- > 0;) {
    const uint64_t sum = counter[i] + (block & 255) + carry;
    counter[i] = static_cast<unsigned char>(sum);
    carry = sum >> 8;
    block >>= 8;
  }
  return counter;
}

const EVP_CIPHER* Cipher() {
  // Looked up once; lives as long as the process.
  static const EVP_CIPHER* const cipher =
      EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
  return cipher;
}

}  // namespace

bool FileCipher::Apply(uint64_t offset, const char* in, char* out,
                       size_t size) const {
  // One for each call: what OpenSSL makes of the key is in no locked memory,
  // and is cleared with it.
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(
      EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const unsigned char* key = key_.secret.data();
  const Block counter =
      CounterOf(key + FileKey::kKeyBytes, offset / kBlockBytes);
  if (context == nullptr || EVP_EncryptInit_ex2(context.get(), Cipher(), key,
                                                counter.data(), nullptr) != 1) {
    return false;
  }
  const auto apply = [&](const void* from, void* to, size_t bytes) {
    int done = 0;
    return EVP_EncryptUpdate(context.get(), static_cast<unsigned char*>(to),
                             &done, static_cast<const unsigned char*>(from),
                             static_cast<int>(bytes)) == 1;
  };
  // It begins within a block.
  Block skipped{};
  const size_t skip = offset % kBlockBytes;
  if (skip != 0 && !apply(skipped.data(), skipped.data(), skip)) return false;
  for (size_t done = 0; done < size;) {
    const size_t step = std::min(size - done, kStepBytes);
    if (!apply(in + done, out + done, step)) return false;
    done += step;
  }
  return true;
}

}  // namespace roentgen::storage

#include "storage/files/file_prefix.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "base/limits.h"
#include "openssl/crypto.h"
#include "openssl/evp.h"
#include "openssl/rand.h"

namespace roentgen::storage {
namespace {

constexpr std::string_view kMagic("\xd5roentgen-file\r\n\1", 16);
constexpr std::string_view kSlotMagic("rtg-key\1", 8);

constexpr size_t kSectorBytes = 512;
constexpr size_t kGenerationAt = kSlotMagic.size();
constexpr size_t kIdLengthAt = kGenerationAt + 4;
constexpr size_t kFileIdAt = 80;
constexpr size_t kFileIdBytes = 16;
constexpr size_t kNonceAt = kFileIdAt + kFileIdBytes;
constexpr size_t kNonceBytes = 12;
constexpr size_t kWrappedAt = kNonceAt + kNonceBytes;
constexpr size_t kWrappedBytes = FileKey::kKeyBytes + FileKey::kNonceBytes;
constexpr size_t kTagAt = kWrappedAt + kWrappedBytes;
constexpr size_t kTagBytes = 16;
constexpr size_t kSlotBytes = kTagAt + kTagBytes;
static_assert(kIdLengthAt + 1 + limits::kMasterKeyIdCharsMax <= kFileIdAt);
static_assert(kSlotBytes <= kSectorBytes);

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

using Context = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;
Context NewContext() { return {EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free}; }

std::string RandomBytes(size_t size) {
  std::string out(size, '\0');
  if (RAND_bytes(Bytes(out), static_cast<int>(size)) != 1) std::abort();
  OPENSSL_thread_stop();  // See Secret::Random.
  return out;
}

std::string AssociatedData(std::string_view slot) {
  return std::string(kMagic) + std::string(slot.substr(0, kNonceAt));
}

std::string_view SlotOf(std::string_view prefix, int slot) {
  return prefix.substr(OffsetOfSlot(slot), kSlotBytes);
}

bool HasSlotMagic(std::string_view prefix, int slot) {
  return prefix.size() >= OffsetOfSlot(slot) + kSlotBytes &&
         SlotOf(prefix, slot).starts_with(kSlotMagic);
}

bool IsZeros(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == bytes.npos;
}

std::string_view KeyIdOf(std::string_view slot) {
  const size_t length = static_cast<unsigned char>(slot[kIdLengthAt]);
  return slot.substr(kIdLengthAt + 1,
                     std::min(length, limits::kMasterKeyIdCharsMax));
}

uint32_t GenerationOf(std::string_view slot) {
  uint32_t generation = 0;
  for (int i = 3; i >= 0; --i) {
    generation = generation << 8 | Bytes(slot)[kGenerationAt + i];
  }
  return generation;
}

// Nothing: it does not authenticate.
std::optional<Secret> Unwrap(std::string_view slot, const MasterKey& master) {
  const Context context = NewContext();
  const std::string with = AssociatedData(slot);
  Secret out(kWrappedBytes);
  std::string tag(slot.substr(kTagAt, kTagBytes));
  int size = 0;
  if (EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                         master.wrapping().data(),
                         Bytes(slot) + kNonceAt) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &size, Bytes(with),
                        static_cast<int>(with.size())) != 1 ||
      EVP_DecryptUpdate(context.get(), out.data(), &size,
                        Bytes(slot) + kWrappedAt, kWrappedBytes) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes,
                          tag.data()) != 1 ||
      EVP_DecryptFinal_ex(context.get(), out.data() + size, &size) != 1) {
    return std::nullopt;
  }
  return out;
}

}  // namespace

FileKey FileKey::New() {
  return {.file_id = RandomBytes(kFileIdBytes),
          .secret = Secret::Random(kWrappedBytes)};
}

uint64_t OffsetOfSlot(int slot) {
  return kSectorBytes * (1 + static_cast<uint64_t>(slot));
}

PrefixKind KindOfFile(std::string_view begin, uint64_t size) {
  // No byte of a file is written before its prefix is on the disk.
  const std::string_view prefix = begin.substr(0, kPrefixBytes);
  if (size <= kPrefixBytes && IsZeros(prefix)) return PrefixKind::kEmpty;
  const std::string_view magic = kMagic.substr(0, prefix.size());
  if (size < kPrefixBytes) {
    return prefix.starts_with(magic) ? PrefixKind::kEmpty : PrefixKind::kPlain;
  }
  const bool has_slot = HasSlotMagic(prefix, 0) || HasSlotMagic(prefix, 1);
  if (has_slot) return PrefixKind::kEncrypted;
  if (!prefix.starts_with(magic)) return PrefixKind::kPlain;
  return size == kPrefixBytes ? PrefixKind::kEmpty : PrefixKind::kEncrypted;
}

absl::StatusOr<OpenedPrefix> OpenPrefix(std::string_view prefix,
                                        const MasterKeySet& keys) {
  std::optional<OpenedPrefix> best;
  std::array<std::string, kPrefixSlots> key_ids;
  std::set<std::string> missing;
  for (int i = 0; i < kPrefixSlots; ++i) {
    if (!HasSlotMagic(prefix, i)) continue;
    const std::string_view slot = SlotOf(prefix, i);
    const MasterKey* master = keys.Find(KeyIdOf(slot));
    if (master == nullptr) {
      missing.emplace(KeyIdOf(slot));
      continue;
    }
    std::optional<Secret> secret = Unwrap(slot, *master);
    if (!secret) continue;
    key_ids[static_cast<size_t>(i)] = master->id();
    const uint32_t generation = GenerationOf(slot);
    if (best && best->generation >= generation) continue;
    best = OpenedPrefix{
        .key = {.file_id = std::string(slot.substr(kFileIdAt, kFileIdBytes)),
                .secret = *std::move(secret)},
        .generation = generation,
        .slot = i,
        .key_ids = {}};
  }
  if (best) {
    best->key_ids = std::move(key_ids);
    return *std::move(best);
  }
  if (!missing.empty()) {
    return absl::FailedPreconditionError(
        "it is encrypted under the master key '" + *missing.begin() +
        "', which is not among those given: " + keys.IdText());
  }
  return absl::DataLossError("its encryption prefix is damaged");
}

std::string MakeSlot(const FileKey& key, const MasterKey& master,
                     uint32_t generation) {
  std::string slot(kSlotMagic);
  for (int i = 0; i < 4; ++i) {
    slot += static_cast<char>(generation >> (8 * i) & 255);
  }
  slot += static_cast<char>(master.id().size());
  slot += master.id();
  slot.resize(kFileIdAt, '\0');
  slot += key.file_id;
  const std::string with = AssociatedData(slot);
  slot += RandomBytes(kNonceBytes);
  slot.resize(kSlotBytes, '\0');
  const Context context = NewContext();
  int size = 0;
  // Fails only when the library cannot work at all.
  if (EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                         master.wrapping().data(),
                         Bytes(slot) + kNonceAt) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &size, Bytes(with),
                        static_cast<int>(with.size())) != 1 ||
      EVP_EncryptUpdate(context.get(), Bytes(slot) + kWrappedAt, &size,
                        key.secret.data(),
                        static_cast<int>(key.secret.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), Bytes(slot) + kTagAt, &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                          Bytes(slot) + kTagAt) != 1) {
    std::abort();
  }
  return slot;
}

std::string MakePrefix(const FileKey& key, const MasterKey& master) {
  std::string prefix(kMagic);
  for (int i = 0; i < kPrefixSlots; ++i) {
    prefix.resize(OffsetOfSlot(i), '\0');
    prefix += MakeSlot(key, master, 1);
  }
  prefix.resize(kPrefixBytes, '\0');
  return prefix;
}

}  // namespace roentgen::storage

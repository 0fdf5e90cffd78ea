// Any bytes as the beginning of an encrypted file.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/files/file_prefix.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace roentgen::storage;  // NOLINT: one function.
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const auto keys = [] {
    std::vector<MasterKey> all;
    all.push_back(*MasterKey::Make("a", Secret::CopyOf(std::string(32, 'a'))));
    return *MasterKeySet::Make("a", std::move(all));
  }();
  const PrefixKind kind = KindOfFile(bytes, size);
  if (kind == PrefixKind::kEmpty && size > kPrefixBytes) std::abort();
  if (kind == PrefixKind::kEncrypted && size < kPrefixBytes) std::abort();
  // Nobody makes one without the key.
  if (OpenPrefix(bytes, *keys).ok()) std::abort();
  // Over a whole one: it opens, or it is refused, and gives no other key.
  const FileKey key = FileKey::New();
  std::string prefix = MakePrefix(key, keys->current());
  prefix.replace(0, std::min(size, prefix.size()),
                 bytes.substr(0, prefix.size()));
  const auto opened = OpenPrefix(prefix, *keys);
  if (opened.ok() && opened->key.secret.view() != key.secret.view()) {
    std::abort();
  }
  return 0;
}

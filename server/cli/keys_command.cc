// Access keys for a server's file of keys.
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "base/secret_hash.h"
#include "server/cli/commands.h"
#include "server/config/access_key.h"

namespace roentgen::server {
namespace {

constexpr size_t kSecretBytes = 32;
constexpr size_t kSaltBytes = 16;

std::string RandomBytes(size_t count) {
  std::random_device device;
  std::string bytes;
  while (bytes.size() < count) bytes.push_back(static_cast<char>(device()));
  return bytes;
}

// Letters, digits, '-' and '_'.
std::string RandomSecret() {
  std::string text = absl::WebSafeBase64Escape(RandomBytes(kSecretBytes));
  while (text.back() == '=') text.pop_back();
  return text;
}

bool ReadPermissions(const std::vector<std::string>& names,
                     Permissions& permissions) {
  for (const std::string& name : names) {
    if (name == "ingest") {
      permissions.ingest = true;
    } else if (name == "read") {
      permissions.read = true;
    } else if (name == "administer") {
      permissions.administer = true;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int KeysCommand(const Arguments& arguments, const CommandContext& context) {
  const std::vector<std::string>& words = arguments.words();
  if (words.size() != 2 || words[0] != "create") {
    return Misuse("keys: expected 'keys create ID'", context);
  }
  AccessKey key;
  key.id = words[1];
  key.secret = RandomSecret();
  const std::vector<std::string> permissions =
      absl::StrSplit(arguments.Value("permissions").value_or("ingest,read"),
                     ',', absl::SkipEmpty());
  if (!ReadPermissions(permissions, key.permissions)) {
    return Misuse("keys: --permissions are some of ingest, read, administer",
                  context);
  }
  std::string expires;
  if (const auto lasts = arguments.Value("lasts")) {
    absl::Duration duration;
    int days = 0;
    if (lasts->ends_with('d') &&
        absl::SimpleAtoi(lasts->substr(0, lasts->size() - 1), &days)) {
      duration = absl::Hours(24) * days;
    } else if (!absl::ParseDuration(*lasts, &duration)) {
      return Misuse("keys: --lasts '" + *lasts + "' is no time as 90d or 12h",
                    context);
    }
    if (duration <= absl::ZeroDuration()) {
      return Misuse("keys: --lasts must be more than nothing", context);
    }
    expires = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ",
                               context.clock.Now().ToTime() + duration,
                               absl::UTCTimeZone());
  }
  const absl::Status fault = CheckAccessKey(key);
  if (!fault.ok()) {
    return Misuse("keys: " + std::string(fault.message()), context);
  }
  context.out << "  - id: " << key.id << '\n';
  if (arguments.Has("hashed")) {
    context.out << "    secret_hash: \""
                << HashSecret(key.secret, RandomBytes(kSaltBytes)) << "\"\n";
  } else {
    context.out << "    secret: \"" << key.secret << "\"\n";
  }
  if (!expires.empty()) context.out << "    expires: " << expires << '\n';
  context.out << "    permissions: [" << absl::StrJoin(permissions, ", ")
              << "]\n";
  // Where only its hash is kept, it is seen this once.
  if (arguments.Has("hashed")) {
    context.err << "The secret of " << key.id
                << ", which is in no file: " << key.secret << '\n';
  }
  return kExitOk;
}

}  // namespace roentgen::server

#include "server/config/encryption_keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/hex_digit.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "server/config/key_command.h"
#include "storage/files/secret.h"

namespace roentgen::server {
namespace {

using storage::MasterKey;
using storage::MasterKeySet;
using storage::Secret;

constexpr char kVariable[] = "ROENTGEN_ENCRYPTION_KEYS";
constexpr size_t kKeyBytes = MasterKey::kBytes;
constexpr size_t kFingerprintChars = 8;

absl::Status At(std::string_view where, int line, const std::string& what) {
  return absl::InvalidArgumentError(std::string(where) + ':' +
                                    std::to_string(line) + ": " + what);
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string_view Unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == text.back() &&
                      (text.front() == '"' || text.front() == '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

unsigned HexValue(char c) {
  return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
}

// -1: it is none.
int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

// Nothing: it is no key. By hand, since nothing of it may be left anywhere.
std::optional<Secret> DecodeKey(std::string_view text) {
  Secret key(kKeyBytes);
  if (text.size() == 2 * kKeyBytes &&
      std::all_of(text.begin(), text.end(), IsHexDigit)) {
    for (size_t i = 0; i < kKeyBytes; ++i) {
      key.data()[i] = static_cast<unsigned char>(HexValue(text[2 * i]) << 4 |
                                                 HexValue(text[2 * i + 1]));
    }
    return key;
  }
  if (text.ends_with('=')) text.remove_suffix(1);
  constexpr size_t kDigits = (kKeyBytes * 8 + 5) / 6;
  if (text.size() != kDigits) return std::nullopt;
  unsigned bits = 0;
  int held = 0;
  size_t at = 0;
  for (const char c : text) {
    const int value = Base64Value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xffff;
    held += 6;
    if (held < 8 || at == kKeyBytes) continue;
    held -= 8;
    key.data()[at++] = static_cast<unsigned char>(bits >> held);
  }
  // Bits that are left over are zero.
  if ((bits & ((1U << held) - 1)) != 0) return std::nullopt;
  return key;
}

constexpr char kNoKey[] =
    "a key must be 64 hexadecimal digits, or the base64 of 32 bytes";

absl::StatusOr<MasterKey> MakeKey(std::string_view id, std::string_view text,
                                  std::string_view where, int line) {
  const std::optional<Secret> secret = DecodeKey(Unquoted(text));
  if (!secret) return At(where, line, kNoKey);
  absl::StatusOr<MasterKey> key =
      MasterKey::Make(std::string(Unquoted(id)), *secret);
  if (!key.ok()) return At(where, line, std::string(key.status().message()));
  return key;
}

absl::StatusOr<MasterKeySetPointer> OneKey(std::string_view text,
                                           std::string_view where, int line) {
  const std::optional<Secret> secret = DecodeKey(Unquoted(text));
  if (!secret) return At(where, line, kNoKey);
  RTG_ASSIGN_OR_RETURN(const MasterKey nameless,
                       MasterKey::Make("key", *secret));
  const std::string id = "key-" + nameless.check().substr(0, kFingerprintChars);
  std::vector<MasterKey> keys;
  RTG_ASSIGN_OR_RETURN(MasterKey key, MasterKey::Make(id, *secret));
  keys.push_back(std::move(key));
  return MasterKeySet::Make(id, std::move(keys));
}

struct Line {
  std::string_view text;  // Trimmed; not empty, and no comment.
  bool indented = false;
  int number = 0;
};

std::vector<Line> LinesOf(std::string_view text) {
  std::vector<Line> lines;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::string_view trimmed = Trimmed(line);
    if (trimmed.empty() || trimmed.front() == '#') continue;
    lines.push_back({.text = trimmed,
                     .indented = line.front() == ' ' || line.front() == '\t',
                     .number = number});
  }
  return lines;
}

absl::StatusOr<MasterKeySetPointer> MakeSet(std::string_view current,
                                            std::vector<MasterKey> keys,
                                            std::string_view where) {
  auto set = MasterKeySet::Make(std::string(current), std::move(keys));
  if (set.ok()) return set;
  return absl::InvalidArgumentError(std::string(where) + ": " +
                                    std::string(set.status().message()));
}

absl::StatusOr<Secret> ReadKeysFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat about = {};
  if (file < 0 || fstat(file, &about) != 0 || S_ISDIR(about.st_mode)) {
    if (file >= 0) close(file);
    return absl::NotFoundError("encryption.keys_file: cannot read '" + path +
                               "'");
  }
  Secret text(limits::kMasterKeysTextBytesMax + 1);
  size_t size = 0;
  ssize_t got = 1;
  while (got > 0 && size < text.size()) {
    got = read(file, text.data() + size, text.size() - size);
    if (got > 0) size += static_cast<size_t>(got);
  }
  close(file);
  if ((about.st_mode & S_IRWXO) != 0) {
    return absl::InvalidArgumentError(
        "encryption.keys_file: '" + path +
        "' is open to everybody on this machine; `chmod 600` closes it");
  }
  if (got < 0) {
    return absl::NotFoundError("encryption.keys_file: cannot read '" + path +
                               "'");
  }
  if (size == text.size()) {
    return absl::InvalidArgumentError(
        path + ": must have at most " +
        std::to_string(limits::kMasterKeysTextBytesMax) + " bytes");
  }
  return Secret::CopyOf(text.view().substr(0, size));
}

// What the variable had when it was first asked for. It is cleared then: the
// environment is in core dumps, and those who may look at a process see it.
const Secret& TakeVariable() {
  static const Secret taken = [] {
    char* value = std::getenv(kVariable);
    if (value == nullptr) return Secret();
    const std::string_view text(value);
    Secret copy = Secret::CopyOf(text);
    std::fill_n(static_cast<volatile char*>(value), text.size(), '\0');
    unsetenv(kVariable);
    return copy;
  }();
  return taken;
}

}  // namespace

absl::StatusOr<MasterKeySetPointer> ParseMasterKeys(std::string_view text,
                                                    std::string_view where) {
  const std::vector<Line> lines = LinesOf(text);
  if (lines.size() == 1 && lines[0].text.find(':') == std::string_view::npos) {
    return OneKey(lines[0].text, where, lines[0].number);
  }
  std::string_view current;
  bool in_keys = false;
  std::vector<MasterKey> keys;
  for (const Line& line : lines) {
    const size_t colon = line.text.find(':');
    if (colon == line.text.npos) {
      return At(where, line.number, "expected 'current: ID' or 'keys:'");
    }
    const std::string_view name = Trimmed(line.text.substr(0, colon));
    const std::string_view value = Trimmed(line.text.substr(colon + 1));
    if (line.indented && in_keys) {
      RTG_ASSIGN_OR_RETURN(MasterKey key,
                           MakeKey(name, value, where, line.number));
      keys.push_back(std::move(key));
    } else if (!line.indented && name == "current" && current.empty()) {
      current = Unquoted(value);
    } else if (!line.indented && name == "keys" && value.empty() && !in_keys) {
      in_keys = true;
    } else {
      return At(where, line.number,
                "expected 'current: ID' and 'keys:', and below that 'ID: KEY', "
                "indented");
    }
  }
  return MakeSet(current, std::move(keys), where);
}

absl::StatusOr<MasterKeySetPointer> ParseMasterKeyList(std::string_view text,
                                                       std::string_view where) {
  text = Trimmed(text);
  if (text.find(':') == text.npos) return OneKey(text, where, 1);
  std::string_view current;
  std::vector<MasterKey> keys;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const size_t colon = part.find(':');
    if (colon == part.npos) return At(where, 1, "expected ID:KEY,ID:KEY");
    const std::string_view id = Trimmed(part.substr(0, colon));
    if (keys.empty()) current = id;
    RTG_ASSIGN_OR_RETURN(
        MasterKey key, MakeKey(id, Trimmed(part.substr(colon + 1)), where, 1));
    keys.push_back(std::move(key));
  }
  return MakeSet(current, std::move(keys), where);
}

absl::StatusOr<MasterKeySetPointer> LoadMasterKeys(const Config& config) {
  const std::string& file = config.encryption_keys_file;
  const std::vector<std::string>& command = config.encryption_key_command;
  const Secret& variable = TakeVariable();
  if (!file.empty() + !command.empty() + (variable.size() != 0) > 1) {
    return absl::InvalidArgumentError(
        std::string("give one of encryption.keys_file, encryption.key_command "
                    "and ") +
        kVariable);
  }
  if (!file.empty()) {
    RTG_ASSIGN_OR_RETURN(const Secret text, ReadKeysFile(file));
    return ParseMasterKeys(text.view(), file);
  }
  if (!command.empty()) {
    RTG_ASSIGN_OR_RETURN(
        const Secret text,
        RunKeyCommand(command, absl::Seconds(limits::kKeyCommandSecondsMax)));
    return ParseMasterKeys(text.view(), "encryption.key_command");
  }
  if (variable.size() == 0) return MasterKeySetPointer();
  return ParseMasterKeyList(variable.view(), kVariable);
}

}  // namespace roentgen::server

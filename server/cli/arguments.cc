#include "server/cli/arguments.h"

#include <algorithm>

namespace roentgen::server {
namespace {

bool Contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::Status Wrong(std::string_view name, const char* what) {
  return absl::InvalidArgumentError("--" + std::string(name) + ": " + what);
}

}  // namespace

absl::StatusOr<Arguments> Arguments::Parse(
    std::span<const std::string> words,
    std::span<const std::string_view> value_flags,
    std::span<const std::string_view> switches) {
  Arguments out;
  bool flags_ended = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (flags_ended || !word.starts_with("--")) {
      out.words_.emplace_back(word);
      continue;
    }
    if (word == "--") {
      flags_ended = true;
      continue;
    }
    const size_t equals = word.find('=');
    const bool has_value = equals != word.npos;
    const std::string_view name =
        has_value ? word.substr(2, equals - 2) : word.substr(2);
    if (Contains(switches, name)) {
      if (has_value) return Wrong(name, "takes no value");
      out.flags_[std::string(name)];
    } else if (!Contains(value_flags, name)) {
      return Wrong(name, "unknown flag");
    } else if (has_value) {
      out.flags_[std::string(name)] = word.substr(equals + 1);
    } else if (i + 1 == words.size()) {
      return Wrong(name, "needs a value");
    } else {
      out.flags_[std::string(name)] = words[++i];
    }
  }
  return out;
}

std::optional<std::string> Arguments::Value(std::string_view flag) const {
  const auto at = flags_.find(flag);
  if (at == flags_.end()) return std::nullopt;
  return at->second;
}

bool Arguments::Has(std::string_view flag) const {
  return flags_.find(flag) != flags_.end();
}

}  // namespace roentgen::server

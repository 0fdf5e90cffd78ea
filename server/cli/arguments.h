// What was said on a command line: flags and words.
//
// Threads: plain value.
#ifndef ROENTGEN_SERVER_CLI_ARGUMENTS_H_
#define ROENTGEN_SERVER_CLI_ARGUMENTS_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roentgen::server {

class Arguments {
 public:
  Arguments() = default;
  // Flags by their names without dashes; those that take no value have "".
  Arguments(std::map<std::string, std::string, std::less<>> flags,
            std::vector<std::string> words)
      : flags_(std::move(flags)), words_(std::move(words)) {}

  // Nothing when the flag was not given; the last one wins.
  std::optional<std::string> Value(std::string_view flag) const {
    const auto at = flags_.find(flag);
    if (at == flags_.end()) return std::nullopt;
    return at->second;
  }
  bool Has(std::string_view flag) const { return flags_.contains(flag); }
  const std::vector<std::string>& words() const { return words_; }

 private:
  std::map<std::string, std::string, std::less<>> flags_;
  std::vector<std::string> words_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_ARGUMENTS_H_

// Words of a command line: flags and the rest.
//
//   "--limit 5", "--limit=5", "--json"; "--" ends the flags; "-" is a word.
//
// Threads: plain value.
#ifndef ROENTGEN_SERVER_CLI_ARGUMENTS_H_
#define ROENTGEN_SERVER_CLI_ARGUMENTS_H_

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace roentgen::server {

class Arguments {
 public:
  // `value_flags` take a value, `switches` do not; names without dashes.
  // InvalidArgument names the word that is wrong.
  static absl::StatusOr<Arguments> Parse(
      std::span<const std::string> words,
      std::span<const std::string_view> value_flags,
      std::span<const std::string_view> switches);

  // Nothing when the flag was not given; the last one wins.
  std::optional<std::string> Value(std::string_view flag) const;
  bool Has(std::string_view flag) const;
  const std::vector<std::string>& words() const { return words_; }

 private:
  std::map<std::string, std::string, std::less<>> flags_;
  std::vector<std::string> words_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_ARGUMENTS_H_

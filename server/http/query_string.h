// The parameters in a URL's query string, decoded.
//
//   RTG_ASSIGN_OR_RETURN(const QueryString query, QueryString::Parse(text));
//   const std::optional<std::string_view> service = query.Find("service");
//
// Errors: InvalidArgument for "%" without two hex digits, and for more than
// limits::kQueryParametersMax parameters.
//
// Threads: plain value, pure functions.
#ifndef ROENTGEN_SERVER_HTTP_QUERY_STRING_H_
#define ROENTGEN_SERVER_HTTP_QUERY_STRING_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace roentgen::server {

class QueryString {
 public:
  // `text` is without the question mark.
  static absl::StatusOr<QueryString> Parse(std::string_view text);

  void Add(std::string name, std::string value) {
    parameters_.emplace_back(std::move(name), std::move(value));
  }

  // The first of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  // In order.
  std::vector<std::string_view> FindAll(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

enum class PlusSign {
  kBlank,  // In query strings.
  kItself  // In paths.
};
// Nothing when a "%" has no two hex digits behind it.
std::optional<std::string> DecodePercent(std::string_view text, PlusSign plus);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_QUERY_STRING_H_

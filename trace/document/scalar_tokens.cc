#include "trace/document/scalar_tokens.h"

#include <cmath>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "trace/document/http_status.h"
#include "trace/model/exact_number.h"

namespace roentgen::storage {
namespace {

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

bool ReadNumber(std::string_view token, AnnotationView& value) {
  int64_t integer = 0;
  // There is no integer for -0.
  if (absl::SimpleAtoi(Absl(token), &integer) &&
      (integer != 0 || token[0] != '-')) {
    value = ExactNumber(integer);
    return true;
  }
  double number = 0;
  const bool read =
      absl::SimpleAtod(Absl(token), &number) && std::isfinite(number);
  value = ExactNumber(number);
  return read;
}

int32_t StatusOfToken(std::string_view token) {
  std::optional<int64_t> status;
  double number = 0;
  if (token.starts_with('"')) {
    token.remove_prefix(1);
    status = HttpStatusIn(token.substr(0, token.find('"')));
  } else if (absl::SimpleAtod(Absl(token), &number)) {
    status = HttpStatusOf(number);
  }
  return static_cast<int32_t>(status.value_or(0));
}

}  // namespace roentgen::storage

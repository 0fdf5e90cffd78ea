#include "query/lang/stored_name.h"

#include "storage/document/name_rules.h"

namespace roentgen::query {

std::string AsStored(std::string_view name) {
  const std::string text(name);
  if (storage::IsPlainName(name)) return text;
  // What NormalizeName makes of nothing is a name of its own.
  const std::string rest = storage::NormalizeName("x" + text);
  return rest == "x" ? text : storage::NormalizeName(text);
}

}  // namespace roentgen::query

#include "query/lang/stored_name.h"

#include "trace/document/name_rules.h"

namespace roentgen::query {

std::string AsStored(std::string_view name) {
  return name.empty() || storage::IsPlainName(name)
             ? std::string(name)
             : storage::NormalizeName(name);
}

}  // namespace roentgen::query

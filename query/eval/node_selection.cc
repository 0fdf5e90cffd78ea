#include "query/eval/node_selection.h"

#include <optional>
#include <string>

namespace roentgen::query {

bool Selects(const NodeSelector& selector, const storage::ServiceId& service) {
  const auto fits = [](const std::optional<std::string>& wanted,
                       const std::string& value) {
    return !wanted || *wanted == value;
  };
  return fits(selector.name, service.name) &&
         fits(selector.type, service.type) &&
         fits(selector.account_id, service.account_id);
}

storage::ServiceId ClientOf(const storage::ServiceId& root) {
  return {.name = root.name, .type = "client", .account_id = {}};
}

}  // namespace roentgen::query

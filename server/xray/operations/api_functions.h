// X-Ray's operations by name, whatever protocol calls them. They keep no state:
// a call says in which space it is.
//
//   ApiFunctions functions;
//   AddGroupFunctions(functions);
//   auto answer = functions.Find("GetGroup")->run(space, request, deadline);
//
// A request has been checked by its shape (api_check.h); an answer keeps to
// its own. Errors are as those of the domain: status_mapping.h translates.
//
// Threads: thread-compatible; functions are thread-safe and may block.
#ifndef ROENTGEN_SERVER_XRAY_OPERATIONS_API_FUNCTIONS_H_
#define ROENTGEN_SERVER_XRAY_OPERATIONS_API_FUNCTIONS_H_

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/call.h"
#include "server/space/space.h"
#include "server/xray/model/api_model.h"
#include "server/xray/model/api_value.h"

namespace roentgen::server {

using ApiFunction = std::function<absl::StatusOr<ApiValue>(
    Space& space, const ApiValue& request, const Call& call)>;

// Whether a call may take long: it reads traces, or writes to the disk.
enum class ApiCost { kSmall, kLarge };

struct ApiEntry {
  const ApiOperation* operation = nullptr;
  ApiFunction run;
  ApiCost cost = ApiCost::kLarge;
};

class ApiFunctions {
 public:
  // `operation` is in the model.
  void Add(std::string_view operation, ApiFunction run) {
    entries_[std::string(operation)] = {FindApiOperation(operation),
                                        std::move(run)};
  }
  // Of operations that were added.
  void MarkSmall(std::initializer_list<std::string_view> operations) {
    for (const std::string_view name : operations) {
      entries_.find(name)->second.cost = ApiCost::kSmall;
    }
  }
  // Null when there is none.
  const ApiEntry* Find(std::string_view operation) const {
    const auto found = entries_.find(operation);
    return found != entries_.end() ? &found->second : nullptr;
  }
  // By name.
  const std::map<std::string, ApiEntry, std::less<>>& entries() const {
    return entries_;
  }

 private:
  std::map<std::string, ApiEntry, std::less<>> entries_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_OPERATIONS_API_FUNCTIONS_H_

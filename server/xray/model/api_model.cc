#include "server/xray/model/api_model.h"

namespace roentgen::server {

const ApiOperation* FindApiOperation(std::string_view name) {
  for (const ApiOperation& operation : ApiOperations()) {
    if (operation.name == name) return &operation;
  }
  return nullptr;
}

const ApiMember* FindApiMember(const ApiShape& structure,
                               std::string_view name) {
  for (const ApiMember& member : structure.members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

}  // namespace roentgen::server

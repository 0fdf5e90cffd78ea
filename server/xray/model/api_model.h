// X-Ray's API as data: operations, shapes, limits.
//
//   const ApiOperation* op = FindApiOperation("CreateGroup");
//   for (const ApiMember& member : op->input->members) ...
//
// Compiled from xray_model.json, which follows the service model that AWS
// publishes for its SDKs (API version 2016-04-12), with Roentgen's own members
// marked. Requests are read and checked by it, answers are tested by it, and
// the OpenAPI description is made of it.
//
// Threads: constant data.
#ifndef ROENTGEN_SERVER_XRAY_MODEL_API_MODEL_H_
#define ROENTGEN_SERVER_XRAY_MODEL_API_MODEL_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace roentgen::server {

enum class ShapeType : uint8_t {
  kStructure,
  kUnion,  // A structure of which exactly one member is set.
  kList,
  kMap,  // From strings.
  kString,
  kInteger,  // 32 bits.
  kLong,     // 64 bits.
  kDouble,
  kBoolean,
  kTimestamp,
};

struct ApiShape;

struct ApiMember {
  std::string_view name;
  const ApiShape* shape;
  bool required;
  bool own;  // Roentgen's; X-Ray has no such member.
};

struct ApiShape {
  std::string_view name;
  ShapeType type;
  // Of numbers; of the length of texts in characters; of lists and maps in
  // items.
  std::optional<double> min = std::nullopt;
  std::optional<double> max = std::nullopt;
  // Of times: what the sender's clock said, in any unit. One out of range is no
  // fault of the request; ApiValue::Time has none then.
  bool sender = false;
  std::string_view pattern = {};                  // For the whole text.
  std::span<const std::string_view> values = {};  // Legal texts; empty: all.
  std::span<const ApiMember> members = {};        // Structures and unions.
  const ApiShape* key = nullptr;                  // Maps.
  const ApiShape* element = nullptr;              // Lists and maps.
};

struct ApiError {
  std::string_view name;
  int http_status;
  bool has_resource_name;
};

struct ApiOperation {
  std::string_view name;
  std::string_view path;  // POST.
  const ApiShape* input;
  const ApiShape* output;
  std::span<const ApiError> errors;  // Modelled ones; any may have others.
  bool paginated;                    // Clients have a paginator.
};

// By name.
std::span<const ApiOperation> ApiOperations();
// Null when there is none.
const ApiOperation* FindApiOperation(std::string_view name);
const ApiMember* FindApiMember(const ApiShape& structure,
                               std::string_view name);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_MODEL_API_MODEL_H_

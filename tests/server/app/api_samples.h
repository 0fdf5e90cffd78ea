// Requests made from the model's table.
#ifndef ROENTGEN_TESTS_SERVER_APP_API_SAMPLES_H_
#define ROENTGEN_TESTS_SERVER_APP_API_SAMPLES_H_

#include <algorithm>
#include <cstddef>
#include <string>

#include "server/xray/model/api_model.h"

namespace roentgen::server {

inline constexpr char kUuid[] = "0d9b4f3e-6c1a-4b2e-9a57-3f2b1c0d4e5f";

// What stands at a place of a request instead of what is legal there.
struct Mutation {
  std::string path;  // ".SamplingRule.Priority"; empty: nowhere.
  std::string text;  // Empty: the member is left out.
};

inline size_t MinLength(const ApiShape& shape) {
  return shape.min ? static_cast<size_t>(*shape.min) : 0;
}

inline std::string Text(const ApiShape& shape) {
  if (!shape.values.empty()) return std::string(shape.values.front());
  if (shape.name == "InsightId") return kUuid;
  return std::string(std::max<size_t>(1, MinLength(shape)), 'a');
}

// A legal request, but for the mutation.
inline std::string Sample(const ApiShape& shape, const std::string& path,
                          const Mutation& mutation) {
  if (path == mutation.path && !path.empty()) return mutation.text;
  switch (shape.type) {
    case ShapeType::kStructure:
    case ShapeType::kUnion: {
      std::string out;
      for (const ApiMember& member : shape.members) {
        const std::string value = Sample(
            *member.shape, path + "." + std::string(member.name), mutation);
        if (value.empty()) continue;
        out += (out.empty() ? "\"" : ",\"") + std::string(member.name) +
               "\":" + value;
      }
      return "{" + out + "}";
    }
    case ShapeType::kList:
      return "[" + Sample(*shape.element, path + "[]", mutation) + "]";
    case ShapeType::kMap:
      return "{\"k\":" + Sample(*shape.element, path + "{}", mutation) + "}";
    case ShapeType::kString:
      return "\"" + Text(shape) + "\"";
    case ShapeType::kBoolean:
      return "false";
    case ShapeType::kTimestamp:
      return "1700000000";
    default:
      return std::to_string(static_cast<int>(shape.min.value_or(1)));
  }
}

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_APP_API_SAMPLES_H_

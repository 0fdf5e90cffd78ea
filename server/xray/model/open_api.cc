#include "server/xray/model/open_api.h"

#include <cstdint>
#include <map>
#include <string_view>

#include "base/json_writer.h"
#include "server/xray/model/api_model.h"

namespace roentgen::server {
namespace {

using Shapes = std::map<std::string_view, const ApiShape*>;

void Collect(const ApiShape& shape, Shapes& out) {
  if (!out.emplace(shape.name, &shape).second) return;
  for (const ApiMember& member : shape.members) Collect(*member.shape, out);
  if (shape.element != nullptr) Collect(*shape.element, out);
}

void WriteBounds(const ApiShape& shape, std::string_view min,
                 std::string_view max, JsonWriter& json) {
  if (shape.min) json.Key(min).Double(*shape.min);
  if (shape.max) json.Key(max).Double(*shape.max);
}

void WriteReference(const ApiShape& shape, JsonWriter& json) {
  json.BeginObject();
  json.Key("$ref").String("#/components/schemas/" + std::string(shape.name));
  json.EndObject();
}

void WriteStructure(const ApiShape& shape, JsonWriter& json) {
  json.Key("type").String("object");
  bool any_required = false;
  json.Key("properties").BeginObject();
  for (const ApiMember& member : shape.members) {
    json.Key(member.name);
    WriteReference(*member.shape, json);
    any_required = any_required || member.required;
  }
  json.EndObject();
  // A union has exactly one of its members.
  if (shape.type == ShapeType::kUnion) json.Key("maxProperties").Int(1);
  if (!any_required) return;
  json.Key("required").BeginArray();
  for (const ApiMember& member : shape.members) {
    if (member.required) json.String(member.name);
  }
  json.EndArray();
}

void WriteText(const ApiShape& shape, JsonWriter& json) {
  json.Key("type").String("string");
  WriteBounds(shape, "minLength", "maxLength", json);
  if (!shape.pattern.empty()) {
    json.Key("pattern").String("^" + std::string(shape.pattern) + "$");
  }
  if (shape.values.empty()) return;
  json.Key("enum").BeginArray();
  for (const std::string_view value : shape.values) json.String(value);
  json.EndArray();
}

void WriteNumber(const ApiShape& shape, std::string_view type,
                 std::string_view format, JsonWriter& json) {
  json.Key("type").String(type).Key("format").String(format);
  WriteBounds(shape, "minimum", "maximum", json);
}

void WriteSchema(const ApiShape& shape, JsonWriter& json) {
  json.BeginObject();
  switch (shape.type) {
    case ShapeType::kStructure:
    case ShapeType::kUnion:
      WriteStructure(shape, json);
      break;
    case ShapeType::kList:
      json.Key("type").String("array").Key("items");
      WriteReference(*shape.element, json);
      WriteBounds(shape, "minItems", "maxItems", json);
      break;
    case ShapeType::kMap:
      json.Key("type").String("object").Key("additionalProperties");
      WriteReference(*shape.element, json);
      WriteBounds(shape, "minProperties", "maxProperties", json);
      break;
    case ShapeType::kString:
      WriteText(shape, json);
      break;
    case ShapeType::kInteger:
      WriteNumber(shape, "integer", "int32", json);
      break;
    case ShapeType::kLong:
      WriteNumber(shape, "integer", "int64", json);
      break;
    case ShapeType::kDouble:
      WriteNumber(shape, "number", "double", json);
      break;
    case ShapeType::kBoolean:
      json.Key("type").String("boolean");
      break;
    case ShapeType::kTimestamp:
      json.Key("type").String("number").Key("format").String("double");
      json.Key("description").String("Seconds since the Unix epoch.");
      break;
  }
  json.EndObject();
}

void WriteBody(const ApiShape& shape, JsonWriter& json) {
  json.Key("content").BeginObject().Key("application/json").BeginObject();
  json.Key("schema");
  WriteReference(shape, json);
  json.EndObject().EndObject();
}

// Errors with one status share an answer.
void WriteErrors(const ApiOperation& operation, JsonWriter& json) {
  std::map<int, std::string> by_status;
  // Any operation may have these.
  by_status[400] = "ValidationException, SerializationException";
  by_status[403] = "AccessDeniedException and failures of authentication";
  for (const ApiError& error : operation.errors) {
    std::string& names = by_status[error.http_status];
    names += (names.empty() ? "" : ", ") + std::string(error.name);
  }
  for (const auto& [status, names] : by_status) {
    json.Key(std::to_string(status)).BeginObject();
    json.Key("description").String(names);
    json.Key("content").BeginObject().Key("application/json").BeginObject();
    json.Key("schema").BeginObject();
    json.Key("$ref").String("#/components/schemas/RoentgenError");
    json.EndObject().EndObject().EndObject().EndObject();
  }
}

void WriteOperation(const ApiOperation& operation, JsonWriter& json) {
  json.Key(operation.path).BeginObject().Key("post").BeginObject();
  json.Key("operationId").String(operation.name);
  json.Key("requestBody").BeginObject();
  WriteBody(*operation.input, json);
  json.EndObject();
  json.Key("responses").BeginObject();
  json.Key("200").BeginObject().Key("description").String("Done.");
  WriteBody(*operation.output, json);
  json.EndObject();
  WriteErrors(operation, json);
  json.EndObject().EndObject().EndObject();
}

void WriteErrorSchema(JsonWriter& json) {
  json.Key("RoentgenError").BeginObject().Key("type").String("object");
  json.Key("description").String("The header x-amzn-ErrorType names it.");
  json.Key("properties").BeginObject();
  for (const char* member : {"Message", "message", "ResourceName"}) {
    json.Key(member).BeginObject().Key("type").String("string").EndObject();
  }
  json.EndObject().EndObject();
}

}  // namespace

std::string OpenApiJson() {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("openapi").String("3.0.3");
  json.Key("info").BeginObject();
  json.Key("title").String("Roentgen: the AWS X-Ray API");
  json.Key("version").String("2016-04-12");
  json.EndObject();
  Shapes shapes;
  json.Key("paths").BeginObject();
  for (const ApiOperation& operation : ApiOperations()) {
    WriteOperation(operation, json);
    Collect(*operation.input, shapes);
    Collect(*operation.output, shapes);
  }
  json.EndObject();
  json.Key("components").BeginObject().Key("schemas").BeginObject();
  for (const auto& [name, shape] : shapes) {
    json.Key(name);
    WriteSchema(*shape, json);
  }
  WriteErrorSchema(json);
  json.EndObject().EndObject().EndObject();
  return out;
}

}  // namespace roentgen::server

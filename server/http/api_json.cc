#include "server/http/api_json.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "base/json_check.h"
#include "base/limits.h"
#include "server/api_model/api_check.h"
#include "server/http/json_body.h"
#include "server/http/request_body.h"

namespace roentgen::server {
namespace {

AwsError NotSerialized(std::string message) {
  return {.http_status = 400,
          .name = "SerializationException",
          .message = std::move(message),
          .retry_after = std::nullopt};
}

std::string_view NameOf(ShapeType type) {
  switch (type) {
    case ShapeType::kStructure:
    case ShapeType::kUnion:
    case ShapeType::kMap:
      return "an object";
    case ShapeType::kList:
      return "an array";
    case ShapeType::kString:
      return "a string";
    case ShapeType::kInteger:
      return "a whole number of 32 bits";
    case ShapeType::kLong:
      return "a whole number of 64 bits";
    case ShapeType::kDouble:
      return "a number";
    case ShapeType::kBoolean:
      return "true or false";
    case ShapeType::kTimestamp:
      return "epoch seconds or an ISO 8601 time";
  }
  return "";
}

std::string NoJson(std::string_view body) {
  const std::string fault = JsonFault(body);
  return "The request body is not valid JSON" +
         (fault.empty() ? "." : ": " + fault + ".");
}

// A double holds every whole number up to this one.
constexpr double kExactMax = 9007199254740992.0;

class Reader {
 public:
  // The first member whose type is another one: "'Priority' must be ...".
  const std::optional<std::string>& wrong() const { return wrong_; }

  JsonRead Members(const ApiShape& shape, std::string_view key,
                   ondemand::value& value, ApiValue& out) {
    const ApiMember* member = FindApiMember(shape, key);
    if (member == nullptr) return SkipJson(value);
    return Into(*member->shape, key, value, out);
  }

 private:
  // Reads `value` into the member `key` of `out`; null takes away what an
  // earlier duplicate set.
  JsonRead Into(const ApiShape& shape, std::string_view key,
                ondemand::value& value, ApiValue& out) {
    const size_t before = path_.size();
    path_ += (path_.empty() ? "" : ".") + std::string(key);
    std::optional<ApiValue> read;
    const JsonRead result = Read(shape, value, read);
    if (result == JsonRead::kWrongType && !wrong_) {
      wrong_ = "'" + path_ + "' must be " + std::string(NameOf(shape.type));
    }
    path_.resize(before);
    if (read) {
      out.Set(key, *std::move(read));
    } else {
      out.Remove(key);
    }
    return result;
  }

  JsonRead Read(const ApiShape& shape, ondemand::value& value,
                std::optional<ApiValue>& out) {
    switch (shape.type) {
      case ShapeType::kStructure:
      case ShapeType::kUnion:
      case ShapeType::kMap:
        return ReadObject(shape, value, out);
      case ShapeType::kList:
        return ReadList(shape, value, out);
      case ShapeType::kString: {
        std::optional<std::string_view> text;
        const JsonRead read = ReadJsonString(value, text);
        if (text) out = ApiValue(*text);
        return read;
      }
      case ShapeType::kInteger:
        return ReadWhole(value, std::numeric_limits<int32_t>::max(), out);
      case ShapeType::kLong:
        return ReadWhole(value, kExactMax, out);
      case ShapeType::kDouble: {
        std::optional<double> number;
        const JsonRead read = ReadJsonDouble(value, number);
        if (number) out = ApiValue(*number);
        return read;
      }
      case ShapeType::kBoolean: {
        std::optional<bool> flag;
        const JsonRead read = ReadJsonBool(value, flag);
        if (flag) out = ApiValue(*flag);
        return read;
      }
      case ShapeType::kTimestamp: {
        std::optional<JsonTime> time;
        const JsonRead read = shape.sender ? ReadJsonSenderTime(value, time)
                                           : ReadJsonTime(value, time);
        if (time) out = time->time ? ApiValue(*time->time) : time->text;
        return read;
      }
    }
    return JsonRead::kWrongType;
  }

  JsonRead ReadWhole(ondemand::value& value, double most,
                     std::optional<ApiValue>& out) {
    std::optional<double> number;
    const JsonRead read = ReadJsonDouble(value, number);
    if (!number) return read;
    if (*number != std::floor(*number) || std::abs(*number) > most) {
      return JsonRead::kWrongType;
    }
    out = ApiValue(static_cast<int64_t>(*number));
    return read;
  }

  JsonRead ReadObject(const ApiShape& shape, ondemand::value& value,
                      std::optional<ApiValue>& out) {
    ondemand::json_type type;
    if (value.type().get(type)) return JsonRead::kNotJson;
    if (type == ondemand::json_type::object) out = ApiValue(ApiFields());
    return ReadJsonMembers(value, [&](std::string_view key,
                                      ondemand::value& member) {
      if (shape.type != ShapeType::kMap) {
        return Members(shape, key, member, *out);
      }
      // One too many is as wrong as a million.
      const bool full =
          shape.max && static_cast<double>(out->fields().size()) > *shape.max;
      return full ? SkipJson(member) : Into(*shape.element, key, member, *out);
    });
  }

  JsonRead ReadList(const ApiShape& shape, ondemand::value& value,
                    std::optional<ApiValue>& out) {
    ondemand::json_type type;
    if (value.type().get(type)) return JsonRead::kNotJson;
    if (type == ondemand::json_type::array) out = ApiValue(ApiList());
    return ReadJsonElements(value, [&](ondemand::value& element) {
      // What is too long is refused, however much there is of it.
      if (static_cast<double>(out->list().size()) >
          shape.max.value_or(limits::kApiListItemsMax)) {
        return SkipJson(element);
      }
      std::optional<ApiValue> read;
      const JsonRead result = Read(*shape.element, element, read);
      if (result == JsonRead::kWrongType && !wrong_) {
        wrong_ = "each of '" + path_ + "' must be " +
                 std::string(NameOf(shape.element->type));
      }
      if (read) out->Add(*std::move(read));
      return result;
    });
  }

  std::string path_;
  std::optional<std::string> wrong_;
};

}  // namespace

std::variant<ApiValue, AwsError> ReadApiJson(const ApiShape& shape,
                                             std::string& body,
                                             MemoryLease& lease) {
  ApiValue out = ApiFields();
  Reader reader;
  const JsonRead read = ReadJsonObject(
      body, lease, [&](std::string_view key, ondemand::value& value) {
        return reader.Members(shape, key, value, out);
      });
  if (read == JsonRead::kNoRoom) return OutOfRequestMemory();
  if (read == JsonRead::kNotJson) {
    return NotSerialized(NoJson(body));
  }
  if (read == JsonRead::kWrongType) {
    return NotSerialized(
        reader.wrong().value_or("The request body must be a JSON object."));
  }
  return out;
}

std::variant<ApiValue, AwsError> ReadApiRequest(const ApiShape& shape,
                                                std::string& body,
                                                MemoryLease& lease) {
  auto read = ReadApiJson(shape, body, lease);
  const auto* request = std::get_if<ApiValue>(&read);
  if (request == nullptr) return read;
  if (auto error = CheckRequest(shape, *request)) return *std::move(error);
  return read;
}

}  // namespace roentgen::server

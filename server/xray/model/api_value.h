// A request or an answer of an operation, whatever it came in: JSON or
// Protobuf.
//
//   ApiValue answer = ApiFields();
//   answer.Set("GroupName", group.name);
//   if (const ApiValue* tags = request.Find("Tags")) { ... tags->list() ... }
//   int64_t priority = rule.Int("Priority").value_or(1);
//
// Threads: plain value.
#ifndef ROENTGEN_SERVER_XRAY_MODEL_API_VALUE_H_
#define ROENTGEN_SERVER_XRAY_MODEL_API_VALUE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/timestamp.h"

namespace roentgen::server {

class ApiValue;
using ApiList = std::vector<ApiValue>;
// Members of a structure, or entries of a map, in the order they came. Of
// duplicates, the last one counts.
using ApiFields = std::vector<std::pair<std::string, ApiValue>>;

class ApiValue {
 public:
  using Value = std::variant<bool, int64_t, double, Timestamp, std::string,
                             ApiList, ApiFields>;

  // Implicit, so that answers can be written down.
  ApiValue(bool value) : value_(value) {}
  ApiValue(int value) : value_(int64_t{value}) {}
  ApiValue(int64_t value) : value_(value) {}
  ApiValue(double value) : value_(value) {}
  ApiValue(Timestamp value) : value_(value) {}
  ApiValue(std::string value) : value_(std::move(value)) {}
  ApiValue(std::string_view value) : value_(std::string(value)) {}
  ApiValue(const char* value) : value_(std::string(value)) {}
  ApiValue(ApiList value) : value_(std::move(value)) {}
  ApiValue(ApiFields value) : value_(std::move(value)) {}

  const Value& value() const { return value_; }

  // The value as a T; null when it is of another type.
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&value_);
  }
  // The elements of a list, the members of a structure or map; empty for other
  // values.
  const ApiList& list() const;
  const ApiFields& fields() const;

  // A member of a structure; null when it is absent, or this is none.
  const ApiValue* Find(std::string_view name) const;
  // The same for members of one type.
  std::optional<std::string> Text(std::string_view name) const {
    return Get<std::string>(name);
  }
  std::optional<int64_t> Int(std::string_view name) const {
    return Get<int64_t>(name);
  }
  std::optional<double> Double(std::string_view name) const {
    return Get<double>(name);
  }
  std::optional<bool> Bool(std::string_view name) const {
    return Get<bool>(name);
  }
  std::optional<Timestamp> Time(std::string_view name) const {
    return Get<Timestamp>(name);
  }

  // Sets a member of a structure, or adds it. This must be one.
  ApiValue& Set(std::string_view name, ApiValue value);
  void Remove(std::string_view name);
  // Of a list.
  void Add(ApiValue value) {
    std::get<ApiList>(value_).push_back(std::move(value));
  }

  friend bool operator==(const ApiValue&, const ApiValue&) = default;

 private:
  template <typename T>
  std::optional<T> Get(std::string_view name) const {
    const ApiValue* member = Find(name);
    const T* value = member != nullptr ? member->As<T>() : nullptr;
    return value != nullptr ? std::optional<T>(*value) : std::nullopt;
  }

  Value value_;
};

// One JSON value: times as epoch seconds, in the shortest exact form.
void AppendJson(const ApiValue& value, std::string& out);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_MODEL_API_VALUE_H_

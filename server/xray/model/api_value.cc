#include "server/xray/model/api_value.h"

#include <algorithm>

#include "base/decimal_time.h"
#include "base/json_writer.h"

namespace roentgen::server {
namespace {

struct Writer {
  JsonWriter& json;

  void operator()(bool value) const { json.Bool(value); }
  void operator()(int64_t value) const { json.Int(value); }
  void operator()(double value) const { json.Double(value); }
  void operator()(Timestamp value) const {
    json.Raw(FormatEpochSeconds(value));
  }
  void operator()(const std::string& value) const { json.String(value); }
  void operator()(const ApiList& list) const {
    json.BeginArray();
    for (const ApiValue& element : list) std::visit(*this, element.value());
    json.EndArray();
  }
  void operator()(const ApiFields& fields) const {
    json.BeginObject();
    for (const auto& [name, member] : fields) {
      json.Key(name);
      std::visit(*this, member.value());
    }
    json.EndObject();
  }
};

}  // namespace

const ApiList& ApiValue::list() const {
  static const ApiList kNone;
  const ApiList* list = As<ApiList>();
  return list != nullptr ? *list : kNone;
}

const ApiFields& ApiValue::fields() const {
  static const ApiFields kNone;
  const ApiFields* fields = As<ApiFields>();
  return fields != nullptr ? *fields : kNone;
}

const ApiValue* ApiValue::Find(std::string_view name) const {
  const ApiFields& all = fields();
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const auto& f) { return f.first == name; });
  return found != all.end() ? &found->second : nullptr;
}

ApiValue& ApiValue::Set(std::string_view name, ApiValue value) {
  auto& all = std::get<ApiFields>(value_);
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const auto& f) { return f.first == name; });
  if (found != all.end()) {
    found->second = std::move(value);
  } else {
    all.emplace_back(name, std::move(value));
  }
  return *this;
}

void ApiValue::Remove(std::string_view name) {
  std::erase_if(std::get<ApiFields>(value_),
                [&](const auto& field) { return field.first == name; });
}

void AppendJson(const ApiValue& value, std::string& out) {
  JsonWriter json(out);
  std::visit(Writer{json}, value.value());
}

}  // namespace roentgen::server

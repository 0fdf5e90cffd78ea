#include "server/xray/model/api_check.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "base/json_writer.h"
#include "base/limits.h"
#include "re2/re2.h"

namespace roentgen::server {
namespace {

// Of a value that is too long, as much as a message shows; and so many faults.
constexpr size_t kShownBytesMax = 140;
constexpr int kShownFaultsMax = 20;

std::string Quoted(std::string_view value) {
  return "Value '" + std::string(value.substr(0, kShownBytesMax)) + "'";
}

std::string NumberText(double value) {
  std::string out;
  JsonWriter(out).Double(value);
  return out;
}

// As AWS names members in these messages: "groupName".
std::string Child(const std::string& path, std::string_view name) {
  std::string out = path.empty() ? "" : path + '.';
  out += name;
  const size_t first = out.size() - name.size();
  if (!name.empty()) out[first] = static_cast<char>(std::tolower(out[first]));
  return out;
}

std::string Bounds(std::string_view what, const ApiShape& shape) {
  std::string text = "Member must have " + std::string(what);
  if (shape.min && shape.max) {
    return text + " from " + NumberText(*shape.min) + " to " +
           NumberText(*shape.max);
  }
  return shape.min
             ? text + " greater than or equal to " + NumberText(*shape.min)
             : text + " less than or equal to " + NumberText(*shape.max);
}

bool Within(const ApiShape& shape, double n) {
  return !(shape.min && n < *shape.min) && !(shape.max && n > *shape.max);
}

// The model's patterns are few and constant: compiled once.
const RE2& PatternOf(const ApiShape& shape) {
  using Patterns = std::map<std::string_view, std::unique_ptr<RE2>>;
  static const Patterns kPatterns = [] {
    Patterns made;
    const auto add = [&made](const ApiShape& s, const auto& self) -> void {
      if (!s.pattern.empty()) {
        made.emplace(s.pattern, std::make_unique<RE2>(re2::StringPiece(
                                    s.pattern.data(), s.pattern.size())));
      }
      for (const ApiMember& member : s.members) self(*member.shape, self);
      if (s.key != nullptr) self(*s.key, self);
      if (s.element != nullptr) self(*s.element, self);
    };
    for (const ApiOperation& op : ApiOperations()) {
      add(*op.input, add);
      add(*op.output, add);
    }
    return made;
  }();
  return *kPatterns.at(shape.pattern);
}

class Checker {
 public:
  explicit Checker(Validation& validation) : validation_(validation) {}

  void Check(const ApiShape& shape, const ApiValue& value,
             const std::string& path) {
    switch (shape.type) {
      case ShapeType::kStructure:
      case ShapeType::kUnion:
        return CheckMembers(shape, value, path);
      case ShapeType::kList:
        return CheckList(shape, value, path);
      case ShapeType::kMap:
        return CheckMap(shape, value, path);
      case ShapeType::kString:
        return CheckText(shape, *value.As<std::string>(), path);
      case ShapeType::kInteger:
      case ShapeType::kLong: {
        const int64_t number = *value.As<int64_t>();
        if (Within(shape, static_cast<double>(number))) return;
        return validation_.Add(Quoted(std::to_string(number)), path,
                               Bounds("value", shape));
      }
      case ShapeType::kDouble: {
        const double number = *value.As<double>();
        if (Within(shape, number)) return;
        return validation_.Add(Quoted(NumberText(number)), path,
                               Bounds("value", shape));
      }
      case ShapeType::kTimestamp: {
        const auto* text = value.As<std::string>();
        if (text == nullptr || shape.sender) return;
        return validation_.Add(
            Quoted(*text), path,
            "Member must lie between the years 1678 and 2262");
      }
      case ShapeType::kBoolean:
        return;
    }
  }

 private:
  void CheckMembers(const ApiShape& shape, const ApiValue& value,
                    const std::string& path) {
    for (const ApiMember& member : shape.members) {
      const std::string at = Child(path, member.name);
      const ApiValue* found = value.Find(member.name);
      if (found != nullptr) {
        Check(*member.shape, *found, at);
      } else if (member.required) {
        validation_.Add("Value null", at, "Member must not be null");
      }
    }
    if (shape.type == ShapeType::kUnion && value.fields().size() > 1) {
      validation_.Add("Value", path, "Member must have one member set");
    }
  }

  void CheckList(const ApiShape& shape, const ApiValue& value,
                 const std::string& path) {
    const ApiList& list = value.list();
    if (!shape.max && list.size() > limits::kApiListItemsMax) {
      validation_.Add(std::to_string(list.size()) + " items", path,
                      "Member must have length less than or equal to " +
                          std::to_string(limits::kApiListItemsMax));
      return;
    }
    if (!Within(shape, static_cast<double>(list.size()))) {
      validation_.Add(std::to_string(list.size()) + " items", path,
                      Bounds("length", shape));
      return;
    }
    size_t n = 0;
    for (const ApiValue& element : list) {
      Check(*shape.element, element,
            path + '.' + std::to_string(++n) + ".member");
    }
  }

  void CheckMap(const ApiShape& shape, const ApiValue& value,
                const std::string& path) {
    const ApiFields& fields = value.fields();
    if (!Within(shape, static_cast<double>(fields.size()))) {
      validation_.Add(std::to_string(fields.size()) + " entries", path,
                      Bounds("length", shape));
      return;
    }
    for (const auto& [key, element] : fields) {
      CheckText(*shape.key, key, path + ".key");
      Check(*shape.element, element,
            path + '.' + key.substr(0, kShownBytesMax) + ".value");
    }
  }

  void CheckText(const ApiShape& shape, const std::string& text,
                 const std::string& path) {
    if ((shape.min || shape.max) &&
        !Within(shape, static_cast<double>(CountChars(text)))) {
      return validation_.Add(Quoted(text), path, Bounds("length", shape));
    }
    if (!shape.values.empty() &&
        std::find(shape.values.begin(), shape.values.end(), text) ==
            shape.values.end()) {
      std::string all;
      for (const std::string_view v : shape.values) {
        all += (all.empty() ? "" : ", ") + std::string(v);
      }
      return validation_.Add(
          Quoted(text), path,
          "Member must satisfy enum value set: [" + all + "]");
    }
    if (!shape.pattern.empty() && !RE2::FullMatch(text, PatternOf(shape))) {
      validation_.Add(Quoted(text), path,
                      "Member must satisfy regular expression pattern: " +
                          std::string(shape.pattern));
    }
  }

  Validation& validation_;
};

bool HasType(ShapeType type, const ApiValue& value) {
  switch (type) {
    case ShapeType::kStructure:
    case ShapeType::kUnion:
    case ShapeType::kMap:
      return value.As<ApiFields>() != nullptr;
    case ShapeType::kList:
      return value.As<ApiList>() != nullptr;
    case ShapeType::kString:
      return value.As<std::string>() != nullptr;
    case ShapeType::kInteger:
    case ShapeType::kLong:
      return value.As<int64_t>() != nullptr;
    case ShapeType::kDouble:
      return value.As<double>() != nullptr;
    case ShapeType::kBoolean:
      return value.As<bool>() != nullptr;
    case ShapeType::kTimestamp:
      return value.As<Timestamp>() != nullptr;
  }
  return false;
}

// The first place where types or names differ; empty when none does.
std::string FindStranger(const ApiShape& shape, const ApiValue& value,
                         const std::string& path) {
  if (!HasType(shape.type, value)) return path + " has another type";
  if (shape.type == ShapeType::kList) {
    for (const ApiValue& element : value.list()) {
      auto found = FindStranger(*shape.element, element, path + "[]");
      if (!found.empty()) return found;
    }
  }
  for (const auto& [name, field] : value.fields()) {
    const ApiMember* member = FindApiMember(shape, name);
    const ApiShape* of = shape.type == ShapeType::kMap ? shape.element
                         : member != nullptr           ? member->shape
                                                       : nullptr;
    const std::string at = path + '.' + name;
    if (of == nullptr) return at + " is not in the model";
    auto found = FindStranger(*of, field, at);
    if (!found.empty()) return found;
  }
  return "";
}

}  // namespace

size_t CountChars(std::string_view utf8) {
  size_t n = 0;
  for (const char c : utf8) n += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
  return n;
}

void Validation::Add(std::string_view value, std::string_view member,
                     std::string_view constraint) {
  if (++count_ > kShownFaultsMax) return;
  if (!text_.empty()) text_ += "; ";
  text_ += std::string(value) + " at '" + std::string(member) +
           "' failed to satisfy constraint: " + std::string(constraint);
}

std::optional<AwsError> Validation::Error() const {
  if (count_ == 0) return std::nullopt;
  const std::string head =
      count_ == 1 ? "1 validation error detected: "
                  : std::to_string(count_) + " validation errors detected: ";
  return AwsError{.http_status = 400,
                  .name = "ValidationException",
                  .message = head + text_,
                  .retry_after = std::nullopt};
}

std::optional<AwsError> CheckRequest(const ApiShape& shape,
                                     const ApiValue& request) {
  Validation validation;
  Checker(validation).Check(shape, request, "");
  return validation.Error();
}

std::string CheckAnswer(const ApiShape& shape, const ApiValue& answer) {
  std::string found = FindStranger(shape, answer, "");
  if (!found.empty()) return found;
  const auto error = CheckRequest(shape, answer);
  return error ? error->message : "";
}

}  // namespace roentgen::server

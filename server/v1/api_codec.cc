#include "server/v1/api_codec.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "base/decimal_time.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "server/v1/proto_convert.h"

namespace roentgen::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int64_t kNanosPerSecond = 1'000'000'000;

std::string Folded(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c != '_') out += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return out;
}

// Without the enum's name: "active" of INSIGHT_STATE_ACTIVE.
std::string FoldedValue(const EnumValueDescriptor& value) {
  const std::string prefix = Folded(value.type()->name());
  std::string name = Folded(value.name());
  if (name.starts_with(prefix)) name.erase(0, prefix.size());
  return name;
}

// The fields of a shape's members, in their order. Comparing names takes long,
// and a list has thousands of messages of one type: done once.
class FieldTable {
 public:
  using Fields = std::vector<const FieldDescriptor*>;

  // The result stays valid.
  const Fields& Of(const Descriptor& message, const ApiShape& shape) {
    MutexLock lock(mu_);
    auto [at, added] = tables_.try_emplace({&message, &shape});
    if (added) {
      for (const ApiMember& member : shape.members) {
        at->second.push_back(FieldOf(message, member));
      }
    }
    return at->second;
  }

 private:
  Mutex mu_;
  // Both are constant data of the program.
  std::map<std::pair<const Descriptor*, const ApiShape*>, Fields> tables_
      RTG_GUARDED_BY(mu_);
};

const FieldTable::Fields& FieldsOf(const Descriptor& message,
                                   const ApiShape& shape) {
  static FieldTable table;
  return table.Of(message, shape);
}

// How many items of a list or map are read: one more than there may be, for
// CheckRequest to refuse them. Two bytes of a message are an item, which may
// take hundreds here.
int ItemsRead(const Message& message, const FieldDescriptor& field,
              const ApiShape& shape) {
  const double max = shape.max.value_or(limits::kApiListItemsMax) + 1;
  const int size = message.GetReflection()->FieldSize(message, &field);
  return size > max ? static_cast<int>(max) : size;
}

// One value of a field: the field itself, or an element of it when it is
// repeated.
struct Source {
  const Message& message;
  const FieldDescriptor& field;
  int index = -1;

  // Calls `single` or `element` of the message's reflection.
  template <typename Single, typename Element>
  auto Read(Single single, Element element) const {
    const auto* reflection = message.GetReflection();
    return index < 0 ? (reflection->*single)(message, &field)
                     : (reflection->*element)(message, &field, index);
  }
  const Message& Child() const {
    const auto* reflection = message.GetReflection();
    return index < 0 ? reflection->GetMessage(message, &field)
                     : reflection->GetRepeatedMessage(message, &field, index);
  }
};

ApiValue TimeValue(const Message& message, bool sender) {
  const auto& time = static_cast<const google::protobuf::Timestamp&>(message);
  constexpr int64_t kSecondsMax =
      std::numeric_limits<int64_t>::max() / kNanosPerSecond - 1;
  if (time.seconds() < -kSecondsMax || time.seconds() > kSecondsMax ||
      time.nanos() < 0 || time.nanos() >= kNanosPerSecond) {
    if (sender) {
      const auto guess = EpochOfAnyUnit(static_cast<double>(time.seconds()));
      if (guess) return *guess;
    }
    return std::to_string(time.seconds()) + " s, " +
           std::to_string(time.nanos()) + " ns";
  }
  return Timestamp{time.seconds() * kNanosPerSecond + time.nanos()};
}

double SecondsOf(const Message& message) {
  const auto& duration =
      static_cast<const google::protobuf::Duration&>(message);
  return static_cast<double>(duration.seconds()) +
         static_cast<double>(duration.nanos()) / kNanosPerSecond;
}

std::optional<ApiValue> ReadEnum(int number, const EnumDescriptor& type,
                                 const ApiShape& shape) {
  if (number == 0) return std::nullopt;  // Unspecified.
  if (const auto* value = type.FindValueByNumber(number)) {
    const std::string name = FoldedValue(*value);
    for (const std::string_view legal : shape.values) {
      if (Folded(legal) == name) return ApiValue(legal);
    }
  }
  return ApiValue(std::to_string(number));
}

std::optional<ApiValue> ReadOne(const Source& from, const ApiShape& shape) {
  using R = google::protobuf::Reflection;
  switch (from.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return ApiValue(int64_t{from.Read(&R::GetInt32, &R::GetRepeatedInt32)});
    case FieldDescriptor::CPPTYPE_INT64:
      return ApiValue(int64_t{from.Read(&R::GetInt64, &R::GetRepeatedInt64)});
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ApiValue(from.Read(&R::GetDouble, &R::GetRepeatedDouble));
    case FieldDescriptor::CPPTYPE_BOOL:
      return ApiValue(from.Read(&R::GetBool, &R::GetRepeatedBool));
    case FieldDescriptor::CPPTYPE_STRING:
      return ApiValue(from.Read(&R::GetString, &R::GetRepeatedString));
    case FieldDescriptor::CPPTYPE_ENUM:
      return ReadEnum(from.Read(&R::GetEnumValue, &R::GetRepeatedEnumValue),
                      *from.field.enum_type(), shape);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (shape.type == ShapeType::kTimestamp) {
        return TimeValue(from.Child(), shape.sender);
      }
      if (shape.type == ShapeType::kDouble) return SecondsOf(from.Child());
      return FromProto(from.Child(), shape);
    default:
      return std::nullopt;
  }
}

ApiValue ReadMap(const Message& message, const FieldDescriptor& field,
                 const ApiShape& shape) {
  const auto& entry = *field.message_type();
  ApiFields out;
  const int size = ItemsRead(message, field, shape);
  for (int i = 0; i < size; ++i) {
    const Message& child = Source{message, field, i}.Child();
    auto key = ReadOne({child, *entry.map_key()}, *shape.key);
    auto value = ReadOne({child, *entry.map_value()}, *shape.element);
    if (key && value) {
      out.emplace_back(*key->As<std::string>(), *std::move(value));
    }
  }
  // Protobuf has them in no order.
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return out;
}

ApiValue ReadList(const Message& message, const FieldDescriptor& field,
                  const ApiShape& shape) {
  ApiList out;
  const int size = ItemsRead(message, field, shape);
  for (int i = 0; i < size; ++i) {
    auto element = ReadOne({message, field, i}, *shape.element);
    // An element is there, whatever it is.
    out.push_back(element ? *std::move(element) : ApiValue(""));
  }
  return out;
}

bool IsAbsent(const Message& message, const FieldDescriptor& field,
              const ApiMember& member) {
  const auto* reflection = message.GetReflection();
  if (field.is_repeated()) {
    return !member.required && reflection->FieldSize(message, &field) == 0;
  }
  const bool needs_presence = field.has_presence() || !member.required;
  return needs_presence && !reflection->HasField(message, &field);
}

absl::Status Misfit(const FieldDescriptor& field) {
  return absl::InternalError("an answer does not fit the field " +
                             field.full_name());
}

// Where one value of a field goes.
struct Target {
  Message& message;
  const FieldDescriptor& field;

  template <typename Single, typename Element, typename T>
  absl::Status Write(Single single, Element element, const T* value) const {
    if (value == nullptr) return Misfit(field);
    const auto* reflection = message.GetReflection();
    if (field.is_repeated()) {
      (reflection->*element)(&message, &field, *value);
    } else {
      (reflection->*single)(&message, &field, *value);
    }
    return absl::OkStatus();
  }
  Message& Child() const {
    const auto* reflection = message.GetReflection();
    return field.is_repeated() ? *reflection->AddMessage(&message, &field)
                               : *reflection->MutableMessage(&message, &field);
  }
};

std::optional<int> EnumNumber(const ApiValue& value,
                              const EnumDescriptor& type) {
  const auto* text = value.As<std::string>();
  if (text == nullptr) return std::nullopt;
  const std::string name = Folded(*text);
  for (int i = 0; i < type.value_count(); ++i) {
    if (FoldedValue(*type.value(i)) == name) return type.value(i)->number();
  }
  return std::nullopt;
}

absl::Status WriteMessage(const ApiValue& value, const ApiShape& shape,
                          const Target& to) {
  if (shape.type == ShapeType::kTimestamp) {
    const auto* time = value.As<Timestamp>();
    if (time == nullptr) return Misfit(to.field);
    ToProto(*time, static_cast<google::protobuf::Timestamp*>(&to.Child()));
    return absl::OkStatus();
  }
  if (shape.type == ShapeType::kDouble) {
    const auto* seconds = value.As<double>();
    if (seconds == nullptr) return Misfit(to.field);
    ToProto(absl::Seconds(*seconds),
            static_cast<google::protobuf::Duration*>(&to.Child()));
    return absl::OkStatus();
  }
  return ToProto(value, shape, &to.Child());
}

absl::Status WriteOne(const ApiValue& value, const ApiShape& shape,
                      const Target& to) {
  using R = google::protobuf::Reflection;
  switch (to.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto* wide = value.As<int64_t>();
      const int32_t number = wide != nullptr ? static_cast<int32_t>(*wide) : 0;
      const bool fits = wide != nullptr && number == *wide;
      return to.Write(&R::SetInt32, &R::AddInt32, fits ? &number : nullptr);
    }
    case FieldDescriptor::CPPTYPE_INT64:
      return to.Write(&R::SetInt64, &R::AddInt64, value.As<int64_t>());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return to.Write(&R::SetDouble, &R::AddDouble, value.As<double>());
    case FieldDescriptor::CPPTYPE_BOOL:
      return to.Write(&R::SetBool, &R::AddBool, value.As<bool>());
    case FieldDescriptor::CPPTYPE_STRING:
      return to.Write(&R::SetString, &R::AddString, value.As<std::string>());
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto number = EnumNumber(value, *to.field.enum_type());
      return to.Write(&R::SetEnumValue, &R::AddEnumValue,
                      number ? &*number : nullptr);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return WriteMessage(value, shape, to);
    default:
      return Misfit(to.field);
  }
}

absl::Status WriteMap(const ApiValue& value, const ApiShape& shape,
                      const Target& to) {
  const auto& entry = *to.field.message_type();
  for (const auto& [key, element] : value.fields()) {
    Message& child = to.Child();
    RTG_RETURN_IF_ERROR(WriteOne(key, *shape.key, {child, *entry.map_key()}));
    RTG_RETURN_IF_ERROR(
        WriteOne(element, *shape.element, {child, *entry.map_value()}));
  }
  return absl::OkStatus();
}

absl::Status WriteField(const ApiValue& value, const ApiShape& shape,
                        const Target& to) {
  if (to.field.is_map()) return WriteMap(value, shape, to);
  if (!to.field.is_repeated()) return WriteOne(value, shape, to);
  for (const ApiValue& element : value.list()) {
    RTG_RETURN_IF_ERROR(WriteOne(element, *shape.element, to));
  }
  return absl::OkStatus();
}

}  // namespace

const FieldDescriptor* FieldOf(const google::protobuf::Descriptor& message,
                               const ApiMember& member) {
  const std::string name = Folded(member.name);
  for (int i = 0; i < message.field_count(); ++i) {
    if (Folded(message.field(i)->name()) == name) return message.field(i);
  }
  return nullptr;
}

ApiValue FromProto(const Message& message, const ApiShape& shape) {
  ApiValue out = ApiFields();
  const auto& fields = FieldsOf(*message.GetDescriptor(), shape);
  for (size_t i = 0; i < shape.members.size(); ++i) {
    const ApiMember& member = shape.members[i];
    const FieldDescriptor* field = fields[i];
    if (field == nullptr || IsAbsent(message, *field, member)) continue;
    if (field->is_map()) {
      out.Set(member.name, ReadMap(message, *field, *member.shape));
    } else if (field->is_repeated()) {
      out.Set(member.name, ReadList(message, *field, *member.shape));
    } else if (auto value = ReadOne({message, *field}, *member.shape)) {
      out.Set(member.name, *std::move(value));
    }
  }
  return out;
}

absl::Status ToProto(const ApiValue& value, const ApiShape& shape,
                     Message* message) {
  const auto& fields = FieldsOf(*message->GetDescriptor(), shape);
  for (size_t i = 0; i < shape.members.size(); ++i) {
    const ApiMember& member = shape.members[i];
    const ApiValue* found = value.Find(member.name);
    const FieldDescriptor* field = fields[i];
    if (found == nullptr || field == nullptr) continue;
    RTG_RETURN_IF_ERROR(WriteField(*found, *member.shape, {*message, *field}));
  }
  return absl::OkStatus();
}

}  // namespace roentgen::server

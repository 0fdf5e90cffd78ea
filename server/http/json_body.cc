#include "server/http/json_body.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "base/decimal_time.h"
#include "base/json_mend.h"
#include "base/json_walk.h"
#include "base/limits.h"

namespace roentgen::server {
namespace {

using ondemand::json_type;

constexpr size_t kKeptParserBytes = 1 << 20;

JsonRead Checked(bool is_json, JsonRead result) {
  return is_json ? result : JsonRead::kNotJson;
}

// A value that is not of the expected type: null is fine, all else is not.
JsonRead NullOrWrong(ondemand::value& value, json_type type) {
  if (type == json_type::null) {
    return Checked(ScalarToken(value) == "null", JsonRead::kOk);
  }
  return Checked(WalkValue(value, limits::kDocumentDepthMax),
                 JsonRead::kWrongType);
}

JsonRead ReadMembers(ondemand::object& object, const OnMember& on_member) {
  std::string storage;
  JsonRead worst = JsonRead::kOk;
  for (auto item : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(item).get(field) || !ReadKey(field, storage, key)) {
      return JsonRead::kNotJson;
    }
    ondemand::value value = field.value();
    const JsonRead read = on_member(key, value);
    if (read == JsonRead::kNotJson) return read;
    if (read == JsonRead::kWrongType) worst = read;
  }
  return worst;
}

std::optional<absl::Time> ParseIso(std::string_view text) {
  const absl::string_view input(text.data(), text.size());
  absl::Time time;
  std::string ignored;
  for (const char* format :
       {absl::RFC3339_full, "%Y-%m-%dT%H:%M:%E*S", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, input, &time, &ignored)) return time;
  }
  return std::nullopt;
}

std::optional<Timestamp> ToTimestamp(absl::Time time) {
  if (time <= Timestamp::Min().ToTime() || time >= Timestamp::Max().ToTime()) {
    return std::nullopt;
  }
  return Timestamp::FromTime(time);
}

// Puts the mended text in the body's place. Both are there for a moment.
JsonRead Mend(std::string& body, MemoryLease& lease) {
  const size_t held = lease.bytes();
  const size_t bytes = MendedJsonSize(body);
  if (bytes == 0) return JsonRead::kNotJson;
  if (!lease.GrowOrOverdraw(held + bytes)) return JsonRead::kNoRoom;
  body = *MendedJson(body);
  lease.ShrinkTo(std::max(held, body.capacity()));
  return JsonRead::kOk;
}

}  // namespace

JsonRead ReadJsonObject(std::string& body, MemoryLease& lease,
                        const OnMember& on_member) {
  thread_local ondemand::parser parser;
  // One huge body must not keep its memory for all that follow.
  if (parser.capacity() > kKeptParserBytes && body.size() < kKeptParserBytes) {
    parser = ondemand::parser();
  }
  if (body.find_first_not_of(" \t\r\n") == body.npos) return JsonRead::kOk;
  // Bytes that are not UTF-8 the parser notices itself, before it reads
  // anything.
  if (HasHalfSurrogate(body)) {
    const JsonRead mended = Mend(body, lease);
    if (mended != JsonRead::kOk) return mended;
  }
  const auto iterate = [&](ondemand::document& json) {
    const size_t padded = body.size() + simdjson::SIMDJSON_PADDING;
    if (body.capacity() < padded) body.reserve(padded);
    return !parser.iterate(body.data(), body.size(), body.capacity()).get(json);
  };
  ondemand::document json;
  if (!iterate(json)) {
    const JsonRead mended = Mend(body, lease);
    if (mended != JsonRead::kOk) return mended;
    if (!iterate(json)) return JsonRead::kNotJson;
  }
  json_type type;
  if (json.type().get(type)) return JsonRead::kNotJson;
  if (type != json_type::object) return JsonRead::kWrongType;
  ondemand::object object;
  if (json.get_object().get(object)) return JsonRead::kNotJson;
  const JsonRead read = ReadMembers(object, on_member);
  // Whatever follows the object would be a second body.
  const char* rest = nullptr;
  const bool ends =
      json.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
  return read == JsonRead::kNotJson ? read : Checked(ends, read);
}

JsonRead ReadJsonMembers(ondemand::value& value, const OnMember& on_member) {
  json_type type;
  if (value.type().get(type)) return JsonRead::kNotJson;
  if (type != json_type::object) return NullOrWrong(value, type);
  ondemand::object object;
  if (value.get_object().get(object)) return JsonRead::kNotJson;
  return ReadMembers(object, on_member);
}

JsonRead SkipJson(ondemand::value& value) {
  return Checked(WalkValue(value, limits::kDocumentDepthMax), JsonRead::kOk);
}

JsonRead ReadJsonString(ondemand::value& value,
                        std::optional<std::string_view>& out) {
  out.reset();
  json_type type;
  if (value.type().get(type)) return JsonRead::kNotJson;
  if (type != json_type::string) return NullOrWrong(value, type);
  std::string_view text;
  if (value.get_string().get(text)) return JsonRead::kNotJson;
  out = text;
  return JsonRead::kOk;
}

JsonRead ReadJsonStrings(ondemand::value& value,
                         std::optional<std::vector<std::string_view>>& out) {
  out.reset();
  json_type type;
  if (value.type().get(type)) return JsonRead::kNotJson;
  if (type == json_type::array) out.emplace();
  return ReadJsonElements(value, [&](ondemand::value& element) {
    std::optional<std::string_view> text;
    const JsonRead read = ReadJsonString(element, text);
    if (text) out->push_back(*text);
    return read;
  });
}

JsonRead ReadJsonElements(ondemand::value& value, const OnElement& on_element) {
  json_type type;
  if (value.type().get(type)) return JsonRead::kNotJson;
  if (type != json_type::array) return NullOrWrong(value, type);
  ondemand::array array;
  if (value.get_array().get(array)) return JsonRead::kNotJson;
  JsonRead worst = JsonRead::kOk;
  for (auto item : array) {
    ondemand::value element;
    if (std::move(item).get(element)) return JsonRead::kNotJson;
    const JsonRead read = on_element(element);
    if (read == JsonRead::kNotJson) return read;
    if (read == JsonRead::kWrongType) worst = read;
  }
  return worst;
}

JsonRead ReadJsonBool(ondemand::value& value, std::optional<bool>& out) {
  out.reset();
  json_type type;
  if (value.type().get(type)) return JsonRead::kNotJson;
  if (type != json_type::boolean) return NullOrWrong(value, type);
  bool flag = false;
  if (value.get_bool().get(flag)) return JsonRead::kNotJson;
  out = flag;
  return JsonRead::kOk;
}

JsonRead ReadJsonDouble(ondemand::value& value, std::optional<double>& out) {
  out.reset();
  json_type type;
  if (value.type().get(type)) return JsonRead::kNotJson;
  if (type != json_type::number) return NullOrWrong(value, type);
  double number = 0;
  if (!IsJsonNumber(ScalarToken(value)) || value.get_double().get(number)) {
    return JsonRead::kNotJson;
  }
  out = number;
  return JsonRead::kOk;
}

JsonRead ReadJsonTime(ondemand::value& value, std::optional<JsonTime>& out) {
  out.reset();
  json_type type;
  if (value.type().get(type)) return JsonRead::kNotJson;
  if (type == json_type::string) {
    std::optional<std::string_view> text;
    const JsonRead read = ReadJsonString(value, text);
    if (read != JsonRead::kOk) return read;
    const std::optional<absl::Time> time = ParseIso(*text);
    if (!time) return JsonRead::kWrongType;
    out = JsonTime{.text = std::string(*text), .time = ToTimestamp(*time)};
    return read;
  }
  if (type != json_type::number) return NullOrWrong(value, type);
  const std::string_view token = ScalarToken(value);
  if (!IsJsonNumber(token)) return JsonRead::kNotJson;
  out = JsonTime{.text = std::string(token), .time = ParseEpochSeconds(token)};
  return JsonRead::kOk;
}

JsonRead ReadJsonSenderTime(ondemand::value& value,
                            std::optional<JsonTime>& out) {
  out.reset();
  json_type type;
  if (value.type().get(type)) return JsonRead::kNotJson;
  if (type != json_type::string && type != json_type::number) {
    return NullOrWrong(value, type);
  }
  std::string_view text = ScalarToken(value);
  if (type == json_type::string) {
    if (value.get_string().get(text)) return JsonRead::kNotJson;
  } else if (!IsJsonNumber(text)) {
    return JsonRead::kNotJson;
  }
  out = JsonTime{.text = std::string(text), .time = ParseEpochSeconds(text)};
  double number = 0;
  if (!out->time && IsJsonNumber(text) &&
      absl::SimpleAtod(absl::string_view(text.data(), text.size()), &number)) {
    out->time = EpochOfAnyUnit(number);
  } else if (const auto iso = ParseIso(text); !out->time && iso) {
    out->time = ToTimestamp(*iso);
  }
  return JsonRead::kOk;
}

}  // namespace roentgen::server

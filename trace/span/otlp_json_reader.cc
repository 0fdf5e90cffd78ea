#include "trace/span/otlp_json_reader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "base/decimal_time.h"
#include "base/json_check.h"
#include "base/json_mend.h"
#include "base/json_walk.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "simdjson.h"
#include "trace/span/json_integer.h"
#include "trace/span/otlp_schema.h"
#include "trace/span/wire_fields.h"

namespace roentgen::storage {
namespace {

using ondemand::json_type;

// A parser that read more is not kept for the requests that follow.
constexpr size_t kKeptParserBytes = 1 << 20;
// What an id that cannot be read becomes.
constexpr std::string_view kBadId("\0", 1);

std::string_view NameOf(OtlpType type) {
  switch (type) {
    case OtlpType::kString:
    case OtlpType::kId:
      return "string";
    case OtlpType::kBytes:
      return "base64";
    case OtlpType::kBool:
      return "boolean";
    case OtlpType::kEnum:
    case OtlpType::kInt32:
      return "signed 32-bit number";
    case OtlpType::kUint32:
    case OtlpType::kFixed32:
      return "unsigned 32-bit number";
    case OtlpType::kInt64:
      return "signed 64-bit number";
    case OtlpType::kFixed64:
      return "unsigned 64-bit number";
    case OtlpType::kDouble:
      return "64-bit floating-point number";
    case OtlpType::kMessage:
      return "object";
  }
  return "";
}

// The value's text as an error shows it: not all of a long one, and no half
// characters.
std::string Shown(std::string_view token) {
  if (token.starts_with('{')) return "an object";
  if (token.starts_with('[')) return "a list";
  if (token.size() <= limits::kOtlpJsonBytesShown) return std::string(token);
  size_t end = limits::kOtlpJsonBytesShown;
  while ((static_cast<unsigned char>(token[end]) & 0xC0) == 0x80) --end;
  return std::string(token.substr(0, end)) + "...";
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendIdField(uint32_t number, std::string_view hex, std::string& out) {
  if (hex.empty()) return;
  const size_t begin = out.size();
  AppendTag(number, WireType::kBytes, out);
  AppendVarint(hex.size() / 2, out);
  bool good = hex.size() % 2 == 0;
  for (size_t i = 0; good && i < hex.size(); i += 2) {
    const int high = HexDigit(hex[i]), low = HexDigit(hex[i + 1]);
    good = high >= 0 && low >= 0;
    out.push_back(static_cast<char>(high << 4 | (low & 15)));
  }
  if (good) return;
  out.resize(begin);
  AppendBytesField(number, kBadId, out);
}

absl::Status NoJson(std::string_view json) {
  const std::string fault = JsonFault(json);
  return absl::InvalidArgumentError(
      fault.empty() ? "the body is no JSON object"
                    : "the body is no JSON object: " + fault);
}

// Whether the member `key` is `name`, in JSON's spelling or in that of the
// .proto files: "start_time_unix_nano" is "startTimeUnixNano".
bool IsSpelled(std::string_view key, std::string_view name) {
  size_t i = 0;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && (i >= key.size() || key[i++] != '_')) return false;
    if (i >= key.size() || key[i++] != (upper ? c | 0x20 : c)) return false;
  }
  return i == key.size();
}

}  // namespace

struct OtlpJsonReader::State {
  ondemand::parser parser;
  std::string key;
  std::string bytes;      // Of one base64 text.
  std::string reordered;  // Fields of one message.
};

// One pass over one request. Read functions return false when the text is not
// JSON or a member has the wrong type; `fault` then says which and where.
class OtlpJsonReader::Walk {
 public:
  Walk(State& state, std::string& out) : state_(state), out_(out) {}

  // `depth` is how many more levels of JSON members may have that are not
  // known; the others are bounded by the depth of values.
  bool ReadMessage(ondemand::object object, const OtlpMessage& message,
                   int depth) {
    Fields fields(message, out_.size());
    for (auto item : object) {
      ondemand::field field;
      std::string_view key;
      if (std::move(item).get(field) || !ReadKey(field, state_.key, key)) {
        return false;
      }
      ondemand::value value = field.value();
      const std::optional<size_t> index = fields.Find(key);
      if (!index) {
        if (!PassOver(value, depth - 1)) return Prepend(Shown(key));
        if (message.holds_spans && passed_lists_ && strangers_++ == 0) {
          stranger_ = Shown(key);
        }
        continue;
      }
      const size_t begin = out_.size();
      bool given = true;
      if (!ReadField(value, message, *index, depth - 1, given)) {
        return Prepend(message.fields[*index].name);
      }
      if (!fields.Set(*index, begin, out_.size(), given)) {
        what_ = "is given more than " +
                std::to_string(limits::kOtlpJsonListPartsMax) +
                " times, with other members in between";
        return Prepend(message.fields[*index].name);
      }
    }
    fields.Finish(state_.reordered, out_);
    return true;
  }

  absl::Status Error(std::string_view json) const {
    if (what_.empty()) return NoJson(json);
    return absl::InvalidArgumentError(path_ + ": " + what_);
  }

  // A request in which nothing was found but what is not known holds spans in
  // some other form: whoever sent it must not think that they were taken.
  absl::Status CheckTaken() const {
    if (spans_ > 0 || strangers_ == 0) return absl::OkStatus();
    return absl::InvalidArgumentError("the body has no spans, and \"" +
                                      stranger_ + "\" is no member of it");
  }

  // Beside spans it may be what a later version of OTLP has.
  std::string Note() const {
    if (strangers_ == 0) return "";
    return "\"" + stranger_ +
           "\" is no member known here: what it holds is not stored";
  }

 private:
  // Where the fields of one message stand in the output.
  class Fields {
   public:
    Fields(const OtlpMessage& message, size_t base)
        : message_(message), base_(base) {}

    // Members mostly come in the table's order.
    std::optional<size_t> Find(std::string_view key) {
      const size_t n = message_.fields.size();
      for (size_t i = 0; i < n; ++i, next_ = next_ + 1 < n ? next_ + 1 : 0) {
        if (message_.fields[next_].name == key) return next_;
      }
      for (size_t i = 0; i < n; ++i) {
        const OtlpField& field = message_.fields[i];
        if (IsSpelled(key, field.name) || IsOldName(key, field)) return i;
      }
      return std::nullopt;
    }

    // An earlier value of the field, or of the one that may be set, is gone. A
    // list goes on, as one of Protobuf's does; false: it did so too often.
    bool Set(size_t index, size_t begin, size_t end, bool given) {
      if (message_.fields[index].repeated) return Add(index, {begin, end});
      if (message_.one_of && given) {
        for (size_t i = 0; i < message_.fields.size(); ++i) Drop(i);
      } else {
        Drop(index);
      }
      if (begin == end) return true;
      in_order_ = in_order_ && index >= last_;
      last_ = index;
      parts_[index] = {begin, end};
      return true;
    }

    void Finish(std::string& reordered, std::string& out) const {
      if (in_order_) return;
      reordered.clear();
      for (size_t i = 0; i < parts_.size(); ++i) {
        reordered.append(out, parts_[i].begin, parts_[i].end - parts_[i].begin);
        for (const auto& [index, part] : more_) {
          if (index != i) continue;
          reordered.append(out, part.begin, part.end - part.begin);
        }
      }
      out.resize(base_);
      out += reordered;
    }

   private:
    struct Part {
      size_t begin = 0;
      size_t end = 0;
    };

    static bool IsOldName(std::string_view key, const OtlpField& field) {
      return !field.old_name.empty() &&
             (key == field.old_name || IsSpelled(key, field.old_name));
    }

    bool Add(size_t index, Part part) {
      if (part.begin == part.end) return true;
      in_order_ = in_order_ && index >= last_;
      last_ = index;
      Part& first = parts_[index];
      if (first.begin == first.end) {
        first = part;
      } else if (first.end == part.begin) {
        first.end = part.end;
      } else if (!more_.empty() && more_.back().first == index &&
                 more_.back().second.end == part.begin) {
        more_.back().second.end = part.end;
      } else if (more_.size() == limits::kOtlpJsonListPartsMax) {
        return false;
      } else {
        more_.emplace_back(index, part);
      }
      return true;
    }

    void Drop(size_t index) {
      if (parts_[index].begin == parts_[index].end) return;
      parts_[index] = {};
      in_order_ = false;
    }

    const OtlpMessage& message_;
    const size_t base_;
    std::array<Part, kOtlpFieldsMax> parts_;
    // Of lists that were given more than once, in their order.
    std::vector<std::pair<size_t, Part>> more_;
    size_t next_ = 0;
    size_t last_ = 0;
    bool in_order_ = true;
  };

  bool ReadField(ondemand::value& value, const OtlpMessage& message,
                 size_t index, int depth, bool& given) {
    const OtlpField& field = message.fields[index];
    json_type type;
    if (value.type().get(type)) return false;
    if (type == json_type::null) {
      given = false;
      return ScalarToken(value) == "null";
    }
    if (field.repeated) return ReadList(value, type, field, depth);
    if (field.type == OtlpType::kMessage) {
      return ReadObject(value, type, field, depth);
    }
    return ReadScalar(value, type, field, message.one_of);
  }

  bool ReadList(ondemand::value& value, json_type type, const OtlpField& field,
                int depth) {
    if (type != json_type::array) {
      return Wrong(Shown(ScalarToken(value)), "list");
    }
    ondemand::array array;
    if (value.get_array().get(array)) return false;
    size_t index = 0;
    for (auto item : array) {
      ondemand::value element;
      json_type element_type;
      if (std::move(item).get(element) || element.type().get(element_type)) {
        return false;
      }
      const bool ok = field.type == OtlpType::kMessage
                          ? ReadObject(element, element_type, field, depth - 1)
                          : ReadScalar(element, element_type, field, true);
      if (!ok) return Prepend("[" + std::to_string(index) + "]");
      ++index;
    }
    return true;
  }

  bool ReadObject(ondemand::value& value, json_type type,
                  const OtlpField& field, int depth) {
    if (type != json_type::object) {
      return Wrong(Shown(ScalarToken(value)), NameOf(field.type));
    }
    ondemand::object object;
    if (value.get_object().get(object)) return false;
    AppendTag(field.number, WireType::kBytes, out_);
    const size_t begin = out_.size();
    out_.push_back(0);  // Most messages have a length of one byte.
    if (field.message == &kSpanMessage) ++spans_;
    const bool is_value = field.message->one_of;
    // One level more than a span may have: its reader refuses the span alone,
    // whatever is below.
    if (is_value && values_ > limits::kAttributeDepthMax) {
      std::string_view text;
      return !object.raw_json().get(text) && CheckJson(text).valid;
    }
    values_ += is_value ? 1 : 0;
    if (!ReadMessage(object, *field.message, depth)) return false;
    values_ -= is_value ? 1 : 0;
    SetLength(begin);
    return true;
  }

  bool PassOver(ondemand::value& value, int depth) {
    json_type type;
    if (value.type().get(type)) return false;
    passed_lists_ = type == json_type::array || type == json_type::object;
    std::string_view text;
    if (type == json_type::array) {
      ondemand::array array;
      if (value.get_array().get(array) || array.raw_json().get(text)) {
        return false;
      }
    } else if (type == json_type::object) {
      ondemand::object object;
      if (value.get_object().get(object) || object.raw_json().get(text)) {
        return false;
      }
    } else {
      return WalkValue(value, 1);
    }
    const JsonCheck check = CheckJson(text);
    if (check.valid && check.levels > static_cast<size_t>(std::max(depth, 0))) {
      what_ = "nests deeper than the " +
              std::to_string(limits::kOtlpJsonDepthMax) +
              " levels of a request";
      return false;
    }
    return check.valid;
  }

  // The length of what follows the byte at `begin`.
  void SetLength(size_t begin) {
    const size_t size = out_.size() - begin - 1;
    if (size < 128) {
      out_[begin] = static_cast<char>(size);
      return;
    }
    std::string length;  // Ten bytes at most: never on the heap.
    AppendVarint(size, length);
    out_[begin] = length[0];
    out_.insert(begin + 1, length, 1);
  }

  // `always`: also a value that is the default.
  bool ReadScalar(ondemand::value& value, json_type type,
                  const OtlpField& field, bool always) {
    const std::string_view token = ScalarToken(value);
    bool good = false;
    if (type == json_type::string) {
      std::string_view text;
      if (!ReadText(value, text)) return false;
      good = SetText(text, field, always);
    } else if (type == json_type::number) {
      if (!IsJsonNumber(token)) return false;
      good = SetNumber(token, field, always);
    } else if (type == json_type::boolean) {
      if (token != "true" && token != "false") return false;
      good = field.type == OtlpType::kBool;
      if (good && (always || token == "true")) {
        AppendVarintField(field.number, token == "true" ? 1 : 0, out_);
      }
    }
    return good || Wrong(Shown(token), NameOf(field.type));
  }

  bool ReadText(ondemand::value& value, std::string_view& text) {
    const StringToken token = ReadStringToken(value);
    text = token.content;
    if (!token.escaped) return ConsumeString(value, token);
    return token.valid && !value.get_string().get(text);
  }

  bool SetText(std::string_view text, const OtlpField& field, bool always) {
    switch (field.type) {
      case OtlpType::kString:
        if (always || !text.empty()) AppendBytesField(field.number, text, out_);
        return true;
      case OtlpType::kId:
        AppendIdField(field.number, text, out_);
        return true;
      case OtlpType::kBytes:
        return SetBytes(text, field, always);
      case OtlpType::kDouble:
        if (text == "NaN") {
          return SetDouble(std::numeric_limits<double>::quiet_NaN(), field,
                           always);
        }
        if (text == "Infinity" || text == "-Infinity") {
          constexpr double kInfinity = std::numeric_limits<double>::infinity();
          return SetDouble(text[0] == '-' ? -kInfinity : kInfinity, field,
                           always);
        }
        break;
      case OtlpType::kEnum: {
        const auto at = std::find(field.names.begin(), field.names.end(), text);
        return at != field.names.end() &&
               SetNumber(std::to_string(at - field.names.begin()), field,
                         always);
      }
      default:
        break;
    }
    return IsJsonNumber(text) && SetNumber(text, field, always);
  }

  bool SetBytes(std::string_view text, const OtlpField& field, bool always) {
    std::string standard(text);
    std::replace(standard.begin(), standard.end(), '-', '+');
    std::replace(standard.begin(), standard.end(), '_', '/');
    if (!absl::Base64Unescape(standard, &state_.bytes)) return false;
    if (always || !state_.bytes.empty()) {
      AppendBytesField(field.number, state_.bytes, out_);
    }
    return true;
  }

  bool SetDouble(double number, const OtlpField& field, bool always) {
    const auto bits = std::bit_cast<uint64_t>(number);
    if (always || bits != 0) AppendFixed64Field(field.number, bits, out_);
    return true;
  }

  bool SetNumber(std::string_view token, const OtlpField& field, bool always) {
    switch (field.type) {
      case OtlpType::kDouble: {
        double number;
        return absl::SimpleAtod({token.data(), token.size()}, &number) &&
               std::isfinite(number) && SetDouble(number, field, always);
      }
      case OtlpType::kEnum:
      case OtlpType::kInt32:
      case OtlpType::kInt64: {
        int64_t number;
        if (!ParseJsonInt64(token, number)) return false;
        if (field.type != OtlpType::kInt64 &&
            number != static_cast<int32_t>(number)) {
          return false;
        }
        if (always || number != 0) {
          AppendVarintField(field.number, static_cast<uint64_t>(number), out_);
        }
        return true;
      }
      default:
        return SetUnsigned(token, field, always);
    }
  }

  bool SetUnsigned(std::string_view token, const OtlpField& field,
                   bool always) {
    const bool wide = field.type == OtlpType::kFixed64;
    if (!wide && field.type != OtlpType::kUint32 &&
        field.type != OtlpType::kFixed32) {
      return false;
    }
    uint64_t number;
    if (!ParseJsonUint64(token, number)) return false;
    if (!wide && number > std::numeric_limits<uint32_t>::max()) return false;
    if (number == 0 && !always) return true;
    if (wide) {
      AppendFixed64Field(field.number, number, out_);
    } else if (field.type == OtlpType::kFixed32) {
      AppendFixed32Field(field.number, static_cast<uint32_t>(number), out_);
    } else {
      AppendVarintField(field.number, number, out_);
    }
    return true;
  }

  bool Wrong(std::string_view shown, std::string_view expected) {
    what_ = std::string(shown) + " is no " + std::string(expected);
    return false;
  }

  // The path is put together on the way out. Always false.
  bool Prepend(std::string_view part) {
    if (what_.empty()) return false;
    const bool joined = path_.empty() || path_.front() == '[';
    path_ = std::string(part) + (joined ? "" : ".") + path_;
    return false;
  }

  State& state_;
  std::string& out_;
  std::string path_;
  std::string what_;
  int values_ = 0;  // Those of attributes that are open, one in the other.
  size_t spans_ = 0;
  size_t strangers_ = 0;       // Unknown members where spans could be.
  bool passed_lists_ = false;  // The last one has members or elements.
  std::string stranger_;       // The first.
};

OtlpJsonReader::OtlpJsonReader() : state_(std::make_unique<State>()) {}
OtlpJsonReader::~OtlpJsonReader() = default;
OtlpJsonReader::OtlpJsonReader(OtlpJsonReader&&) noexcept = default;
OtlpJsonReader& OtlpJsonReader::operator=(OtlpJsonReader&&) noexcept = default;

absl::StatusOr<std::string> OtlpJsonReader::Read(std::string& json) {
  note_.clear();
  if (auto mended = MendedJson(json)) json = *std::move(mended);
  if (state_->parser.capacity() > kKeptParserBytes &&
      json.size() < kKeptParserBytes) {
    *state_ = State();
  }
  const size_t padded = json.size() + simdjson::SIMDJSON_PADDING;
  if (json.capacity() < padded) json.reserve(padded);
  std::string out;
  Walk walk(*state_, out);
  ondemand::document document;
  ondemand::object object;
  if (state_->parser.iterate(json.data(), json.size(), json.capacity())
          .get(document) ||
      document.get_object().get(object)) {
    return NoJson(json);
  }
  if (!walk.ReadMessage(object, kTracesDataMessage,
                        limits::kOtlpJsonDepthMax)) {
    return walk.Error(json);
  }
  // Whatever follows the object would be a second request.
  const char* rest = nullptr;
  if (document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS) {
    return walk.Error(json);
  }
  RTG_RETURN_IF_ERROR(walk.CheckTaken());
  note_ = walk.Note();
  return out;
}

}  // namespace roentgen::storage

#include "trace/redact/span_redactor.h"

#include <algorithm>
#include <bit>

#include "absl/strings/str_cat.h"
#include "trace/span/wire_fields.h"

namespace roentgen::storage {
namespace {

// Fields of KeyValue, AnyValue, ArrayValue and KeyValueList of OTLP.
constexpr uint32_t kKey = 1;
constexpr uint32_t kValue = 2;
constexpr uint32_t kStringValue = 1;
constexpr uint32_t kBoolValue = 2;
constexpr uint32_t kIntValue = 3;
constexpr uint32_t kDoubleValue = 4;
constexpr uint32_t kArrayValue = 5;
constexpr uint32_t kMapValue = 6;
constexpr uint32_t kBytesValue = 7;
constexpr uint32_t kValues = 1;

class Copier {
 public:
  explicit Copier(const RedactionRules& rules) : rules_(rules) {}

  bool changed() const { return changed_; }

  std::string Message(std::string_view bytes, const OtlpMessage& message) {
    std::string out;
    out.reserve(bytes.size());
    FieldReader in(bytes);
    while (in.Next()) {
      const auto known = std::find_if(
          message.fields.begin(), message.fields.end(),
          [&](const OtlpField& field) { return field.number == in.field(); });
      if (in.type() != WireType::kBytes || known == message.fields.end()) {
        out += in.whole();
      } else if (known->name == "attributes") {
        KeyValue(in.field(), in.bytes(), "", out);
      } else if (known->type == OtlpType::kMessage) {
        AppendBytesField(in.field(), Message(in.bytes(), *known->message), out);
      } else if (known->type == OtlpType::kString) {
        Text(in, false, out);
      } else {
        out += in.whole();
      }
    }
    return out;
  }

 private:
  // Appends the attribute as field `number`, unless it is dropped.
  void KeyValue(uint32_t number, std::string_view bytes,
                const std::string& above, std::string& out) {
    std::string_view key;
    FieldReader look(bytes);
    while (look.Next()) {
      if (look.Is(kKey, WireType::kBytes)) key = look.bytes();
    }
    const std::string path = above.empty()
                                 ? std::string(key)
                                 : absl::StrCat(above, ".", std::string(key));
    std::optional<Redaction> rule = rules_.Find(key);
    if (!rule && path != key) rule = rules_.Find(path);
    if (rule && rule->action == RedactionAction::kDrop) {
      changed_ = true;
      return;
    }
    std::string copy;
    FieldReader in(bytes);
    while (in.Next()) {
      if (!in.Is(kValue, WireType::kBytes)) {
        copy += in.whole();
      } else if (rule) {
        AppendBytesField(kValue, Replaced(*rule, in.bytes()), copy);
      } else {
        AppendBytesField(kValue, AnyValue(in.bytes(), path), copy);
      }
    }
    AppendBytesField(number, copy, out);
  }

  std::string AnyValue(std::string_view bytes, const std::string& path) {
    std::string out;
    FieldReader in(bytes);
    while (in.Next()) {
      if (in.Is(kStringValue, WireType::kBytes)) {
        Text(in, path.ends_with("query"), out);
      } else if (in.Is(kArrayValue, WireType::kBytes)) {
        AppendBytesField(kArrayValue,
                         Each(in.bytes(),
                              [&](std::string_view value, std::string& to) {
                                AppendBytesField(kValues, AnyValue(value, path),
                                                 to);
                              }),
                         out);
      } else if (in.Is(kMapValue, WireType::kBytes)) {
        AppendBytesField(kMapValue,
                         Each(in.bytes(),
                              [&](std::string_view value, std::string& to) {
                                KeyValue(kValues, value, path, to);
                              }),
                         out);
      } else {
        out += in.whole();
      }
    }
    return out;
  }

  // Every scalar of a value.
  std::string Replaced(const Redaction& rule, std::string_view bytes) {
    std::string out;
    FieldReader in(bytes);
    while (in.Next()) {
      if (in.Is(kArrayValue, WireType::kBytes)) {
        AppendBytesField(kArrayValue,
                         Each(in.bytes(),
                              [&](std::string_view value, std::string& to) {
                                AppendBytesField(kValues, Replaced(rule, value),
                                                 to);
                              }),
                         out);
      } else if (in.Is(kMapValue, WireType::kBytes)) {
        AppendBytesField(kMapValue,
                         Each(in.bytes(),
                              [&](std::string_view value, std::string& to) {
                                AppendBytesField(kValues,
                                                 WithReplacedValue(rule, value),
                                                 to);
                              }),
                         out);
      } else if (const auto text = ScalarText(in)) {
        changed_ = true;
        AppendBytesField(kStringValue, rules_.Replace(rule, *text), out);
      }
      // What is unknown might hold anything: it goes.
    }
    return out;
  }

  std::string WithReplacedValue(const Redaction& rule,
                                std::string_view key_value) {
    std::string out;
    FieldReader in(key_value);
    while (in.Next()) {
      if (in.Is(kValue, WireType::kBytes)) {
        AppendBytesField(kValue, Replaced(rule, in.bytes()), out);
      } else {
        out += in.whole();
      }
    }
    return out;
  }

  // As the same value is written in a segment document.
  static std::optional<std::string> ScalarText(const FieldReader& in) {
    if (in.Is(kStringValue, WireType::kBytes) ||
        in.Is(kBytesValue, WireType::kBytes)) {
      return std::string(in.bytes());
    }
    if (in.Is(kBoolValue, WireType::kVarint)) {
      return in.number() != 0 ? "true" : "false";
    }
    if (in.Is(kIntValue, WireType::kVarint)) {
      return std::to_string(static_cast<int64_t>(in.number()));
    }
    if (in.Is(kDoubleValue, WireType::kFixed64)) {
      return absl::StrCat(std::bit_cast<double>(in.number()));
    }
    return std::nullopt;
  }

  template <typename Copy>
  static std::string Each(std::string_view list, const Copy& copy) {
    std::string out;
    FieldReader in(list);
    while (in.Next()) {
      if (in.Is(kValues, WireType::kBytes)) {
        copy(in.bytes(), out);
      } else {
        out += in.whole();
      }
    }
    return out;
  }

  void Text(const FieldReader& in, bool is_query, std::string& out) {
    if (const auto kept = rules_.ReplaceParameters(in.bytes(), is_query)) {
      changed_ = true;
      AppendBytesField(in.field(), *kept, out);
    } else {
      out += in.whole();
    }
  }

  const RedactionRules& rules_;
  bool changed_ = false;
};

}  // namespace

std::optional<std::string> RedactedMessage(const RedactionRules& rules,
                                           std::string_view bytes,
                                           const OtlpMessage& message) {
  Copier copier(rules);
  std::string out = copier.Message(bytes, message);
  if (!copier.changed()) return std::nullopt;
  return out;
}

}  // namespace roentgen::storage

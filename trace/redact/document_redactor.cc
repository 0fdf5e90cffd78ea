#include "trace/redact/document_redactor.h"

#include <algorithm>

#include "base/json_mend.h"
#include "base/json_walk.h"
#include "base/json_writer.h"
#include "base/limits.h"
#include "simdjson.h"

namespace roentgen::storage {
namespace {

// Members of a segment or subsegment that no rule by name touches: without
// them it is none, or is another one.
constexpr std::string_view kIdentity[] = {
    "name",     "id",          "trace_id", "parent_id",     "start_time",
    "end_time", "in_progress", "type",     "precursor_ids", "error",
    "fault",    "throttle",    "http",     "sql",           "aws",
    "cause",    "links"};

absl::Status NoDocument() {
  return absl::InvalidArgumentError("no document that rules can be held to");
}

// Copies a document member by member.
class Copier {
 public:
  Copier(const RedactionRules& rules, std::string& out)
      : rules_(rules), out_(out) {}

  bool changed() const { return changed_; }

  // A segment or a subsegment.
  bool Entity(ondemand::value value, int depth) {
    return Object(value, [&](std::string_view key, ondemand::value member) {
      if (key == "subsegments") return Entities(member, depth - 1);
      if (key == "annotations") return Named(member, "", depth - 1);
      if (key == "metadata") return Namespaces(member, depth - 1);
      return Own(member, std::string(key), depth - 1);
    });
  }

 private:
  // What a rule says about a named value.
  using Rule = std::optional<Redaction>;

  // Copies the members of an object by `copy`, which writes a value, or, when
  // it is to be dropped, says so in `dropped_`.
  template <typename Copy>
  bool Object(ondemand::value value, const Copy& copy) {
    ondemand::object object;
    if (value.get_object().get(object)) return false;
    out_ += '{';
    bool first = true;
    for (auto next : object) {
      ondemand::field field;
      std::string storage;
      std::string_view key;
      if (std::move(next).get(field) || !ReadKey(field, storage, key)) {
        return false;
      }
      // The reader's buffer of keys may be used again.
      const std::string own_key(key);
      const size_t before = out_.size();
      if (!first) out_ += ',';
      AppendJsonString(out_, own_key);
      out_ += ':';
      dropped_ = false;
      if (!copy(own_key, field.value())) return false;
      if (dropped_) {
        out_.resize(before);
        changed_ = true;
      } else {
        first = false;
      }
      dropped_ = false;
    }
    out_ += '}';
    return true;
  }

  template <typename Copy>
  bool Array(ondemand::value value, const Copy& copy) {
    ondemand::array array;
    if (value.get_array().get(array)) return false;
    out_ += '[';
    bool first = true;
    for (auto next : array) {
      ondemand::value element;
      if (std::move(next).get(element)) return false;
      if (!first) out_ += ',';
      first = false;
      if (!copy(element)) return false;
    }
    out_ += ']';
    return true;
  }

  bool Entities(ondemand::value value, int depth) {
    ondemand::json_type type;
    if (depth <= 0 || value.type().get(type)) return false;
    if (type != ondemand::json_type::array) return Plain(value, depth);
    return Array(value, [&](ondemand::value element) {
      ondemand::json_type of;
      if (element.type().get(of)) return false;
      return of == ondemand::json_type::object ? Entity(element, depth - 1)
                                               : Plain(element, depth - 1);
    });
  }

  // Metadata: what is below a namespace has names.
  bool Namespaces(ondemand::value value, int depth) {
    ondemand::json_type type;
    if (depth <= 0 || value.type().get(type)) return false;
    if (type != ondemand::json_type::object) return Plain(value, depth);
    return Object(value, [&](std::string_view key, ondemand::value member) {
      // Some put values straight below "metadata".
      ondemand::json_type of;
      if (member.type().get(of)) return false;
      if (of == ondemand::json_type::object) {
        if (const Rule rule = rules_.Find(key)) {
          return Replaced(*rule, member, depth - 1);
        }
        return Named(member, "", depth - 1);
      }
      return NamedValue(member, std::string(key), std::string(key), depth - 1);
    });
  }

  // An object whose members have names of their own, below `path`.
  bool Named(ondemand::value value, const std::string& path, int depth) {
    ondemand::json_type type;
    if (depth <= 0 || value.type().get(type)) return false;
    if (type == ondemand::json_type::array) {
      return Array(value, [&](ondemand::value element) {
        return Named(element, path, depth - 1);
      });
    }
    if (type != ondemand::json_type::object) return Scalar(value, type, path);
    return Object(value, [&](std::string_view key, ondemand::value member) {
      const std::string below =
          path.empty() ? std::string(key) : path + '.' + std::string(key);
      return NamedValue(member, std::string(key), below, depth - 1);
    });
  }

  bool NamedValue(ondemand::value value, const std::string& key,
                  const std::string& path, int depth) {
    Rule rule = rules_.Find(key);
    if (!rule && path != key) rule = rules_.Find(path);
    if (rule) return Replaced(*rule, value, depth);
    return Named(value, path, depth);
  }

  // A member of the segment itself, known by its path.
  bool Own(ondemand::value value, const std::string& path, int depth) {
    ondemand::json_type type;
    if (depth <= 0 || value.type().get(type)) return false;
    const bool is_text = type == ondemand::json_type::string;
    if (std::find(std::begin(kIdentity), std::end(kIdentity), path) ==
        std::end(kIdentity)) {
      const Rule rule = rules_.Find(path);
      // Other types are X-Ray's: a number must stay one.
      if (rule && (is_text || rule->action == RedactionAction::kDrop)) {
        return Replaced(*rule, value, depth);
      }
    }
    if (type == ondemand::json_type::array) {
      return Array(value, [&](ondemand::value element) {
        return Own(element, path, depth - 1);
      });
    }
    if (type != ondemand::json_type::object) return Scalar(value, type, path);
    return Object(value, [&](std::string_view key, ondemand::value member) {
      return Own(member, path + '.' + std::string(key), depth - 1);
    });
  }

  // Without rules by name, as the grammar has it.
  bool Plain(ondemand::value value, int depth) {
    ondemand::json_type type;
    if (depth <= 0 || value.type().get(type)) return false;
    if (type == ondemand::json_type::array) {
      return Array(value, [&](ondemand::value element) {
        return Plain(element, depth - 1);
      });
    }
    if (type != ondemand::json_type::object) return Scalar(value, type, "");
    return Object(value, [&](std::string_view, ondemand::value member) {
      return Plain(member, depth - 1);
    });
  }

  // Every scalar below `value`; null is nothing to hide.
  bool Replaced(const Redaction& rule, ondemand::value value, int depth) {
    ondemand::json_type type;
    if (depth <= 0 || value.type().get(type)) return false;
    if (rule.action == RedactionAction::kDrop) {
      if (!WalkValue(value, depth)) return false;
      dropped_ = true;
      return true;
    }
    switch (type) {
      case ondemand::json_type::array:
        return Array(value, [&](ondemand::value element) {
          return Replaced(rule, element, depth - 1);
        });
      case ondemand::json_type::object:
        return Object(value, [&](std::string_view, ondemand::value member) {
          return Replaced(rule, member, depth - 1);
        });
      case ondemand::json_type::null:
        return Scalar(value, type, "");
      case ondemand::json_type::string: {
        std::string_view text;
        if (value.get_string().get(text)) return false;
        AppendJsonString(out_, rules_.Replace(rule, text));
        break;
      }
      default:
        AppendJsonString(out_, rules_.Replace(rule, ScalarToken(value)));
    }
    changed_ = true;
    return true;
  }

  bool Scalar(ondemand::value value, ondemand::json_type type,
              std::string_view path) {
    if (type != ondemand::json_type::string) {
      out_ += ScalarToken(value);
      return true;
    }
    const StringToken token = ReadStringToken(value);
    if (!token.valid) return false;
    if (!token.escaped) {
      const std::string_view text = token.content;
      if (auto kept = rules_.ReplaceParameters(text, IsQuery(path))) {
        changed_ = true;
        AppendJsonString(out_, *kept);
      } else {
        out_.append("\"").append(text).append("\"");
      }
      return ConsumeString(value, token);
    }
    std::string_view text;
    if (value.get_string().get(text)) return false;
    if (auto kept = rules_.ReplaceParameters(text, IsQuery(path))) {
      changed_ = true;
      AppendJsonString(out_, *kept);
    } else {
      out_.append("\"").append(token.content).append("\"");
    }
    return true;
  }

  static bool IsQuery(std::string_view path) {
    return path.ends_with("query") || path.ends_with("query_string");
  }

  const RedactionRules& rules_;
  std::string& out_;
  bool changed_ = false;
  bool dropped_ = false;  // What was copied last is not to be there.
};

absl::StatusOr<std::optional<std::string>> Copied(const RedactionRules& rules,
                                                  std::string_view text) {
  thread_local ondemand::parser parser;
  const simdjson::padded_string padded(text);
  ondemand::document document;
  ondemand::value root;
  if (parser.iterate(padded).get(document) || document.get_value().get(root)) {
    return NoDocument();
  }
  std::string out;
  out.reserve(text.size());
  Copier copier(rules, out);
  if (!copier.Entity(root, limits::kDocumentDepthMax + 1)) return NoDocument();
  if (!copier.changed()) return std::nullopt;
  return out;
}

}  // namespace

absl::StatusOr<std::optional<std::string>> RedactedDocument(
    const RedactionRules& rules, std::string_view text) {
  if (const auto mended = MendedJson(text)) return Copied(rules, *mended);
  return Copied(rules, text);
}

}  // namespace roentgen::storage

// What of a trace is not to be kept, and what stands in its place.
//
//   RTG_ASSIGN_OR_RETURN(
//       RedactionRules rules,
//       RedactionRules::Make({{.of = RedactedPart::kAttribute,
//                              .name = "user.email",
//                              .action = RedactionAction::kHash}}, key));
//
// Names are compared without case, and '.', '-' and '_' are the same: exporters
// write user.email as user_email where X-Ray allows no dots. In the name of an
// attribute '*' stands for any characters. Of rules that fit the first counts.
//
// Threads: immutable after Make; thread-safe.
#ifndef ROENTGEN_TRACE_REDACT_REDACTION_RULES_H_
#define ROENTGEN_TRACE_REDACT_REDACTION_RULES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace roentgen::storage {

enum class RedactionAction : uint8_t {
  kDrop,  // It is not there.
  kMask,  // MaskOf says what stands in its place.
  kHash,  // A keyed hash: equal values stay equal, and say nothing else.
};

enum class RedactedPart : uint8_t {
  kAttribute,       // An annotation, metadata, an attribute; `name`.
  kHeader,          // Of an HTTP request or response; `name`.
  kQueryParameter,  // In any text that has "?name=" or "&name="; `name`.
  kSql,             // The text of a statement.
  kClientAddress,   // Of whoever called.
};

struct RedactionRule {
  RedactedPart of = RedactedPart::kAttribute;
  std::string name;  // Of the first three.
  RedactionAction action = RedactionAction::kMask;
};

// What a rule says about a value.
struct Redaction {
  RedactedPart of = RedactedPart::kAttribute;
  RedactionAction action = RedactionAction::kMask;
};

class RedactionRules {
 public:
  // `hash_key` is a secret of 16 bytes or more where a rule hashes.
  // InvalidArgument names the rule and what is wrong with it.
  static absl::StatusOr<RedactionRules> Make(std::vector<RedactionRule> rules,
                                             std::string hash_key);

  // What is to become of the value under `key`, which is an attribute's name
  // or a member's path in a segment ("http.request.client_ip").
  std::optional<Redaction> Find(std::string_view key) const;

  // What is kept of a value that is masked or hashed. Hashes are "hash-" and
  // 32 hexadecimal digits of HMAC-SHA-256.
  std::string Replace(const Redaction& redaction, std::string_view text) const;

  // `text` without the values of query parameters that a rule names; nothing
  // where there are none. `is_query`: it may begin with a parameter's name.
  std::optional<std::string> ReplaceParameters(std::string_view text,
                                               bool is_query) const;

 private:
  RedactionRules() = default;

  std::vector<RedactionRule> rules_;  // Names folded.
  bool has_parameters_ = false;
  std::string hash_key_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_REDACT_REDACTION_RULES_H_

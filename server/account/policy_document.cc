#include "server/account/policy_document.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "base/status_macros.h"
#include "server/aws_status.h"
#include "simdjson.h"

namespace roentgen::server {
namespace {

namespace dom = simdjson::dom;

absl::Status Malformed(std::string message) {
  return AwsStatus({.http_status = 400,
                    .name = "MalformedPolicyDocumentException",
                    .message = std::move(message)});
}

// One text, or a list of texts; nothing when it is neither or empty.
std::vector<std::string_view> Texts(dom::element value) {
  std::vector<std::string_view> out;
  std::string_view text;
  if (!value.get_string().get(text)) return {text};
  dom::array list;
  if (value.get_array().get(list)) return {};
  for (dom::element element : list) {
    if (element.get_string().get(text)) return {};
    out.push_back(text);
  }
  return out;
}

// Whether a pattern with * and ? fits the action. What the last * stands for
// grows when the rest does not fit; earlier ones need no second look.
bool IsPut(std::string_view pattern) {
  constexpr std::string_view kAction = "xray:putresourcepolicy";
  constexpr size_t kNone = std::string_view::npos;
  size_t in_pattern = 0, in_action = 0, star = kNone, after_star = 0;
  while (in_action < kAction.size()) {
    const char c = in_pattern < pattern.size()
                       ? absl::ascii_tolower(
                             static_cast<unsigned char>(pattern[in_pattern]))
                       : '\0';
    if (c == '*') {
      star = in_pattern++;
      after_star = in_action;
    } else if (c == '?' || c == kAction[in_action]) {
      ++in_pattern;
      ++in_action;
    } else if (star != kNone) {
      in_pattern = star + 1;
      in_action = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == kNone;
}

// Whether a statement with these Action or NotAction is about puts.
bool CoversPuts(const std::vector<std::string_view>& patterns,
                bool is_not_action) {
  return std::any_of(patterns.begin(), patterns.end(), IsPut) != is_not_action;
}

bool IsEverybody(dom::element principal) {
  dom::element aws;
  if (!principal.is_object()) aws = principal;
  if (principal.is_object() && principal["AWS"].get(aws)) return false;
  for (const std::string_view name : Texts(aws)) {
    if (name == "*") return true;
  }
  return false;
}

absl::Status CheckStatement(dom::element statement, size_t number,
                            PolicyEffect& out) {
  const std::string at = "Statement " + std::to_string(number) + ": ";
  if (!statement.is_object()) return Malformed(at + "must be an object");
  std::string_view effect;
  if (statement["Effect"].get_string().get(effect) ||
      (effect != "Allow" && effect != "Deny")) {
    return Malformed(at + "Effect must be Allow or Deny");
  }
  dom::element actions, others, principal, condition;
  const bool has_action = !statement["Action"].get(actions);
  if (has_action == !statement["NotAction"].get(others)) {
    return Malformed(at + "must have either Action or NotAction");
  }
  const auto names = Texts(has_action ? actions : others);
  if (names.empty()) {
    return Malformed(at + "actions must be one text or a list of texts");
  }
  const bool everybody =
      !statement["Principal"].get(principal) && IsEverybody(principal);
  const bool conditional = !statement["Condition"].get(condition);
  if (effect == "Deny" && everybody && !conditional &&
      CoversPuts(names, !has_action)) {
    out.locks_out = true;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PolicyEffect> CheckPolicyDocument(const std::string& document) {
  dom::parser parser;
  dom::element policy, statements, version;
  if (parser.parse(document).get(policy)) {
    return Malformed("PolicyDocument is not valid JSON");
  }
  if (!policy.is_object()) {
    return Malformed("PolicyDocument must be a JSON object");
  }
  if (!policy["Version"].get(version)) {
    std::string_view text;
    if (version.get_string().get(text) ||
        (text != "2012-10-17" && text != "2008-10-17")) {
      return Malformed("Version must be 2012-10-17 or 2008-10-17");
    }
  }
  if (policy["Statement"].get(statements)) {
    return Malformed("PolicyDocument must have a Statement");
  }
  PolicyEffect out;
  dom::array list;
  if (statements.get_array().get(list)) {
    RTG_RETURN_IF_ERROR(CheckStatement(statements, 1, out));
    return out;
  }
  size_t number = 0;
  for (dom::element statement : list) {
    RTG_RETURN_IF_ERROR(CheckStatement(statement, ++number, out));
  }
  if (number == 0) return Malformed("Statement must not be empty");
  return out;
}

}  // namespace roentgen::server

#include "trace/redact/redaction_rules.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "base/digest.h"
#include "base/hex_digit.h"
#include "base/limits.h"

namespace roentgen::storage {
namespace {

constexpr char kMask[] = "***";
constexpr size_t kHashDigits = 32;

// As Fold leaves them.
constexpr std::string_view kSqlKeys[] = {"sql_sanitized_query", "db_statement",
                                         "db_query_text"};
constexpr std::string_view kAddressKeys[] = {
    "http_request_client_ip",
    "http_client_ip",
    "client_address",
    "client_ip",
    "net_peer_ip",
    "net_peer_ipv6",
    "net_sock_peer_addr",
    "network_peer_address",
    "client_socket_address",
    "source_address",
    "http_request_x_forwarded_for",
    "http_request_header_x_forwarded_for",
    "http_request_header_x_real_ip",
    "http_request_header_forwarded"};
constexpr std::string_view kUserAgentKeys[] = {
    "http_request_user_agent", "http_user_agent", "user_agent_original"};

char Fold(char c) {
  return c == '.' || c == '-' ? '_' : absl::ascii_tolower(c);
}

std::string Folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = Fold(c);
  return out;
}

bool IsOneOf(std::string_view key, std::span<const std::string_view> keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// `pattern` with '*' for any characters. Linear but for the last star.
bool Fits(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = pattern.npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool IsHeader(std::string_view key, std::string_view name) {
  for (const std::string_view before :
       {"http_request_header_", "http_response_header_"}) {
    if (key.starts_with(before) && Fits(name, key.substr(before.size()))) {
      return true;
    }
  }
  return IsOneOf(key, kUserAgentKeys) && Fits(name, "user_agent");
}

bool IsMeant(const RedactionRule& rule, std::string_view key) {
  switch (rule.of) {
    case RedactedPart::kAttribute:
      return Fits(rule.name, key);
    case RedactedPart::kHeader:
      return IsHeader(key, rule.name);
    case RedactedPart::kQueryParameter:
      return false;
    case RedactedPart::kSql:
      return IsOneOf(key, kSqlKeys);
    case RedactedPart::kClientAddress:
      return IsOneOf(key, kAddressKeys);
  }
  return false;
}

// The network of an address: /24, or /48 of IPv6.
std::string NetworkOf(std::string_view text) {
  const std::string address(text);
  std::array<unsigned char, 16> bytes;
  char out[INET6_ADDRSTRLEN];
  for (const auto& [family, kept, size] :
       {std::array{AF_INET, 3, 4}, std::array{AF_INET6, 6, 16}}) {
    if (inet_pton(family, address.c_str(), bytes.data()) != 1) continue;
    std::fill(bytes.begin() + kept, bytes.begin() + size, 0);
    return inet_ntop(family, bytes.data(), out, sizeof(out));
  }
  return kMask;
}

bool IsWord(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '$' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// A statement with '?' for its literals. What is in double quotes is taken for
// a literal, too: MySQL has them so.
std::string WithoutLiterals(std::string_view sql) {
  std::string out;
  for (size_t i = 0; i < sql.size();) {
    const char c = sql[i];
    if (c == '\'' || c == '"') {
      out += '?';
      // Quotes are doubled or escaped within; what does not end is a literal
      // to the end.
      for (++i; i < sql.size(); ++i) {
        if (sql[i] == '\\') {
          ++i;
        } else if (sql[i] == c) {
          if (i + 1 == sql.size() || sql[i + 1] != c) break;
          ++i;
        }
      }
      ++i;
    } else if (absl::ascii_isdigit(c)) {
      out += '?';
      while (i < sql.size() && IsWord(sql[i])) ++i;
    } else if (IsWord(c)) {
      while (i < sql.size() && IsWord(sql[i])) out += sql[i++];
    } else {
      out += c;
      ++i;
    }
  }
  return out;
}

bool EndsValue(char c) {
  return c == '&' || c == '#' || c == ';' || c == '"' || c == '\'' ||
         c == '<' || c == '>' || absl::ascii_isspace(c);
}

// A parameter's name as the rules have it.
std::string FoldedName(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%' && i + 2 < text.size()) {
      const std::string_view digits = text.substr(i + 1, 2);
      if (IsHexDigit(digits[0]) && IsHexDigit(digits[1])) {
        c = absl::HexStringToBytes(std::string(digits))[0];
        i += 2;
      }
    }
    out += Fold(c);
  }
  return out;
}

bool HasName(RedactedPart of) {
  return of == RedactedPart::kAttribute || of == RedactedPart::kHeader ||
         of == RedactedPart::kQueryParameter;
}

}  // namespace

absl::StatusOr<RedactionRules> RedactionRules::Make(
    std::vector<RedactionRule> rules, std::string hash_key) {
  if (rules.size() > limits::kRedactionRulesMax) {
    return absl::InvalidArgumentError(
        "rules: " + std::to_string(rules.size()) + ", the limit is " +
        std::to_string(limits::kRedactionRulesMax));
  }
  RedactionRules out;
  for (size_t i = 0; i < rules.size(); ++i) {
    RedactionRule& rule = rules[i];
    const std::string place = "rules[" + std::to_string(i) + "]: ";
    if (HasName(rule.of) && rule.name.empty()) {
      return absl::InvalidArgumentError(place + "no name");
    }
    if (rule.name.size() > limits::kRedactedNameBytesMax) {
      return absl::InvalidArgumentError(
          place + "the name has " + std::to_string(rule.name.size()) +
          " bytes, the limit is " +
          std::to_string(limits::kRedactedNameBytesMax));
    }
    if (rule.action == RedactionAction::kHash &&
        hash_key.size() < limits::kRedactionKeyBytesMin) {
      return absl::InvalidArgumentError(
          place + "hash needs hash_key, of " +
          std::to_string(limits::kRedactionKeyBytesMin) + " bytes or more");
    }
    rule.name = Folded(rule.name);
    out.has_parameters_ |= rule.of == RedactedPart::kQueryParameter;
  }
  out.rules_ = std::move(rules);
  out.hash_key_ = std::move(hash_key);
  return out;
}

std::optional<Redaction> RedactionRules::Find(std::string_view key) const {
  const std::string folded = Folded(key);
  for (const RedactionRule& rule : rules_) {
    if (IsMeant(rule, folded)) {
      return Redaction{.of = rule.of, .action = rule.action};
    }
  }
  return std::nullopt;
}

std::string RedactionRules::Replace(const Redaction& redaction,
                                    std::string_view text) const {
  if (redaction.action == RedactionAction::kHash) {
    return "hash-" + Hex(HmacSha256(hash_key_, text)).substr(0, kHashDigits);
  }
  if (redaction.of == RedactedPart::kSql) return WithoutLiterals(text);
  if (redaction.of == RedactedPart::kClientAddress) return NetworkOf(text);
  return kMask;
}

std::optional<std::string> RedactionRules::ReplaceParameters(
    std::string_view text, bool is_query) const {
  if (!has_parameters_ || text.find('=') == text.npos) return std::nullopt;
  std::string out;
  bool changed = false;
  bool may_begin = is_query;
  for (size_t i = 0; i < text.size();) {
    if (!may_begin) {
      may_begin = text[i] == '?' || text[i] == '&' || text[i] == ';';
      out += text[i++];
      continue;
    }
    may_begin = false;
    size_t end = i;
    while (end < text.size() && text[end] != '=' && text[end] != '?' &&
           !EndsValue(text[end])) {
      ++end;
    }
    if (end == text.size() || text[end] != '=') continue;
    const std::string name = FoldedName(text.substr(i, end - i));
    const auto rule =
        std::find_if(rules_.begin(), rules_.end(), [&](const auto& r) {
          return r.of == RedactedPart::kQueryParameter && Fits(r.name, name);
        });
    if (rule == rules_.end()) continue;
    changed = true;
    size_t value_end = end + 1;
    while (value_end < text.size() && !EndsValue(text[value_end])) ++value_end;
    if (rule->action == RedactionAction::kDrop) {
      i = value_end;
      // The separator behind it goes, too; else the one before it stays last.
      if (i < text.size() && (text[i] == '&' || text[i] == ';')) {
        ++i;
        may_begin = true;
      } else if (!out.empty()) {
        out.pop_back();
      }
      continue;
    }
    out += text.substr(i, end + 1 - i);
    out += Replace({.of = rule->of, .action = rule->action},
                   text.substr(end + 1, value_end - end - 1));
    i = value_end;
  }
  if (!changed) return std::nullopt;
  return out;
}

}  // namespace roentgen::storage

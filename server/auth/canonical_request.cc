#include "server/auth/canonical_request.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"

namespace roentgen::server {
namespace {

constexpr char kHexDigits[] = "0123456789ABCDEF";

bool IsUnreserved(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("-._~").find(c) != std::string_view::npos;
}

void AppendEncoded(char c, std::string& out) {
  if (IsUnreserved(c)) {
    out.push_back(c);
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  out.push_back('%');
  out.push_back(kHexDigits[byte >> 4]);
  out.push_back(kHexDigits[byte & 15]);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// What is encoded already, in whichever way, becomes the same.
std::string Reencoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        AppendEncoded(static_cast<char>(high * 16 + low), out);
        i += 2;
        continue;
      }
    }
    AppendEncoded(text[i], out);
  }
  return out;
}

bool SameName(std::string_view name, std::string_view lower) {
  return std::equal(
      name.begin(), name.end(), lower.begin(), lower.end(), [](char a, char b) {
        return absl::ascii_tolower(static_cast<unsigned char>(a)) == b;
      });
}

void AppendCollapsed(std::string_view value, std::string& out) {
  bool blank = false;
  bool first = true;
  for (const char c : value) {
    if (c == ' ' || c == '\t') {
      blank = true;
      continue;
    }
    if (blank && !first) out.push_back(' ');
    blank = first = false;
    out.push_back(c);
  }
}

}  // namespace

std::optional<std::string> HeaderValue(const SignedRequestView& request,
                                       std::string_view name) {
  std::optional<std::string> out;
  for (const auto& [other, value] : request.headers) {
    if (!SameName(other, name)) continue;
    if (out) {
      out->push_back(',');
    } else {
      out.emplace();
    }
    AppendCollapsed(value, *out);
  }
  return out;
}

std::string CanonicalPath(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::string_view rest = path; !rest.empty();) {
    const size_t at = rest.find('/');
    const std::string_view part = rest.substr(0, at);
    rest.remove_prefix(at == rest.npos ? rest.size() : at + 1);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  std::string out = "/";
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out.push_back('/');
    for (const char c : parts[i]) AppendEncoded(c, out);
  }
  if (!parts.empty() && path.ends_with('/')) out.push_back('/');
  return out;
}

std::string CanonicalQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::string_view rest = query; !rest.empty();) {
    const size_t at = rest.find('&');
    const std::string_view pair = rest.substr(0, at);
    rest.remove_prefix(at == rest.npos ? rest.size() : at + 1);
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    pairs.emplace_back(
        Reencoded(pair.substr(0, equals)),
        equals == pair.npos ? "" : Reencoded(pair.substr(equals + 1)));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [key, value] : pairs) {
    if (!out.empty()) out.push_back('&');
    out += key + '=' + value;
  }
  return out;
}

std::optional<std::string> CanonicalRequest(
    const SignedRequestView& request, const AuthorizationView& authorization,
    std::string_view body_hash) {
  std::string out(request.method);
  out += '\n' + CanonicalPath(request.path) + '\n' +
         CanonicalQuery(request.query) + '\n';
  for (const std::string_view name : authorization.signed_headers) {
    const std::optional<std::string> value = HeaderValue(request, name);
    if (!value) return std::nullopt;
    out.append(name);
    out += ':' + *value + '\n';
  }
  out += '\n';
  out.append(authorization.signed_headers_text);
  out += '\n';
  out.append(body_hash);
  return out;
}

}  // namespace roentgen::server

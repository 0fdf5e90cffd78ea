#include "trace/document/name_rules.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "base/limits.h"
#include "re2/re2.h"

namespace roentgen::storage {
namespace {

constexpr std::array<bool, 128> MakePlainChars() {
  std::array<bool, 128> plain{};
  for (char c = 'a'; c <= 'z'; ++c) plain[static_cast<size_t>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) plain[static_cast<size_t>(c)] = true;
  for (char c = '0'; c <= '9'; ++c) plain[static_cast<size_t>(c)] = true;
  for (char c :
       {' ', '_', '.', ':', '/', '%', '&', '#', '=', '+', '\\', '-', '@'}) {
    plain[static_cast<size_t>(c)] = true;
  }
  return plain;
}
constexpr std::array<bool, 128> kPlainChars = MakePlainChars();

bool IsAscii(char c) { return static_cast<unsigned char>(c) < 128; }
bool IsPlainChar(char c) {
  return IsAscii(c) && kPlainChars[static_cast<size_t>(c)];
}

// Services whose casing X-Ray is known to restore.
constexpr std::string_view kAwsServices[] = {
    "DynamoDB", "S3",     "SQS",
    "SNS",      "Lambda", "Kinesis",
    "Firehose", "SSM",    "SecretsManager",
    "STS",      "KMS",    "RDS",
    "EC2",      "ECS",
};

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

std::string_view LastPart(std::string_view text, char separator) {
  const size_t at = text.rfind(separator);
  return at == text.npos ? text : text.substr(at + 1);
}

// A Lambda function is named plainly or by its ARN, with or without version.
std::string_view FunctionName(std::string_view text) {
  constexpr std::string_view kMark = ":function:";
  const size_t at = text.find(kMark);
  if (at == text.npos) return text;
  text.remove_prefix(at + kMark.size());
  return text.substr(0, text.find(':'));
}

// Resource-level targets; nothing when the call does not name its resource.
CallTarget AwsTarget(const EntityView& call) {
  const AwsView& aws = call.aws;
  struct Rule {
    std::string_view service, resource, node, type;
  };
  const Rule rules[] = {
      {"DynamoDB", aws.table_name, aws.table_name, "AWS::DynamoDB::Table"},
      {"S3", aws.bucket_name, aws.bucket_name, "AWS::S3::Bucket"},
      {"SQS", aws.queue_url, LastPart(aws.queue_url, '/'), "AWS::SQS::Queue"},
      {"SNS", aws.topic_arn, LastPart(aws.topic_arn, ':'), "AWS::SNS"},
      {"Lambda", FunctionName(aws.function_name),
       FunctionName(aws.function_name), "AWS::Lambda"},
  };
  for (const Rule& rule : rules) {
    if (call.name != rule.service || aws.operation.empty() ||
        rule.resource.empty()) {
      continue;
    }
    return {.name = rule.node.empty() ? rule.resource : rule.node,
            .type = std::string(rule.type),
            .resource = rule.resource};
  }
  return {.name = call.name,
          .type = "AWS::" + std::string(call.name),
          .resource = {}};
}

}  // namespace

bool IsPlainName(std::string_view name) {
  if (name.empty() || name.size() > limits::kNameCharsMax) return false;
  return std::all_of(name.begin(), name.end(), IsPlainChar);
}

std::string NormalizeName(std::string_view name) {
  std::string out(name);
  if (std::all_of(name.begin(), name.end(), IsAscii)) {
    std::erase_if(out, [](char c) { return !IsPlainChar(c); });
  } else {
    static const re2::RE2 kDropped(R"([^\p{L}\p{N}\p{Z}_.:/%&#=+\\\-@]+)");
    re2::RE2::GlobalReplace(&out, kDropped, "");
  }
  out.resize(CutChars(out, limits::kNameCharsMax).size());
  return out.empty() ? "unknown" : out;
}

std::string_view CanonicalAwsName(std::string_view name) {
  for (std::string_view service : kAwsServices) {
    if (EqualsIgnoreCase(name, service)) return service;
  }
  return name;
}

std::string_view CutChars(std::string_view text, size_t chars) {
  if (text.size() <= chars) return text;
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool starts_char =
        (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts_char && seen++ == chars) return text.substr(0, i);
  }
  return text;
}

bool IsAnnotationKey(std::string_view key) {
  if (key.empty() || key.size() > limits::kAnnotationKeyCharsMax) return false;
  for (char c : key) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9') || c == '_' || c == '.' || c == ':';
    if (!ok) return false;
  }
  return true;
}

CallTarget TargetOf(const EntityView& call) {
  if (call.name_space == Namespace::kAws) return AwsTarget(call);
  return {.name = call.name,
          .type = call.has_sql ? "Database::SQL" : "remote",
          .resource = {}};
}

}  // namespace roentgen::storage

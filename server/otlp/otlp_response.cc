#include "server/otlp/otlp_response.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "base/json_writer.h"
#include "server/otlp/export_response.h"
#include "trace/span/wire_fields.h"

namespace roentgen::server {
namespace {

constexpr char kProtobufType[] = "application/x-protobuf";
constexpr char kJsonType[] = "application/json";

// Of google.rpc.Status.
constexpr uint32_t kCode = 1;
constexpr uint32_t kMessage = 2;

// The codes of google.rpc.Code that go with a status of HTTP.
struct Row {
  int http_status;
  int code;
};
constexpr Row kRows[] = {
    {400, 3},   // INVALID_ARGUMENT
    {401, 16},  // UNAUTHENTICATED
    {403, 7},   // PERMISSION_DENIED
    {404, 5},   // NOT_FOUND
    {405, 12},  // UNIMPLEMENTED
    {408, 4},   // DEADLINE_EXCEEDED
    {413, 8},   // RESOURCE_EXHAUSTED
    {415, 3},   // INVALID_ARGUMENT
    {429, 8},   // RESOURCE_EXHAUSTED
    {503, 14},  // UNAVAILABLE
};
constexpr int kInternal = 13;

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) {
                      return std::tolower(static_cast<unsigned char>(a)) == b;
                    });
}

std::string StatusBytes(int code, std::string_view message) {
  std::string out;
  storage::AppendVarintField(kCode, static_cast<uint64_t>(code), out);
  storage::AppendBytesField(kMessage, message, out);
  return out;
}

std::string StatusJson(int code, std::string_view message) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.Key("code").Int(code);
  json.Key("message").String(message);
  json.EndObject();
  return out;
}

}  // namespace

int GrpcCodeOf(int http_status) {
  for (const Row& row : kRows) {
    if (row.http_status == http_status) return row.code;
  }
  return kInternal;
}

std::optional<OtlpEncoding> OtlpEncodingOf(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  if (EqualsIgnoringCase(type, kProtobufType)) return OtlpEncoding::kProtobuf;
  if (EqualsIgnoringCase(type, kJsonType)) return OtlpEncoding::kJson;
  return std::nullopt;
}

HttpResponse OtlpResponse(const ExportOutcome& outcome, OtlpEncoding encoding) {
  const bool json = encoding == OtlpEncoding::kJson;
  HttpResponse response;
  response.content_type = json ? kJsonType : kProtobufType;
  response.body =
      json ? ExportResponseJson(outcome) : ExportResponseBytes(outcome);
  return response;
}

HttpResponse OtlpErrorForm(const AwsError& error,
                           std::string_view content_type) {
  // Its name and its Retry-After stay.
  HttpResponse response = BearerErrorResponse(error);
  const int code = GrpcCodeOf(response.status);
  const bool protobuf = OtlpEncodingOf(content_type) == OtlpEncoding::kProtobuf;
  response.content_type = protobuf ? kProtobufType : kJsonType;
  response.body = protobuf ? StatusBytes(code, error.message)
                           : StatusJson(code, error.message);
  return response;
}

}  // namespace roentgen::server

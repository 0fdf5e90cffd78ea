#include "server/otlp/export_response.h"

#include "base/json_writer.h"
#include "trace/span/wire_fields.h"

namespace roentgen::server {
namespace {

// Of ExportTraceServiceResponse and ExportTracePartialSuccess.
constexpr uint32_t kPartialSuccess = 1;
constexpr uint32_t kRejectedSpans = 1;
constexpr uint32_t kErrorMessage = 2;

// A message without rejected spans is a warning.
bool IsFullSuccess(const ExportOutcome& outcome) {
  return outcome.rejected == 0 && outcome.message.empty();
}

}  // namespace

std::string ExportResponseBytes(const ExportOutcome& outcome) {
  std::string out;
  if (IsFullSuccess(outcome)) return out;
  std::string partial;
  if (outcome.rejected > 0) {
    storage::AppendVarintField(kRejectedSpans, outcome.rejected, partial);
  }
  storage::AppendBytesField(kErrorMessage, outcome.message, partial);
  storage::AppendBytesField(kPartialSuccess, partial, out);
  return out;
}

std::string ExportResponseJson(const ExportOutcome& outcome) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  if (!IsFullSuccess(outcome)) {
    json.Key("partialSuccess").BeginObject();
    json.Key("rejectedSpans").String(std::to_string(outcome.rejected));
    json.Key("errorMessage").String(outcome.message);
    json.EndObject();
  }
  json.EndObject();
  return out;
}

}  // namespace roentgen::server

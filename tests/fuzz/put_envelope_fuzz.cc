// Any body of X-Ray's operations: read or refused with one of two errors. What
// is read reads back after writing. What is not refused as JSON is JSON to
// simdjson's other parser too.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include "base/json_mend.h"
#include "base/json_writer.h"
#include "base/memory_budget.h"
#include "server/api_model/api_model.h"
#include "server/api_model/api_value.h"
#include "server/http/api_json.h"
#include "server/http/xray_request.h"
#include "simdjson.h"

namespace roentgen::server {
namespace {

template <typename... T>
void CheckError(const std::variant<T...>& decoded) {
  const auto* error = std::get_if<AwsError>(&decoded);
  if (error == nullptr) return;
  const bool known = error->name == "SerializationException" ||
                     error->name == "ValidationException";
  if (!known || error->http_status != 400) std::abort();
}

// The DOM parser also refuses numbers out of a double's range; the decoders
// need not.
bool IsJson(const std::string& body) {
  if (body.find_first_not_of(" \t\r\n") == body.npos) return true;
  simdjson::dom::parser parser;
  const auto error = parser.parse(body).error();
  return error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR;
}

template <typename... T>
void CheckGrammar(const std::variant<T...>& decoded, const std::string& body) {
  const auto* error = std::get_if<AwsError>(&decoded);
  const bool taken = error == nullptr || error->name == "ValidationException";
  if (taken && !IsJson(MendedJson(body).value_or(body))) std::abort();
}

// What was read reads back the same after writing: times keep milliseconds at
// least, which the writer's shortest form is exact about.
void CheckRoundTrip(const ApiShape& shape, const ApiValue& value) {
  std::string written;
  AppendJson(value, written);
  MemoryLease unbounded;
  const auto again = ReadApiRequest(shape, written, unbounded);
  if (again != std::variant<ApiValue, AwsError>(value)) std::abort();
}

std::vector<std::string> Documents(std::string body) {
  const std::string original = body;
  MemoryLease unbounded;
  const auto decoded = DecodePutTraceSegments(body, unbounded);
  CheckError(decoded);
  CheckGrammar(decoded, original);
  const auto* views = std::get_if<std::vector<std::string_view>>(&decoded);
  if (views == nullptr) return {};
  return {views->begin(), views->end()};
}

}  // namespace
}  // namespace roentgen::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace roentgen;
  using namespace roentgen::server;
  const std::string body(reinterpret_cast<const char*>(bytes), size);
  for (const ApiOperation& operation : ApiOperations()) {
    std::string copy = body;
    MemoryLease unbounded;
    const auto read = ReadApiRequest(*operation.input, copy, unbounded);
    CheckError(read);
    CheckGrammar(read, body);
    if (const auto* value = std::get_if<ApiValue>(&read)) {
      CheckRoundTrip(*operation.input, *value);
    }
  }

  const std::vector<std::string> documents = Documents(body);
  std::string written;
  JsonWriter json(written);
  json.BeginObject().Key("TraceSegmentDocuments").BeginArray();
  for (const std::string& document : documents) json.String(document);
  json.EndArray().EndObject();
  if (Documents(written) != documents) std::abort();
  return 0;
}

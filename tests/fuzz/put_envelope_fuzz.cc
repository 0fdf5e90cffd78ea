// Any body of the three X-Ray operations: decoded or refused with one of two
// errors. What a put decodes to reads back after writing.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include "base/json_writer.h"
#include "server/http/xray_request.h"

namespace roentgen::server {
namespace {

template <typename T>
void CheckError(const Decoded<T>& decoded) {
  const auto* error = std::get_if<AwsError>(&decoded);
  if (error == nullptr) return;
  const bool known = error->name == "SerializationException" ||
                     error->name == "ValidationException";
  if (!known || error->http_status != 400) std::abort();
}

std::vector<std::string> Documents(std::string body) {
  const auto decoded = DecodePutTraceSegments(body);
  CheckError(decoded);
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
  std::string copy = body;
  CheckError(DecodeBatchGetTraces(copy));
  copy = body;
  CheckError(DecodeGetTraceSummaries(copy));

  const std::vector<std::string> documents = Documents(body);
  std::string written;
  JsonWriter json(written);
  json.BeginObject().Key("TraceSegmentDocuments").BeginArray();
  for (const std::string& document : documents) json.String(document);
  json.EndArray().EndObject();
  if (Documents(written) != documents) std::abort();
  return 0;
}

// Any bytes as an export request in JSON, and as one in Protobuf's format.
//
// What the reader takes is JSON to another parser too, Protobuf reads what
// comes out, and writing and reading it again changes nothing. What the writer
// takes is JSON which the reader takes, and Protobuf's own reading of the
// bytes gives the same JSON.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "opentelemetry/proto/trace/v1/trace.pb.h"
#include "simdjson.h"
#include "trace/span/otlp_json_reader.h"
#include "trace/span/otlp_json_writer.h"
#include "trace/span/otlp_schema.h"

namespace roentgen::storage {
namespace {

using opentelemetry::proto::trace::v1::TracesData;

void Check(bool ok, const char* what, std::string_view text) {
  if (ok) return;
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(text.size()),
               text.data());
  std::abort();
}

// Numbers of no double may stand where nobody looks.
bool IsJson(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::element ignored;
  const auto error = parser.parse(text).get(ignored);
  return !error || error == simdjson::NUMBER_ERROR;
}

bool Write(const std::string& wire, std::string& json) {
  json.clear();
  return OtlpJsonWriter(json).Write(kTracesDataMessage, wire);
}

void FuzzJson(std::string text) {
  OtlpJsonReader reader;
  const auto wire = reader.Read(text);
  if (!wire.ok()) {
    Check(absl::IsInvalidArgument(wire.status()), "another error", text);
    return;
  }
  Check(IsJson(text), "accepted but no JSON", text);
  std::string json;
  Check(Write(*wire, json), "read but not written", text);
  const auto again = reader.Read(json);
  Check(again.ok() && *again == *wire, "changes when written and read", json);
  TracesData traces;
  if (traces.ParseFromString(*wire)) {  // Protobuf bounds nesting, too.
    Check(traces.SerializeAsString() == *wire, "not canonical", text);
  }
}

void FuzzWire(const std::string& bytes) {
  std::string json;
  const bool written = Write(bytes, json);
  TracesData traces;
  if (!written || !traces.ParseFromString(bytes)) return;
  Check(IsJson(json), "written but no JSON", json);
  OtlpJsonReader reader;
  std::string text = json;
  Check(reader.Read(text).ok(), "written but not read", json);
  std::string canonical;
  Check(Write(traces.SerializeAsString(), canonical) && canonical == json,
        "Protobuf reads it otherwise", json);
}

}  // namespace
}  // namespace roentgen::storage

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  roentgen::storage::FuzzJson(bytes);
  roentgen::storage::FuzzWire(bytes);
  return 0;
}

#include "tests/support/span_load.h"

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

#include "trace/span/wire_fields.h"

namespace roentgen::testing_support {
namespace {

using storage::FieldReader;
using storage::SpanContext;
using storage::StoredRecord;
using storage::WireType;

// Everything but field `left_out`.
std::string Without(std::string_view message, uint32_t left_out) {
  std::string out;
  FieldReader in(message);
  while (in.Next()) {
    if (in.field() != left_out) out += in.whole();
  }
  return out;
}

bool AppendScope(std::string_view resource, std::string_view scope,
                 const std::string& profile, std::vector<StoredRecord>& out) {
  const auto context = std::make_shared<const SpanContext>(
      SpanContext{.resource_spans = std::string(resource),
                  .scope_spans = Without(scope, 2),
                  .profile = profile});
  FieldReader in(scope);
  while (in.Next()) {
    if (!in.Is(2, WireType::kBytes)) continue;
    out.push_back({.format = storage::RecordFormat::kOtlpSpan,
                   .document = std::string(in.bytes()),
                   .context = context});
  }
  return in.ok();
}

}  // namespace

bool AppendSpans(std::string_view request, const std::string& profile,
                 std::vector<StoredRecord>& out) {
  FieldReader in(request);
  while (in.Next()) {
    if (!in.Is(1, WireType::kBytes)) continue;
    const std::string resource = Without(in.bytes(), 2);
    FieldReader scopes(in.bytes());
    while (scopes.Next()) {
      if (scopes.Is(2, WireType::kBytes) &&
          !AppendScope(resource, scopes.bytes(), profile, out)) {
        return false;
      }
    }
    if (!scopes.ok()) return false;
  }
  return in.ok();
}

std::vector<std::string> CapturedRequests() {
  const char* folder = std::getenv("ROENTGEN_SHARED_DATA");
  if (folder == nullptr) return {};
  std::ifstream file(std::string(folder) + "/otel-demo/requests.bin",
                     std::ios::binary);
  std::ostringstream all;
  all << file.rdbuf();
  const std::string bytes = all.str();
  std::vector<std::string> requests;
  for (size_t at = 0; at + 4 <= bytes.size();) {
    uint32_t size = 0;
    for (size_t i = 0; i < 4; ++i) {
      size = size << 8 | static_cast<uint8_t>(bytes[at + i]);
    }
    requests.push_back(bytes.substr(at + 4, size));
    at += 4 + size;
  }
  return requests;
}

}  // namespace roentgen::testing_support

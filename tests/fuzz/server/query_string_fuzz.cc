// Any query string, also as Jaeger's queries, durations and tags.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "base/timestamp.h"
#include "server/http/query_string.h"
#include "server/jaeger/go_duration.h"
#include "server/jaeger/jaeger_query.h"
#include "server/jaeger/tag_json.h"

namespace roentgen::server {
namespace {

void CheckRefusal(const absl::Status& status) {
  if (!status.ok() && !absl::IsInvalidArgument(status)) std::abort();
}

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

void FuzzOne(std::string_view text) {
  const Timestamp now = Timestamp::FromSeconds(1'700'000'000);
  ParseGoDuration(text);
  if (const auto tags = ReadTagJson(text)) {
    for (const auto& [key, value] : *tags) {
      if (key.size() + value.size() > text.size()) std::abort();
    }
  }
  if (const auto id = ReadTraceId(text); id.ok()) {
    const auto again = ReadTraceId(Hex(id->AsBytes()));
    if (!again.ok() || *again != *id) std::abort();
  }
  if (const auto plain = DecodePercent(text, PlusSign::kBlank)) {
    if (plain->size() > text.size()) std::abort();
  }
  const auto parameters = QueryString::Parse(text);
  CheckRefusal(parameters.status());
  if (!parameters.ok()) return;
  CheckRefusal(ReadLegacyTraceQuery(*parameters, now).status());
  CheckRefusal(ReadLegacyHints(*parameters).status());
  CheckRefusal(ReadLegacyTimeRange(*parameters, now).status());
  CheckRefusal(ReadHints(*parameters).status());
  CheckRefusal(ReadRawTraces(*parameters).status());
  CheckRefusal(ReadTraceQuery(*parameters).status());
  CheckRefusal(ReadTimeRange(*parameters).status());
}

}  // namespace
}  // namespace roentgen::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  roentgen::server::FuzzOne(
      std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}

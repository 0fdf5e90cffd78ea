#include "tests/support/spans.h"

#include <cstdlib>

#include "base/wire.h"
#include "tests/support/segments.h"
#include "trace/mapping/record_document.h"
#include "trace/span/span_profile.h"
#include "trace/span/span_view.h"
#include "trace/span/wire_fields.h"

namespace roentgen::testing_support {
namespace {

using storage::AppendBytesField;
using storage::AppendFixed64Field;
using storage::AppendVarintField;

void AppendAttributes(uint32_t field, const SpanSpec::Attributes& attributes,
                      std::string& out) {
  for (const auto& [key, text] : attributes) {
    std::string value, attribute;
    AppendBytesField(1, text, value);
    AppendBytesField(1, key, attribute);
    AppendBytesField(2, value, attribute);
    AppendBytesField(field, attribute, out);
  }
}

std::string IdBytes(uint64_t number) {
  std::string bytes;
  AppendBigEndian(number, bytes);
  return bytes;
}

}  // namespace

std::string SpanBytes(const SpanSpec& spec) {
  std::string out;
  const storage::TraceId trace = TraceNumber(spec.trace);
  AppendBytesField(1, trace.AsBytes(), out);
  AppendBytesField(2, IdBytes(spec.id), out);
  if (!spec.trace_state.empty()) AppendBytesField(3, spec.trace_state, out);
  if (spec.parent != 0) AppendBytesField(4, IdBytes(spec.parent), out);
  AppendBytesField(5, spec.name, out);
  AppendVarintField(6, spec.kind, out);
  const auto start = static_cast<uint64_t>(spec.start * 1e9);
  AppendFixed64Field(7, start, out);
  AppendFixed64Field(8, start + static_cast<uint64_t>(spec.seconds * 1e9), out);
  AppendAttributes(9, spec.attributes, out);
  for (const std::string& name : spec.events) {
    std::string event;
    AppendBytesField(2, name, event);
    AppendBytesField(11, event, out);
  }
  std::string status;
  if (!spec.status_message.empty()) {
    AppendBytesField(2, spec.status_message, status);
  }
  if (spec.status != 0) AppendVarintField(3, spec.status, status);
  if (!status.empty()) AppendBytesField(15, status, out);
  return out;
}

std::shared_ptr<const storage::SpanContext> ContextOf(const SpanSpec& spec) {
  SpanSpec::Attributes attributes = spec.resource;
  if (!spec.service.empty()) {
    attributes.emplace_back("service.name", spec.service);
  }
  std::string resource, scope;
  AppendAttributes(1, attributes, resource);
  AppendBytesField(1, spec.scope, scope);
  if (!spec.scope_version.empty()) {
    AppendBytesField(2, spec.scope_version, scope);
  }
  auto context = std::make_shared<storage::SpanContext>();
  AppendBytesField(1, resource, context->resource_spans);
  AppendBytesField(1, scope, context->scope_spans);
  context->profile = storage::EncodeSpanProfile({});
  return context;
}

storage::NewRecord Record(const SpanSpec& spec) {
  std::string bytes = SpanBytes(spec);
  storage::SpanView view;
  if (!storage::ReadSpan(bytes, view)) std::abort();
  const storage::TraceId trace = TraceNumber(spec.trace);
  return {.trace_id = trace,
          .format = storage::RecordFormat::kOtlpSpan,
          .facts = storage::SpanFacts(trace, view, spec.service),
          .document = std::move(bytes),
          .context = ContextOf(spec)};
}

std::string ExportRequest(const std::vector<SpanSpec>& specs) {
  std::string out;
  for (const SpanSpec& spec : specs) {
    const auto context = ContextOf(spec);
    std::string scope = context->scope_spans;
    AppendBytesField(2, SpanBytes(spec), scope);
    std::string resource = context->resource_spans;
    AppendBytesField(2, scope, resource);
    AppendBytesField(1, resource, out);
  }
  return out;
}

}  // namespace roentgen::testing_support

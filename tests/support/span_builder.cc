#include "tests/support/span_builder.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "simdjson.h"
#include "trace/mapping/record_document.h"
#include "trace/span/span_profile.h"
#include "trace/span/span_view.h"
#include "trace/span/wire_fields.h"

namespace roentgen::testing_support {
namespace {

namespace dom = simdjson::dom;
using storage::AppendBytesField;
using storage::AppendFixed64Field;
using storage::AppendVarintField;
using storage::SpanContext;
using storage::SpanProfile;
using storage::StoredRecord;

std::string Double(double number) {
  std::string out;
  AppendFixed64Field(4, std::bit_cast<uint64_t>(number), out);
  return out;
}

std::string ValueOf(dom::element value) {
  std::string out;
  switch (value.type()) {
    case dom::element_type::STRING:
      AppendBytesField(1, value.get_string().value(), out);
      break;
    case dom::element_type::BOOL:
      AppendVarintField(2, value.get_bool().value() ? 1 : 0, out);
      break;
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
      AppendVarintField(3, static_cast<uint64_t>(value.get_int64().value()),
                        out);
      break;
    case dom::element_type::DOUBLE:
      return Double(value.get_double().value());
    case dom::element_type::ARRAY: {
      std::string values;
      for (dom::element e : value.get_array()) {
        AppendBytesField(1, ValueOf(e), values);
      }
      AppendBytesField(5, values, out);
      break;
    }
    case dom::element_type::OBJECT: {
      std::string values;
      for (dom::key_value_pair m : value.get_object()) {
        AppendBytesField(1, KeyValueOf(m.key, ValueOf(m.value)), values);
      }
      AppendBytesField(6, values, out);
      break;
    }
    default:
      break;
  }
  return out;
}

std::string Hex(std::string_view text) {
  return absl::HexStringToBytes({text.data(), text.size()});
}

// "word rest of the line" -> word; the rest stays.
std::string_view TakeWord(std::string_view& line) {
  const size_t end = line.find(' ');
  const std::string_view word = line.substr(0, end);
  line = end == line.npos ? std::string_view() : line.substr(end + 1);
  return word;
}

uint64_t Number(std::string_view text) {
  return std::strtoull(std::string(text).c_str(), nullptr, 10);
}

// "key = value"
std::string Pair(std::string_view text) {
  const size_t at = text.find(" = ");
  if (at == text.npos) return KeyValueOf(text, {});
  return KeyValueOf(text.substr(0, at), AnyValueOf(text.substr(at + 3)));
}

uint64_t KindOf(std::string_view name) {
  constexpr std::string_view kNames[] = {"UNSPECIFIED", "INTERNAL", "SERVER",
                                         "CLIENT",      "PRODUCER", "CONSUMER"};
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) return i;
  }
  return Number(name);
}

class Builder {
 public:
  void Add(std::string_view line) {
    const std::string_view what = TakeWord(line);
    if (what == "event.attr") {
      AppendBytesField(3, Pair(line), event_);
    } else if (what == "link.attr") {
      AppendBytesField(4, Pair(line), link_);
    } else {
      CloseParts();
      AddToContext(what, line);
      AddToSpan(what, line);
    }
  }

  StoredRecord Finish() {
    CloseParts();
    AppendFixed64Field(7, start_, span_);
    AppendFixed64Field(8, end_, span_);
    auto context = std::make_shared<SpanContext>();
    AppendBytesField(1, resource_, context->resource_spans);
    if (!scope_.empty()) AppendBytesField(1, scope_, context->scope_spans);
    context->profile = storage::EncodeSpanProfile(profile_);
    return {.format = storage::RecordFormat::kOtlpSpan,
            .document = Hex("0a10" + trace_ + "1208" + id_) + span_,
            .context = std::move(context)};
  }

 private:
  void CloseParts() {
    if (!event_.empty()) AppendBytesField(11, event_, span_);
    if (!link_.empty()) AppendBytesField(13, link_, span_);
    event_.clear();
    link_.clear();
  }

  void AddToContext(std::string_view what, std::string_view line) {
    if (what == "profile") {
      profile_.index_all = false;
      const std::string_view setting = TakeWord(line);
      if (setting == "indexed") {
        profile_.indexed_attributes.emplace_back(line);
      }
      if (setting == "unknown_service") {
        profile_.index_all = true;
        profile_.unknown_service = line;
      }
    } else if (what == "resource") {
      AppendBytesField(1, Pair(line), resource_);
    } else if (what == "scope") {
      AppendBytesField(1, TakeWord(line), scope_);
      AppendBytesField(2, line, scope_);
    } else if (what == "scope.attr") {
      AppendBytesField(3, Pair(line), scope_);
    }
  }

  void AddToSpan(std::string_view what, std::string_view line) {
    if (what == "trace") trace_ = line;
    if (what == "id") id_ = line;
    if (what == "name") AppendBytesField(5, line, span_);
    if (what == "kind") AppendVarintField(6, KindOf(line), span_);
    if (what == "parent") AppendBytesField(4, Hex(line), span_);
    if (what == "state") AppendBytesField(3, line, span_);
    if (what == "start") start_ = Number(line);
    if (what == "end") end_ = Number(line);
    if (what == "attr") AppendBytesField(9, Pair(line), span_);
    if (what == "dropped") AppendVarintField(10, Number(line), span_);
    if (what == "event") {
      AppendFixed64Field(1, start_ + 1'000'000, event_);
      AppendBytesField(2, line, event_);
    } else if (what == "link") {
      AppendBytesField(1, Hex(TakeWord(line)), link_);
      AppendBytesField(2, Hex(line), link_);
    } else if (what == "status") {
      std::string status;
      AppendVarintField(3, TakeWord(line) == "ERROR" ? 2 : 1, status);
      AppendBytesField(2, line, status);
      AppendBytesField(15, status, span_);
    }
  }

  std::string trace_ = "5759e988bd862e3fe1be46a994272793";
  std::string id_ = "53995c3f42cd8ad8";
  std::string span_;
  std::string event_;
  std::string link_;
  std::string resource_;
  std::string scope_;
  SpanProfile profile_;
  uint64_t start_ = 1'700'000'000'000'000'000;
  uint64_t end_ = 1'700'000'000'250'000'000;
};

}  // namespace

StoredRecord SpanOf(const std::vector<std::string>& lines) {
  Builder builder;
  for (const std::string& line : lines) builder.Add(line);
  return builder.Finish();
}

std::string AnyValueOf(std::string_view text) {
  if (text == "NaN") return Double(std::nan(""));
  if (text == "Infinity")
    return Double(std::numeric_limits<double>::infinity());
  const bool bytes = text.starts_with("bytes ");
  if (bytes) text.remove_prefix(6);
  dom::parser parser;
  dom::element value;
  if (parser.parse(std::string(text)).get(value)) return {};
  if (!bytes) return ValueOf(value);
  std::string out;
  AppendBytesField(7, value.get_string().value(), out);
  return out;
}

std::string KeyValueOf(std::string_view key, std::string_view any_value) {
  std::string out;
  AppendBytesField(1, key, out);
  AppendBytesField(2, any_value, out);
  return out;
}

storage::NewRecord AsNewRecord(StoredRecord span) {
  storage::SpanView view;
  if (!storage::ReadSpan(span.document, view)) std::abort();
  const storage::TraceId id = storage::TraceIdOf(view);
  storage::ContextView context;
  if (!storage::ReadContext(*span.context, context)) std::abort();
  return {.trace_id = id,
          .format = storage::RecordFormat::kOtlpSpan,
          .facts = storage::SpanFacts(id, view, context.service_name),
          .document = std::move(span.document),
          .context = std::move(span.context)};
}

}  // namespace roentgen::testing_support

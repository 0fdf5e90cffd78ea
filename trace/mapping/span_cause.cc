#include "trace/mapping/span_cause.h"

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/json_writer.h"
#include "base/limits.h"
#include "trace/mapping/made_ids.h"
#include "trace/mapping/span_name.h"
#include "trace/mapping/value_json.h"

namespace roentgen::storage {
namespace {

using Kind = AnyValueView::Kind;

constexpr std::string_view kException = "exception";
constexpr std::string_view kFailedRequest = "HTTP request failure";
constexpr uint32_t kEventAttributes = 3;

std::string_view TextOf(const std::vector<AttributeView>& attributes,
                        std::string_view key) {
  const AnyValueView* value = FindAttribute(attributes, key);
  return value != nullptr && value->kind == Kind::kString ? value->bytes
                                                          : std::string_view();
}

class Exceptions {
 public:
  // `type`: of what failed, where nothing else names it.
  Exceptions(const SpanView& span, StackLanguage language,
             std::string_view type)
      : trace_(TraceIdOf(span)),
        id_(EntityIdOf(span.span_id)),
        type_(type),
        remote_(KindOf(span) == SpanKind::kClient ||
                KindOf(span) == SpanKind::kProducer),
        language_(language),
        json_(text_) {
    json_.BeginObject().Key("exceptions").BeginArray();
  }

  bool IsFull() const { return count_ >= limits::kMappedExceptionsMax; }

  void AddException(const EventView& event) {
    const std::vector<AttributeView> attributes =
        MappedAttributes(event.message, kEventAttributes);
    std::vector<StackTrace> chain =
        ReadStackTrace(language_, TextOf(attributes, "exception.stacktrace"));
    chain.front().type = TextOf(attributes, "exception.type");
    if (chain.front().type.empty()) chain.front().type = type_;
    chain.front().message = TextOf(attributes, "exception.message");
    const size_t room = limits::kMappedExceptionsMax - count_;
    if (chain.size() > room) chain.resize(room);
    for (size_t i = 0; i < chain.size(); ++i) {
      Add(chain[i], remote_, i + 1 < chain.size());
    }
  }

  void AddFailedRequest(const EventView& event) {
    const std::vector<AttributeView> attributes =
        MappedAttributes(event.message, kEventAttributes);
    const AnyValueView* code =
        FindAttribute(attributes, "http.response.status_code");
    const AnyValueView* text =
        FindAttribute(attributes, "aws.http.error_message");
    if (code == nullptr || code->kind != Kind::kInt || text == nullptr ||
        text->kind != Kind::kString) {
      return;
    }
    const std::string message = absl::StrFormat(
        "%d@%d.%06d@%s", code->integer, event.time_ns / 1'000'000'000,
        event.time_ns / 1'000 % 1'000'000, text->bytes);
    StackTrace trace;
    trace.type = "aws.http.error.event";
    trace.message = message;
    Add(trace, true, false);
  }

  void AddMessage(std::string_view message) {
    StackTrace trace;
    trace.type = type_;
    trace.message = message;
    Add(trace, remote_, false);
  }

  std::string Finish() {
    if (count_ == 0) return {};
    json_.EndArray().EndObject();
    return std::move(text_);
  }

 private:
  // `has_cause`: the exception added next caused this one.
  void Add(const StackTrace& trace, bool remote, bool has_cause) {
    json_.BeginObject().Key("id").String(
        ExceptionId(trace_, id_, count_).ToString());
    if (!trace.type.empty()) json_.Key("type").String(trace.type);
    if (!trace.message.empty()) json_.Key("message").String(trace.message);
    json_.Key("remote").Bool(remote);
    if (trace.omitted > 0) json_.Key("truncated").Int(trace.omitted);
    if (has_cause) {
      json_.Key("cause").String(
          ExceptionId(trace_, id_, count_ + 1).ToString());
    }
    if (!trace.frames.empty()) AddStack(trace.frames);
    json_.EndObject();
    ++count_;
  }

  void AddStack(const std::vector<StackFrame>& frames) {
    json_.Key("stack").BeginArray();
    for (const StackFrame& frame : frames) {
      json_.BeginObject();
      if (!frame.path.empty()) json_.Key("path").String(frame.path);
      json_.Key("line").Int(frame.line);
      if (!frame.label.empty()) json_.Key("label").String(frame.label);
      json_.EndObject();
    }
    json_.EndArray();
  }

  const TraceId trace_;
  const EntityId id_;
  const std::string_view type_;
  const bool remote_;
  const StackLanguage language_;
  std::string text_;
  JsonWriter json_;
  size_t count_ = 0;
};

}  // namespace

bool HasExceptionEvents(const SpanView& span, const AttributeSlots& slots) {
  const bool aws = IsAwsCall(slots);
  for (const EventView& event : span.events) {
    if (event.name == kException || (aws && event.name == kFailedRequest)) {
      return true;
    }
  }
  return false;
}

std::string CauseOf(const SpanView& span, const AttributeSlots& slots,
                    StackLanguage language) {
  const bool events = HasExceptionEvents(span, slots);
  std::string_view message = span.status_message;
  if (message.empty()) message = slots.Text(KnownKey::kHttpStatusText);
  const std::string_view type = slots.Text(KnownKey::kErrorType);
  if (!events &&
      (span.status_code != kStatusError || (message.empty() && type.empty()))) {
    return {};
  }
  Exceptions out(span, language, type);
  if (!events) out.AddMessage(message);
  const bool aws = IsAwsCall(slots);
  for (const EventView& event : span.events) {
    if (out.IsFull()) break;
    if (event.name == kException) out.AddException(event);
    if (aws && event.name == kFailedRequest) out.AddFailedRequest(event);
  }
  return out.Finish();
}

}  // namespace roentgen::storage

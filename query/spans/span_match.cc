#include "query/spans/span_match.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "query/spans/value_text.h"
#include "trace/span/service_name.h"

namespace roentgen::query {
namespace {

using storage::AnyValueView;
using storage::AttributeView;
using storage::EventView;
using storage::LinkView;

constexpr std::string_view kResourcePrefix = "resource.";

// Fields that hold the attributes of events and links.
constexpr uint32_t kEventAttributes = 3;
constexpr uint32_t kLinkAttributes = 4;

storage::SpanStatuses StatusOf(uint64_t code) {
  if (code == storage::kStatusError) return storage::kErrorStatuses;
  return code == storage::kStatusOk ? storage::kOkStatuses
                                    : storage::kUnsetStatuses;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

// A value that is there may be asked for, or for being there.
bool Is(std::string_view value, const std::optional<std::string>& text) {
  return !value.empty() && (!text || value == *text);
}

int64_t DurationOf(const storage::SpanView& span) {
  if (span.end_ns <= span.start_ns) return 0;
  return static_cast<int64_t>(
      std::min<uint64_t>(span.end_ns - span.start_ns, INT64_MAX));
}

}  // namespace

Member MemberOf(std::string_view key) {
  struct Name {
    std::string_view key;
    Member member;
  };
  constexpr Name kNames[] = {
      {"error", Member::kError},
      {"span.status", Member::kStatus},
      {"otel.status_code", Member::kStatus},
      {"otel.status_description", Member::kStatusText},
      {"span.kind", Member::kKind},
      {"scope.name", Member::kScopeName},
      {"otel.scope.name", Member::kScopeName},
      {"scope.version", Member::kScopeVersion},
      {"otel.scope.version", Member::kScopeVersion},
      {"event", Member::kEvent},
      {"w3c.tracestate", Member::kTraceState},
  };
  for (const Name& name : kNames) {
    if (name.key == key) return name.member;
  }
  return Member::kNone;
}

storage::SpanStatuses StatusesOf(Member member,
                                 const std::optional<std::string>& text) {
  if (member == Member::kError) {
    if (!text || *text == "true") return storage::kErrorStatuses;
    if (*text != "false") return 0;
    return storage::kUnsetStatuses | storage::kOkStatuses;
  }
  if (!text) return storage::kAllStatuses;
  if (EqualsIgnoreCase("error", *text)) return storage::kErrorStatuses;
  if (EqualsIgnoreCase("ok", *text)) return storage::kOkStatuses;
  return EqualsIgnoreCase("unset", *text) ? storage::kUnsetStatuses : 0;
}

bool SpanMatcher::MatchesAny(const std::vector<storage::TraceSpan>& spans) {
  context_ = nullptr;  // That of another trace may be gone.
  for (const storage::TraceSpan& span : spans) {
    if (!ReadContext(span) || !storage::ReadSpan(span.span, span_)) continue;
    if (!MatchesMembers() || !MatchesRemoteService()) continue;
    const bool all = std::all_of(
        query_.attributes.begin(), query_.attributes.end(),
        [&](const auto& a) { return MatchesAttribute(a.first, a.second); });
    if (all && MatchesWords()) return true;
  }
  return false;
}

// Neighbours mostly share theirs.
bool SpanMatcher::ReadContext(const storage::TraceSpan& span) {
  if (span.context == nullptr) return false;
  if (span.context.get() == context_) return true;
  context_ = nullptr;
  if (!storage::ReadContext(*span.context, context_view_)) return false;
  service_ = storage::ServiceNameOf(*span.context, context_view_);
  context_ = span.context.get();
  return true;
}

bool SpanMatcher::MatchesMembers() const {
  const int64_t duration = DurationOf(span_);
  const auto start =
      static_cast<int64_t>(std::min<uint64_t>(span_.start_ns, INT64_MAX));
  return (!query_.service || service_ == *query_.service) &&
         (!query_.operation || span_.name == *query_.operation) &&
         (!query_.kind || storage::SpanKindName(span_.kind) == *query_.kind) &&
         start >= query_.start_min.ns && start <= query_.start_max.ns &&
         duration >= query_.duration_min_ns &&
         duration <= query_.duration_max_ns;
}

bool SpanMatcher::MatchesRemoteService() const {
  const std::vector<std::string>& wanted = query_.remote_services;
  return wanted.empty() ||
         std::any_of(wanted.begin(), wanted.end(), [&](const auto& name) {
           return IsAmong(span_.attributes, "peer.service", name) ||
                  IsAmong(span_.attributes, "service.peer.name", name);
         });
}

bool SpanMatcher::MatchesWords() {
  return std::all_of(
      query_.words.begin(), query_.words.end(), [&](const std::string& word) {
        return MatchesAttribute(word, std::nullopt) ||
               std::any_of(
                   span_.events.begin(), span_.events.end(),
                   [&](const EventView& event) { return event.name == word; });
      });
}

bool SpanMatcher::IsAmong(const Attributes& attributes, std::string_view key,
                          const std::optional<std::string>& text) const {
  return std::any_of(attributes.begin(), attributes.end(),
                     [&](const AttributeView& a) {
                       return a.key == key && (!text || IsText(a.value, *text));
                     });
}

bool SpanMatcher::MatchesMember(std::string_view key,
                                const std::optional<std::string>& text) const {
  const Member member = MemberOf(key);
  switch (member) {
    case Member::kNone:
      return false;
    case Member::kError:
    case Member::kStatus:
      return (StatusesOf(member, text) & StatusOf(span_.status_code)) != 0;
    case Member::kStatusText:
      return Is(span_.status_message, text);
    case Member::kKind:
      return Is(storage::SpanKindName(span_.kind), text);
    case Member::kScopeName:
      return Is(context_view_.scope_name, text);
    case Member::kScopeVersion:
      return Is(context_view_.scope_version, text);
    case Member::kEvent:
      return std::any_of(
          span_.events.begin(), span_.events.end(),
          [&](const EventView& event) { return Is(event.name, text); });
    case Member::kTraceState:
      return Is(span_.trace_state, text);
  }
  return false;
}

bool SpanMatcher::MatchesAttribute(std::string_view key,
                                   const std::optional<std::string>& text) {
  if (IsAmong(span_.attributes, key, text) ||
      IsAmong(context_view_.resource_attributes, key, text) ||
      IsAmong(context_view_.scope_attributes, key, text) ||
      MatchesMember(key, text)) {
    return true;
  }
  if (key.substr(0, kResourcePrefix.size()) == kResourcePrefix &&
      IsAmong(context_view_.resource_attributes,
              key.substr(kResourcePrefix.size()), text)) {
    return true;
  }
  const auto within = [&](std::string_view message, uint32_t field) {
    scratch_.clear();
    return storage::ReadAttributes(message, field, scratch_) &&
           IsAmong(scratch_, key, text);
  };
  return std::any_of(span_.events.begin(), span_.events.end(),
                     [&](const EventView& event) {
                       return within(event.message, kEventAttributes);
                     }) ||
         std::any_of(span_.links.begin(), span_.links.end(),
                     [&](const LinkView& link) {
                       return within(link.message, kLinkAttributes);
                     });
}

}  // namespace roentgen::query

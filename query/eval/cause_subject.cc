#include "query/eval/cause_subject.h"

#include <array>

#include "query/eval/value_table.h"

namespace roentgen::query {
namespace {

using storage::RootCauseEntity;
using storage::RootCauseException;
using storage::RootCauseService;

// Of any part: its place among those of its kind.
struct Place {
  size_t index;
  size_t count;
};
using PlaceFlag = bool (*)(const Place&);
constexpr auto kPlaceFlags = std::to_array<ValueRow<PlaceFlag>>({
    {Keyword::kFirst, [](const Place& p) { return p.index == 0; }},
    {Keyword::kLast, [](const Place& p) { return p.index + 1 == p.count; }},
});
using PlaceNumber = double (*)(const Place&);
constexpr auto kPlaceNumbers = std::to_array<ValueRow<PlaceNumber>>({
    {Keyword::kIndex,
     [](const Place& p) { return static_cast<double>(p.index); }},
});

using ServiceFlag = bool (*)(const RootCauseService&);
constexpr auto kServiceFlags = std::to_array<ValueRow<ServiceFlag>>({
    {Keyword::kInferred, [](const RootCauseService& s) { return s.inferred; }},
});
using ServiceText = std::string_view (*)(const RootCauseService&);
constexpr auto kServiceTexts = std::to_array<ValueRow<ServiceText>>({
    {Keyword::kName,
     [](const RootCauseService& s) -> std::string_view {
       return s.service.name;
     }},
    {Keyword::kType,
     [](const RootCauseService& s) -> std::string_view {
       return s.service.type;
     }},
    {Keyword::kAccountId,
     [](const RootCauseService& s) -> std::string_view {
       return s.service.account_id;
     }},
});
static_assert(AreAllOf(ValueType::kBoolean, Scope::kCauseService, kPlaceFlags,
                       kServiceFlags));
static_assert(AreAllOf(ValueType::kNumber, Scope::kCauseService,
                       kPlaceNumbers));
static_assert(AreAllOf(ValueType::kString, Scope::kCauseService,
                       kServiceTexts));

using EntityFlag = bool (*)(const RootCauseEntity&);
constexpr auto kEntityFlags = std::to_array<ValueRow<EntityFlag>>({
    {Keyword::kRemote, [](const RootCauseEntity& e) { return e.remote; }},
});
// Only causes of response times have them.
using EntityNumber = std::optional<double> (*)(const RootCauseEntity&);
constexpr auto kTimedNumbers = std::to_array<ValueRow<EntityNumber>>({
    {Keyword::kCoverage,
     [](const RootCauseEntity& e) -> std::optional<double> {
       return e.coverage;
     }},
});
using CauseEntityText = std::string_view (*)(const RootCauseEntity&);
constexpr auto kEntityTexts = std::to_array<ValueRow<CauseEntityText>>({
    {Keyword::kName,
     [](const RootCauseEntity& e) -> std::string_view { return e.name; }},
});
static_assert(AreAllOf(ValueType::kNumber, Scope::kCauseEntity, kPlaceNumbers));
static_assert(AreAllOf(ValueType::kNumber, Scope::kResponseTimeEntity,
                       kPlaceNumbers, kTimedNumbers));
constexpr bool AreAllOfEntities(Scope scope) {
  return AreAllOf(ValueType::kBoolean, scope, kPlaceFlags, kEntityFlags) &&
         AreAllOf(ValueType::kString, scope, kEntityTexts);
}
static_assert(AreAllOfEntities(Scope::kCauseEntity));
static_assert(AreAllOfEntities(Scope::kResponseTimeEntity));

using ExceptionText = std::string_view (*)(const RootCauseException&);
constexpr auto kExceptionTexts = std::to_array<ValueRow<ExceptionText>>({
    {Keyword::kName,
     [](const RootCauseException& e) -> std::string_view { return e.name; }},
    {Keyword::kMessage,
     [](const RootCauseException& e) -> std::string_view { return e.message; }},
});
static_assert(AreAllOf(ValueType::kBoolean, Scope::kCauseException,
                       kPlaceFlags));
static_assert(AreAllOf(ValueType::kNumber, Scope::kCauseException,
                       kPlaceNumbers));
static_assert(AreAllOf(ValueType::kString, Scope::kCauseException,
                       kExceptionTexts));

template <typename Rows, typename Part>
std::string_view TextOf(const Rows& rows, Keyword keyword, const Part& part) {
  const auto text = FindValue(rows, keyword);
  return text == nullptr ? std::string_view() : text(part);
}

}  // namespace

std::vector<CausePart> PartsOf(const storage::RootCause& cause,
                               CauseElement element) {
  std::vector<CausePart> parts;
  for (const RootCauseService& service : cause.services) {
    if (element == CauseElement::kService) {
      parts.emplace_back(&service);
      continue;
    }
    for (const RootCauseEntity& entity : service.entity_path) {
      if (element == CauseElement::kEntity) {
        parts.emplace_back(&entity);
        continue;
      }
      for (const RootCauseException& exception : entity.exceptions) {
        parts.emplace_back(&exception);
      }
    }
  }
  return parts;
}

bool CauseSubject::Flag(Keyword keyword) const {
  if (const PlaceFlag flag = FindValue(kPlaceFlags, keyword)) {
    return flag({index_, count_});
  }
  if (const auto* service = std::get_if<const RootCauseService*>(&part_)) {
    const ServiceFlag flag = FindValue(kServiceFlags, keyword);
    return flag != nullptr && flag(**service);
  }
  if (const auto* entity = std::get_if<const RootCauseEntity*>(&part_)) {
    const EntityFlag flag = FindValue(kEntityFlags, keyword);
    return flag != nullptr && flag(**entity);
  }
  return false;
}

std::optional<double> CauseSubject::Number(Keyword keyword) const {
  if (const PlaceNumber number = FindValue(kPlaceNumbers, keyword)) {
    return number({index_, count_});
  }
  const auto* entity = std::get_if<const RootCauseEntity*>(&part_);
  const EntityNumber number = FindValue(kTimedNumbers, keyword);
  if (entity == nullptr || number == nullptr) return std::nullopt;
  return number(**entity);
}

bool CauseSubject::AnyText(Keyword keyword, TextTest is) const {
  const std::string_view text = Text(keyword);
  return !text.empty() && is(text);
}

std::string_view CauseSubject::Text(Keyword keyword) const {
  if (const auto* service = std::get_if<const RootCauseService*>(&part_)) {
    return TextOf(kServiceTexts, keyword, **service);
  }
  if (const auto* entity = std::get_if<const RootCauseEntity*>(&part_)) {
    return TextOf(kEntityTexts, keyword, **entity);
  }
  return TextOf(kExceptionTexts, keyword,
                *std::get<const RootCauseException*>(part_));
}

}  // namespace roentgen::query

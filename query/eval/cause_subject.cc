#include "query/eval/cause_subject.h"

namespace roentgen::query {
namespace {

using storage::RootCauseEntity;
using storage::RootCauseException;
using storage::RootCauseService;

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
  if (keyword == Keyword::kFirst) return index_ == 0;
  if (keyword == Keyword::kLast) return index_ + 1 == count_;
  if (keyword == Keyword::kInferred) {
    const auto* service = std::get_if<const RootCauseService*>(&part_);
    return service != nullptr && (*service)->inferred;
  }
  const auto* entity = std::get_if<const RootCauseEntity*>(&part_);
  return keyword == Keyword::kRemote && entity != nullptr && (*entity)->remote;
}

std::optional<double> CauseSubject::Number(Keyword keyword) const {
  if (keyword == Keyword::kIndex) return static_cast<double>(index_);
  const auto* entity = std::get_if<const RootCauseEntity*>(&part_);
  if (keyword != Keyword::kCoverage || entity == nullptr) return std::nullopt;
  return (*entity)->coverage;
}

bool CauseSubject::AnyText(Keyword keyword, TextTest is) const {
  const std::string_view text = Text(keyword);
  return !text.empty() && is(text);
}

std::string_view CauseSubject::Text(Keyword keyword) const {
  if (const auto* service = std::get_if<const RootCauseService*>(&part_)) {
    const storage::ServiceId& id = (*service)->service;
    if (keyword == Keyword::kName) return id.name;
    if (keyword == Keyword::kType) return id.type;
    if (keyword == Keyword::kAccountId) return id.account_id;
    return {};
  }
  if (const auto* entity = std::get_if<const RootCauseEntity*>(&part_)) {
    return keyword == Keyword::kName ? (*entity)->name : std::string_view();
  }
  const auto& exception = *std::get<const RootCauseException*>(part_);
  if (keyword == Keyword::kName) return exception.name;
  return keyword == Keyword::kMessage ? exception.message : std::string_view();
}

}  // namespace roentgen::query

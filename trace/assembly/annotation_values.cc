#include "trace/assembly/annotation_values.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace roentgen::storage {
namespace {

AnnotationValue Owned(const AnnotationView& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return std::string(*text);
  }
  if (const auto* number = std::get_if<ExactNumber>(&value)) return *number;
  return std::get<bool>(value);
}

}  // namespace

void AnnotationValues::AddAnnotation(std::string_view key,
                                     const AnnotationView& value,
                                     const ServiceId* owner) {
  auto known = keys_.find(key);
  if (known == keys_.end()) known = keys_.try_emplace(std::string(key)).first;
  Key& entries = known->second;
  AnnotationValue owned = Owned(value);
  const auto [at, fresh] =
      entries.index.try_emplace(owned, entries.values.size());
  if (fresh) entries.values.push_back({std::move(owned), {}});
  if (owner != nullptr) entries.values[at->second].services.insert(owner);
}

void AnnotationValues::AddUser(std::string_view name, const ServiceId* owner) {
  auto known = users_.find(name);
  if (known == users_.end())
    known = users_.try_emplace(std::string(name)).first;
  if (owner != nullptr) known->second.insert(owner);
}

std::vector<ServiceId> AnnotationValues::Sorted(const Owners& owners) {
  std::vector<ServiceId> out;
  for (const ServiceId* owner : owners) out.push_back(*owner);
  std::sort(out.begin(), out.end());
  return out;
}

void AnnotationValues::MoveTo(TraceSummary& summary) && {
  for (auto& [key, entries] : keys_) {
    std::vector<AnnotationEntry>& out = summary.annotations[key];
    for (Value& v : entries.values) {
      out.push_back(
          {.value = std::move(v.value), .services = Sorted(v.services)});
    }
  }
  for (const auto& [name, services] : users_) {
    summary.users.push_back({.name = name, .services = Sorted(services)});
  }
}

}  // namespace roentgen::storage

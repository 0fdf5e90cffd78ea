#include "storage/record/field_dictionary.h"

#include <algorithm>

#include "base/seeded_hash.h"
#include "base/wire.h"

namespace roentgen::storage {
namespace {

constexpr size_t kSlotsMin = 1'024;

}  // namespace

uint32_t FieldDictionary::Add(std::string_view field) {
  if (slots_.size() < 2 * (entries_.size() + 1)) Grow();
  const auto hash = static_cast<uint32_t>(SeededHash()(field));
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    uint32_t& slot = slots_[at];
    if (slot == 0) {
      entries_.push_back({.begin = static_cast<uint32_t>(fields_.size()),
                          .size = static_cast<uint32_t>(field.size()),
                          .hash = hash});
      fields_ += field;
      slot = static_cast<uint32_t>(entries_.size());
      return slot - 1;
    }
    const Entry& entry = entries_[slot - 1];
    if (entry.hash == hash && FieldAt(entry) == field) return slot - 1;
  }
}

void FieldDictionary::Grow() {
  slots_.assign(std::max(kSlotsMin, slots_.size() * 2), 0);
  const size_t mask = slots_.size() - 1;
  for (uint32_t i = 0; i < entries_.size(); ++i) {
    size_t at = entries_[i].hash & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = i + 1;
  }
}

void FieldDictionary::AppendTo(std::string& out) const {
  AppendVarint(entries_.size(), out);
  for (const Entry& entry : entries_) AppendBytes(FieldAt(entry), out);
}

void FieldDictionary::Clear() {
  fields_.clear();
  entries_.clear();
  std::fill(slots_.begin(), slots_.end(), 0);
}

}  // namespace roentgen::storage

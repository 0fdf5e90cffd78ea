#include "trace/mapping/annotation_list.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/limits.h"
#include "trace/document/name_rules.h"

namespace roentgen::storage {
namespace {

using Kind = AnyValueView::Kind;

constexpr std::array<bool, 256> MakeKeyChars() {
  std::array<bool, 256> plain{};
  for (size_t c = 'a'; c <= 'z'; ++c) plain[c] = true;
  for (size_t c = 'A'; c <= 'Z'; ++c) plain[c] = true;
  for (size_t c = '0'; c <= '9'; ++c) plain[c] = true;
  plain['.'] = plain['_'] = true;
  return plain;
}
constexpr std::array<bool, 256> kKeyChars = MakeKeyChars();

uint64_t Word(std::string_view bytes) {
  uint64_t word = 0;
  if (bytes.empty()) return word;
  std::memcpy(&word, bytes.data(), std::min<size_t>(bytes.size(), 8));
  return word;
}

}  // namespace

uint32_t AnnotationKeyHash(std::string_view key) {
  const uint64_t head = Word(key);
  const uint64_t tail = key.size() > 8 ? Word(key.substr(key.size() - 8)) : 0;
  const uint64_t mixed =
      (head * 0x9E3779B97F4A7C15u ^ tail) * 0xD6E8FEB86659FD93u + key.size();
  return static_cast<uint32_t>(mixed >> 29);
}

bool AnnotationList::Set(std::string_view key, uint32_t hash,
                         const AnyValueView& value, uint32_t number) {
  const uint64_t bit = uint64_t{1} << (hash % 64);
  if ((seen_ & bit) != 0) {
    for (size_t i = 0; i < hashes_.size(); ++i) {
      if (hashes_[i] == hash && items_[i].key == key) {
        items_[i].value = &value;
        items_[i].number = number;
        return false;
      }
    }
  }
  seen_ |= bit;
  hashes_.push_back(hash);
  items_.push_back({.key = key, .value = &value, .number = number});
  return true;
}

void AnnotationList::Clear() {
  items_.clear();
  hashes_.clear();
  seen_ = 0;
}

void AnnotationList::Assign(const AnnotationList& other) {
  items_ = other.items_;
  hashes_ = other.hashes_;
  seen_ = other.seen_;
}

bool IsAnnotationValue(const AnyValueView& value) {
  switch (value.kind) {
    case Kind::kString:
    case Kind::kBool:
    case Kind::kInt:
      return true;
    case Kind::kDouble:
      return std::isfinite(value.number);
    default:
      return false;
  }
}

AnnotationView AnnotationOf(const AnyValueView& value) {
  switch (value.kind) {
    case Kind::kBool:
      return value.boolean;
    case Kind::kInt:
      return ExactNumber(value.integer);
    case Kind::kDouble:
      return ExactNumber(value.number);
    default:
      return CutChars(value.bytes, limits::kAnnotationValueCharsMax);
  }
}

bool IsPlainAnnotationKey(std::string_view key) {
  if (key.empty() || key.size() > limits::kAnnotationKeyCharsMax) return false;
  for (char c : key) {
    if (!kKeyChars[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

std::string MakeAnnotationKey(std::string_view key) {
  std::string out;
  for (char c : key) {
    if (out.size() == limits::kAnnotationKeyCharsMax) break;
    const auto byte = static_cast<unsigned char>(c);
    // One '_' for a character, however many bytes it has.
    if ((byte & 0xC0) != 0x80) out += kKeyChars[byte] ? c : '_';
  }
  return out.empty() ? "_" : out;
}

}  // namespace roentgen::storage

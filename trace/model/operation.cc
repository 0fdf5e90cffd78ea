#include "trace/model/operation.h"

#include <algorithm>
#include <bit>

#include "base/limits.h"
#include "trace/model/joined_key.h"

namespace roentgen::storage {
namespace {

constexpr char kNamesMark = 'n';
constexpr char kUnnamedMark = 'u';
// No kind of a span.
constexpr std::string_view kAny = "*";

std::string_view Cut(std::string_view name) {
  size_t size = std::min(name.size(), limits::kOperationNameBytesMax);
  // Not within a character.
  while (size < name.size() && size > 0 &&
         (static_cast<unsigned char>(name[size]) & 0xC0) == 0x80) {
    --size;
  }
  return name.substr(0, size);
}

}  // namespace

void AppendOperationKey(std::string_view service, std::string_view name,
                        std::string_view kind, bool named, std::string& key) {
  AppendKeyPart(Cut(service), key);
  key += '\0';
  AppendKeyPart(Cut(name), key);
  key += '\0';
  AppendKeyPart(kind, key);
  if (!named) (key += '\0') += kUnnamedMark;
}

std::string OperationKeyOf(std::string_view service, std::string_view name,
                           std::string_view kind, bool named) {
  std::string key;
  AppendOperationKey(service, name, kind, named, key);
  return key;
}

Operation SplitOperationKey(std::string_view key) {
  Operation operation;
  operation.service = TakeKeyPart(key);
  operation.name = TakeKeyPart(key);
  operation.kind = TakeKeyPart(key);
  operation.named = key.empty();
  return operation;
}

std::string_view ServicePartOf(std::string_view key) {
  return key.substr(0, key.find('\0') + 1);
}

std::string ServiceOfPart(std::string_view part) { return TakeKeyPart(part); }

std::string AnyOperationOf(std::string_view service) {
  return OperationKeyOf(service, "", kAny);
}

std::string AnyOperation() { return OperationKeyOf("", kAny, kAny); }

bool IsAnyOperation(std::string_view key) {
  return key.ends_with(std::string_view("\0*", 2));
}

bool StandsFor(std::string_view any_key, std::string_view service) {
  const Operation any = SplitOperationKey(any_key);
  return any.name == kAny || any.service == service;
}

void AppendCallKey(CallKind kind, std::string_view first,
                   std::string_view second, std::string& key) {
  AppendKeyPart(Cut(first), key);
  key += '\0';
  AppendKeyPart(Cut(second), key);
  // A third part, which calls of spans are without.
  if (kind != CallKind::kOfSpans) key += '\0';
  if (kind == CallKind::kNames) key += kNamesMark;
}

std::string CallKeyOf(CallKind kind, std::string_view first,
                      std::string_view second) {
  std::string key;
  AppendCallKey(kind, first, second, key);
  return key;
}

std::pair<std::string, std::string> SplitCallKey(std::string_view key) {
  std::string first = TakeKeyPart(key);
  return {std::move(first), TakeKeyPart(key)};
}

CallKind CallKindOf(std::string_view key) {
  if (std::count(key.begin(), key.end(), '\0') < 2) return CallKind::kOfSpans;
  return key.ends_with('\0') ? CallKind::kOfPeer : CallKind::kNames;
}

bool IsIn(CallSet set, CallKind kind) {
  switch (set) {
    case CallSet::kSpans:
      return kind == CallKind::kOfSpans;
    case CallSet::kWithPeers:
      return kind == CallKind::kOfPeer;
    case CallSet::kNames:
      return kind == CallKind::kNames;
  }
  return false;
}

int64_t DurationCode(int64_t ns) {
  if (ns <= 0) return 0;
  constexpr int kFractionBits = 3;
  const auto value = static_cast<uint64_t>(ns);
  const int top = 63 - std::countl_zero(value);
  // The three bits below the highest one.
  const uint64_t fraction = top >= kFractionBits
                                ? value >> (top - kFractionBits)
                                : value << (kFractionBits - top);
  return (int64_t{top} << kFractionBits) +
         static_cast<int64_t>(fraction & ((1 << kFractionBits) - 1)) + 1;
}

}  // namespace roentgen::storage

#include "storage/index/context_annotations.h"

#include <bit>
#include <variant>

#include "base/wire.h"

namespace roentgen::storage {
namespace {

enum Kind : uint8_t {
  kText = 0,
  kDouble = 1,
  kFalse = 2,
  kTrue = 3,
  kInteger = 4
};

}  // namespace

bool MayBeOfContext(std::string_view key) {
  constexpr std::string_view kPrefix = "otel.resource.";
  return key.substr(0, kPrefix.size()) == kPrefix;
}

std::string EncodeAnnotations(const std::vector<AnnotationPair>& annotations) {
  std::string out;
  for (const AnnotationPair& pair : annotations) {
    AppendBytes(pair.key, out);
    if (const auto* text = std::get_if<std::string_view>(&pair.value)) {
      out.push_back(kText);
      AppendBytes(*text, out);
    } else if (const auto* number = std::get_if<ExactNumber>(&pair.value)) {
      out.push_back(number->is_integer() ? kInteger : kDouble);
      AppendFixed64(number->is_integer()
                        ? static_cast<uint64_t>(number->integer())
                        : std::bit_cast<uint64_t>(number->AsDouble()),
                    out);
    } else {
      out.push_back(std::get<bool>(pair.value) ? kTrue : kFalse);
    }
  }
  return out;
}

bool ReadAnnotations(
    std::string_view bytes,
    const std::function<void(std::string_view, const AnnotationView&)>& use) {
  ByteReader in(bytes);
  while (!in.rest().empty()) {
    std::string_view key, text;
    uint8_t kind;
    uint64_t bits;
    if (!in.Bytes(key) || !in.Byte(kind)) return false;
    switch (kind) {
      case kText:
        if (!in.Bytes(text)) return false;
        use(key, text);
        break;
      case kDouble:
        if (!in.Fixed64(bits)) return false;
        use(key, ExactNumber(std::bit_cast<double>(bits)));
        break;
      case kInteger:
        if (!in.Fixed64(bits)) return false;
        use(key, ExactNumber(static_cast<int64_t>(bits)));
        break;
      case kFalse:
      case kTrue:
        use(key, kind == kTrue);
        break;
      default:
        return false;
    }
  }
  return in.done();
}

}  // namespace roentgen::storage

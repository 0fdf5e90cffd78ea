#include "trace/span/span_text.h"

#include <algorithm>

#include "base/utf8.h"
#include "trace/span/span_view.h"
#include "trace/span/wire_fields.h"

namespace roentgen::storage {

std::string WithMendedText(std::string_view bytes, const OtlpMessage& message) {
  std::string out;
  out.reserve(bytes.size());
  FieldReader in(bytes);
  while (in.Next()) {
    const auto known = std::find_if(
        message.fields.begin(), message.fields.end(),
        [&](const OtlpField& field) { return field.number == in.field(); });
    const bool text = in.type() == WireType::kBytes &&
                      known != message.fields.end() &&
                      known->type == OtlpType::kString;
    const bool inner = in.type() == WireType::kBytes &&
                       known != message.fields.end() &&
                       known->type == OtlpType::kMessage;
    if (text) {
      AppendBytesField(in.field(), MendedUtf8(in.bytes()), out);
    } else if (inner) {
      AppendBytesField(in.field(), WithMendedText(in.bytes(), *known->message),
                       out);
    } else {
      out += in.whole();
    }
  }
  return out;
}

void KeepOriginal(std::string_view original, size_t bytes_max,
                  std::string& mended) {
  if (mended == original || mended.size() + original.size() > bytes_max) return;
  AppendBytesField(kOriginalField, original, mended);
}

std::string_view OriginalSpan(std::string_view span) {
  std::string_view original;
  size_t mended_size = 0;  // What stands before it.
  FieldReader in(span);
  while (in.Next()) {
    if (!in.Is(kOriginalField, WireType::kBytes)) continue;
    original = in.bytes();
    mended_size = static_cast<size_t>(in.whole().data() - span.data());
  }
  SpanView view;
  const bool kept =
      ReadSpan(original, view) && !view.valid_text &&
      WithMendedText(original, kSpanMessage) == span.substr(0, mended_size);
  return kept ? original : span;
}

}  // namespace roentgen::storage

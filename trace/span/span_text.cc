#include "trace/span/span_text.h"

#include <algorithm>

#include "base/utf8.h"
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

}  // namespace roentgen::storage

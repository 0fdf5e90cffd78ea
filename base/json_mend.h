// JSON whose strings cannot be shown, made so that they can.
//
//   if (auto mended = MendedJson(body)) body = *std::move(mended);
//
// RFC 8259 (8.2) lets a string escape half of a surrogate pair, as texts cut
// within an emoji have it ("\ud83d"); parsers refuse it. Other texts have bytes
// that are not UTF-8. Both are no reason to refuse what stands beside them:
// U+FFFD takes their place. What breaks JSON's grammar stays as it is.
//
// Threads: pure.
#ifndef ROENTGEN_BASE_JSON_MEND_H_
#define ROENTGEN_BASE_JSON_MEND_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace roentgen {

// Nothing when there is nothing to mend: that costs two fast looks at the text.
std::optional<std::string> MendedJson(std::string_view text);

// Bytes of what MendedJson returns; 0 when it returns nothing. For those who
// must know that there is room for it.
size_t MendedJsonSize(std::string_view text);

// Whether it has an escape that is half of a pair, without looking at bytes.
bool HasHalfSurrogate(std::string_view text);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_JSON_MEND_H_

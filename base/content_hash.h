// A hash of bytes that are stored, by which it is told whether they are still
// the same, and which of them are: XXH3 with 128 bits. It finds accidents, not
// intent.
//
//   ContentHash hash;
//   hash.Add(part); hash.Add(another);
//   hash.Hex();  // 32 digits.
//
// Threads: one.
#ifndef ROENTGEN_BASE_CONTENT_HASH_H_
#define ROENTGEN_BASE_CONTENT_HASH_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace roentgen {

class ContentHash {
 public:
  static constexpr size_t kHexDigits = 32;

  ContentHash();
  ~ContentHash();
  ContentHash(ContentHash&&) noexcept;
  ContentHash& operator=(ContentHash&&) noexcept;

  void Add(std::string_view bytes);
  // Of all that was added so far; lower case.
  std::string Hex() const;

  static std::string HexOf(std::string_view bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether it can be one.
bool IsContentHash(std::string_view text);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_CONTENT_HASH_H_

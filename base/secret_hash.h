// Secrets as a file may have them: whoever reads the file does not know them.
//
//   HashSecret("s3cret", salt) == "$scrypt$ln=14,r=8,p=1$c2FsdC4uLg$..."
//
// The form is that of PHC strings, the function scrypt (RFC 7914), of 16 MiB
// and some 50 ms.
//
// Threads: pure.
#ifndef ROENTGEN_BASE_SECRET_HASH_H_
#define ROENTGEN_BASE_SECRET_HASH_H_

#include <string>
#include <string_view>

namespace roentgen {

// `salt`: 16 bytes that no other secret has.
std::string HashSecret(std::string_view secret, std::string_view salt);

// Whether `hash` is of the form above, with costs that a caller may have us
// pay: ln from 10 to 16, r 8, p 1.
bool IsSecretHash(std::string_view hash);

// Whether `hash` was made of `secret`; false when it is none.
bool FitsSecretHash(std::string_view secret, std::string_view hash);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_SECRET_HASH_H_

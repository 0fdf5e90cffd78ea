// Secrets as a file may have them.
#include "base/secret_hash.h"

#include <string>

#include "gtest/gtest.h"

namespace roentgen {
namespace {

constexpr char kSalt[] = "sixteen bytes...";

TEST(SecretHashTest, FitsItsSecretAlone) {
  const std::string hash = HashSecret("secret", kSalt);
  EXPECT_TRUE(hash.starts_with("$scrypt$ln=14,r=8,p=1$")) << hash;
  EXPECT_TRUE(IsSecretHash(hash));
  EXPECT_TRUE(FitsSecretHash("secret", hash));
  EXPECT_FALSE(FitsSecretHash("Secret", hash));
  EXPECT_FALSE(FitsSecretHash("", hash));
  EXPECT_NE(hash, HashSecret("secret", "another sixteen "));
}

// As Python's hashlib.scrypt makes it: n=1024, r=8, p=1.
TEST(SecretHashTest, IsScrypt) {
  EXPECT_TRUE(FitsSecretHash("password",
                             "$scrypt$ln=10,r=8,p=1$bmFjbG5hY2w$"
                             "bqv0WRY3NJJ3ySJ9411M+ishHQnSyKQmuV6UrvvDFvM"));
}

TEST(SecretHashTest, OtherTextsAreNone) {
  const std::string hash = HashSecret("s", kSalt);
  for (const std::string& text :
       {std::string(), std::string("secret"), hash.substr(1), hash + "$",
        std::string("$scrypt$ln=14,r=8,p=1$$"),
        std::string("$scrypt$ln=30,r=8,p=1") + hash.substr(21),
        std::string("$scrypt$ln=1,r=8,p=1") + hash.substr(21),
        std::string("$scrypt$ln=14,r=9,p=1") + hash.substr(21),
        std::string("$argon2$ln=14,r=8,p=1") + hash.substr(21),
        hash.substr(0, hash.size() - 4)}) {
    EXPECT_FALSE(IsSecretHash(text)) << text;
    EXPECT_FALSE(FitsSecretHash("s", text)) << text;
  }
}

}  // namespace
}  // namespace roentgen

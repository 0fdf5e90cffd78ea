// Signatures: those of Amazon's own signer are taken, and nothing else is.
#include "server/auth/sigv4.h"

#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "base/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/auth/authorization_header.h"
#include "server/auth/canonical_request.h"
#include "server/aws_status.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

constexpr char kVectors[] = "tests/server/auth/sigv4_vectors.txt";
constexpr char kIncomplete[] = "IncompleteSignatureException";
constexpr char kInvalid[] = "InvalidSignatureException";
constexpr char kUnrecognized[] = "UnrecognizedClientException";

// 2026-01-31 12:00:00, when the vectors were signed.
const Timestamp kNow = Timestamp::FromSeconds(1'769'860'800);

struct Request {
  std::string name, method, path, query, body;
  std::vector<std::pair<std::string, std::string>> headers;

  std::string* Header(const std::string& wanted) {
    for (auto& [header, value] : headers) {
      if (header == wanted) return &value;
    }
    return nullptr;
  }
};

// "name value" lines; "end" ends a request.
std::vector<Request> ReadVectors() {
  std::ifstream file(kVectors);
  EXPECT_TRUE(file) << kVectors;
  std::vector<Request> out;
  Request request;
  for (std::string line; std::getline(file, line);) {
    const size_t space = line.find(' ');
    const std::string field = line.substr(0, space);
    const std::string value = space == line.npos ? "" : line.substr(space + 1);
    if (field == "name") request.name = value;
    if (field == "method") request.method = value;
    if (field == "path") request.path = value;
    if (field == "query") request.query = value;
    if (field == "body") request.body = absl::HexStringToBytes(value);
    if (field == "header") {
      const size_t colon = value.find(": ");
      request.headers.emplace_back(value.substr(0, colon),
                                   value.substr(colon + 2));
    }
    if (field == "end") out.push_back(std::exchange(request, {}));
  }
  EXPECT_GE(out.size(), 12u);
  return out;
}

Request Vector(const std::string& name) {
  for (Request& request : ReadVectors()) {
    if (request.name == name) return request;
  }
  ADD_FAILURE() << "no vector " << name;
  return {};
}

const KeyRing& Keys() {
  static const KeyRing keys =
      *KeyRing::Make({{.id = "AKIDPLAIN",
                       .secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                       .permissions = {.read = true}},
                      {.id = "ASIATEMPORARY",
                       .secret = "temporary/secret",
                       .session_token = "IQoJb3JpZ2luX2VjEOr//token+/==",
                       .permissions = {.ingest = true}}});
  return keys;
}

absl::StatusOr<Principal> Verify(const Request& request, Timestamp now = kNow,
                                 const KeyRing& keys = Keys()) {
  std::vector<std::pair<std::string_view, std::string_view>> headers(
      request.headers.begin(), request.headers.end());
  return VerifySigV4({.method = request.method,
                      .path = request.path,
                      .query = request.query,
                      .headers = headers,
                      .body = request.body},
                     keys, now);
}

// The name of the failure; empty when there is none.
std::string Failure(const absl::StatusOr<Principal>& result) {
  if (result.ok()) return "";
  EXPECT_TRUE(IsUnknownCaller(result.status())) << result.status();
  return AwsFaultOf(result.status())->name;
}

void Replace(std::string& text, const std::string& from,
             const std::string& to) {
  const size_t at = text.find(from);
  ASSERT_NE(at, text.npos) << from;
  text.replace(at, from.size(), to);
}

TEST(SigV4, TakesWhatAmazonsSignerMakes) {
  for (const Request& request : ReadVectors()) {
    const auto principal = Verify(request);
    ASSERT_TRUE(principal.ok()) << request.name << ": " << principal.status();
    const bool temporary = request.name == "session_token";
    EXPECT_EQ(
        *principal,
        (Principal{.key_id = temporary ? "ASIATEMPORARY" : "AKIDPLAIN",
                   .permissions = {.ingest = temporary, .read = !temporary}}));
  }
}

TEST(SigV4, TakesOtherWritingsOfTheSameRequest) {
  Request request = Vector("query");
  request.query = "c=&empty&b=1&&b=2&%61=%2fz&a=x%20y";
  EXPECT_EQ(Failure(Verify(request)), "");
  request.query += "&a=%2Fz";
  EXPECT_EQ(Failure(Verify(request)), kInvalid);

  request = Vector("spaces");
  *request.Header("X-Amz-Meta") = "a b\t\tc ";
  EXPECT_EQ(Failure(Verify(request)), "");

  request = Vector("boto3_put");
  for (auto& [name, value] : request.headers) {
    for (char& c : name) c = absl::ascii_toupper(c);
  }
  request.headers.emplace_back("X-Forwarded-For", "not signed");
  EXPECT_EQ(Failure(Verify(request)), "");
  // Two headers of a name that is signed as one value.
  request.headers.emplace_back("Host", "other");
  EXPECT_EQ(Failure(Verify(request)), kInvalid);
}

// Each byte of what is signed, changed to something else.
TEST(SigV4, RefusesEveryChangedByte) {
  for (const Request& signed_request : ReadVectors()) {
    Request request = signed_request;
    const std::string path = CanonicalPath(request.path);
    const auto tamper = [&](std::string& text, const std::string& where) {
      for (size_t i = 0; i < text.size(); ++i) {
        const char old = text[i];
        // One blank is as good as another, or as several.
        if (old == ' ' || old == '\t') continue;
        text[i] = old == '0' ? '1' : '0';
        // Nor does it matter what ".." takes away.
        const bool same = where == "path" && CanonicalPath(text) == path;
        EXPECT_EQ(Failure(Verify(request)) == "", same)
            << request.name << ' ' << where << ' ' << i;
        text[i] = old;
      }
      text += 'x';
      EXPECT_NE(Failure(Verify(request)), "") << request.name << ' ' << where;
      text.pop_back();
    };
    tamper(request.method, "method");
    tamper(request.path, "path");
    tamper(request.query, "query");
    tamper(request.body, "body");
    for (auto& [name, value] : request.headers) {
      tamper(name, "name of " + name);
      tamper(value, name);
    }
    EXPECT_EQ(Failure(Verify(request)), "");
  }
}

TEST(SigV4, RefusesSignaturesOfAnotherTime) {
  const Request request = Vector("boto3_put");
  const auto at = [&](absl::Duration off) {
    return Verify(request, kNow + off);
  };
  EXPECT_TRUE(at(absl::Minutes(15)).ok());
  EXPECT_TRUE(at(-absl::Minutes(15)).ok());
  const auto late = at(absl::Minutes(15) + absl::Seconds(1));
  EXPECT_EQ(Failure(late), kInvalid);
  EXPECT_EQ(late.status().message(),
            "Signature expired: 20260131T120000Z is now earlier than "
            "20260131T120001Z (20260131T121501Z - 15 min.)");
  const auto early = at(-absl::Minutes(15) - absl::Seconds(1));
  EXPECT_EQ(Failure(early), kInvalid);
  EXPECT_THAT(std::string(early.status().message()),
              HasSubstr("Signature not yet current"));
  EXPECT_EQ(Failure(Verify(request, Timestamp::Max())), kInvalid);
  EXPECT_EQ(Failure(Verify(request, Timestamp::Min())), kInvalid);
}

TEST(SigV4, NamesTheFailure) {
  const struct {
    const char* vector;
    std::function<void(Request&)> spoil;
    const char* failure;
  } cases[] = {
      {"boto3_put",
       [](Request& r) {
         Replace(*r.Header("Authorization"), "AKIDPLAIN", "X");
       },
       kUnrecognized},
      {"boto3_put",
       [](Request& r) {
         Replace(*r.Header("Authorization"), "/xray/", "/s3/");
       },
       kInvalid},
      {"boto3_put",
       [](Request& r) {
         Replace(*r.Header("Authorization"), "4_req", "5_req");
       },
       kInvalid},
      {"boto3_put",
       [](Request& r) {
         Replace(*r.Header("Authorization"), "/2026", "/2025");
       },
       kInvalid},
      {"boto3_put",
       [](Request& r) { Replace(*r.Header("Authorization"), "host;", ""); },
       kInvalid},
      {"boto3_put",
       [](Request& r) {
         Replace(*r.Header("Authorization"), "host", "host;x");
       },
       kInvalid},
      {"boto3_put", [](Request& r) { *r.Header("Authorization") = "Basic x"; },
       kIncomplete},
      {"boto3_put", [](Request& r) { *r.Header("X-Amz-Date") = "yesterday"; },
       kIncomplete},
      {"boto3_put",
       [](Request& r) { *r.Header("X-Amz-Date") = "20260131T126000Z"; },
       kIncomplete},
      {"boto3_put",
       [](Request& r) { r.headers.emplace_back("x-amz-security-token", "t"); },
       kUnrecognized},
      {"session_token",
       [](Request& r) { *r.Header("X-Amz-Security-Token") += "x"; },
       kUnrecognized},
      {"boto3_put",
       [](Request& r) {
         r.headers.emplace_back("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD");
       },
       kInvalid},
      {"js_style",
       [](Request& r) {
         *r.Header("x-amz-content-sha256") = "UNSIGNED-PAYLOAD";
       },
       kInvalid},
      {"http_date", [](Request& r) { *r.Header("Date") = "31 Jan 2026"; },
       kIncomplete},
      {"boto3_put",
       [](Request& r) {
         std::erase_if(r.headers, [](const auto& header) {
           return header.first == "Authorization";
         });
       },
       "MissingAuthenticationTokenException"},
  };
  for (size_t i = 0; i < std::size(cases); ++i) {
    Request request = Vector(cases[i].vector);
    cases[i].spoil(request);
    EXPECT_EQ(Failure(Verify(request)), cases[i].failure) << "case " << i;
  }
}

TEST(SigV4, RefusesAnotherSecret) {
  const KeyRing others = *KeyRing::Make(
      {{.id = "AKIDPLAIN", .secret = "other", .permissions = {.read = true}}});
  EXPECT_EQ(Failure(Verify(Vector("boto3_put"), kNow, others)), kInvalid);
  EXPECT_EQ(Failure(Verify(Vector("boto3_put"), kNow, KeyRing())),
            kUnrecognized);
}

TEST(AuthorizationHeader, TakesParametersInAnyOrder) {
  const std::string signature(64, 'a');
  const std::string value = "AWS4-HMAC-SHA256 Signature=" + signature +
                            ",SignedHeaders=host;x-amz-date ,  "
                            "Credential=K/20260131/r/xray/aws4_request";
  const auto parsed = ParseAuthorization(value);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->key_id, "K");
  EXPECT_EQ(parsed->scope, "20260131/r/xray/aws4_request");
  EXPECT_THAT(parsed->signed_headers,
              testing::ElementsAre("host", "x-amz-date"));
  EXPECT_EQ(parsed->signature, signature);
}

TEST(AuthorizationHeader, SaysWhatIsMissing) {
  const std::string algorithm = "AWS4-HMAC-SHA256 ";
  const std::string credential = "Credential=K/20260131/r/xray/aws4_request";
  const std::string headers = "SignedHeaders=host";
  const std::string signature = "Signature=" + std::string(64, '0');
  const std::string values[] = {
      "",
      "AWS4-HMAC-SHA256",
      "AWS4-HMAC-SHA512 " + credential + ',' + headers + ',' + signature,
      algorithm + credential + ',' + headers,
      algorithm + credential + ',' + credential + ',' + headers,
      algorithm + credential + "/x," + headers + ',' + signature,
      algorithm + "Credential=K/2026/r/xray/x," + headers + ',' + signature,
      algorithm + "Credential=//r/xray/x," + headers + ',' + signature,
      algorithm + credential + ",SignedHeaders=," + signature,
      algorithm + credential + ",SignedHeaders=host;," + signature,
      algorithm + credential + ",SignedHeaders=host;host," + signature,
      algorithm + credential + ",SignedHeaders=Host," + signature,
      algorithm + credential + ",SignedHeaders=a:b," + signature,
      algorithm + credential + ',' + headers + ",Signature=abc",
      algorithm + credential + ',' + headers +
          ",Signature=" + std::string(64, 'A'),
      algorithm + credential + ',' + headers + ',' + signature + ",X=1",
  };
  for (const std::string& value : values) {
    const auto parsed = ParseAuthorization(value);
    ASSERT_FALSE(parsed.ok()) << value;
    EXPECT_EQ(AwsFaultOf(parsed.status())->name, kIncomplete) << value;
  }
  EXPECT_EQ(ParseAuthorization(algorithm + headers).status().message(),
            "Authorization header requires 'Credential' parameter. "
            "Authorization header requires 'Signature' parameter.");
}

TEST(CanonicalRequest, NormalisesPathsAndQueries) {
  EXPECT_EQ(CanonicalPath(""), "/");
  EXPECT_EQ(CanonicalPath("/../.././"), "/");
  EXPECT_EQ(CanonicalPath("//a/./b/../c%20d/"), "/a/c%2520d/");
  EXPECT_EQ(CanonicalQuery(""), "");
  EXPECT_EQ(CanonicalQuery("b&a=1&&a=0&%7e=%4"), "a=0&a=1&b=&~=%254");
}

TEST(Digests, AreThoseOfTheStandards) {
  EXPECT_EQ(Hex(Sha256("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  // RFC 4231, test case 2.
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_TRUE(SameSecret("a", "a"));
  EXPECT_FALSE(SameSecret("a", "b"));
  EXPECT_FALSE(SameSecret("a", "aa"));
  EXPECT_FALSE(SameSecret("", "a"));
}

}  // namespace
}  // namespace roentgen::server

#include "server/http/accept_encoding.h"

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

HttpHeaders Headers(const std::vector<std::string>& values) {
  HttpHeaders headers;
  headers.Add("Accept", "br;q=0.9");
  for (const std::string& value : values) {
    headers.Add("accept-ENCODING", value);
  }
  return headers;
}

struct Vector {
  std::vector<std::string> fields;
  int brotli;
  int gzip;
  int identity;
};

TEST(AcceptEncoding, WeighsCodings) {
  const std::vector<Vector> vectors = {
      // Without a word, and with an empty one.
      {{}, 0, 0, 1},
      {{""}, 0, 0, 1},
      {{",", " , ,"}, 0, 0, 1},
      {{";"}, 0, 0, 1},
      {{",;,"}, 0, 0, 1},
      {{"gzip"}, 0, 1000, 1},
      {{"GZip"}, 0, 1000, 1},
      {{"x-gzip"}, 0, 1000, 1},
      {{"X-GZIP;Q=0.3"}, 0, 300, 1},
      {{"xgzip"}, 0, 0, 1},
      {{"gzi", "gzipp"}, 0, 0, 1},
      {{"deflate, gzip, br"}, 1000, 1000, 1},
      {{"deflate", "gzip", "br;q=0.5"}, 500, 1000, 1},
      {{"br;q=1.0, gzip ; q=0.8 ,*;q=0.1"}, 1000, 800, 100},
      {{"gzip;q=0"}, 0, 0, 1},
      {{"gzip; q=0.000"}, 0, 0, 1},
      {{"identity;q=0"}, 0, 0, 0},
      {{"identity;q=0, gzip"}, 0, 1000, 0},
      // A star is all that is not named, wherever it stands.
      {{"*"}, 1000, 1000, 1000},
      {{"*;q=0"}, 0, 0, 0},
      {{"*;q=0, gzip"}, 0, 1000, 0},
      {{"gzip, *;q=0"}, 0, 1000, 0},
      {{"gzip;q=0, *"}, 1000, 0, 1000},
      {{"*, gzip;q=0"}, 1000, 0, 1000},
      {{"*;q=0, identity;q=0.2"}, 0, 0, 200},
      {{"identity, *;q=0.1"}, 100, 100, 1000},
      // The first of its kind counts.
      {{"gzip;q=0.2, gzip;q=0.7"}, 0, 200, 1},
      {{"*;q=0.2", "*;q=0.7"}, 200, 200, 200},
      // All that a weight may be.
      {{"gzip;q=1."}, 0, 1000, 1},
      {{"gzip;q=0."}, 0, 0, 1},
      {{"gzip;q=0.001"}, 0, 1, 1},
      {{"gzip;q=0.999"}, 0, 999, 1},
      {{"gzip;q=1.000"}, 0, 1000, 1},
      {{"gzip;\t q=0.25 ;"}, 0, 250, 1},
      // What breaks the grammar is left out, and the next one is not.
      {{"gzip;q=2"}, 0, 0, 1},
      {{"gzip;q=1.001"}, 0, 0, 1},
      {{"gzip;q=-1"}, 0, 0, 1},
      {{"gzip;q=0.1234"}, 0, 0, 1},
      {{"gzip;q=1e0"}, 0, 0, 1},
      {{"gzip;q="}, 0, 0, 1},
      {{"gzip;q"}, 0, 0, 1},
      {{"gzip;q=.5"}, 0, 0, 1},
      {{"gzip;level=9"}, 0, 0, 1},
      {{"gzip;q=0.5;q=0.6;x"}, 0, 0, 1},
      {{"gzip;q=9, gzip;q=0.4"}, 0, 400, 1},
      {{"identity;q=x"}, 0, 0, 1},
      {{"gzip q=1"}, 0, 0, 1},
      {{std::string(30'000, ',') + "gzip"}, 0, 1000, 1},
      {{std::string(30'000, ';')}, 0, 0, 1},
      {{"gzip" + std::string(30'000, ';')}, 0, 1000, 1}};
  for (const Vector& vector : vectors) {
    const HttpHeaders headers = Headers(vector.fields);
    const std::string shown = vector.fields.empty() ? "" : vector.fields[0];
    EXPECT_EQ(WeightOfCoding(headers, "br"), vector.brotli) << shown;
    EXPECT_EQ(WeightOfCoding(headers, "gzip"), vector.gzip) << shown;
    EXPECT_EQ(WeightOfCoding(headers, "identity"), vector.identity) << shown;
  }
}

TEST(AcceptEncoding, KnowsWhoPrefersGzip) {
  for (const char* yes :
       {"gzip", "gzip;q=0.5", "gzip;q=0.001", "*", "*;q=0, gzip",
        "gzip, identity", "identity;q=0.5, gzip;q=0.5", "identity;q=0, *"}) {
    EXPECT_TRUE(PrefersGzip(Headers({yes}))) << yes;
  }
  for (const char* no :
       {"", "identity", "gzip;q=0", "*;q=0", "br", "identity, *;q=0.1",
        "identity, gzip;q=0.9", "identity;q=0"}) {
    EXPECT_FALSE(PrefersGzip(Headers({no}))) << no;
  }
}

}  // namespace
}  // namespace roentgen::server

#include "server/cli/document_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace roentgen::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

TEST(DocumentReaderTest, OneDocumentOverManyLines) {
  EXPECT_THAT(FindDocuments("\n{\n  \"id\": \"}\"\n}\n"),
              ElementsAre("{\n  \"id\": \"}\"\n}"));
}

TEST(DocumentReaderTest, OneDocumentPerLine) {
  EXPECT_THAT(FindDocuments("{\"a\":1}\r\n{\"b\":2}\n"),
              ElementsAre("{\"a\":1}", "{\"b\":2}"));
}

TEST(DocumentReaderTest, ArrayOfDocumentsAndOfStrings) {
  EXPECT_THAT(FindDocuments(R"([{"a":[1,2]}, "{\"b\":2}" ])"),
              ElementsAre(R"({"a":[1,2]})", R"({"b":2})"));
}

TEST(DocumentReaderTest, BodyOfPutTraceSegments) {
  EXPECT_THAT(
      FindDocuments(R"({"TraceSegmentDocuments":["{\"a\":1}",{"b":2}]})"),
      ElementsAre(R"({"a":1})", R"({"b":2})"));
}

TEST(DocumentReaderTest, BrokenTextGoesToTheServerAsItIs) {
  EXPECT_THAT(FindDocuments("{\"a\":"), ElementsAre("{\"a\":"));
  EXPECT_THAT(FindDocuments("hello\n{\"a\":1}"),
              ElementsAre("hello", "{\"a\":1}"));
  EXPECT_THAT(FindDocuments("}"), ElementsAre("}"));
}

TEST(DocumentReaderTest, NothingInNothing) {
  EXPECT_THAT(FindDocuments(""), IsEmpty());
  EXPECT_THAT(FindDocuments(" \n"), IsEmpty());
  EXPECT_THAT(FindDocuments("[]"), IsEmpty());
}

TEST(DocumentReaderTest, EveryPrefixEnds) {
  const std::string text =
      R"({"TraceSegmentDocuments":["{\"a\":1}",{"b":[2,"x"]}]} [1,{"c":""}])";
  const std::vector<std::string> whole = FindDocuments(text);
  ASSERT_THAT(whole, Not(IsEmpty()));
  for (size_t i = 0; i <= text.size(); ++i) {
    // What is whole already is what it is in the end; one may be cut.
    const std::vector<std::string> found = FindDocuments(text.substr(0, i));
    ASSERT_LE(found.size(), whole.size()) << i;
    for (size_t d = 0; d + 1 < found.size(); ++d) {
      EXPECT_EQ(found[d], whole[d]) << i;
    }
  }
}

}  // namespace
}  // namespace roentgen::server

#include "trace/document/document_parser.h"

#include <optional>
#include <string>
#include <vector>

#include "base/json_mend.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace roentgen::storage {
namespace {

constexpr char kTrace[] = "1-6553f100-000000000000000000000001";

// A valid segment with `extra` members in front.
std::string Segment(const std::string& extra = "") {
  return "{" + extra +
         R"("trace_id":"1-6553f100-000000000000000000000001",)"
         R"("id":"a100000000000001","name":"shop",)"
         R"("start_time":1700000000.25,"end_time":1.7000000005E9})";
}

std::string WithSubsegment(const std::string& subsegment) {
  return Segment("\"subsegments\":[" + subsegment + "],");
}

struct FaultCase {
  std::string name;
  std::string document;
  std::string message;
  std::optional<std::string> id = std::nullopt;
};

class DocumentFaultTest : public testing::TestWithParam<FaultCase> {};

TEST_P(DocumentFaultTest, IsReportedInXrayTerms) {
  DocumentParser parser;
  SegmentDocument doc;
  const auto fault = parser.Parse(GetParam().document, doc);
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->Message(), GetParam().message);
  EXPECT_EQ(fault->id, GetParam().id);
}

const std::string kId = "a100000000000001";

// In the order in which the checks are made.
std::vector<FaultCase> FaultCases() {
  const std::string bad_json = "Invalid entity. ErrorCode: ParseError";
  return {
      {"Empty", "", bad_json},
      {"Garbage", "{", bad_json},
      {"Array", "[]", bad_json},
      {"Scalar", "17", bad_json},
      {"TrailingText", Segment() + "x", bad_json},
      {"TwoDocuments", Segment() + Segment(), bad_json},
      {"BytesOutsideTexts", Segment("\xff"), bad_json},
      {"BadEscape", Segment(R"("user":"\q",)"), bad_json},
      {"BadEscapeInMetadata", Segment(R"("metadata":{"a":"\q"},)"), bad_json},
      {"BadNumberInMetadata", Segment(R"("metadata":{"a":01},)"), bad_json},
      {"BadLiteralInMetadata", Segment(R"("metadata":{"a":nul},)"), bad_json},
      {"UnclosedMetadata", Segment(R"("metadata":{"a":[1,},)"), bad_json},
      {"MissingComma", R"({"id":"a100000000000001" "name":"x"})", bad_json},
      {"ColonAfterString",
       R"({"user":"u":"v"},"trace_id":"1-6553f100-000000000000000000000001",)"
       R"("id":"a100000000000001","name":"x","start_time":1,"end_time":2})",
       bad_json},
      {"ColonAfterStringInMetadata",
       Segment(R"("metadata":{"a":"u":"v"},"b":{},)"), bad_json},
      {"ColonAfterNumber", Segment(R"("metadata":{"a":1:2},)"), bad_json},
      {"ControlCharacter", Segment("\"user\":\"a\nb\","), bad_json},
      {"TooDeep",
       Segment("\"metadata\":{\"a\":" + std::string(200, '[') +
               std::string(200, ']') + "},"),
       bad_json},
      {"UnknownType", Segment(R"("type":"segment",)"),
       "Invalid entity. ErrorCode: UnknownType", kId},
      {"TypeOfWrongType", Segment(R"("type":1,)"),
       "Invalid entity. ErrorCode: UnknownType", kId},
      {"NoMembers", "{}", "Invalid segment. ErrorCode: MissingId"},
      {"NullId", R"({"id":null,"name":"x"})",
       "Invalid segment. ErrorCode: MissingId"},
      {"ShortId", R"({"id":"a1"})", "Invalid segment. ErrorCode: InvalidId"},
      {"NumericId", R"({"id":1})", "Invalid segment. ErrorCode: InvalidId"},
      {"NoName", R"({"id":"a100000000000001"})",
       "Invalid segment. ErrorCode: MissingName", kId},
      {"EmptyName", R"({"id":"a100000000000001","name":""})",
       "Invalid segment. ErrorCode: MissingName", kId},
      {"NoTraceId", R"({"id":"a100000000000001","name":"x"})",
       "Invalid segment. ErrorCode: MissingTraceId", kId},
      {"W3cTraceId",
       R"({"id":"a100000000000001","name":"x",)"
       R"("trace_id":"4efaaf4d1e8720b39541901950019ee5"})",
       "Invalid segment. ErrorCode: InvalidTraceId", kId},
      {"NoStart",
       R"({"id":"a100000000000001","name":"x",)"
       R"("trace_id":"1-6553f100-000000000000000000000001"})",
       "Invalid segment. ErrorCode: MissingStartTime", kId},
      {"TextStart",
       R"({"id":"a100000000000001","name":"x","start_time":"1",)"
       R"("trace_id":"1-6553f100-000000000000000000000001"})",
       "Invalid entity. ErrorCode: ParseError", kId},
      {"HugeStart",
       R"({"id":"a100000000000001","name":"x","start_time":1e400,)"
       R"("trace_id":"1-6553f100-000000000000000000000001"})",
       "Invalid entity. ErrorCode: ParseError", kId},
      {"InProgressWithEnd", Segment(R"("in_progress":true,)"),
       "Invalid segment. ErrorCode: InProgressSegmentHasEndTime", kId},
      {"NoEnd",
       R"({"id":"a100000000000001","name":"x","start_time":1,)"
       R"("trace_id":"1-6553f100-000000000000000000000001"})",
       "Invalid segment. ErrorCode: MissingEndTime", kId},
      {"SubsegmentWithoutParent", Segment(R"("type":"subsegment",)"),
       "Invalid subsegment. ErrorCode: MissingParentId, Cause: null", kId},
      {"BadParent", Segment(R"("parent_id":"xyz",)"),
       "Invalid segment. ErrorCode: InvalidParentId", kId},
      {"NestedWithoutId", WithSubsegment(R"({"name":"a"})"),
       "Invalid subsegment. ErrorCode: MissingId, Cause: null", kId},
      {"NestedInProgressWithEnd",
       WithSubsegment(R"({"id":"a100000000000002","name":"a","start_time":1,)"
                      R"("end_time":2,"in_progress":true})"),
       "Invalid subsegment. ErrorCode: InProgressSubsegmentHasEndTime, "
       "Cause: null",
       kId},
      {"NestedTwoDeep",
       WithSubsegment(R"({"id":"a100000000000002","name":"a","start_time":1,)"
                      R"("end_time":2,"subsegments":[{"id":"a100000000000003",)"
                      R"("name":"b","end_time":2}]})"),
       "Invalid subsegment. ErrorCode: MissingStartTime, Cause: null", kId},
      {"RootFaultBeforeNested",
       R"({"subsegments":[{"name":"a"}],"id":"a100000000000001","name":"x"})",
       "Invalid segment. ErrorCode: MissingTraceId", kId},
      {"TooLarge", Segment("\"user\":\"" + std::string(65'536, 'u') + "\","),
       "Invalid segment. ErrorCode: InvalidSegment. The document has 65687 "
       "bytes, the limit is 65536"},
  };
}

INSTANTIATE_TEST_SUITE_P(All, DocumentFaultTest,
                         testing::ValuesIn(FaultCases()),
                         [](const auto& test) { return test.param.name; });

SegmentDocument MustParse(const std::string& text) {
  DocumentParser parser;
  SegmentDocument doc;
  const auto fault = parser.Parse(text, doc);
  EXPECT_FALSE(fault.has_value()) << text << ": " << fault->Message();
  return doc;
}

TEST(DocumentParserTest, ReadsIdentityAndTimesExactly) {
  const SegmentDocument doc = MustParse(Segment());
  EXPECT_EQ(doc.trace_id.ToString(), kTrace);
  EXPECT_EQ(doc.root().id.ToString(), kId);
  EXPECT_EQ(doc.root().start.ns, 1'700'000'000'250'000'000);
  EXPECT_EQ(doc.root().end.ns, 1'700'000'000'500'000'000);
  EXPECT_FALSE(doc.root().needs_edit);
}

TEST(DocumentParserTest, AcceptsNumbersThatNoDoubleHoldsOutsideTimes) {
  MustParse(Segment(
      R"("metadata":{"a":12345678901234567890123,"b":1e400,"c":-0.0},)"));
}

TEST(DocumentParserTest, LastOfDuplicateMembersWins) {
  const SegmentDocument doc =
      MustParse(Segment(R"("user":"a","user":"b","annotations":{"k":1},)"
                        R"("annotations":{"k":2,"k":3},)"
                        R"("subsegments":[{"bad":1}],"subsegments":[],)"));
  EXPECT_EQ(doc.root().user, "b");
  ASSERT_EQ(doc.annotations.size(), 1u);
  EXPECT_EQ(std::get<ExactNumber>(doc.annotations[0].value), 3);
  EXPECT_EQ(doc.entities.size(), 1u);
}

TEST(DocumentParserTest, EscapedKeysAreTheirMembers) {
  const SegmentDocument doc = MustParse(Segment(R"("us\u0065r":"eve",)"));
  EXPECT_EQ(doc.root().user, "eve");
}

TEST(DocumentParserTest, NamesAreStrippedCutAndCanonical) {
  EXPECT_EQ(MustParse(Segment(R"("name":"x",)")).root().name, "shop");
  struct Case {
    std::string given, kept;
  };
  const Case cases[] = {
      {"shop?$", "shop"},
      {"???", "unknown"},
      {std::string(201, 'a'), std::string(200, 'a')},
      {"\xD0\x9C\xD0\xB0\xD0\xB3", "\xD0\x9C\xD0\xB0\xD0\xB3"},
      {"a/b:c.d%e&f#g=h+i-j@k", "a/b:c.d%e&f#g=h+i-j@k"},
  };
  for (const Case& c : cases) {
    const SegmentDocument doc = MustParse(
        R"({"trace_id":"1-6553f100-000000000000000000000001",)"
        R"("id":"a100000000000001","start_time":1,"end_time":2,"name":")" +
        c.given + "\"}");
    EXPECT_EQ(doc.root().name, c.kept) << c.given;
    EXPECT_EQ(doc.root().needs_edit, c.given != c.kept) << c.given;
  }
  const SegmentDocument doc = MustParse(WithSubsegment(
      R"({"id":"a100000000000002","name":"dynamodb","namespace":"aws",)"
      R"("start_time":1,"end_time":2})"));
  EXPECT_EQ(doc.entities[1].name, "DynamoDB");
}

TEST(DocumentParserTest, MistypedMembersAreDroppedNotRefused) {
  const SegmentDocument doc = MustParse(Segment(
      R"("user":7,"http":[],"annotations":{"a":[1],"b":null,"c d":1,"e":true},)"
      R"("notTraced":true,)"));
  EXPECT_EQ(doc.root().user, "");
  ASSERT_EQ(doc.annotations.size(), 1u);
  EXPECT_EQ(doc.annotations[0].key, "e");
  EXPECT_TRUE(doc.root().needs_edit);
}

TEST(DocumentParserTest, PythonSdkMembersInEmbeddedSubsegmentsAreTolerated) {
  const SegmentDocument doc = MustParse(WithSubsegment(
      R"({"id":"a100000000000002","name":"work","start_time":1,"end_time":2,)"
      R"("in_progress":false,"type":"subsegment","namespace":"local",)"
      R"("trace_id":"1-6553f100-000000000000000000000001",)"
      R"("parent_id":"a100000000000001"})"));
  ASSERT_EQ(doc.entities.size(), 2u);
  EXPECT_FALSE(doc.entities[1].needs_edit);
  EXPECT_EQ(doc.entities[1].name_space, Namespace::kLocal);
}

std::string Link(const std::string& id, const std::string& attributes) {
  return R"({"trace_id":"1-6553f100-000000000000000000000002","id":")" + id +
         "\"" + attributes + "}";
}

TEST(DocumentParserTest, ParentLinksAreKeptInvalidAndOtherOnesAreNot) {
  const std::string type =
      R"(,"attributes":{"x":1,"aws.xray.reserved.reference_type":)";
  const SegmentDocument doc = MustParse(Segment(
      "\"links\":[" + Link("b100000000000001", type + R"("parent"})") + "," +
      Link("b100000000000002", type + R"("child"})") + "," +
      Link("b100000000000003", "") + "," +
      Link("b100000000000004", R"(,"attributes":[])") + "," +
      Link("b100000000000005", type + "7}") + "," + Link("bad", "") +
      R"(,{"id":"b100000000000006"},{},[],7,null],)" +
      R"("subsegments":[{"id":"a100000000000002","name":"s","start_time":1,)"
      R"("end_time":2,"links":[)" +
      Link("b100000000000007", "") + "]}],"));
  const TraceId trace =
      *TraceId::ParseXray("1-6553f100-000000000000000000000002");
  EXPECT_THAT(doc.links,
              testing::ElementsAre(ParentLink{0, trace, {0xb100000000000001}},
                                   ParentLink{0, trace, {0xb100000000000003}},
                                   ParentLink{0, trace, {0xb100000000000004}},
                                   ParentLink{1, trace, {0xb100000000000007}}));
}

TEST(DocumentParserTest, TheFirstLinksOfTheLastMemberAreKept) {
  std::string many;
  for (size_t i = 0; i < limits::kLinksPerSegmentMax + 5; ++i) {
    many += (i == 0 ? "" : ",") +
            Link("b100000000000" + std::to_string(100 + i), "");
  }
  const std::string links = "\"links\":[" + many + "],";
  EXPECT_EQ(MustParse(Segment(links)).links.size(),
            limits::kLinksPerSegmentMax);
  EXPECT_EQ(MustParse(Segment("\"links\":[" + Link("b100000000000001", "") +
                              "]," + links))
                .links.size(),
            limits::kLinksPerSegmentMax);
  EXPECT_TRUE(MustParse(Segment(links + "\"links\":null,")).links.empty());
  EXPECT_TRUE(MustParse(Segment(links + "\"links\":{},")).links.empty());
  EXPECT_TRUE(MustParse(Segment("\"links\":[ ],")).links.empty());
}

TEST(DocumentParserTest, ADocumentOfExactlyTheLimitIsAccepted) {
  const std::string base = Segment(R"("user":"",)");
  const std::string pad(65'536 - base.size(), 'u');
  MustParse(Segment("\"user\":\"" + pad + "\","));
}

TEST(DocumentParserTest, KeepsNothingOfTheDocumentBefore) {
  DocumentParser parser;
  SegmentDocument doc;
  ASSERT_FALSE(parser.Parse(
      Segment(R"("annotations":{"a":1},"http":{"response":{"status":500}},)"
              "\"links\":[" +
              Link("b100000000000001", "") + "],"),
      doc));
  ASSERT_FALSE(parser.Parse(Segment(), doc));
  EXPECT_TRUE(doc.annotations.empty());
  EXPECT_TRUE(doc.links.empty());
  EXPECT_EQ(doc.root().http.status, 0);
}

// What cannot be shown of a document is no reason to refuse it, wherever it
// stands; the text of the record stays as it was sent.
TEST(DocumentParserTest, TextsThatCannotBeShownAreMended) {
  constexpr char kMended[] = "\xEF\xBF\xBD";
  for (const std::string bad :
       {R"(\ud83d)", R"(\uD83D)", R"(\ude00)", R"(\uDE00)", "\xFF"}) {
    const std::string starts[] = {
        "{",
        R"({"metadata":{"x":{"b":")" + bad + R"("}},"y":[")" + bad + R"("],)",
        R"({")" + bad + R"(":1,)"};
    for (const std::string& start : starts) {
      const std::string text =
          start + R"("user":"a)" + bad +
          R"(","trace_id":"1-6553f100-000000000000000000000001",)"
          R"("id":"a100000000000001","name":"s)" +
          bad + R"(","start_time":1,"end_time":2,"annotations":{"k":")" + bad +
          R"("},"http":{"request":{"url":"http://a/)" + bad +
          R"("}},"sql":{"url":")" + bad +
          R"("},"subsegments":[{"id":)"
          R"("a100000000000002","name":"t)" +
          bad + R"(","start_time":1,"end_time":2}]})";
      DocumentParser parser;
      SegmentDocument doc;
      const auto fault = parser.Parse(text, doc);
      ASSERT_FALSE(fault) << fault->Message() << text;
      ASSERT_EQ(doc.entities.size(), 2u);
      EXPECT_EQ(doc.entities[0].user, std::string("a") + kMended);
      EXPECT_EQ(doc.entities[0].http.url, std::string("http://a/") + kMended);
      // What names may not have goes from them, as from any name.
      EXPECT_EQ(doc.entities[0].name, "s");
      EXPECT_EQ(doc.entities[1].name, "t");
      ASSERT_EQ(doc.annotations.size(), 1u);
      EXPECT_EQ(std::get<std::string_view>(doc.annotations[0].value), kMended);
      EXPECT_TRUE(IsUtf8(doc.entities[0].json));
      EXPECT_FALSE(HasHalfSurrogate(doc.entities[0].json));
    }
  }
}

}  // namespace
}  // namespace roentgen::storage

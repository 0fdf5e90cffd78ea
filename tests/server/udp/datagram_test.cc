#include "server/udp/datagram.h"

#include <string>

#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

std::string_view FaultOf(std::string_view bytes) {
  return DatagramFaultName(ParseDatagram(bytes).fault);
}

TEST(ParseDatagramTest, TakesHeadersAsSdksSendThem) {
  for (const char* header : {
           R"({"format":"json","version":1})",
           R"({"format": "json", "version": 1})",
           R"( { "version" : 1 , "format" : "JSON" } )",
           R"({"format":"Json","version":1.0})",
           R"({"format":"json","version":1,"more":{"x":[1]}})",
           "{\"format\":\"json\",\"version\":1}\r",
       }) {
    const std::string datagram = std::string(header) + "\n{\"a\":\n1}";
    const Datagram parsed = ParseDatagram(datagram);
    EXPECT_EQ(parsed.fault, DatagramFault::kNone) << header;
    EXPECT_EQ(parsed.document, "{\"a\":\n1}");
  }
}

TEST(ParseDatagramTest, DoesNotLookAtTheDocument) {
  EXPECT_EQ(
      ParseDatagram("{\"format\":\"json\",\"version\":1}\nnot json").document,
      "not json");
}

TEST(ParseDatagramTest, TellsSpansByTheirTag) {
  const std::string header = "{\"format\":\"json\",\"version\":1}\n";
  struct Case {
    const char* document;
    DatagramKind kind;
    const char* rest;
  };
  for (const Case& c : {
           Case{"T1SCgA=", DatagramKind::kSampledSpans, "CgA="},
           Case{"T1UCgA=", DatagramKind::kUnsampledSpans, "CgA="},
           Case{"T1S{}", DatagramKind::kSampledSpans, "{}"},
           Case{"t1sCgA=", DatagramKind::kDocument, "t1sCgA="},
           Case{"T1XCgA=", DatagramKind::kDocument, "T1XCgA="},
           Case{" T1SCgA=", DatagramKind::kDocument, " T1SCgA="},
           Case{"T1", DatagramKind::kDocument, "T1"},
       }) {
    const std::string bytes = header + c.document;
    const Datagram parsed = ParseDatagram(bytes);
    EXPECT_EQ(parsed.fault, DatagramFault::kNone) << c.document;
    EXPECT_EQ(parsed.kind, c.kind) << c.document;
    EXPECT_EQ(parsed.document, c.rest);
  }
  EXPECT_EQ(FaultOf(header + "T1S"), "no_document");
  EXPECT_EQ(FaultOf(header + "T1U\n"), "no_document");
}

TEST(DecodeSpansTest, TakesStandardBase64PaddedOrNot) {
  std::string out;
  for (const char* text : {"+/8=", "+/8", "+/8=\n", "+/8=\r\n"}) {
    EXPECT_TRUE(DecodeSpans(text, out)) << text;
    EXPECT_EQ(out, "\xfb\xff");
  }
  for (const char* text : {"-_8=", "+/8==", "+", "+/8=x", "=", "{}"}) {
    EXPECT_FALSE(DecodeSpans(text, out)) << text;
  }
}

TEST(ParseDatagramTest, NamesEachFault) {
  EXPECT_EQ(FaultOf(""), "empty");
  EXPECT_EQ(FaultOf("x"), "no_header_line");
  EXPECT_EQ(FaultOf(R"({"format":"json","version":1})"), "no_header_line");
  EXPECT_EQ(FaultOf("\n{}"), "bad_header");
  EXPECT_EQ(FaultOf("garbage\n{}"), "bad_header");
  EXPECT_EQ(FaultOf("[]\n{}"), "bad_header");
  EXPECT_EQ(FaultOf("{\"format\":\"json\"\n{}"), "bad_header");
  EXPECT_EQ(FaultOf("{\"format\":\"json\",\"version\":1}x\n{}"), "bad_header");
  EXPECT_EQ(FaultOf("{\"a\":\"" + std::string(2'000, 'x') +
                    "\",\"format\":\"json\",\"version\":1}\n{}"),
            "bad_header");
  EXPECT_EQ(FaultOf("{}\n{}"), "bad_format");
  EXPECT_EQ(FaultOf("{\"format\":\"json\"}\n{}"), "bad_format");
  EXPECT_EQ(FaultOf("{\"format\":\"xml\",\"version\":1}\n{}"), "bad_format");
  EXPECT_EQ(FaultOf("{\"format\":\"json\",\"version\":2}\n{}"), "bad_format");
  EXPECT_EQ(FaultOf("{\"format\":\"json\",\"version\":\"1\"}\n{}"),
            "bad_format");
  EXPECT_EQ(FaultOf("{\"format\":1,\"version\":1}\n{}"), "bad_format");
  EXPECT_EQ(FaultOf("{\"format\":\"json\",\"version\":1}\n"), "no_document");
  EXPECT_EQ(FaultOf("{\"format\":\"json\",\"version\":1}\n \n"), "no_document");
}

TEST(ParseDatagramTest, FaultNamesAreDistinct) {
  for (size_t i = 0; i < kDatagramFaultCount; ++i) {
    for (size_t j = 0; j < i; ++j) {
      EXPECT_NE(DatagramFaultName(static_cast<DatagramFault>(i)),
                DatagramFaultName(static_cast<DatagramFault>(j)));
    }
  }
}

}  // namespace
}  // namespace roentgen::server

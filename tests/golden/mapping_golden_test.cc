// Golden files for the mapping: a span (tests/support/span_builder.h) in, the
// segment document that it is seen as out. What the index takes from the span
// without that text must agree with it.
#include <string>
#include <vector>

#include "simdjson.h"
#include "tests/golden/case_file.h"
#include "tests/support/document_text.h"
#include "tests/support/span_builder.h"
#include "trace/mapping/record_document.h"

namespace roentgen::storage {
namespace {

namespace dom = simdjson::dom;

std::string Token(dom::element value) { return simdjson::to_string(value); }

// One member or element a line; what has no members of its own on one line.
void Print(dom::element value, const std::string& indent, std::string& out) {
  const std::string text = Token(value);
  if (text.size() + indent.size() <= 70 || value.is_string()) {
    out += text;
  } else if (value.is_object()) {
    out += "{";
    const char* comma = "\n";
    for (dom::key_value_pair m : value.get_object()) {
      out += comma + indent + "  \"" + std::string(m.key) + "\": ";
      Print(m.value, indent + "  ", out);
      comma = ",\n";
    }
    out += "\n" + indent + "}";
  } else if (value.is_array()) {
    out += "[";
    const char* comma = "\n";
    for (dom::element e : value.get_array()) {
      out += comma + indent + "  ";
      Print(e, indent + "  ", out);
      comma = ",\n";
    }
    out += "\n" + indent + "]";
  } else {
    out += text;
  }
}

// A line "entry": the span's parent is not here, or of another service.
std::string RunCase(std::vector<std::string> lines) {
  const bool entry = std::erase(lines, "entry") > 0;
  const SpanPlace place = entry ? SpanPlace::kEntry : SpanPlace::kInService;
  const StoredRecord record = testing_support::SpanOf(lines);
  RecordDocuments documents;
  SegmentDocument text, direct;
  if (absl::Status read = documents.Read(record, place, Texts::kWanted, text);
      !read.ok()) {
    return read.ToString() + "\n";
  }
  if (absl::Status read =
          documents.Read(record, place, Texts::kOmitted, direct);
      !read.ok()) {
    return read.ToString() + "\n";
  }
  dom::parser parser;
  std::string out;
  dom::element json;
  if (parser.parse(std::string(text.root().json)).get(json)) return "no JSON\n";
  Print(json, "", out);
  out += "\n";
  const std::string expected = testing_support::DocumentText(text);
  const std::string actual = testing_support::DocumentText(direct);
  if (actual != expected) out += "INDEXED AS\n" + actual;
  return out;
}

}  // namespace
}  // namespace roentgen::storage

int main(int argc, char** argv) {
  return roentgen::testing_support::RunGoldenFiles(argc, argv,
                                                   roentgen::storage::RunCase);
}

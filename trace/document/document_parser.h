// Segment document text -> SegmentDocument, or the reason it is refused.
//
//   DocumentParser parser;  // One per thread; keeps its buffers.
//   SegmentDocument doc;
//   if (auto fault = parser.Parse(text, doc)) Report(*fault);
//
// The whole text is checked by JSON's grammar, also what is not looked at.
// Numbers outside identity and time members are checked by their letters
// only, so 1e400 in metadata is legal. Of members given twice the last wins.
// Check order and codes are X-Ray's.
//
// Threads: thread-compatible.
#ifndef ROENTGEN_TRACE_DOCUMENT_DOCUMENT_PARSER_H_
#define ROENTGEN_TRACE_DOCUMENT_DOCUMENT_PARSER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "base/limits.h"
#include "trace/document/document_rules.h"
#include "trace/document/segment_document.h"

namespace roentgen::storage {

class DocumentParser {
 public:
  DocumentParser();
  ~DocumentParser();
  DocumentParser(DocumentParser&&) noexcept;
  DocumentParser& operator=(DocumentParser&&) noexcept;

  // Texts that cannot be shown are mended in `doc` (base/json_mend.h).
  // Fills `doc`, whose buffers are reused; its old content is gone even when
  // the result is a fault. `text` is not referenced afterwards.
  std::optional<DocumentFault> Parse(
      std::string_view text, SegmentDocument& doc,
      size_t bytes_max = limits::kDocumentBytesMax);

 private:
  class Reader;
  struct State;

  bool Read(std::string_view text, SegmentDocument& doc);
  bool ReadMended(std::string_view text, SegmentDocument& doc);

  std::unique_ptr<State> state_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_DOCUMENT_DOCUMENT_PARSER_H_

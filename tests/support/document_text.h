// A document in words: everything that assembly and the index take from it,
// but for the JSON texts of blocks.
#ifndef ROENTGEN_TESTS_SUPPORT_DOCUMENT_TEXT_H_
#define ROENTGEN_TESTS_SUPPORT_DOCUMENT_TEXT_H_

#include <string>

#include "trace/document/segment_document.h"

namespace roentgen::testing_support {

std::string DocumentText(const storage::SegmentDocument& document);

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_DOCUMENT_TEXT_H_

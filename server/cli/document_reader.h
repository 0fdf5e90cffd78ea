// Finds the segment documents in what a user hands over.
//
// Accepted forms, also mixed and one after the other: a document; a JSON array
// of documents; one document per line; the body of a PutTraceSegments call.
// A document may also stand there as a JSON string. Nothing is checked: the
// server says what is wrong with a document.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CLI_DOCUMENT_READER_H_
#define ROENTGEN_SERVER_CLI_DOCUMENT_READER_H_

#include <string>
#include <string_view>
#include <vector>

namespace roentgen::server {

// In the order of the text; bytes of each document as they stand there.
std::vector<std::string> FindDocuments(std::string_view text);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_DOCUMENT_READER_H_

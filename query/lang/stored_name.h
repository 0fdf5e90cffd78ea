// Names in filters as names are stored.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_LANG_STORED_NAME_H_
#define ROENTGEN_QUERY_LANG_STORED_NAME_H_

#include <string>
#include <string_view>

namespace roentgen::query {

// Without the characters that names of nodes and entities are stored without
// (trace/document/name_rules.h): "my service (prod)" finds what it was sent
// as. No name stays none.
std::string AsStored(std::string_view name);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_STORED_NAME_H_

// The patterns of rootcause.json: JSON in the members of a trace summary's
// root causes.
//
//   [{"Services": [{"Name": "shop"}], "ClientImpacting": true}]
//
// null is the same as absent: such fragments are pasted from answers. Unknown
// members, doubled ones and values of another type are errors.
//
// Threads: pure functions.
#ifndef ROENTGEN_QUERY_LANG_CAUSE_JSON_H_
#define ROENTGEN_QUERY_LANG_CAUSE_JSON_H_

#include <string>
#include <vector>

#include "query/lang/expression.h"
#include "query/lang/token_stream.h"

namespace roentgen::query {

// Reads from behind the "#[" to its "]". False with the stream's error set
// when that is no list of patterns, or an empty one.
bool ParseCausePatterns(TokenStream& tokens,
                        std::vector<CausePattern>& patterns);

// With the "#".
std::string PrintCausePatterns(const std::vector<CausePattern>& patterns);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_CAUSE_JSON_H_

// A trace as text: a tree of names on the left, bars on a common time scale on
// the right.
//
//   shop-front (AWS::EC2::Instance)   200      0 ms   350 ms |==========|
//   - cart                            ok      10 ms   300 ms |==========|
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CLI_WATERFALL_H_
#define ROENTGEN_SERVER_CLI_WATERFALL_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "server/cli/trace_tree.h"

namespace roentgen::server {

// Lines end with "\n". Control characters in names are shown as "?".
std::string RenderWaterfall(std::string_view trace_id,
                            const std::vector<TraceNode>& roots);

// "350 ms", "1.25 s", "80 us": three digits.
std::string FormatShort(absl::Duration d);

// `text` made fit for a terminal and cut or padded to `width` characters.
std::string FitWidth(std::string_view text, size_t width);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_WATERFALL_H_

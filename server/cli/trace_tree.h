// A trace as a tree for showing: segments and subsegments, callers above what
// they called.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CLI_TRACE_TREE_H_
#define ROENTGEN_SERVER_CLI_TRACE_TREE_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"

namespace roentgen::server {

struct TraceNode {
  std::string id;
  std::string parent_id;  // Of a segment; empty: a root.
  std::string name;
  std::string origin;      // Segments: "AWS::EC2::Instance".
  std::string name_space;  // Subsegments: "aws", "remote" or empty.
  bool is_segment = false;
  bool inferred = false;
  bool in_progress = false;
  bool error = false;
  bool throttle = false;
  bool fault = false;
  int status = 0;  // HTTP; 0 when unknown.
  std::string method;
  std::string url;
  Timestamp start;
  Timestamp end;                    // Equal to `start` while in progress.
  std::vector<TraceNode> children;  // By start.
};

// `documents` are segment documents of one trace as the server returns them.
// A segment hangs below the entity that its parent_id names, at the top when
// that is not there.
std::vector<TraceNode> BuildTraceTree(
    const std::vector<std::string>& documents);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_TRACE_TREE_H_

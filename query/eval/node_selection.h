// Whether a selector means a node of the service map.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_EVAL_NODE_SELECTION_H_
#define ROENTGEN_QUERY_EVAL_NODE_SELECTION_H_

#include "query/lang/expression.h"
#include "trace/model/service_id.h"

namespace roentgen::query {

// What a node does not have is not even the empty string.
bool Selects(const NodeSelector& selector, const storage::ServiceId& service);

// The client of a trace, as a node: it is called as the root segment's node.
storage::ServiceId ClientOf(const storage::ServiceId& root);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_EVAL_NODE_SELECTION_H_

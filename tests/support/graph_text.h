// Figures of the service map as text: a line per node and edge, nothing that
// is zero.
#ifndef ROENTGEN_TESTS_SUPPORT_GRAPH_TEXT_H_
#define ROENTGEN_TESTS_SUPPORT_GRAPH_TEXT_H_

#include <cstdint>
#include <map>
#include <string>

#include "trace/model/graph_figures.h"

namespace roentgen::testing_support {

std::string GraphText(const storage::GraphFigures& figures);
// Each period after a line with its begin.
std::string GraphText(const std::map<int64_t, storage::GraphFigures>& periods);

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_GRAPH_TEXT_H_

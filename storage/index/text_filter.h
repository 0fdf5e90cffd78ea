// A Bloom filter over the distinct texts of one column of a batch.
//
// 12 bits and 6 probes a text: about 1 absent text in 270 passes.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_INDEX_TEXT_FILTER_H_
#define ROENTGEN_STORAGE_INDEX_TEXT_FILTER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roentgen::storage {

// Never empty.
std::string MakeTextFilter(const std::vector<std::string_view>& texts);

// False only when `text` is not among them. An empty filter holds all.
bool MayContain(std::string_view filter, std::string_view text);

// What stands for a text in Part::kPrints.
uint32_t PrintOf(std::string_view text);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_TEXT_FILTER_H_

// The zstd dictionary for record blocks, part of the on-disk format.
//
// Trained by tools/train_dictionary on generated segment documents. Never
// change the bytes of an id: old blocks need them.
#ifndef ROENTGEN_STORAGE_RECORD_DICTIONARY_H_
#define ROENTGEN_STORAGE_RECORD_DICTIONARY_H_

#include <cstdint>
#include <string_view>

namespace roentgen::storage {

inline constexpr uint16_t kRecordDictionaryId = 1;

std::string_view RecordDictionary();

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_RECORD_DICTIONARY_H_

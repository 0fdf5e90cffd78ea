// The distinct fields of the spans in a block, by number in order of
// appearance: what spans say again and again is kept once.
//
// Threads: one thread at a time.
#ifndef ROENTGEN_STORAGE_RECORD_FIELD_DICTIONARY_H_
#define ROENTGEN_STORAGE_RECORD_FIELD_DICTIONARY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roentgen::storage {

class FieldDictionary {
 public:
  // The field's number; a new one when it was not there.
  uint32_t Add(std::string_view field);

  size_t bytes() const { return fields_.size(); }
  // A varint count, then the fields, each a byte string.
  void AppendTo(std::string& out) const;
  void Clear();

 private:
  struct Entry {
    uint32_t begin = 0;
    uint32_t size = 0;
    uint32_t hash = 0;
  };

  std::string_view FieldAt(const Entry& entry) const {
    return std::string_view(fields_).substr(entry.begin, entry.size);
  }
  void Grow();

  std::string fields_;
  std::vector<Entry> entries_;
  // Open addressing: numbers plus one, 0 for none.
  std::vector<uint32_t> slots_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_RECORD_FIELD_DICTIONARY_H_

// A file of RocksDB's write-ahead log, read without RocksDB: which of its
// records are whole, and what follows the first one that is not.
//
// The format is "Write Ahead Log File Format" of RocksDB's wiki: blocks of
// 32 KiB; in them fragments of records, each with a header of 7 bytes (masked
// CRC-32C of type and payload, length of the payload, type: whole record,
// first, middle or last fragment of one). Files that are recycled or packed
// have other types; RocksDb::Open asks for neither.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_ROCKS_LOG_FILE_H_
#define ROENTGEN_STORAGE_ROCKS_LOG_FILE_H_

#include <cstdint>
#include <functional>
#include <string_view>

namespace roentgen::storage {

struct LogFileState {
  // Up to this byte there are whole records only.
  uint64_t whole = 0;
  // What follows there is one bit off a record: no write that was torn looks
  // like this.
  bool bit_turned = false;
  // A record was noteworthy: one of those that are whole, or one behind.
  bool noted = false;
  bool noted_behind = false;
};

// `note`: whether a record (a batch of writes) is noteworthy. It is told of
// each that is whole, in their order, then of those behind until one is.
LogFileState ReadLogFile(
    std::string_view bytes,
    const std::function<bool(std::string_view record)>& note);

// Calls `use` with each record that is whole, in order, also behind damage.
void ForEachLogRecord(std::string_view bytes,
                      const std::function<void(std::string_view record,
                                               bool behind_damage)>& use);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_LOG_FILE_H_

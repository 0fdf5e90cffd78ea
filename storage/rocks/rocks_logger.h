// RocksDB's own messages, into the server's log: warnings and errors only.
//
// Not into a LOG file in the data folder: on a full disk RocksDB's file
// logger ends the process.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_ROCKS_LOGGER_H_
#define ROENTGEN_STORAGE_ROCKS_ROCKS_LOGGER_H_

#include <memory>

#include "rocksdb/env.h"

namespace roentgen::storage {

std::shared_ptr<rocksdb::Logger> MakeRocksLogger();

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_ROCKS_LOGGER_H_

// Writers that put segments until the server dies, and note every
// acknowledgement in the ledger.
//
// Each segment is sent exactly once, so a segment that is there twice was
// doubled by the server.
#ifndef ROENTGEN_TESTS_CRASH_LOAD_H_
#define ROENTGEN_TESTS_CRASH_LOAD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/crash/ledger.h"

namespace roentgen::crash {

// Makes segments: some of new traces, some of recent ones, and some of traces
// that were sealed long ago.
class SegmentSource {
 public:
  struct Options {
    size_t padding_bytes = 0;
    bool reopen = true;  // Whether old traces get segments too.
  };
  SegmentSource(uint64_t seed, Options options)
      : random_(seed), options_(options) {}

  // Appends one document to `documents` and its ids to `sent`.
  void Next(std::vector<std::string>& documents,
            std::vector<SentSegment>& sent);
  size_t BatchSize() { return 1 + random_() % 8; }

 private:
  std::string Hex(size_t digits);
  const std::string& PickTrace();

  std::mt19937_64 random_;
  const Options options_;
  std::vector<std::string> traces_;
};

// An HTTP request that puts `documents`.
std::string PutRequest(const std::vector<std::string>& documents);

// The writers of one life of the server. The destructor waits for them.
class Load {
 public:
  // `sources` has one entry per writer and outlives this object.
  Load(const std::string& http, const std::string& grpc,
       std::vector<std::unique_ptr<SegmentSource>>& sources, Ledger& ledger);
  ~Load();

  static constexpr size_t kWriters = 4;

  // Ask the writers to end although the server lives.
  void Stop() { stopping_ = true; }

 private:
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> writers_;
};

}  // namespace roentgen::crash

#endif  // ROENTGEN_TESTS_CRASH_LOAD_H_

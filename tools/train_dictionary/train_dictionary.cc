// Trains the dictionary of storage/record on generated documents and on
// documents given as files, and prints it as C++.
//
//   bazel run //tools/train_dictionary -- [FILE...] > dictionary.cc
//
// A new dictionary needs a new id: see storage/record/dictionary.h.
#include <zdict.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "bench/support/segment_generator.h"

namespace {

constexpr size_t kDictionaryBytes = 16 * 1024;
constexpr size_t kSamples = 4'000;
constexpr size_t kBytesPerLine = 64;
// 2025-01-01: the digits of times are no help to later documents.
constexpr int64_t kStartUs = 1'735'689'600'000'000;

void Print(const std::string& dictionary) {
  std::printf(
      "// Written by tools/train_dictionary; never edit, see the header.\n"
      "#include \"storage/record/dictionary.h\"\n\n"
      "namespace roentgen::storage {\nnamespace {\n\n"
      "constexpr char kDictionary[] =");
  for (size_t i = 0; i < dictionary.size(); ++i) {
    if (i % kBytesPerLine == 0) std::printf("%s\n    \"", i == 0 ? "" : "\"");
    std::printf("\\%03o", static_cast<unsigned char>(dictionary[i]));
  }
  std::printf(
      "\";\n\n}  // namespace\n\nstd::string_view RecordDictionary() {\n"
      "  return {kDictionary, sizeof(kDictionary) - 1};\n}\n\n"
      "}  // namespace roentgen::storage\n");
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> documents =
      roentgen::bench::SegmentGenerator(2025).Documents(kSamples, kStartUs);
  for (int i = 1; i < argc; ++i) {
    std::ifstream in(argv[i]);
    std::string line;
    while (std::getline(in, line)) documents.push_back(line);
  }
  std::string samples;
  std::vector<size_t> sizes;
  for (const std::string& d : documents) {
    samples += d;
    sizes.push_back(d.size());
  }
  std::string dictionary(kDictionaryBytes, '\0');
  const size_t size = ZDICT_trainFromBuffer(
      dictionary.data(), dictionary.size(), samples.data(), sizes.data(),
      static_cast<unsigned>(sizes.size()));
  if (ZDICT_isError(size)) {
    std::fprintf(stderr, "training failed: %s\n", ZDICT_getErrorName(size));
    return 1;
  }
  dictionary.resize(size);
  Print(dictionary);
  return 0;
}

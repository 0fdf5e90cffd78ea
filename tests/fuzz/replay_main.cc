// Runs a fuzz target over corpus files, without libFuzzer: every plain test
// run replays what fuzzing has found so far.
//
//   udp_datagram_fuzz corpus/a corpus/b some_folder
//
// Folders are walked. The empty input is always tried. With
// REPLAY_PREFIXES=1 every prefix of small inputs is tried too.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

namespace {

void RunOne(const std::string& input) {
  // A copy of exactly this size: a sanitizer then sees reads past the end.
  const auto* begin = reinterpret_cast<const uint8_t*>(input.data());
  std::vector<uint8_t> exact(begin, begin + input.size());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

bool RunFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    return false;
  }
  // Named before it runs, so that a crash shows which input it was.
  std::fprintf(stderr, "%s\n", path.c_str());
  std::string input{std::istreambuf_iterator<char>(in), {}};
  RunOne(input);
  if (std::getenv("REPLAY_PREFIXES") != nullptr && input.size() <= 4096) {
    for (size_t n = 0; n < input.size(); ++n) RunOne(input.substr(0, n));
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  RunOne("");
  int files = 0;
  bool ok = true;
  for (int i = 1; i < argc; ++i) {
    std::filesystem::path path = argv[i];
    if (!std::filesystem::is_directory(path)) {
      ok &= RunFile(path);
      ++files;
      continue;
    }
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(path)) {
      if (!entry.is_regular_file()) continue;
      ok &= RunFile(entry.path());
      ++files;
    }
  }
  std::fprintf(stderr, "%d inputs replayed\n", files);
  // A target without a corpus proves nothing.
  return ok && files > 0 ? 0 : 1;
}

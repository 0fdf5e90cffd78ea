// Compression of record blocks: zstd level 1 with a dictionary that ships
// with the program, or LZ4, which takes a tenth of the time and makes twice the
// bytes.
//
// Stored form, integers little-endian:
//   0     codec: 0 stored as is, 1 zstd frame; 2 and 3 the same, behind bytes
//         that do not compress and are kept plain; 4 and 5 an LZ4 block without
//         and with such bytes
//   1-2   dictionary id; 0 without one
//   then  codecs 2, 3 and 5: varint: size of the plain bytes, those
//   then  varint: size before compression
//   then  the bytes
//
// Threads: thread-safe; each thread keeps its own contexts.
#ifndef ROENTGEN_STORAGE_RECORD_BLOCK_CODEC_H_
#define ROENTGEN_STORAGE_RECORD_BLOCK_CODEC_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace roentgen::storage {

enum class Compression { kZstd, kLz4 };

// Appends the stored form of `raw` to `out`. `raw` is at most
// limits::kBlockBytesMax.
void CompressBlock(std::string_view raw, std::string& out);
// The same with `plain` before it, which is not compressed.
void CompressBlock(std::string_view plain, std::string_view raw,
                   Compression compression, std::string& out);

// Sets `raw`, and `plain` to what points into `stored`. Errors: DataLoss when
// the bytes are not a stored block, or ask for a dictionary this program does
// not have.
absl::Status DecompressBlock(std::string_view stored, std::string_view& plain,
                             std::string& raw);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_RECORD_BLOCK_CODEC_H_

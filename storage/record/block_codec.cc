#include "storage/record/block_codec.h"

#include <zstd.h>

#include <memory>

#include "base/limits.h"
#include "base/wire.h"
#include "storage/record/dictionary.h"

namespace roentgen::storage {
namespace {

enum Codec : uint8_t {
  kStored = 0,
  kZstd = 1,
  kPlainAndStored = 2,
  kPlainAndZstd = 3
};
constexpr int kLevel = 1;

struct FreeContext {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* d) const { ZSTD_freeDCtx(d); }
};

ZSTD_CCtx* ThreadCompressor() {
  thread_local std::unique_ptr<ZSTD_CCtx, FreeContext> context(
      ZSTD_createCCtx());
  return context.get();
}

ZSTD_DCtx* ThreadDecompressor() {
  thread_local std::unique_ptr<ZSTD_DCtx, FreeContext> context(
      ZSTD_createDCtx());
  return context.get();
}

const ZSTD_CDict* CompressionDictionary() {
  static const ZSTD_CDict* const dictionary = ZSTD_createCDict(
      RecordDictionary().data(), RecordDictionary().size(), kLevel);
  return dictionary;
}

const ZSTD_DDict* DecompressionDictionary() {
  static const ZSTD_DDict* const dictionary =
      ZSTD_createDDict(RecordDictionary().data(), RecordDictionary().size());
  return dictionary;
}

}  // namespace

void CompressBlock(std::string_view raw, std::string& out) {
  CompressBlock({}, raw, out);
}

void CompressBlock(std::string_view plain, std::string_view raw,
                   std::string& out) {
  const size_t head = out.size();
  out.push_back(plain.empty() ? kZstd : kPlainAndZstd);
  out.push_back(static_cast<char>(kRecordDictionaryId & 255));
  out.push_back(static_cast<char>(kRecordDictionaryId >> 8));
  if (!plain.empty()) AppendBytes(plain, out);
  AppendVarint(raw.size(), out);
  const size_t body = out.size();
  out.resize(body + ZSTD_compressBound(raw.size()));
  const size_t written = ZSTD_compress_usingCDict(
      ThreadCompressor(), out.data() + body, out.size() - body, raw.data(),
      raw.size(), CompressionDictionary());
  if (ZSTD_isError(written) || written >= raw.size()) {
    out[head] = plain.empty() ? kStored : kPlainAndStored;
    out.resize(body);
    out.append(raw);
    return;
  }
  out.resize(body + written);
}

absl::Status DecompressBlock(std::string_view stored, std::string_view& plain,
                             std::string& raw) {
  ByteReader in(stored);
  uint8_t codec, id_low, id_high;
  uint64_t size;
  plain = {};
  if (!in.Byte(codec) || !in.Byte(id_low) || !in.Byte(id_high) ||
      (codec >= kPlainAndStored && !in.Bytes(plain)) ||
      !in.BoundedVarint(limits::kBlockBytesMax, size)) {
    return absl::DataLossError("record block: bad head");
  }
  if (codec == kPlainAndStored) codec = kStored;
  if (codec == kPlainAndZstd) codec = kZstd;
  const std::string_view body = in.rest();
  if (codec == kStored && body.size() == size) {
    raw.assign(body);
    return absl::OkStatus();
  }
  if (codec != kZstd) return absl::DataLossError("record block: bad codec");
  if ((id_high << 8 | id_low) != kRecordDictionaryId) {
    return absl::DataLossError("record block: unknown dictionary");
  }
  raw.resize(size);
  const size_t written = ZSTD_decompress_usingDDict(
      ThreadDecompressor(), raw.data(), raw.size(), body.data(), body.size(),
      DecompressionDictionary());
  if (ZSTD_isError(written) || written != size) {
    return absl::DataLossError("record block: does not decompress");
  }
  return absl::OkStatus();
}

}  // namespace roentgen::storage

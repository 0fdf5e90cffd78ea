#include "storage/record/block_codec.h"

#include <lz4.h>
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
  kPlainAndZstd = 3,
  kLz4 = 4,
  kPlainAndLz4 = 5
};
constexpr int kLevel = 1;

bool HasPlain(uint8_t codec) {
  return codec == kPlainAndStored || codec == kPlainAndZstd ||
         codec == kPlainAndLz4;
}

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

size_t BoundOf(size_t bytes, Compression compression) {
  return compression == Compression::kZstd
             ? ZSTD_compressBound(bytes)
             : static_cast<size_t>(LZ4_compressBound(static_cast<int>(bytes)));
}

// The bytes written; 0: it does not compress.
size_t Compress(std::string_view raw, Compression compression, char* to,
                size_t room) {
  if (compression == Compression::kLz4) {
    return static_cast<size_t>(LZ4_compress_default(
        raw.data(), to, static_cast<int>(raw.size()), static_cast<int>(room)));
  }
  const size_t written =
      ZSTD_compress_usingCDict(ThreadCompressor(), to, room, raw.data(),
                               raw.size(), CompressionDictionary());
  return ZSTD_isError(written) ? 0 : written;
}

bool Decompress(std::string_view body, Compression compression,
                std::string& raw) {
  if (compression == Compression::kLz4) {
    return LZ4_decompress_safe(
               body.data(), raw.data(), static_cast<int>(body.size()),
               static_cast<int>(raw.size())) == static_cast<int>(raw.size());
  }
  return ZSTD_decompress_usingDDict(ThreadDecompressor(), raw.data(),
                                    raw.size(), body.data(), body.size(),
                                    DecompressionDictionary()) == raw.size();
}

}  // namespace

void CompressBlock(std::string_view raw, std::string& out) {
  CompressBlock({}, raw, Compression::kZstd, out);
}

void CompressBlock(std::string_view plain, std::string_view raw,
                   Compression compression, std::string& out) {
  const bool zstd = compression == Compression::kZstd;
  const size_t head = out.size();
  const Codec codec = zstd ? kZstd : kLz4;
  const Codec behind_plain = zstd ? kPlainAndZstd : kPlainAndLz4;
  const uint16_t dictionary = zstd ? kRecordDictionaryId : 0;
  out.push_back(static_cast<char>(plain.empty() ? codec : behind_plain));
  out.push_back(static_cast<char>(dictionary & 255));
  out.push_back(static_cast<char>(dictionary >> 8));
  if (!plain.empty()) AppendBytes(plain, out);
  AppendVarint(raw.size(), out);
  const size_t body = out.size();
  out.resize(body + BoundOf(raw.size(), compression));
  const size_t written =
      Compress(raw, compression, out.data() + body, out.size() - body);
  if (written == 0 || written >= raw.size()) {
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
      (HasPlain(codec) && !in.Bytes(plain)) ||
      !in.BoundedVarint(limits::kBlockBytesMax, size)) {
    return absl::DataLossError("record block: bad head");
  }
  const std::string_view body = in.rest();
  if (codec == kStored || codec == kPlainAndStored) {
    if (body.size() != size) {
      return absl::DataLossError("record block: not as long as it says");
    }
    raw.assign(body);
    return absl::OkStatus();
  }
  if (codec > kPlainAndLz4 || body.size() > limits::kBlockBytesMax) {
    return absl::DataLossError("record block: bad codec");
  }
  const bool lz4 = codec == kLz4 || codec == kPlainAndLz4;
  if (!lz4 && (id_high << 8 | id_low) != kRecordDictionaryId) {
    return absl::DataLossError("record block: unknown dictionary");
  }
  raw.resize(size);
  if (!Decompress(body, lz4 ? Compression::kLz4 : Compression::kZstd, raw)) {
    return absl::DataLossError("record block: does not decompress");
  }
  return absl::OkStatus();
}

}  // namespace roentgen::storage

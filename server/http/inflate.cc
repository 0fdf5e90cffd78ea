#include "server/http/inflate.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include "base/limits.h"

namespace roentgen::server {
namespace {

enum class Step {
  kMore,  // Took input, or wants room.
  kEnd,   // All input is used, and it was whole.
  kDamaged
};

// Both decoders: Fill writes to out[from..] and moves `from`.
class ZlibDecoder {
 public:
  ZlibDecoder(std::string_view bytes, int window_bits, bool members)
      : members_(members) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    ready_ = inflateInit2(&stream_, window_bits) == Z_OK;
  }
  ~ZlibDecoder() {
    if (ready_) inflateEnd(&stream_);
  }
  ZlibDecoder(const ZlibDecoder&) = delete;
  ZlibDecoder& operator=(const ZlibDecoder&) = delete;

  Step Fill(std::string& out, size_t& from) {
    if (!ready_) return Step::kDamaged;
    const size_t before = from;
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + from);
    stream_.avail_out = static_cast<uInt>(out.size() - from);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    from = out.size() - stream_.avail_out;
    if (result == Z_STREAM_END) {
      if (stream_.avail_in == 0) return Step::kEnd;
      const bool next = members_ && inflateReset(&stream_) == Z_OK;
      return next ? Step::kMore : Step::kDamaged;
    }
    const bool stuck = from == before && from < out.size();
    const bool fine = result == Z_OK || result == Z_BUF_ERROR;
    return fine && !stuck ? Step::kMore : Step::kDamaged;
  }

 private:
  const bool members_;  // More than one after the other.
  z_stream stream_{};
  bool ready_ = false;
};

class ZstdDecoder {
 public:
  explicit ZstdDecoder(std::string_view bytes)
      : context_(ZSTD_createDCtx(), ZSTD_freeDCtx),
        in_{.src = bytes.data(), .size = bytes.size(), .pos = 0} {
    // A frame says how large its window is; it is not charged to the lease, so
    // it must be small.
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax,
                           limits::kZstdWindowLogMax);
  }

  Step Fill(std::string& out, size_t& from) {
    ZSTD_outBuffer to{.dst = out.data(), .size = out.size(), .pos = from};
    const size_t in_before = in_.pos;
    const size_t wanted = ZSTD_decompressStream(context_.get(), &to, &in_);
    if (ZSTD_isError(wanted)) return Step::kDamaged;
    const bool stuck = to.pos == from && in_.pos == in_before;
    from = to.pos;
    if (wanted == 0 && in_.pos == in_.size && !stuck) return Step::kEnd;
    return stuck && from < out.size() ? Step::kDamaged : Step::kMore;
  }

 private:
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context_;
  ZSTD_inBuffer in_;
};

absl::Status TooLarge() {
  return absl::OutOfRangeError("the inflated body is too large");
}

// Makes room for more output, at least one byte. `stated` is the size that the
// sender says it will have: it keeps the last step from being twice as large
// as it must, and an untrue one costs no more than none.
absl::Status Grow(std::string& out, size_t bytes_max, size_t stated,
                  MemoryLease& lease) {
  if (out.size() >= bytes_max) return TooLarge();
  size_t size =
      std::min(bytes_max, std::max<size_t>(out.size() * 2, size_t{4096}));
  if (stated > out.size()) size = std::min(size, stated);
  if (!lease.GrowOrOverdraw(lease.bytes() + size - out.size())) {
    return absl::ResourceExhaustedError("request memory is used up");
  }
  out.resize(size);
  return absl::OkStatus();
}

// What the end of a gzip member says: a size modulo 2^32.
size_t StatedByGzip(std::string_view bytes) {
  uint32_t size = 0;
  if (bytes.size() < sizeof(size)) return 0;
  std::memcpy(&size, bytes.data() + bytes.size() - sizeof(size), sizeof(size));
  return size;
}

// What the first frame's head says, if it does.
size_t StatedByZstd(std::string_view bytes) {
  const auto size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  return size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR
             ? 0
             : static_cast<size_t>(size);
}

template <typename Decoder>
absl::StatusOr<std::string> Run(Decoder decoder, size_t bytes_max,
                                size_t stated, MemoryLease& lease) {
  std::string out;
  size_t size = 0;
  // One byte beyond the bound tells "full" from "too large".
  while (true) {
    if (size == out.size()) {
      const absl::Status grown = Grow(out, bytes_max + 1, stated, lease);
      if (!grown.ok()) return grown;
    }
    const Step step = decoder.Fill(out, size);
    if (size > bytes_max) return TooLarge();
    if (step == Step::kEnd) break;
    if (step == Step::kDamaged) {
      return absl::InvalidArgumentError("the compressed body is damaged");
    }
  }
  out.resize(size);
  return out;
}

}  // namespace

std::optional<ContentCoding> FindContentCoding(std::string_view name) {
  if (name == "gzip" || name == "x-gzip") return ContentCoding::kGzip;
  if (name == "deflate") return ContentCoding::kDeflate;
  if (name == "zstd") return ContentCoding::kZstd;
  return std::nullopt;
}

absl::StatusOr<std::string> Inflate(ContentCoding coding,
                                    std::string_view bytes, size_t bytes_max,
                                    MemoryLease& lease) {
  switch (coding) {
    case ContentCoding::kGzip:
      return Run<ZlibDecoder>({bytes, 16 + MAX_WBITS, true}, bytes_max,
                              StatedByGzip(bytes), lease);
    case ContentCoding::kDeflate:
      return Run<ZlibDecoder>({bytes, MAX_WBITS, false}, bytes_max, 0, lease);
    case ContentCoding::kZstd:
      return Run<ZstdDecoder>(ZstdDecoder(bytes), bytes_max,
                              StatedByZstd(bytes), lease);
  }
  return absl::InternalError("unknown content coding");
}

}  // namespace roentgen::server

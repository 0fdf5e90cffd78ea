#include "server/http/inflate.h"

#include <zlib.h>

#include <algorithm>

namespace roentgen::server {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;

class Inflater {
 public:
  explicit Inflater(std::string_view gzip) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
    stream_.avail_in = static_cast<uInt>(gzip.size());
    ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK;
  }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool ready() const { return ready_; }
  bool InputLeft() const { return stream_.avail_in > 0; }
  bool NextMember() { return inflateReset(&stream_) == Z_OK; }

  // Fills out[from..]; moves `from`. Returns zlib's word.
  int Fill(std::string& out, size_t& from) {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + from);
    stream_.avail_out = static_cast<uInt>(out.size() - from);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    from = out.size() - stream_.avail_out;
    return result;
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

// Makes room for more output, at least one byte.
absl::Status Grow(std::string& out, size_t bytes_max, MemoryLease& lease) {
  if (out.size() >= bytes_max) {
    return absl::OutOfRangeError("the inflated body is too large");
  }
  const size_t size =
      std::min(bytes_max, std::max<size_t>(out.size() * 2, size_t{4096}));
  if (!lease.GrowTo(lease.bytes() + size - out.size())) {
    return absl::ResourceExhaustedError("request memory is used up");
  }
  out.resize(size);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> InflateGzip(std::string_view gzip, size_t bytes_max,
                                        MemoryLease& lease) {
  Inflater inflater(gzip);
  if (!inflater.ready()) return absl::InternalError("zlib did not start");
  std::string out;
  size_t size = 0;
  // One byte beyond the bound tells "full" from "too large".
  while (true) {
    if (size == out.size()) {
      const absl::Status grown = Grow(out, bytes_max + 1, lease);
      if (!grown.ok()) return grown;
    }
    const size_t before = size;
    const int result = inflater.Fill(out, size);
    if (size > bytes_max) {
      return absl::OutOfRangeError("the inflated body is too large");
    }
    if (result == Z_STREAM_END) {
      if (!inflater.InputLeft()) break;
      if (!inflater.NextMember()) return absl::InternalError("zlib reset");
      continue;
    }
    const bool stuck = size == before && size < out.size();
    if ((result != Z_OK && result != Z_BUF_ERROR) || stuck) {
      return absl::InvalidArgumentError("the gzip body is damaged");
    }
  }
  out.resize(size);
  return out;
}

}  // namespace roentgen::server

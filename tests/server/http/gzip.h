// Makes gzip bodies for tests.
#ifndef ROENTGEN_TESTS_SERVER_HTTP_GZIP_H_
#define ROENTGEN_TESTS_SERVER_HTTP_GZIP_H_

#include <zlib.h>

#include <string>
#include <string_view>

namespace roentgen::server {

inline std::string Gzip(std::string_view plain) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, plain.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_HTTP_GZIP_H_

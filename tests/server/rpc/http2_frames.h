// Frames of HTTP/2 as bytes.
#ifndef ROENTGEN_TESTS_SERVER_RPC_HTTP2_FRAMES_H_
#define ROENTGEN_TESTS_SERVER_RPC_HTTP2_FRAMES_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace roentgen::server::http2 {

inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum Type : uint8_t {
  kData,
  kHeaders,
  kPriority,
  kReset,
  kSettings,
  kPushPromise,
  kPing,
  kGoAway,
  kWindowUpdate,
  kContinuation,
  kUnknown = 0xfa
};
inline constexpr uint8_t kEndStream = 1;
inline constexpr uint8_t kEndHeaders = 4;
inline constexpr uint8_t kPadded = 8;

inline std::string Number(uint32_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) {
    out += static_cast<char>(value >> (8 * i) & 0xff);
  }
  return out;
}

inline std::string Frame(Type type, uint8_t flags, uint32_t stream,
                         std::string_view payload = "") {
  return Number(static_cast<uint32_t>(payload.size()), 3) + Number(type, 1) +
         Number(flags, 1) + Number(stream, 4) + std::string(payload);
}
inline std::string Call(uint32_t stream, uint8_t flags = kEndHeaders) {
  return Frame(kHeaders, flags, stream, "\x83\x86");
}
inline std::string Reset(uint32_t stream) {
  return Frame(kReset, 0, stream, Number(8, 4));
}
// What a server ends a call with.
inline std::string Trailers(uint32_t stream) {
  return Frame(kHeaders, kEndHeaders | kEndStream, stream, "\x88");
}
inline std::string GoAway(uint32_t last, uint32_t code) {
  return Frame(kGoAway, 0, 0, Number(last, 4) + Number(code, 4));
}

}  // namespace roentgen::server::http2

#endif  // ROENTGEN_TESTS_SERVER_RPC_HTTP2_FRAMES_H_

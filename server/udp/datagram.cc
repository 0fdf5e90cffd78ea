#include "server/udp/datagram.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "simdjson.h"

namespace roentgen::server {
namespace {

// What the SDKs send, byte for byte; saves the parser's time.
constexpr std::string_view kUsualHeaders[] = {
    R"({"format":"json","version":1})",
    R"({"format": "json", "version": 1})",
};

// A header is some 30 bytes; this leaves room for members to come.
constexpr size_t kHeaderBytesMax = 1024;

bool IsJsonWord(std::string_view text) {
  constexpr std::string_view kWord = "json";
  return text.size() == kWord.size() &&
         std::equal(text.begin(), text.end(), kWord.begin(),
                    [](char a, char b) { return (a | 0x20) == b; });
}

DatagramFault CheckHeader(std::string_view line) {
  for (const std::string_view usual : kUsualHeaders) {
    if (line == usual) return DatagramFault::kNone;
  }
  if (line.size() > kHeaderBytesMax) return DatagramFault::kBadHeader;
  thread_local simdjson::dom::parser parser;
  simdjson::dom::object header;
  // Copies the line into a padded buffer of its own.
  if (parser.parse(line.data(), line.size()).get_object().get(header)) {
    return DatagramFault::kBadHeader;
  }
  std::string_view format;
  double version = 0;
  if (header["format"].get_string().get(format) ||
      header["version"].get_double().get(version)) {
    return DatagramFault::kBadFormat;
  }
  const bool known = IsJsonWord(format) && version == 1;
  return known ? DatagramFault::kNone : DatagramFault::kBadFormat;
}

constexpr std::string_view kSampledTag = "T1S";
constexpr std::string_view kUnsampledTag = "T1U";

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}

Datagram Faulty(DatagramFault fault) {
  Datagram out;
  out.fault = fault;
  return out;
}

}  // namespace

std::string_view DatagramFaultName(DatagramFault fault) {
  switch (fault) {
    case DatagramFault::kNone:
      return "none";
    case DatagramFault::kEmpty:
      return "empty";
    case DatagramFault::kNoHeaderLine:
      return "no_header_line";
    case DatagramFault::kBadHeader:
      return "bad_header";
    case DatagramFault::kBadFormat:
      return "bad_format";
    case DatagramFault::kNoDocument:
      return "no_document";
    case DatagramFault::kTruncated:
      return "truncated";
    case DatagramFault::kBadBase64:
      return "bad_base64";
    case DatagramFault::kBadSpans:
      return "bad_spans";
    case DatagramFault::kUnsampled:
      return "unsampled";
  }
  return "unknown";
}

Datagram ParseDatagram(std::string_view bytes) {
  if (bytes.empty()) return Faulty(DatagramFault::kEmpty);
  const size_t newline = bytes.find('\n');
  if (newline == bytes.npos) return Faulty(DatagramFault::kNoHeaderLine);
  std::string_view line = bytes.substr(0, newline);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const DatagramFault fault = CheckHeader(line);
  if (fault != DatagramFault::kNone) return Faulty(fault);
  Datagram out{.document = bytes.substr(newline + 1)};
  if (out.document.starts_with(kSampledTag)) {
    out.kind = DatagramKind::kSampledSpans;
  } else if (out.document.starts_with(kUnsampledTag)) {
    out.kind = DatagramKind::kUnsampledSpans;
  }
  if (out.kind != DatagramKind::kDocument) {
    out.document.remove_prefix(kSampledTag.size());
  }
  return IsBlank(out.document) ? Faulty(DatagramFault::kNoDocument) : out;
}

bool DecodeSpans(std::string_view document, std::string& out) {
  while (document.ends_with('\n') || document.ends_with('\r')) {
    document.remove_suffix(1);
  }
  return absl::Base64Unescape({document.data(), document.size()}, &out);
}

}  // namespace roentgen::server

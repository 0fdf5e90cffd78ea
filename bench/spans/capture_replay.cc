#include "bench/spans/capture_replay.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "trace/span/wire_fields.h"

namespace roentgen::bench {
namespace {

using storage::FieldReader;
using storage::WireType;

uint64_t Mix(uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

void XorAt(std::string& bytes, size_t at, uint64_t mask) {
  uint64_t word;
  std::memcpy(&word, bytes.data() + at, 8);
  word ^= mask;
  std::memcpy(bytes.data() + at, &word, 8);
}

template <typename Fn>
void ForEach(std::string_view message, uint32_t field, Fn fn) {
  FieldReader in(message);
  while (in.Next()) {
    if (in.Is(field, WireType::kBytes)) fn(in.bytes());
  }
}

}  // namespace

CaptureReplay::CaptureReplay(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  for (size_t at = 0; at + 4 <= all.size();) {
    uint32_t size;
    std::memcpy(&size, all.data() + at, 4);
    size = __builtin_bswap32(size);
    if (at + 4 + size > all.size()) break;
    Request& request = requests_.emplace_back();
    request.bytes = all.substr(at + 4, size);
    at += 4 + size;
    const std::string_view bytes = request.bytes;
    ForEach(bytes, 1, [&](std::string_view resource) {
      ForEach(resource, 2, [&](std::string_view scope) {
        ForEach(scope, 2,
                [&](std::string_view span) { NoteSpan(span, request); });
      });
    });
    spans_ += request.spans;
  }
  if (spans_ == 0) {
    std::fprintf(stderr, "no captured spans in %s\n", path.c_str());
    std::exit(1);
  }
}

void CaptureReplay::NoteSpan(std::string_view span, Request& request) {
  const auto at = [&](const char* p) {
    return static_cast<size_t>(p - request.bytes.data());
  };
  ++request.spans;
  FieldReader in(span);
  while (in.Next()) {
    const bool bytes = in.type() == WireType::kBytes;
    if (bytes && in.field() == 1 && in.bytes().size() == 16) {
      request.trace_ids.push_back(at(in.bytes().data()));
    } else if (bytes && (in.field() == 2 || in.field() == 4) &&
               in.bytes().size() == 8) {
      request.span_ids.push_back(at(in.bytes().data()));
    } else if (in.type() == WireType::kFixed64 &&
               (in.field() == 7 || in.field() == 8)) {
      request.times.push_back(at(in.whole().data() + 1));
      first_ns_ = std::min(first_ns_, in.number());
    } else if (bytes && in.field() == 11) {
      NoteEvent(in.bytes(), request);
    } else if (bytes && in.field() == 13) {
      NoteLink(in.bytes(), request);
    }
  }
}

void CaptureReplay::NoteEvent(std::string_view event, Request& request) {
  FieldReader in(event);
  while (in.Next()) {
    if (in.Is(1, WireType::kFixed64)) {
      request.times.push_back(
          static_cast<size_t>(in.whole().data() + 1 - request.bytes.data()));
    }
  }
}

void CaptureReplay::NoteLink(std::string_view link, Request& request) {
  FieldReader in(link);
  while (in.Next()) {
    if (in.type() != WireType::kBytes) continue;
    const auto at =
        static_cast<size_t>(in.bytes().data() - request.bytes.data());
    if (in.field() == 1 && in.bytes().size() == 16) {
      request.trace_ids.push_back(at);
    }
    if (in.field() == 2 && in.bytes().size() == 8) {
      request.span_ids.push_back(at);
    }
  }
}

std::string CaptureReplay::Make(size_t index, uint64_t round,
                                uint64_t start_ns) const {
  const Request& request = requests_[index];
  std::string bytes = request.bytes;
  const uint64_t a = Mix(round * 3 + 1), b = Mix(round * 3 + 2),
                 c = Mix(round * 3 + 3);
  for (size_t at : request.trace_ids) {
    XorAt(bytes, at, a);
    XorAt(bytes, at + 8, b);
  }
  for (size_t at : request.span_ids) XorAt(bytes, at, c);
  for (size_t at : request.times) {
    uint64_t time;
    std::memcpy(&time, bytes.data() + at, 8);
    time = time - first_ns_ + start_ns;
    std::memcpy(bytes.data() + at, &time, 8);
  }
  return bytes;
}

}  // namespace roentgen::bench

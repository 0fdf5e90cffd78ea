#include "storage/rocks/log_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <optional>
#include <string>

namespace roentgen::storage {
namespace {

constexpr size_t kBlockBytes = 32 * 1024;
constexpr size_t kHeaderBytes = 7;

enum FragmentType : uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

// CRC-32C, eight bytes at a step: table k is of a byte that k bytes follow.
constexpr auto kTables = [] {
  std::array<std::array<uint32_t, 256>, 8> tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
    }
    tables[0][i] = crc;
  }
  for (uint32_t i = 0; i < 256; ++i) {
    for (size_t k = 1; k < 8; ++k) {
      const uint32_t before = tables[k - 1][i];
      tables[k][i] = (before >> 8) ^ tables[0][before & 255];
    }
  }
  return tables;
}();

uint8_t ByteAt(std::string_view bytes, size_t at) {
  return static_cast<uint8_t>(bytes[at]);
}

uint32_t Crc(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    uint32_t next = 0;
    for (size_t i = 0; i < 8; ++i) {
      const uint32_t byte =
          ByteAt(bytes, at + i) ^ (i < 4 ? (crc >> (8 * i)) & 255 : 0);
      next ^= kTables[7 - i][byte];
    }
    crc = next;
  }
  for (; at < bytes.size(); ++at) {
    crc = (crc >> 8) ^ kTables[0][(crc ^ ByteAt(bytes, at)) & 255];
  }
  return ~crc;
}

constexpr uint32_t kMask = 0xa282ead8;

uint32_t Masked(uint32_t crc) { return std::rotr(crc, 15) + kMask; }
uint32_t Unmasked(uint32_t masked) { return std::rotl(masked - kMask, 15); }

struct Header {
  uint32_t crc = 0;  // Masked.
  size_t length = 0;
  uint8_t type = 0;
};

struct Fragment {
  uint8_t type = 0;
  std::string_view payload;
  size_t end = 0;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  // Past what is too short for a header at the end of a block.
  size_t SkipTrailer(size_t at) const {
    const size_t left = BlockEnd(at) - at;
    return left < kHeaderBytes ? at + left : at;
  }
  bool HasHeader(size_t at) const { return at + kHeaderBytes <= bytes_.size(); }

  // A fragment that is as it was written; `at` has a header.
  std::optional<Fragment> Read(size_t at) const {
    const Header header = HeaderAt(at);
    if (header.type < kFull || header.type > kLast ||
        !Fits(at, header.length) ||
        Masked(Crc(Covered(at, header.length))) != header.crc) {
      return std::nullopt;
    }
    return Fragment{.type = header.type,
                    .payload = bytes_.substr(at + kHeaderBytes, header.length),
                    .end = at + kHeaderBytes + header.length};
  }

  // Whether turning one bit makes a fragment of it.
  bool IsOneBitOff(size_t at) const {
    const Header header = HeaderAt(at);
    for (int bit = 0; bit < 16; ++bit) {
      const size_t length = header.length ^ (size_t{1} << bit);
      if (Fits(at, length) && Masked(Crc(Covered(at, length))) == header.crc) {
        return true;
      }
    }
    if (!Fits(at, header.length)) return false;
    const uint32_t crc = Crc(Covered(at, header.length));
    if (std::has_single_bit(Masked(crc) ^ header.crc)) return true;
    // What a bit changes in the checksum depends on how many bytes follow it.
    const uint32_t off = crc ^ Unmasked(header.crc);
    for (int bit = 0; bit < 8; ++bit) {
      uint32_t change = kTables[0][size_t{1} << bit];
      for (size_t i = 0; i <= header.length; ++i) {
        if (change == off) return true;
        change = (change >> 8) ^ kTables[0][change & 255];
      }
    }
    return false;
  }

 private:
  static size_t BlockEnd(size_t at) {
    return (at / kBlockBytes + 1) * kBlockBytes;
  }

  Header HeaderAt(size_t at) const {
    Header header;
    for (size_t i = 0; i < 4; ++i) {
      header.crc |= uint32_t{ByteAt(bytes_, at + i)} << (8 * i);
    }
    header.length = ByteAt(bytes_, at + 4) | size_t{ByteAt(bytes_, at + 5)}
                                                 << 8;
    header.type = ByteAt(bytes_, at + 6);
    return header;
  }
  bool Fits(size_t at, size_t length) const {
    return at + kHeaderBytes + length <= std::min(bytes_.size(), BlockEnd(at));
  }
  // What the checksum is of.
  std::string_view Covered(size_t at, size_t length) const {
    return bytes_.substr(at + kHeaderBytes - 1, length + 1);
  }

  const std::string_view bytes_;
};

// Puts records together.
class Joiner {
 public:
  // False: it does not follow what came before.
  bool Add(const Fragment& fragment) {
    const bool begins = fragment.type == kFull || fragment.type == kFirst;
    if (begins == in_record_) return false;
    if (begins) record_.clear();
    record_.append(fragment.payload);
    in_record_ = fragment.type == kFirst || fragment.type == kMiddle;
    return true;
  }
  void Forget() { in_record_ = false; }
  bool in_record() const { return in_record_; }
  const std::string& record() const { return record_; }

 private:
  std::string record_;
  bool in_record_ = false;
};

// Calls use(record, end) with each record before damage, or the end; returns
// where that is.
template <typename Use>
size_t ForEachWhole(const Reader& reader, Use use) {
  Joiner joiner;
  size_t at = 0;
  while (reader.HasHeader(at = reader.SkipTrailer(at))) {
    const std::optional<Fragment> fragment = reader.Read(at);
    if (!fragment || !joiner.Add(*fragment)) break;
    at = fragment->end;
    if (!joiner.in_record()) use(joiner.record(), at);
  }
  return at;
}

// Calls `use` with each record behind damage, from byte `at` on, until it
// returns false. A damaged length does not tell where the next fragment begins.
template <typename Use>
void ForEachBehind(const Reader& reader, size_t at, Use use) {
  Joiner joiner;
  while (reader.HasHeader(at = reader.SkipTrailer(at))) {
    const std::optional<Fragment> fragment = reader.Read(at);
    if (!fragment) {
      joiner.Forget();
      ++at;
      continue;
    }
    at = fragment->end;
    bool added = joiner.Add(*fragment);
    if (!added) {
      joiner.Forget();
      added = joiner.Add(*fragment);
    }
    if (added && !joiner.in_record() && !use(joiner.record())) return;
  }
}

}  // namespace

LogFileState ReadLogFile(
    std::string_view bytes,
    const std::function<bool(std::string_view record)>& note) {
  LogFileState state;
  const Reader reader(bytes);
  const size_t at =
      ForEachWhole(reader, [&](std::string_view record, size_t end) {
        state.whole = end;
        // It is told of each, in their order.
        if (note(record)) state.noted = true;
      });
  if (!reader.HasHeader(at)) return state;
  state.bit_turned = reader.IsOneBitOff(at);
  ForEachBehind(reader, at + 1, [&](std::string_view record) {
    state.noted_behind = note(record);
    return !state.noted_behind;
  });
  return state;
}

void ForEachLogRecord(std::string_view bytes,
                      const std::function<void(std::string_view record,
                                               bool behind_damage)>& use) {
  const Reader reader(bytes);
  const size_t at = ForEachWhole(
      reader, [&](std::string_view record, size_t) { use(record, false); });
  ForEachBehind(reader, at + 1, [&](std::string_view record) {
    use(record, true);
    return true;
  });
}

}  // namespace roentgen::storage

#include "storage/index/summary_texts.h"

#include <utility>

#include "base/wire.h"
#include "storage/index/service_key.h"

namespace roentgen::storage {
namespace {

// The first byte of a text.
enum TextKind : uint8_t {
  kOrphan = 0,    // A document of no service.
  kDocument = 1,  // A document; its service follows.
  kCause = 2,
};

constexpr bool HasKey(SummaryEntry::Kind kind) {
  return kind != SummaryEntry::Kind::kContext &&
         kind != SummaryEntry::Kind::kUser;
}

std::optional<DocumentReport> ReadDocument(bool has_service, ByteReader& in) {
  DocumentReport report;
  std::string_view service;
  if (has_service) {
    if (!in.Bytes(service)) return std::nullopt;
    report.service = service;
  }
  while (!in.rest().empty()) {
    SummaryEntry entry;
    uint8_t kind;
    if (!in.Byte(kind) ||
        kind > static_cast<uint8_t>(SummaryEntry::Kind::kUser) ||
        !in.Byte(entry.place) || entry.place >= kSummaryPlacesMax) {
      return std::nullopt;
    }
    entry.kind = static_cast<SummaryEntry::Kind>(kind);
    if (HasKey(entry.kind) && !in.Bytes(entry.key)) return std::nullopt;
    report.entries.push_back(entry);
  }
  return report;
}

bool ReadText(ByteReader& in, std::string& text) {
  std::string_view bytes;
  if (!in.Bytes(bytes)) return false;
  text = bytes;
  return true;
}

bool ReadEntity(ByteReader& in, RootCauseEntity& entity) {
  uint8_t remote;
  uint64_t exceptions;
  if (!ReadText(in, entity.name) || !in.Byte(remote) ||
      !in.BoundedVarint(in.rest().size(), exceptions)) {
    return false;
  }
  entity.remote = remote != 0;
  for (uint64_t i = 0; i < exceptions; ++i) {
    RootCauseException& exception = entity.exceptions.emplace_back();
    if (!ReadText(in, exception.name) || !ReadText(in, exception.message)) {
      return false;
    }
  }
  return true;
}

bool ReadService(ByteReader& in, RootCauseService& service) {
  std::string_view key;
  uint8_t inferred;
  uint64_t entities;
  if (!in.Bytes(key) || !in.Byte(inferred) ||
      !in.BoundedVarint(in.rest().size(), entities)) {
    return false;
  }
  service.service = SplitServiceKey(key);
  service.inferred = inferred != 0;
  for (uint64_t i = 0; i < entities; ++i) {
    if (!ReadEntity(in, service.entity_path.emplace_back())) return false;
  }
  return true;
}

std::optional<CauseReport> ReadCause(ByteReader& in) {
  CauseReport report;
  uint8_t kind, impacting;
  if (!in.Byte(kind) || kind > static_cast<uint8_t>(CauseKind::kResponseTime) ||
      !in.Byte(impacting)) {
    return std::nullopt;
  }
  report.kind = static_cast<CauseKind>(kind);
  report.cause.client_impacting = impacting != 0;
  if (report.kind == CauseKind::kResponseTime) {
    std::string_view times;
    if (!in.Bytes(times)) return std::nullopt;
    report.times.assign(times.begin(), times.end());
  }
  while (!in.rest().empty()) {
    if (!ReadService(in, report.cause.services.emplace_back())) {
      return std::nullopt;
    }
  }
  return report;
}

}  // namespace

std::string EncodeDocumentReport(const DocumentReport& report) {
  std::string out;
  out.push_back(report.service ? kDocument : kOrphan);
  if (report.service) AppendBytes(*report.service, out);
  for (const SummaryEntry& entry : report.entries) {
    out.push_back(static_cast<char>(entry.kind));
    out.push_back(static_cast<char>(entry.place));
    if (HasKey(entry.kind)) AppendBytes(entry.key, out);
  }
  return out;
}

std::string EncodeCauseReport(CauseKind kind, const RootCause& cause,
                              std::span<const PathTime> times) {
  std::string out;
  out.push_back(kCause);
  out.push_back(static_cast<char>(kind));
  out.push_back(cause.client_impacting ? 1 : 0);
  if (kind == CauseKind::kResponseTime) {
    AppendBytes({reinterpret_cast<const char*>(times.data()), times.size()},
                out);
  }
  std::string key;
  for (const RootCauseService& service : cause.services) {
    key.clear();
    AppendServiceKey(service.service, key);
    AppendBytes(key, out);
    out.push_back(service.inferred ? 1 : 0);
    AppendVarint(service.entity_path.size(), out);
    for (const RootCauseEntity& entity : service.entity_path) {
      AppendBytes(entity.name, out);
      out.push_back(entity.remote ? 1 : 0);
      AppendVarint(entity.exceptions.size(), out);
      for (const RootCauseException& exception : entity.exceptions) {
        AppendBytes(exception.name, out);
        AppendBytes(exception.message, out);
      }
    }
  }
  return out;
}

std::optional<SummaryReport> DecodeSummaryText(std::string_view text) {
  ByteReader in(text);
  uint8_t kind;
  if (!in.Byte(kind) || kind > kCause) return std::nullopt;
  if (kind == kCause) {
    std::optional<CauseReport> cause = ReadCause(in);
    if (!cause || !in.done()) return std::nullopt;
    return *std::move(cause);
  }
  std::optional<DocumentReport> report = ReadDocument(kind == kDocument, in);
  if (!report || !in.done()) return std::nullopt;
  return *std::move(report);
}

}  // namespace roentgen::storage

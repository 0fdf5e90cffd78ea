// Any bytes as a page token, a key, a small value, a commit or a text of the
// index: what decodes must encode to the same bytes, or read the same again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include "base/decimal_time.h"
#include "query/search/page_token.h"
#include "query/traces/batch_token.h"
#include "storage/index/summary_texts.h"
#include "storage/rocks/commit_log.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/sealed_store.h"
#include "trace/span/span_profile.h"

namespace {

void Check(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace roentgen::storage;  // NOLINT: one function.
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (auto position = roentgen::query::DecodePageToken(bytes, 1, 2)) {
    const auto token = roentgen::query::EncodePageToken(*position, 1, 2);
    Check(roentgen::query::DecodePageToken(token, 1, 2) == position);
  }
  const std::vector<std::string> ids = {"1-a", "1-b"};
  if (auto positions = roentgen::query::DecodeBatchToken(ids, bytes, 2)) {
    Check(roentgen::query::EncodeBatchToken(ids, *positions, 2) == bytes);
  }
  if (auto commit = ParseLogKey(bytes)) Check(LogKey(*commit) == bytes);
  if (auto bucket = ParseBucketKey(bytes)) Check(BucketKey(*bucket) == bytes);
  if (auto batch = ParseHeadKey(bytes)) Check(HeadKey(*batch) == bytes);
  if (auto dead = ParseDeadKey(bytes)) {
    Check(DeadKey(dead->batch, dead->ordinal) == bytes);
  }
  if (auto locator = DecodeLocator(bytes)) {
    const std::string written = EncodeLocator(*locator);
    const auto again = DecodeLocator(written);
    Check(again && EncodeLocator(*again) == written);
  }
  if (auto opened = DecodeBucketHead(bytes)) {
    Check(DecodeBucketHead(EncodeBucketHead(*opened)) == opened);
  }
  if (auto operations = UnpackOperations(bytes); operations.ok()) {
    const auto again = UnpackOperations(PackOperations(*operations));
    Check(again.ok() && *again == *operations);
  }
  if (auto head = DecodeHead(bytes); head.ok()) {
    Check(DecodeHead(EncodeHead(*head)).ok());
  }
  if (auto commit = DecodeCommit(bytes); commit.ok()) {
    Check(DecodeCommit(EncodeCommit(*commit)).ok());
  }
  if (auto report = DecodeSummaryText(bytes)) {
    if (const auto* document = std::get_if<DocumentReport>(&*report)) {
      const std::string text = EncodeDocumentReport(*document);
      const auto again = DecodeSummaryText(text);
      Check(again &&
            std::get<DocumentReport>(*again).entries == document->entries);
    } else {
      const auto& cause = std::get<CauseReport>(*report);
      const std::string text =
          EncodeCauseReport(cause.kind, cause.cause, cause.times);
      const auto again = DecodeSummaryText(text);
      Check(again && std::get<CauseReport>(*again).cause == cause.cause);
    }
  }
  if (SpanProfile profile; DecodeSpanProfile(bytes, profile)) {
    SpanProfile again;
    Check(DecodeSpanProfile(EncodeSpanProfile(profile), again) &&
          again == profile);
  }
  if (auto time = roentgen::ParseEpochSeconds(bytes)) {
    Check(roentgen::ParseEpochSeconds(roentgen::FormatEpochSeconds(*time)) ==
          time);
  }
  return 0;
}

// Protobuf wire format -> OTLP JSON, without the messages in between.
//
//   OtlpJsonWriter writer(out);  // Appends; keeps its buffers.
//   if (!writer.Write(kSpanMessage, span)) return DataLoss();
//
// Ids are lower-case hex digits, 64-bit integers decimal texts, enumerations
// numbers; defaults are left out, and so are fields that the tables do not
// know. Of fields given twice the last wins, messages are merged, as Protobuf
// does. Texts that are not UTF-8 get U+FFFD for the bad bytes.
//
// False: the bytes are no such message, or nest deeper than the reader of
// OTLP JSON would take; what was appended by then is no JSON.
//
// Threads: thread-compatible.
#ifndef ROENTGEN_TRACE_SPAN_OTLP_JSON_WRITER_H_
#define ROENTGEN_TRACE_SPAN_OTLP_JSON_WRITER_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "trace/model/record.h"
#include "trace/span/otlp_schema.h"

namespace roentgen::storage {

class OtlpJsonWriter {
 public:
  // `out` outlives the writer.
  explicit OtlpJsonWriter(std::string& out) : out_(out), json_(out) {}
  OtlpJsonWriter(const OtlpJsonWriter&) = delete;
  OtlpJsonWriter& operator=(const OtlpJsonWriter&) = delete;

  // An object.
  [[nodiscard]] bool Write(const OtlpMessage& message, std::string_view bytes);
  // Its members only, to stand in an object with others.
  [[nodiscard]] bool WriteMembers(const OtlpMessage& message,
                                  std::string_view bytes);
  // One object for a span with what it shares with others: the members
  // "resource" and "scope", then the span's own.
  [[nodiscard]] bool WriteSpan(const SpanContext& context,
                               std::string_view span);

 private:
  struct Given {
    uint32_t index = 0;  // Of the message's fields.
    uint64_t number = 0;
    std::string_view bytes;
  };

  bool WriteObject(const OtlpMessage& message, std::string_view bytes,
                   int depth);
  bool WriteFields(const OtlpMessage& message, std::string_view bytes,
                   int depth);
  bool Collect(const OtlpMessage& message, std::string_view bytes);
  // Values of one field, by positions in `given_`.
  bool WriteField(const OtlpMessage& message, size_t begin, size_t end,
                  int depth);
  bool WriteMerged(const OtlpMessage& message, size_t begin, size_t end,
                   int depth);
  bool WriteElements(const OtlpField& field, size_t begin, size_t end,
                     int depth);
  void WriteScalar(OtlpType type, const Given& given);
  // The member of that name, of the first field of a message of its context.
  bool WriteShared(std::string_view name, const OtlpMessage& message,
                   std::string_view bytes);

  std::string& out_;
  JsonWriter json_;
  std::vector<Given> given_;  // A stack: fields of messages within messages.
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_SPAN_OTLP_JSON_WRITER_H_

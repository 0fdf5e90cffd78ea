#include "trace/mapping/segment_spans.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/wire.h"
#include "trace/mapping/attribute_writer.h"
#include "trace/mapping/segment_block.h"
#include "trace/mapping/segment_context.h"
#include "trace/span/span_view.h"
#include "trace/span/wire_fields.h"

namespace roentgen::storage {
namespace {

// Fields of Span.
constexpr uint32_t kTraceId = 1, kSpanId = 2, kParentSpanId = 4, kName = 5,
                   kKind = 6, kStart = 7, kEnd = 8, kAttributes = 9,
                   kEvents = 11, kLinks = 13, kStatus = 15;

std::string IdBytes(EntityId id) {
  std::string bytes;
  AppendBigEndian(id.value, bytes);
  return bytes;
}

void AppendTextField(uint32_t field, std::string_view text, std::string& out) {
  if (!text.empty()) AppendBytesField(field, text, out);
}

// Times before 1970 have no form in OTLP.
void AppendTimeField(uint32_t field, Timestamp time, std::string& out) {
  if (time.ns > 0) {
    AppendFixed64Field(field, static_cast<uint64_t>(time.ns), out);
  }
}

// "jdbc:mysql://host:3306/shop?x=1" is a connection and a database's name.
struct Database {
  std::string connection;
  std::string name;
};
Database SplitDatabase(const std::string& url) {
  const std::string_view path =
      std::string_view(url).substr(0, url.find_first_of("?;"));
  const size_t slash = path.rfind('/');
  if (slash == path.npos || slash + 1 == path.size() || slash == 0 ||
      path[slash - 1] == '/') {
    return {.connection = url, .name = {}};
  }
  return {.connection = std::string(path.substr(0, slash)),
          .name = std::string(path.substr(slash + 1))};
}

// In the form of Java's.
std::string StackTrace(const SegmentBlock& exception) {
  const auto stack = exception.List("stack");
  if (stack.empty()) return {};
  std::string out = exception.Text("type");
  if (const std::string message = exception.Text("message"); !message.empty()) {
    out += (out.empty() ? "" : ": ") + message;
  }
  for (std::string_view json : stack) {
    const SegmentBlock frame(json);
    const std::string_view line = frame.Json("line");
    out += "\n\tat " + frame.Text("label") + "(" + frame.Text("path");
    if (!line.empty()) out += ":" + std::string(line);
    out += ")";
  }
  return out;
}

class SpanMaker {
 public:
  SpanMaker(const SegmentDocument& document, uint32_t index)
      : document_(document),
        index_(index),
        entity_(document.entities[index]),
        members_(entity_.json),
        cause_(entity_.cause_json) {}

  std::string Make() {
    AppendBytesField(kTraceId, document_.trace_id.AsBytes(), out_);
    AppendBytesField(kSpanId, IdBytes(entity_.id), out_);
    if (const std::optional<EntityId> parent = Parent()) {
      AppendBytesField(kParentSpanId, IdBytes(*parent), out_);
    }
    AppendTextField(kName, entity_.name, out_);
    AppendVarintField(kKind, static_cast<uint64_t>(Kind()), out_);
    AppendTimeField(kStart, entity_.start, out_);
    AppendTimeField(kEnd, entity_.end, out_);
    AddAttributes();
    AddEvents();
    AddLinks();
    AddStatus();
    return std::move(out_);
  }

 private:
  std::optional<EntityId> Parent() const {
    if (entity_.parent >= 0) {
      return document_.entities[static_cast<size_t>(entity_.parent)].id;
    }
    return entity_.parent_id;
  }

  SpanKind Kind() const {
    if (index_ == 0 && !document_.independent_subsegment) {
      return SpanKind::kServer;
    }
    if (entity_.name_space != Namespace::kLocal) return SpanKind::kClient;
    return entity_.http.client_ip.empty() ? SpanKind::kInternal
                                          : SpanKind::kServer;
  }

  void AddAttributes() {
    AttributeWriter out(kAttributes, out_);
    AddHttp(out);
    if (entity_.name_space == Namespace::kAws) {
      out.Text("aws.service", entity_.name);
    }
    AddAws(out);
    AddSql(out);
    out.Text("enduser.id", entity_.user);
    if (entity_.in_progress) out.Bool("aws.xray.inprogress", true);
    AddFlag("aws.xray.fault", entity_.fault, out);
    AddFlag("aws.xray.error", entity_.error, out);
    AddFlag("aws.xray.throttle", entity_.throttle, out);
    AddAlike("traced", "aws.xray.traced", out);
    AddAlike("inferred", "aws.xray.inferred", out);
    AddAlike("precursor_ids", "aws.xray.precursor_ids", out);
    out.Json("aws.xray.cause.working_directory",
             cause_.Json("working_directory"));
    out.Json("aws.xray.cause.paths", cause_.Json("paths"));
    AddAnnotations(out);
    const SegmentBlock metadata = members_.Block("metadata");
    for (const JsonMember& member : metadata.members()) {
      out.Text("aws.xray.metadata." + member.key, member.value);
    }
  }

  static void AddFlag(std::string_view key, Flag flag, AttributeWriter& out) {
    if (flag != Flag::kAbsent) out.Bool(key, flag == Flag::kTrue);
  }

  void AddAlike(std::string_view member, std::string_view key,
                AttributeWriter& out) const {
    out.Json(key, members_.Json(member));
  }

  void AddHttp(AttributeWriter& out) const {
    const HttpView& http = entity_.http;
    out.Text("http.request.method", http.method);
    out.Text("url.full", http.url);
    out.Text("user_agent.original", http.user_agent);
    out.Text("client.address", http.client_ip);
    if (http.status != 0) out.Int(kHttpStatusOfEntity, http.status);
    const SegmentBlock block(entity_.http_json);
    const SegmentBlock request = block.Block("request");
    for (const JsonMember& m : request.members()) {
      if (m.key == "method" || m.key == "url" || m.key == "user_agent" ||
          m.key == "client_ip") {
        continue;
      }
      out.Json("aws.xray." + m.key, m.value);  // x_forwarded_for and traced.
    }
    const std::string_view length =
        block.Block("response").Json("content_length");
    int64_t bytes;
    const std::string text =
        length.starts_with('"') ? UnescapeJson(length) : std::string(length);
    if (absl::SimpleAtoi(text, &bytes)) {
      out.Int("http.response.body.size", bytes);
    }
  }

  // Hosts and containers of the document's own entity are its resource's.
  bool IsOfResource(std::string_view key) const {
    return index_ == 0 && (key == "ec2" || key == "ecs" || key == "eks" ||
                           key == "elastic_beanstalk" ||
                           key == "cloudwatch_logs" || key == "xray");
  }

  void AddAws(AttributeWriter& out) const {
    const SegmentBlock aws(entity_.aws_json);
    for (const JsonMember& m : aws.members()) {
      if (IsOfResource(m.key)) continue;
      if (m.key == "retries") {
        out.Json("aws.xray.retries", m.value);
      } else if (m.key == "table_names") {
        out.Json("aws.dynamodb.table_names", m.value);
      } else {
        out.Json("aws." + m.key, m.value);
      }
    }
  }

  void AddSql(AttributeWriter& out) const {
    const SegmentBlock sql(entity_.sql_json);
    if (sql.members().empty()) return;
    const std::string url = sql.Text("url");
    const std::string connection = sql.Text("connection_string");
    Database database = SplitDatabase(url);
    if (!connection.empty()) {
      if (database.name.empty()) {
        database = SplitDatabase(connection);
      } else {
        database.connection = connection;
      }
    }
    if (url != database.connection &&
        url != database.connection + "/" + database.name) {
      out.Text("aws.xray.sql.url", url);
    }
    out.Text("db.connection_string", database.connection);
    out.Text("db.name", database.name);
    for (const JsonMember& m : sql.members()) {
      if (m.key == "url" || m.key == "connection_string") continue;
      if (m.key == "database_type") {
        out.Json("db.system", m.value);
      } else if (m.key == "sanitized_query") {
        out.Json("db.statement", m.value);
      } else if (m.key == "user") {
        out.Json("db.user", m.value);
      } else {
        out.Json("aws.xray.sql." + m.key, m.value);
      }
    }
  }

  void AddAnnotations(AttributeWriter& out) const {
    std::vector<std::string> keys;
    for (const AnnotationPair& annotation : document_.annotations) {
      if (annotation.entity != index_) continue;
      keys.emplace_back(annotation.key);
      out.Scalar(annotation.key, annotation.value);
    }
    out.Texts("aws.xray.annotations", keys);
  }

  void AddEvents() {
    std::string event;
    for (std::string_view json : cause_.List("exceptions")) {
      const SegmentBlock exception(json);
      event.clear();
      AppendTimeField(1, entity_.end, event);
      AppendBytesField(2, "exception", event);
      AttributeWriter out(3, event);
      out.Json("exception.type", exception.Json("type"));
      out.Json("exception.message", exception.Json("message"));
      out.Text("exception.stacktrace", StackTrace(exception));
      for (const char* key :
           {"id", "remote", "truncated", "skipped", "cause"}) {
        out.Json(std::string("aws.xray.exception.") + key, exception.Json(key));
      }
      AppendBytesField(kEvents, event, out_);
    }
  }

  // Links to what is no trace or entity are left out.
  void AddLinks() {
    std::string message;
    for (std::string_view json : members_.List("links")) {
      const SegmentBlock link(json);
      const auto trace = TraceId::ParseXray(link.Text("trace_id"));
      const auto entity = EntityId::Parse(link.Text("id"));
      if (!trace || !entity || *trace == TraceId() || *entity == EntityId()) {
        continue;
      }
      message.clear();
      AppendBytesField(1, trace->AsBytes(), message);
      AppendBytesField(2, IdBytes(*entity), message);
      AttributeWriter out(4, message);
      const SegmentBlock attributes = link.Block("attributes");
      for (const JsonMember& m : attributes.members()) out.Json(m.key, m.value);
      AppendBytesField(kLinks, message, out_);
    }
  }

  void AddStatus() {
    std::string status;
    if (entity_.cause_json.starts_with('"')) {
      AppendTextField(2, UnescapeJson(entity_.cause_json), status);
    }
    if (SpanOfEntityFails(entity_)) AppendVarintField(3, kStatusError, status);
    if (!status.empty()) AppendBytesField(kStatus, status, out_);
  }

  const SegmentDocument& document_;
  const uint32_t index_;
  const EntityView& entity_;
  const SegmentBlock members_;
  const SegmentBlock cause_;
  std::string out_;
};

}  // namespace

bool SpanOfEntityFails(const EntityView& entity) {
  const Outcome outcome = OutcomeOf(entity);
  const int status = entity.http.status;
  return outcome.throttle || outcome.fault || outcome.error ||
         (status != 0 && (status < 100 || status > 599)) ||
         !SegmentBlock(entity.cause_json).List("exceptions").empty();
}

bool MayBeOfEntity(std::string_view key) {
  // What is made of members, here and in segment_context.cc.
  constexpr std::string_view kBeginnings[] = {
      "aws.",     "client.",    "cloud.", "container.", "db.",
      "enduser.", "exception.", "host.",  "http.re",    "k8s.",
      "service.", "telemetry.", "url.",   "user_agent."};
  return key != kHttpStatusOfEntity &&
         std::any_of(
             std::begin(kBeginnings), std::end(kBeginnings),
             [&](std::string_view begin) { return key.starts_with(begin); });
}

std::vector<std::string> LinkKeysOf(const SegmentDocument& document) {
  std::vector<std::string> keys;
  for (const EntityView& entity : document.entities) {
    if (entity.json.find("\"links\"") == entity.json.npos) {
      if (entity.parent < 0) break;  // Nor does what is within.
      continue;
    }
    const SegmentBlock members(entity.json);
    for (std::string_view json : members.List("links")) {
      const SegmentBlock attributes = SegmentBlock(json).Block("attributes");
      for (const JsonMember& m : attributes.members()) keys.push_back(m.key);
    }
  }
  return keys;
}

std::vector<SpanRecord> SpansOfSegment(const SegmentDocument& document,
                                       std::string_view service_name) {
  const auto context = std::make_shared<const SpanContext>(ContextOfSegment(
      document, service_name.empty() ? document.root().name : service_name));
  std::vector<SpanRecord> out;
  out.reserve(document.entities.size());
  for (uint32_t i = 0; i < document.entities.size(); ++i) {
    out.push_back({.context = context, .span = SpanMaker(document, i).Make()});
  }
  return out;
}

}  // namespace roentgen::storage

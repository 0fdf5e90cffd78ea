#include "trace/assembly/render.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "base/decimal_time.h"
#include "base/json_writer.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "trace/document/entity_members.h"
#include "trace/document/http_status.h"
#include "trace/document/json_split.h"
#include "trace/document/name_rules.h"

namespace roentgen::storage {
namespace {

// Writes `{"a":1,...}` member by member.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  void Close() { out_ += '}'; }

  // `key_token` with its quotes.
  void Raw(std::string_view key_token, std::string_view value) {
    Key(key_token);
    out_ += value;
  }
  void Text(std::string_view key_token, std::string_view value) {
    Key(key_token);
    AppendJsonString(out_, value);
  }
  // The caller appends the value itself.
  std::string& Key(std::string_view key_token) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += key_token;
    out_ += ':';
    return out_;
  }

 private:
  std::string& out_;
  bool first_ = true;
};

bool IsNumber(std::string_view value) {
  return !value.empty() &&
         (value[0] == '-' || (value[0] >= '0' && value[0] <= '9'));
}

// Of members of `http.response` that are numbers, and were sent as texts.
std::optional<int64_t> NumberInText(const JsonMember& member) {
  if (member.value[0] != '"') return std::nullopt;
  if (member.key == "status") return HttpStatusIn(UnescapeJson(member.value));
  int64_t bytes = 0;
  if (member.key != "content_length" ||
      !absl::SimpleAtoi(UnescapeJson(member.value), &bytes)) {
    return std::nullopt;
  }
  return bytes;
}

// `http` without what X-Ray does not keep of it.
void AppendHttp(std::string_view json, std::string& out) {
  ObjectWriter http(out);
  for (const JsonMember& block : SplitObject(json)) {
    if (block.value[0] != '{') continue;
    ObjectWriter writer(http.Key(block.key_token));
    for (const JsonMember& m : SplitObject(block.value)) {
      if (block.key == "request" && m.key == "traced") continue;
      const std::optional<int64_t> number = NumberInText(m);
      if (number) {
        writer.Raw(m.key_token, std::to_string(*number));
      } else if (m.key != "content_length" || IsNumber(m.value)) {
        writer.Raw(m.key_token, m.value);
      }
    }
    writer.Close();
  }
  http.Close();
}

// `aws` with resource_names set to what the call names.
void AppendAws(const EntityView& entity, std::string_view json,
               std::string& out) {
  const std::string_view resource = entity.name_space == Namespace::kAws
                                        ? TargetOf(entity).resource
                                        : std::string_view();
  ObjectWriter aws(out);
  for (const JsonMember& m : SplitObject(json)) {
    if (m.key == "resource_names" && !resource.empty()) continue;
    aws.Raw(m.key_token, m.value);
  }
  if (!resource.empty()) {
    std::string& value = aws.Key("\"resource_names\"");
    value += '[';
    AppendJsonString(value, resource);
    value += ']';
  }
  aws.Close();
}

bool IsScalar(std::string_view value) {
  return value[0] != '{' && value[0] != '[' && value != "null";
}

void AppendAnnotations(std::string_view json, std::string& out) {
  ObjectWriter annotations(out);
  for (const JsonMember& m : SplitObject(json)) {
    if (!IsScalar(m.value) || !IsAnnotationKey(m.key)) continue;
    annotations.Raw(m.key_token, m.value);
  }
  annotations.Close();
}

void AppendException(std::string_view json, std::string& out) {
  ObjectWriter exception(out);
  for (const JsonMember& m : SplitObject(json)) {
    if (m.key == "stack" &&
        (m.value[0] != '[' || SplitArray(m.value).empty())) {
      continue;
    }
    exception.Raw(m.key_token, m.value);
  }
  exception.Close();
}

// Appends `[...]` of the elements that `append` writes.
template <typename Append>
void AppendArray(std::string_view json, std::string& out, Append append) {
  out += '[';
  const size_t begin = out.size();
  for (std::string_view element : SplitArray(json)) {
    const size_t before = out.size();
    if (before != begin) out += ',';
    const size_t at = out.size();
    append(element, out);
    if (out.size() == at) out.resize(before);  // Nothing was kept of it.
  }
  out += ']';
}

void AppendCause(std::string_view json, std::string& out) {
  if (json[0] != '{') {
    out += json;  // The id of an exception recorded elsewhere.
    return;
  }
  ObjectWriter cause(out);
  for (const JsonMember& m : SplitObject(json)) {
    std::string& value = cause.Key(m.key_token);
    if (m.key != "exceptions" || m.value[0] != '[') {
      value += m.value;
      continue;
    }
    AppendArray(m.value, value, [](std::string_view element, std::string& to) {
      if (element[0] == '{') AppendException(element, to);
    });
  }
  cause.Close();
}

bool IsLink(std::string_view element) {
  if (element[0] != '{') return false;
  bool trace = false, id = false;
  for (const JsonMember& m : SplitObject(element)) {
    if (m.value[0] != '"') continue;
    const std::string text = UnescapeJson(m.value);
    if (m.key == "trace_id") {
      trace = TraceId::ParseXray(text).value_or(TraceId()) != TraceId();
    }
    if (m.key == "id")
      id = EntityId::Parse(text).value_or(EntityId()) != EntityId();
  }
  return trace && id;
}

void AppendLinks(std::string_view json, std::string& out) {
  size_t kept = 0;
  AppendArray(json, out, [&](std::string_view element, std::string& to) {
    if (kept == limits::kLinksPerSegmentMax || !IsLink(element)) return;
    ++kept;
    to += element;
  });
}

// The document with that index, with its texts; `own` may hold it.
using DocumentSource = std::function<absl::StatusOr<const SegmentDocument*>(
    uint32_t index, SegmentDocument& own)>;

class SegmentRenderer {
 public:
  // `documents` hands out those with texts. Writes at most `bytes_max` bytes
  // and what one entity has.
  // Leaves out what `cut` names; null: nothing.
  SegmentRenderer(const Trace& trace, const DocumentSource& documents,
                  size_t bytes_max,
                  const absl::flat_hash_set<uint32_t>* cut = nullptr)
      : trace_(trace),
        documents_(documents),
        bytes_max_(bytes_max),
        cut_(cut) {}

  // False: some document does not read (`status`), or there is more than
  // `bytes_max`.
  bool Append(uint32_t segment, std::string& out) {
    root_ = segment;
    return Append(segment, {}, out) && out.size() <= bytes_max_;
  }
  const absl::Status& status() const { return status_; }

 private:
  // A document with its texts.
  struct Open {
    uint32_t index = 0;
    const SegmentDocument* document = nullptr;
  };

  // `outer` is the document that the node above is of.
  bool Append(uint32_t node, Open outer, std::string& out) {
    if (out.size() > bytes_max_) return false;
    const TraceNode& n = trace_.nodes[node];
    SegmentDocument own;
    if (outer.document == nullptr || outer.index != n.document) {
      absl::StatusOr<const SegmentDocument*> read = documents_(n.document, own);
      if (!read.ok()) {
        status_ = read.status();
        return false;
      }
      outer = {n.document, *read};
    }
    const EntityView& entity = outer.document->entities[n.entity];
    if (!Changed(node, outer)) {
      out += entity.json;
      return true;
    }
    const bool top_level = n.entity == 0;
    const bool folded = IsFolded(node);
    ObjectWriter writer(out);
    for (const JsonMember& m : SplitObject(entity.json)) {
      const EntityMember member = EntityMemberOf(m.key);
      if (IsDropped(member, m.value, top_level, folded)) continue;
      AppendMember(member, m, entity, writer);
    }
    if (!AppendSubsegments(node, outer, writer)) return false;
    writer.Close();
    return true;
  }

  // Whether it came on its own and stands within another document now.
  bool IsFolded(uint32_t node) const {
    const TraceNode& n = trace_.nodes[node];
    return n.entity == 0 && n.parent >= 0 && node != root_;
  }

  // Whether anything below `node` differs from its text. What came on its own
  // does; all else is of the document of `open`.
  bool Changed(uint32_t node, const Open& open) const {
    const TraceNode& n = trace_.nodes[node];
    if (IsFolded(node) || n.has_folded_child ||
        open.document->entities[n.entity].needs_edit ||
        n.children.size() != EmbeddedCount(n)) {
      return true;
    }
    return std::any_of(n.children.begin(), n.children.end(),
                       [&](uint32_t child) { return Changed(child, open); });
  }

  size_t EmbeddedCount(const TraceNode& n) const {
    const auto& entities = trace_.documents[n.document].entities;
    size_t count = 0;
    for (size_t e = n.entity + 1; e < entities.size(); ++e) {
      if (entities[e].parent < static_cast<int32_t>(n.entity)) break;
      if (entities[e].parent == static_cast<int32_t>(n.entity)) ++count;
    }
    return count;
  }

  static bool IsDropped(EntityMember member, std::string_view value,
                        bool top_level, bool folded) {
    if (member == EntityMember::kUnknown || value == "null" ||
        member == EntityMember::kSubsegments ||
        !IsMemberOf(member, top_level)) {
      return true;
    }
    if (folded &&
        (member == EntityMember::kType || member == EntityMember::kParentId ||
         member == EntityMember::kTraceId)) {
      return true;
    }
    return !HasExpectedType(member, value);
  }

  static bool HasExpectedType(EntityMember member, std::string_view value) {
    switch (ExpectedType(member)) {
      case ondemand::json_type::string:
        return value[0] == '"';
      case ondemand::json_type::number:
        return IsNumber(value);
      case ondemand::json_type::boolean:
        return value == "true" || value == "false";
      case ondemand::json_type::array:
        return value[0] == '[';
      default:
        return value[0] == '{' || (member == EntityMember::kCause &&
                                   EntityId::Parse(UnescapeJson(value)));
    }
  }

  static void AppendMember(EntityMember member, const JsonMember& m,
                           const EntityView& entity, ObjectWriter& writer) {
    switch (member) {
      case EntityMember::kName:
        return writer.Text(m.key_token, entity.name);
      case EntityMember::kHttp:
        return AppendHttp(m.value, writer.Key(m.key_token));
      case EntityMember::kAws:
        return AppendAws(entity, m.value, writer.Key(m.key_token));
      case EntityMember::kAnnotations:
        return AppendAnnotations(m.value, writer.Key(m.key_token));
      case EntityMember::kCause:
        return AppendCause(m.value, writer.Key(m.key_token));
      case EntityMember::kLinks:
        return AppendLinks(m.value, writer.Key(m.key_token));
      default:
        return writer.Raw(m.key_token, m.value);
    }
  }

  bool AppendSubsegments(uint32_t node, const Open& open,
                         ObjectWriter& writer) {
    std::string* out = nullptr;
    for (uint32_t child : trace_.nodes[node].children) {
      if (cut_ != nullptr && cut_->contains(child)) continue;
      if (out == nullptr) {
        out = &writer.Key("\"subsegments\"");
        *out += '[';
      } else {
        *out += ',';
      }
      if (!Append(child, open, *out)) return false;
    }
    if (out != nullptr) *out += ']';
    return true;
  }

  const Trace& trace_;
  const DocumentSource& documents_;
  const size_t bytes_max_;
  const absl::flat_hash_set<uint32_t>* const cut_;
  uint32_t root_ = 0;
  absl::Status status_;
};

void AppendFlag(std::string_view key_token, Flag flag, ObjectWriter& writer) {
  if (flag == Flag::kAbsent) return;
  writer.Raw(key_token, flag == Flag::kTrue ? "true" : "false");
}

// The JSON string that the first remote exception of a cause has as its
// message; empty: there is none.
std::string_view RemoteMessage(std::string_view cause) {
  if (cause.empty() || cause[0] != '{') return {};
  for (const JsonMember& m : SplitObject(cause)) {
    if (m.key != "exceptions" || m.value[0] != '[') continue;
    for (std::string_view exception : SplitArray(m.value)) {
      if (exception[0] != '{') continue;
      std::string_view message;
      bool remote = false;
      for (const JsonMember& e : SplitObject(exception)) {
        if (e.key == "message" && e.value[0] == '"') message = e.value;
        if (e.key == "remote") remote = e.value == "true";
      }
      if (remote) return message;
    }
  }
  return {};
}

// The time a message waits in the queue, as far as the sender knows it.
void AppendQueueTime(const EntityId& parent, const EntityView& call,
                     std::string& out) {
  out += '[';
  ObjectWriter writer(out);
  // Stable, and different from the segment's own id.
  const EntityId id{parent.value ^ 0x9E3779B97F4A7C15};
  writer.Text("\"id\"", id.ToString());
  writer.Text("\"name\"", "QueueTime");
  writer.Raw("\"start_time\"", FormatEpochSeconds(call.start));
  writer.Raw("\"end_time\"", FormatEpochSeconds(call.end));
  writer.Close();
  out += ']';
}

// `call` is what `inferred` is inferred from, with its texts.
std::string InferredText(const Trace& trace, const InferredSegment& inferred,
                         const EntityView& call) {
  std::string out;
  ObjectWriter writer(out);
  writer.Text("\"id\"", inferred.id.ToString());
  writer.Text("\"name\"", call.name);
  writer.Raw("\"start_time\"", FormatEpochSeconds(call.start));
  writer.Text("\"trace_id\"", trace.id.ToString());
  writer.Raw("\"end_time\"", FormatEpochSeconds(call.end));
  writer.Text("\"parent_id\"", call.id.ToString());
  const InferredFlags flags = InferredFlagsOf(call);
  AppendFlag("\"fault\"", flags.fault, writer);
  AppendFlag("\"error\"", flags.error, writer);
  AppendFlag("\"throttle\"", flags.throttle, writer);
  writer.Raw("\"inferred\"", "true");
  if (const auto message = RemoteMessage(call.cause_json); !message.empty()) {
    ObjectWriter cause(writer.Key("\"cause\""));
    cause.Raw("\"message\"", message);
    cause.Close();
  }
  if (!call.http_json.empty())
    AppendHttp(call.http_json, writer.Key("\"http\""));
  if (!call.aws_json.empty()) {
    AppendAws(call, call.aws_json, writer.Key("\"aws\""));
  }
  if (!call.sql_json.empty()) writer.Raw("\"sql\"", call.sql_json);
  if (const CallTarget target = TargetOf(call); !target.origin().empty()) {
    writer.Text("\"origin\"", target.origin());
  }
  if (inferred.service.type == "AWS::SQS::Queue" &&
      call.aws.operation == "SendMessage") {
    AppendQueueTime(inferred.id, call, writer.Key("\"subsegments\""));
  }
  writer.Close();
  return out;
}

}  // namespace

std::string RenderSegment(const Trace& trace, uint32_t segment) {
  std::string out;
  SegmentRenderer(
      trace,
      [&](uint32_t index, SegmentDocument&) { return &trace.documents[index]; },
      std::numeric_limits<size_t>::max())
      .Append(segment, out);
  return out;
}

std::string RenderInferred(const Trace& trace,
                           const InferredSegment& inferred) {
  return InferredText(trace, inferred, trace.entity(inferred.call));
}

absl::StatusOr<const SegmentDocument*> LateRenderer::Open(
    uint32_t index, SegmentDocument& own) {
  const SegmentDocument& known = trace_.documents[index];
  if (!known.span) return &known;
  RTG_RETURN_IF_ERROR(call_.CheckAt(read_++));
  RTG_RETURN_IF_ERROR(
      documents_.Read(records_.records[index],
                      known.entry ? SpanPlace::kEntry : SpanPlace::kInService,
                      Texts::kWanted, own));
  if (own.entities.size() != known.entities.size()) {
    return absl::DataLossError("a stored span reads differently each time");
  }
  return &own;
}

SegmentPieces CutSegment(const Trace& trace, const TraceRecords& records,
                         uint32_t segment, size_t bytes) {
  SegmentPieces pieces{.roots = {segment}, .cut = {}};
  std::vector<uint32_t> pending;
  for (size_t i = 0; i < pieces.roots.size(); ++i) {
    size_t taken = 0;
    pending.assign(1, pieces.roots[i]);
    while (!pending.empty()) {
      const uint32_t at = pending.back();
      const TraceNode& node = trace.nodes[at];
      pending.pop_back();
      const bool own_document = node.entity == 0;
      if (own_document && at != pieces.roots[i] && taken >= bytes) {
        pieces.cut.insert(at);
        pieces.roots.push_back(at);
        continue;
      }
      if (own_document) {
        taken += records.records[node.document].document.size();
      }
      pending.insert(pending.end(), node.children.rbegin(),
                     node.children.rend());
    }
  }
  return pieces;
}

absl::StatusOr<std::optional<std::string>> LateRenderer::Segment(
    uint32_t segment, size_t bytes_max, const SegmentPieces* pieces) {
  const DocumentSource source = [this](uint32_t index, SegmentDocument& own) {
    return Open(index, own);
  };
  SegmentRenderer renderer(trace_, source, bytes_max,
                           pieces == nullptr ? nullptr : &pieces->cut);
  std::string out;
  const bool whole = renderer.Append(segment, out);
  RTG_RETURN_IF_ERROR(renderer.status());
  if (!whole) return std::optional<std::string>();
  return std::optional<std::string>(std::move(out));
}

absl::StatusOr<std::string> LateRenderer::Inferred(
    const InferredSegment& inferred) {
  const TraceNode& node = trace_.nodes[inferred.call];
  SegmentDocument own;
  RTG_ASSIGN_OR_RETURN(const SegmentDocument* document,
                       Open(node.document, own));
  return InferredText(trace_, inferred, document->entities[node.entity]);
}

}  // namespace roentgen::storage

#include "server/jaeger/trace_adjust.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "query/spans/span_twins.h"
#include "trace/span/span_view.h"
#include "trace/span/wire_fields.h"

namespace roentgen::server {
namespace {

using storage::FieldReader;
using storage::SpanKind;
using storage::TraceSpan;
using storage::WireType;

// Fields of Span and of Span.Link.
constexpr uint32_t kSpanId = 2, kParentId = 4, kKind = 6, kLink = 13;
constexpr size_t kSpanIdBytes = 8;

bool IsZero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == bytes.npos;
}

// Also where an id is absent.
bool NamesNothing(std::string_view link) {
  std::string_view trace_id, span_id;
  FieldReader in(link);
  while (in.Next()) {
    if (in.Is(1, WireType::kBytes)) trace_id = in.bytes();
    if (in.Is(2, WireType::kBytes)) span_id = in.bytes();
  }
  return IsZero(trace_id) || IsZero(span_id);
}

// What is looked at, without what costs most: attributes.
struct Head {
  std::string id;
  std::string parent;
  uint64_t kind = 0;
  bool has_empty_link = false;
};

Head HeadOf(std::string_view span) {
  Head head;
  FieldReader in(span);
  while (in.Next()) {
    if (in.Is(kSpanId, WireType::kBytes)) head.id = in.bytes();
    if (in.Is(kParentId, WireType::kBytes)) head.parent = in.bytes();
    if (in.Is(kKind, WireType::kVarint)) head.kind = in.number();
    if (in.Is(kLink, WireType::kBytes)) {
      head.has_empty_link |= NamesNothing(in.bytes());
    }
  }
  return head;
}

bool Is(const Head& head, SpanKind kind) {
  return head.kind == static_cast<uint64_t>(kind);
}

// The span with the ids of `head`, without links that name nothing.
std::string Rewritten(std::string_view span, const Head& head) {
  std::string out;
  out.reserve(span.size() + kSpanIdBytes + 2);
  FieldReader in(span);
  while (in.Next()) {
    if (in.field() == kParentId) continue;
    if (in.Is(kLink, WireType::kBytes) && NamesNothing(in.bytes())) continue;
    if (in.field() == kSpanId) {
      storage::AppendBytesField(kSpanId, head.id, out);
      if (!head.parent.empty()) {
        storage::AppendBytesField(kParentId, head.parent, out);
      }
    } else {
      out += in.whole();
    }
  }
  return out;
}

// Ids that nothing in the trace has, in the order in which they are asked for.
class FreeIds {
 public:
  explicit FreeIds(const std::vector<Head>& heads) {
    for (const Head& head : heads) {
      used_.insert(head.id);
      used_.insert(head.parent);
    }
  }

  std::string Next() {
    std::string id(kSpanIdBytes, '\0');
    do {
      uint64_t rest = ++last_;
      for (size_t i = kSpanIdBytes; i > 0; --i, rest >>= 8) {
        id[i - 1] = static_cast<char>(rest & 0xFF);
      }
    } while (used_.contains(id));
    return id;
  }

 private:
  absl::flat_hash_set<std::string> used_;
  uint64_t last_ = 0;
};

// Gives servers that share an id with a client one of their own. True for the
// spans whose ids changed.
std::vector<bool> PartServers(std::vector<Head>& heads) {
  absl::flat_hash_set<std::string> clients;
  for (const Head& head : heads) {
    if (Is(head, SpanKind::kClient)) clients.insert(head.id);
  }
  std::vector<bool> changed(heads.size());
  absl::flat_hash_map<std::string, std::string> servers;  // By the shared id.
  FreeIds ids(heads);
  for (size_t i = 0; i < heads.size(); ++i) {
    Head& head = heads[i];
    if (!Is(head, SpanKind::kServer) || !clients.contains(head.id)) continue;
    std::string id = ids.Next();
    servers[head.id] = id;
    head.parent = std::exchange(head.id, std::move(id));
    changed[i] = true;
  }
  for (size_t i = 0; i < heads.size() && !servers.empty(); ++i) {
    if (changed[i]) continue;
    const auto server = servers.find(heads[i].parent);
    if (server == servers.end()) continue;
    heads[i].parent = server->second;
    changed[i] = true;
  }
  return changed;
}

}  // namespace

query::SpanTrace AdjustedTrace(query::SpanTrace trace) {
  trace = query::WithoutTwins(std::move(trace));
  std::vector<Head> heads;
  heads.reserve(trace.spans.size());
  for (const TraceSpan& span : trace.spans) heads.push_back(HeadOf(span.span));
  const std::vector<bool> changed = PartServers(heads);
  for (size_t i = 0; i < heads.size(); ++i) {
    if (!changed[i] && !heads[i].has_empty_link) continue;
    TraceSpan& span = trace.spans[i];
    span.span = Rewritten(span.span, heads[i]);
    span.id = storage::EntityIdOf(heads[i].id);
  }
  return trace;
}

}  // namespace roentgen::server

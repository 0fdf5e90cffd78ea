#include "server/cli/trace_tree.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/decimal_time.h"
#include "base/limits.h"
#include "trace/document/json_split.h"

namespace roentgen::server {
namespace {

std::string StringOf(std::string_view value) {
  return value.starts_with('"') ? storage::UnescapeJson(value) : std::string();
}

void ReadHttp(std::string_view http, TraceNode& node) {
  for (const storage::JsonMember& part : storage::SplitObject(http)) {
    if (!part.value.starts_with('{')) continue;
    for (const storage::JsonMember& m : storage::SplitObject(part.value)) {
      if (part.key == "response" && m.key == "status") {
        std::from_chars(m.value.data(), m.value.data() + m.value.size(),
                        node.status);
      } else if (part.key == "request" && m.key == "method") {
        node.method = StringOf(m.value);
      } else if (part.key == "request" && m.key == "url") {
        node.url = StringOf(m.value);
      }
    }
  }
}

void SortByStart(std::vector<TraceNode>& nodes) {
  std::stable_sort(
      nodes.begin(), nodes.end(),
      [](const TraceNode& a, const TraceNode& b) { return a.start < b.start; });
}

struct Member {
  const char* name;
  std::string TraceNode::*field;
};
constexpr Member kTexts[] = {
    {"id", &TraceNode::id},
    {"parent_id", &TraceNode::parent_id},
    {"name", &TraceNode::name},
    {"origin", &TraceNode::origin},
    {"namespace", &TraceNode::name_space},
};
struct Switch {
  const char* name;
  bool TraceNode::*field;
};
constexpr Switch kSwitches[] = {
    {"inferred", &TraceNode::inferred},
    {"in_progress", &TraceNode::in_progress},
    {"error", &TraceNode::error},
    {"throttle", &TraceNode::throttle},
    {"fault", &TraceNode::fault},
};

TraceNode ReadNode(std::string_view json, bool is_segment, int depth) {
  TraceNode node;
  node.is_segment = is_segment;
  bool has_end = false;
  for (const storage::JsonMember& member : storage::SplitObject(json)) {
    for (const Member& text : kTexts) {
      if (member.key == text.name) node.*text.field = StringOf(member.value);
    }
    for (const Switch& flag : kSwitches) {
      if (member.key == flag.name) node.*flag.field = member.value == "true";
    }
    if (member.key == "start_time") {
      node.start = ParseEpochSeconds(member.value).value_or(Timestamp{});
    } else if (member.key == "end_time") {
      node.end = ParseEpochSeconds(member.value).value_or(Timestamp{});
      has_end = true;
    } else if (member.key == "http" && member.value.starts_with('{')) {
      ReadHttp(member.value, node);
    } else if (member.key == "subsegments" && member.value.starts_with('[') &&
               depth < limits::kDocumentDepthMax) {
      for (std::string_view child : storage::SplitArray(member.value)) {
        if (!child.starts_with('{')) continue;
        node.children.push_back(ReadNode(child, false, depth + 1));
      }
    }
  }
  if (!has_end || node.end < node.start) node.end = node.start;
  SortByStart(node.children);
  return node;
}

// Moves each segment below its parent, recursively.
class Attacher {
 public:
  explicit Attacher(std::vector<TraceNode> segments) {
    std::map<std::string, bool> known;
    for (const TraceNode& segment : segments) Collect(segment, known);
    for (TraceNode& segment : segments) {
      if (segment.parent_id.empty() || !known.contains(segment.parent_id) ||
          segment.parent_id == segment.id) {
        roots_.push_back(std::move(segment));
      } else {
        waiting_[segment.parent_id].push_back(std::move(segment));
      }
    }
  }

  std::vector<TraceNode> Attach() {
    for (TraceNode& root : roots_) Fill(root);
    // Segments that name each other as parents have no root: show them flat.
    while (!waiting_.empty()) {
      auto node = waiting_.extract(waiting_.begin());
      for (TraceNode& segment : node.mapped()) {
        Fill(segment);
        roots_.push_back(std::move(segment));
      }
    }
    SortByStart(roots_);
    return std::move(roots_);
  }

 private:
  static void Collect(const TraceNode& node, std::map<std::string, bool>& ids) {
    ids[node.id] = true;
    for (const TraceNode& child : node.children) Collect(child, ids);
  }

  void Fill(TraceNode& node) {
    for (TraceNode& child : node.children) Fill(child);
    const auto at = waiting_.find(node.id);
    if (at == waiting_.end()) return;
    std::vector<TraceNode> found = std::move(at->second);
    waiting_.erase(at);
    for (TraceNode& child : found) {
      Fill(child);
      node.children.push_back(std::move(child));
    }
    SortByStart(node.children);
  }

  std::vector<TraceNode> roots_;
  std::map<std::string, std::vector<TraceNode>> waiting_;
};

}  // namespace

std::vector<TraceNode> BuildTraceTree(
    const std::vector<std::string>& documents) {
  std::vector<TraceNode> segments;
  for (const std::string& document : documents) {
    if (!document.starts_with('{')) continue;
    segments.push_back(ReadNode(document, true, 0));
  }
  return Attacher(std::move(segments)).Attach();
}

}  // namespace roentgen::server

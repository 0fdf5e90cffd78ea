#include "server/cli/waterfall.h"

#include <algorithm>
#include <cmath>

#include "fmt/format.h"

namespace roentgen::server {
namespace {

constexpr size_t kNameWidth = 44;
constexpr size_t kStatusWidth = 12;
constexpr int64_t kBarWidth = 40;

struct Scale {
  Timestamp start = Timestamp::Max();
  Timestamp end = Timestamp::Min();
  size_t segments = 0;
  size_t subsegments = 0;

  void Add(const TraceNode& node) {
    start = std::min(start, node.start);
    end = std::max(end, node.end);
    ++(node.is_segment ? segments : subsegments);
    for (const TraceNode& child : node.children) Add(child);
  }

  // Column of `t`, the nearest one, inside the bar.
  int64_t ColumnOf(Timestamp t) const {
    const double whole = static_cast<double>(end.ns - start.ns);
    if (whole <= 0) return 0;
    const double share = static_cast<double>(t.ns - start.ns) / whole;
    return std::clamp<int64_t>(
        std::llround(share * static_cast<double>(kBarWidth)), 0, kBarWidth);
  }
};

std::string StatusOf(const TraceNode& node) {
  std::string text;
  if (node.fault) {
    text = "FAULT";
  } else if (node.throttle) {
    text = "THROTTLE";
  } else if (node.error) {
    text = "ERROR";
  } else if (node.in_progress) {
    text = "open";
  }
  if (node.status != 0) {
    if (!text.empty()) text += ' ';
    text += std::to_string(node.status);
  }
  return text.empty() ? "ok" : text;
}

std::string Bar(const TraceNode& node, const Scale& scale) {
  const int64_t begin = std::min(scale.ColumnOf(node.start), kBarWidth - 1);
  // Also the shortest work shows; what is open runs to the right edge.
  const int64_t end = node.in_progress
                          ? kBarWidth
                          : std::max(scale.ColumnOf(node.end), begin + 1);
  std::string bar(static_cast<size_t>(begin), ' ');
  bar.append(static_cast<size_t>(end - begin), node.in_progress ? '~' : '=');
  bar.resize(static_cast<size_t>(kBarWidth), ' ');
  return bar;
}

std::string LabelOf(const TraceNode& node) {
  std::string label = node.name;
  if (node.is_segment) {
    if (!node.origin.empty()) label += " (" + node.origin + ")";
    if (node.inferred) label += " *";
  } else if (!node.name_space.empty() && node.name_space != "local") {
    label += " [" + node.name_space + "]";
  }
  if (!node.method.empty() || !node.url.empty()) {
    label += "  " + node.method;
    if (!node.method.empty() && !node.url.empty()) label += ' ';
    label += node.url;
  }
  return label;
}

void AppendNode(const TraceNode& node, size_t depth, const Scale& scale,
                std::string& out) {
  std::string label(2 * depth, ' ');
  if (!node.is_segment) label += "- ";
  label += LabelOf(node);
  out +=
      fmt::format("{} {} {:>9} {:>9} |{}|\n", FitWidth(label, kNameWidth),
                  FitWidth(StatusOf(node), kStatusWidth),
                  FormatShort(node.start - scale.start),
                  node.in_progress ? "..." : FormatShort(node.end - node.start),
                  Bar(node, scale));
  for (const TraceNode& child : node.children) {
    AppendNode(child, depth + 1, scale, out);
  }
}

// Bytes of the UTF-8 character that starts with `lead`.
size_t CharacterBytes(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xF0) return 4;
  if (lead >= 0xE0) return 3;
  return 2;
}

std::string Plural(size_t count, const char* word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace

std::string FormatShort(absl::Duration d) {
  const double us = absl::ToDoubleMicroseconds(d);
  if (us < 1'000) return fmt::format("{:.3g} us", us);
  if (us < 999'500) return fmt::format("{:.3g} ms", us / 1e3);
  if (us < 60e6) return fmt::format("{:.3g} s", us / 1e6);
  return fmt::format("{:.0f} s", us / 1e6);
}

std::string FitWidth(std::string_view text, size_t width) {
  std::string out;
  size_t used = 0;
  size_t cut_at = 0;  // Where the last character that may stay begins.
  for (size_t i = 0; i < text.size();) {
    if (used == width) {
      out.resize(cut_at);
      return out + ">";
    }
    const unsigned char c = static_cast<unsigned char>(text[i]);
    const size_t bytes = std::min(CharacterBytes(c), text.size() - i);
    cut_at = out.size();
    if (c < 0x20 || c == 0x7F) {
      out += '?';
    } else {
      out += text.substr(i, bytes);
    }
    i += bytes;
    ++used;
  }
  out.append(width - used, ' ');
  return out;
}

std::string RenderWaterfall(std::string_view trace_id,
                            const std::vector<TraceNode>& roots) {
  Scale scale;
  for (const TraceNode& root : roots) scale.Add(root);
  if (roots.empty()) {
    return fmt::format("{}  no segments yet\n", trace_id);
  }
  std::string out = fmt::format(
      "{}  {}  {}  {}, {}\n", trace_id,
      absl::FormatTime("%Y-%m-%d %H:%M:%E3S UTC", scale.start.ToTime(),
                       absl::UTCTimeZone()),
      FormatShort(scale.end - scale.start), Plural(scale.segments, "segment"),
      Plural(scale.subsegments, "subsegment"));
  out += fmt::format("{} {} {:>9} {:>9}\n", FitWidth("NAME", kNameWidth),
                     FitWidth("STATUS", kStatusWidth), "START", "DURATION");
  for (const TraceNode& root : roots) AppendNode(root, 0, scale, out);
  return out;
}

}  // namespace roentgen::server

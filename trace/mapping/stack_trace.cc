#include "trace/mapping/stack_trace.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/numbers.h"
#include "base/limits.h"

namespace roentgen::storage {
namespace {

constexpr auto kNone = std::string_view::npos;

class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  bool Next(std::string_view& line) {
    if (at_ >= text_.size()) return false;
    begin_ = at_;
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    line = text_.substr(at_, end - at_);
    at_ = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return true;
  }
  size_t begin() const { return begin_; }

 private:
  std::string_view text_;
  size_t at_ = 0;
  size_t begin_ = 0;  // Of the last line.
};

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == kNone) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

int64_t Number(std::string_view text) {
  int64_t number = 0;
  return absl::SimpleAtoi({text.data(), text.size()}, &number) && number >= 0
             ? number
             : 0;
}

// "path:line".
void SetPlace(std::string_view place, StackFrame& frame) {
  const size_t colon = place.rfind(':');
  frame.path = place.substr(0, colon);
  frame.line = colon == kNone ? 0 : Number(place.substr(colon + 1));
}

void Add(const StackFrame& frame, StackTrace& trace) {
  if (trace.frames.size() < limits::kStackFramesMax) {
    trace.frames.push_back(frame);
  } else {
    ++trace.omitted;
  }
}

// "Type: message"
void SetHeading(std::string_view heading, StackTrace& trace) {
  const size_t colon = heading.find(':');
  trace.type = Trim(heading.substr(0, colon));
  trace.message =
      colon == kNone ? std::string_view() : Trim(heading.substr(colon + 1));
}

// "\tat module/package.Class.method(File.java:12)"; deeper ones belong to
// suppressed exceptions.
bool JavaFrame(std::string_view line, StackFrame& frame) {
  const size_t indent = line.find_first_not_of(" \t");
  if (indent == kNone || line[0] > ' ' || line.starts_with("\t\t")) {
    return false;
  }
  line.remove_prefix(indent);
  const size_t open = line.find('(');
  if (!line.starts_with("at ") || open == kNone || !line.ends_with(')')) {
    return false;
  }
  frame.label = line.substr(3, open - 3);
  const size_t slash = frame.label.rfind('/');
  if (slash != kNone) frame.label.remove_prefix(slash + 1);
  SetPlace(line.substr(open + 1, line.size() - open - 2), frame);
  return true;
}

std::vector<StackTrace> ReadJava(std::string_view text) {
  constexpr std::string_view kCause = "Caused by: ";
  std::vector<StackTrace> traces(1);
  Lines lines(text);
  size_t heading = kNone;  // Where that of the last cause begins.
  const auto close_heading = [&](size_t end) {
    if (heading == kNone) return;
    SetHeading(text.substr(heading, end - heading), traces.back());
    heading = kNone;
  };
  for (std::string_view line; lines.Next(line);) {
    StackFrame frame;
    if (line.starts_with(kCause)) {
      close_heading(lines.begin());
      if (traces.size() == limits::kMappedExceptionsMax) return traces;
      traces.emplace_back();
      heading = lines.begin() + kCause.size();
    } else if (JavaFrame(line, frame)) {
      close_heading(lines.begin());
      Add(frame, traces.back());
    }
  }
  close_heading(text.size());
  return traces;
}

// `  File "main.py", line 14, in greet`
bool PythonFrame(std::string_view line, StackFrame& frame) {
  constexpr std::string_view kFile = "  File \"", kLine = "\", line ";
  if (!line.starts_with(kFile)) return false;
  const size_t path_end = line.find(kLine);
  if (path_end == kNone || path_end < kFile.size()) return false;
  frame.path = line.substr(kFile.size(), path_end - kFile.size());
  line.remove_prefix(path_end + kLine.size());
  const size_t comma = line.find(',');
  frame.line = Number(line.substr(0, comma));
  constexpr std::string_view kIn = ", in ";
  if (comma != kNone && line.substr(comma).starts_with(kIn)) {
    frame.label = line.substr(comma + kIn.size());
  }
  return true;
}

// Python prints the outermost frame first, and causes before what they caused.
std::vector<StackTrace> ReadPython(std::string_view text) {
  std::vector<StackTrace> traces(1);
  std::vector<size_t> headings(1, kNone);
  Lines lines(text);
  const auto close_heading = [&](size_t end) {
    const size_t begin = headings.back();
    if (begin != kNone) {
      SetHeading(text.substr(begin, end - begin), traces.back());
    }
  };
  for (std::string_view line; lines.Next(line);) {
    StackFrame frame;
    if (line.starts_with("During handling of the above exception") ||
        line.starts_with("The above exception was the direct cause")) {
      close_heading(lines.begin());
      traces.emplace_back();
      headings.push_back(kNone);
    } else if (PythonFrame(line, frame)) {
      traces.back().frames.push_back(frame);
    } else if (headings.back() == kNone && !traces.back().frames.empty() &&
               !line.empty() && line[0] != ' ') {
      headings.back() = lines.begin();
    }
  }
  close_heading(text.size());
  std::reverse(traces.begin(), traces.end());
  if (traces.size() > limits::kMappedExceptionsMax) {
    traces.resize(limits::kMappedExceptionsMax);
  }
  for (StackTrace& trace : traces) {
    std::reverse(trace.frames.begin(), trace.frames.end());
    if (trace.frames.size() <= limits::kStackFramesMax) continue;
    trace.omitted =
        static_cast<int64_t>(trace.frames.size() - limits::kStackFramesMax);
    trace.frames.resize(limits::kStackFramesMax);
  }
  traces.front().type = traces.front().message = {};
  return traces;
}

// "    at label (path:line:column)" or "    at path:line:column".
bool JavaScriptFrame(std::string_view line, StackFrame& frame) {
  const std::string_view text = Trim(line);
  if (line.empty() || line[0] != ' ' || !text.starts_with("at ")) return false;
  std::string_view place = text.substr(3);
  if (text.ends_with(')')) {
    const size_t open = text.rfind('(');
    if (open == kNone) return false;
    frame.label = Trim(text.substr(3, std::max<size_t>(open, 3) - 3));
    place = text.substr(open + 1, text.size() - open - 2);
  }
  const size_t column = place.rfind(':');
  if (column == kNone || column == 0) {
    frame.path = place;  // "native", "<anonymous>".
  } else {
    SetPlace(place.substr(0, column), frame);
  }
  return true;
}

// "   at Space.Type.Method(args) in path:line 12"
bool DotnetFrame(std::string_view line, StackFrame& frame) {
  constexpr std::string_view kIn = " in ", kLine = ":line ";
  const std::string_view text = Trim(line);
  if (line.empty() || line[0] > ' ' || !text.starts_with("at ")) return false;
  const size_t in = text.rfind(kIn);
  frame.label =
      text.substr(3, in == kNone ? kNone : std::max<size_t>(in, 3) - 3);
  if (in == kNone) return true;
  const std::string_view place = text.substr(in + kIn.size());
  const size_t colon = place.rfind(kLine);
  frame.path = place.substr(0, colon);
  if (colon != kNone) frame.line = Number(place.substr(colon + kLine.size()));
  return true;
}

std::vector<StackTrace> ReadLines(std::string_view text,
                                  bool (*read)(std::string_view, StackFrame&)) {
  std::vector<StackTrace> traces(1);
  Lines lines(text);
  for (std::string_view line; lines.Next(line);) {
    StackFrame frame;
    if (read(line, frame)) Add(frame, traces.front());
  }
  return traces;
}

// Two lines a frame: "package.function(args)", "\tpath:line +0x1f".
std::vector<StackTrace> ReadGo(std::string_view text) {
  std::vector<StackTrace> traces(1);
  Lines lines(text);
  std::string_view label;
  for (std::string_view line; lines.Next(line);) {
    if (!line.starts_with('\t')) {
      label = line.starts_with("goroutine ") ? std::string_view() : line;
      continue;
    }
    if (label.empty()) continue;
    StackFrame frame{.path = {}, .line = 0, .label = label};
    SetPlace(Trim(line.substr(0, line.rfind(" +0x"))), frame);
    Add(frame, traces.front());
    label = {};
  }
  return traces;
}

}  // namespace

StackLanguage StackLanguageOf(std::string_view name) {
  if (name == "java" || name == "php") return StackLanguage::kJava;
  if (name == "python") return StackLanguage::kPython;
  if (name == "javascript" || name == "nodejs" || name == "webjs") {
    return StackLanguage::kJavaScript;
  }
  if (name == "dotnet") return StackLanguage::kDotnet;
  if (name == "go") return StackLanguage::kGo;
  return StackLanguage::kOther;
}

std::vector<StackTrace> ReadStackTrace(StackLanguage language,
                                       std::string_view text) {
  switch (language) {
    case StackLanguage::kJava:
      return ReadJava(text);
    case StackLanguage::kPython:
      return ReadPython(text);
    case StackLanguage::kJavaScript:
      return ReadLines(text, JavaScriptFrame);
    case StackLanguage::kDotnet:
      return ReadLines(text, DotnetFrame);
    case StackLanguage::kGo:
      return ReadGo(text);
    case StackLanguage::kOther:
      break;
  }
  return std::vector<StackTrace>(1);
}

}  // namespace roentgen::storage

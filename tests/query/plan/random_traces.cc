#include "tests/query/plan/random_traces.h"

#include <array>
#include <cstdio>

#include "tests/support/segments.h"

namespace roentgen::testing_support {
namespace {

constexpr uint64_t kSegmentIds = 4;    // 1 to 4.
constexpr uint64_t kFirstCallId = 11;  // 11 to 18.
constexpr uint64_t kCallIds = 8;
constexpr uint64_t kMissingId = 99;

constexpr std::array<const char*, 4> kNames = {"shop", "pricing", "api",
                                               "carts"};
// As JSON: some hold a zero, the separator of the index's keys.
constexpr std::array<const char*, 7> kOrigins = {"AWS::EC2::Instance",
                                                 "AWS::ECS::Container",
                                                 "AWS::EC2::Instance",
                                                 "client",
                                                 "remote",
                                                 "",
                                                 R"(EC2\u0000111)"};
constexpr std::array<const char*, 4> kAccounts = {"111", "222", "",
                                                  R"(111\u0001)"};
constexpr std::array<double, 12> kSeconds = {0,      0.0004, 0.0005, 0.001,
                                             0.0015, 0.2995, 0.3,    0.3004999,
                                             0.3005, 1,      2.5,    7};
constexpr std::array<int, 10> kStatuses = {200, 200, 404, 429, 500,
                                           0,   -1,  -5,  201, 1'000'000'000};

std::string Text(const std::string& key, const std::string& json) {
  return "\"" + key + "\":\"" + json + "\",";
}

// A list of members that each end with a comma, as an object.
std::string Object(std::string members) {
  if (!members.empty()) members.pop_back();
  return "{" + members + "}";
}

}  // namespace

std::vector<std::string> RandomTraces::Trace(uint64_t trace) {
  std::vector<std::string> out;
  // Mostly there is a root; sometimes several, sometimes none.
  if (Chance(85)) out.push_back(Segment(trace, 1, 0, false));
  for (uint64_t n = Below(4); n > 0; --n) out.push_back(Document(trace));
  if (out.empty()) out.push_back(Document(trace));
  return out;
}

std::string RandomTraces::Document(uint64_t trace) {
  const uint64_t kind = Below(10);
  uint64_t parent = kFirstCallId + Below(kCallIds);
  if (kind < 2) parent = 0;
  if (kind == 2) parent = 1 + Below(kSegmentIds);
  if (kind == 3) parent = kMissingId;
  if (parent != 0 && Chance(25)) {
    const uint64_t to = Chance(70) ? 1 + Below(kSegmentIds) : parent;
    return Segment(trace, kFirstCallId + Below(kCallIds), to, true);
  }
  return Segment(trace, 1 + Below(kSegmentIds), parent, false);
}

std::string RandomTraces::Segment(uint64_t trace, uint64_t id, uint64_t parent,
                                  bool subsegment) {
  std::string out = Text("trace_id", TraceNumber(trace).ToString()) +
                    Text("id", EntityText(id)) + Text("name", OneOf(kNames));
  if (subsegment) out += Text("type", "subsegment");
  if (parent != 0) out += Text("parent_id", EntityText(parent));
  if (subsegment && Chance(60)) {
    out += Text("namespace", Chance(50) ? "remote" : "aws");
  }
  out += Times(true) + Members(!subsegment) + Subsegments(2);
  return Object(out);
}

std::string RandomTraces::Times(bool may_be_open) {
  const double start = options_.start + 0.25 * double(Below(240));
  char text[96];
  if (may_be_open && Chance(20)) {
    std::snprintf(text, sizeof(text),
                  "\"start_time\":%.7f,\"in_progress\":true,", start);
  } else {
    std::snprintf(text, sizeof(text), "\"start_time\":%.7f,\"end_time\":%.7f,",
                  start, start + OneOf(kSeconds));
  }
  return text;
}

std::string RandomTraces::Members(bool segment) {
  std::string out;
  for (const char* flag : {"fault", "error", "throttle"}) {
    if (Chance(12)) {
      out += "\"" + std::string(flag) + "\":" + (Chance(85) ? "true" : "false");
      out += ",";
    }
  }
  if (segment && Chance(70)) out += Text("origin", OneOf(kOrigins));
  if (Chance(25)) out += Text("user", OneOf(std::array{"alice", "bob", ""}));
  if (Chance(15)) {
    out += Text("resource_arn", OneOf(std::array{"arn:aws:ecs:x", ""}));
  }
  if (Chance(60)) out += "\"http\":" + Http() + ",";
  if (Chance(50)) out += "\"aws\":" + Aws(segment) + ",";
  if (Chance(25)) out += "\"cause\":" + Cause() + ",";
  if (Chance(50)) out += "\"annotations\":" + Annotations() + ",";
  return out;
}

std::string RandomTraces::Http() {
  std::string request, response;
  if (Chance(70)) {
    request += Text(
        "url", OneOf(std::array{"https://shop/cart", "https://pricing/p", ""}));
  }
  if (Chance(70)) {
    request += Text("method", OneOf(std::array{"GET", "POST", "get"}));
  }
  if (Chance(40)) request += Text("user_agent", "curl/8");
  if (Chance(40)) request += Text("client_ip", "198.51.100.7");
  if (Chance(80)) {
    response = "\"status\":" + std::to_string(OneOf(kStatuses)) + ",";
  }
  return Object("\"request\":" + Object(request) +
                ",\"response\":" + Object(response) + ",");
}

std::string RandomTraces::Aws(bool segment) {
  std::string out;
  if (Chance(50)) out += Text("account_id", OneOf(kAccounts));
  if (Chance(60)) {
    out += "\"ec2\":" +
           Object(Text("availability_zone",
                       OneOf(std::array{"us-west-2a", "us-west-2b", ""})) +
                  Text("instance_id", OneOf(std::array{"i-0aa", "i-0bb"}))) +
           ",";
  }
  if (!segment) {
    out += Text("operation", "GetItem");
    if (Chance(60)) {
      out += Text("table_name", OneOf(std::array{R"(carts)", R"(x\u0000y)"}));
    }
  }
  return Object(out);
}

std::string RandomTraces::Cause() {
  if (Chance(20)) return "\"" + EntityText(500 + Below(2)) + "\"";
  return Object(
      "\"exceptions\":[" +
      Object(Text("id", EntityText(500 + Below(2))) +
             Text("type", OneOf(std::array{"TimeError", "ValueErr"})) +
             Text("message", "late")) +
      "],");
}

std::string RandomTraces::Annotations() {
  std::string out;
  if (Chance(40)) {
    out += Text("tier", OneOf(std::array{"gold", "Gold", "", "old"}));
  }
  if (Chance(40)) {
    out += "\"age\":" +
           std::string(OneOf(
               std::array{"31", "29.5", "-31", "0", "-0.0", "1e300", "1"})) +
           ",";
  }
  if (Chance(30)) {
    out += std::string("\"beta\":") + (Chance(50) ? "true," : "false,");
  }
  if (Chance(50)) {
    out += "\"mix\":" +
           std::string(OneOf(std::array{"\"gold\"", "31", "true", "false",
                                        "\"true\"", "\"\"", "0", "\"31\""})) +
           ",";
  }
  if (Chance(15)) out += Text("dot.ted", "gold");
  if (options_.unique_texts) {
    char text[64];
    std::snprintf(text, sizeof(text), "%016llx%016llx",
                  static_cast<unsigned long long>(random_()),
                  static_cast<unsigned long long>(random_()));
    out += Text("unique", Chance(90) ? text : "gold");
  }
  if (options_.extra_keys != 0) {
    const std::string key = "key" + std::to_string(Below(options_.extra_keys));
    out += Chance(50) ? Text(key, "gold") : "\"" + key + "\":31,";
  }
  return Object(out);
}

std::string RandomTraces::Subsegments(int depth) {
  if (depth == 0 || Chance(45)) return "";
  std::string list;
  for (uint64_t n = 1 + Below(2); n > 0; --n) {
    std::string one =
        Text("id", EntityText(kFirstCallId + Below(kCallIds))) + Times(true);
    const uint64_t kind = Below(5);
    if (kind == 0) {
      one += Text("name", "DynamoDB") + Text("namespace", "aws");
    } else if (kind == 1) {
      one += Text("name", "db@host") + Text("namespace", "remote") +
             R"("sql":{"url":"jdbc:x","database_type":"MySQL"},)";
    } else {
      one += Text("name", OneOf(kNames));
      if (kind < 4) one += Text("namespace", Chance(70) ? "remote" : "aws");
    }
    one += Members(false) + Subsegments(depth - 1);
    list += Object(one) + ",";
  }
  list.pop_back();
  return "\"subsegments\":[" + list + "],";
}

}  // namespace roentgen::testing_support

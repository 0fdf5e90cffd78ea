#include "bench/support/segment_generator.h"

#include <cstdio>

namespace roentgen::bench {
namespace {

constexpr const char* kServices[] = {
    "shop-front", "checkout",  "pricing",   "inventory", "payments",
    "shipping",   "catalogue", "reviews",   "search",    "accounts",
    "mailer",     "recommend", "gateway",   "billing",   "fraud-check",
    "images",     "sessions",  "audit-log", "ledger",    "notify"};
constexpr const char* kOrigins[] = {"AWS::EC2::Instance", "AWS::ECS::Container",
                                    "AWS::Lambda::Function",
                                    "AWS::ElasticBeanstalk::Environment"};
constexpr const char* kMethods[] = {"GET", "GET", "GET", "POST", "PUT"};
constexpr const char* kRegions[] = {"eu-west-1", "us-east-1", "us-west-2",
                                    "ap-south-1"};
constexpr const char* kPaths[] = {"cart", "items", "orders", "users", "search",
                                  "pay",  "stock", "quote",  "ship"};
constexpr const char* kAgents[] = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15",
    "okhttp/4.12.0", "curl/8.5.0"};

template <typename... Args>
std::string Format(const char* format, Args... args) {
  char buffer[1024];
  const int n = std::snprintf(buffer, sizeof(buffer), format, args...);
  return std::string(buffer, static_cast<size_t>(n));
}

std::string Seconds(int64_t us) {
  return Format("%lld.%06lld", static_cast<long long>(us / 1'000'000),
                static_cast<long long>(us % 1'000'000));
}

}  // namespace

struct SegmentGenerator::Call {
  std::string parent;  // Id of the calling subsegment; empty for the root.
  uint64_t service = 0;
  int64_t start_us = 0;
  int64_t duration_us = 0;
  int depth = 0;
  bool fault = false;
  // Of the whole trace.
  uint64_t tenant = 0;
  uint64_t customer = 0;
  bool enterprise = false;
};

std::string SegmentGenerator::Hex(int digits) {
  std::string out;
  for (int left = digits; left > 0; left -= 8) {
    out += Format("%08x", static_cast<unsigned>(random_()));
  }
  out.resize(static_cast<size_t>(digits));
  return out;
}

uint64_t SegmentGenerator::Skewed(uint64_t bound) {
  const uint64_t a = Below(bound);
  const uint64_t b = Below(bound);
  return a * b / bound;
}

std::vector<std::string> SegmentGenerator::Trace(int64_t start_us) {
  const std::string trace =
      Format("1-%08llx-",
             static_cast<unsigned long long>(start_us / 1'000'000)) +
      Hex(24);
  std::vector<Call> calls;
  calls.push_back(
      {.parent = "",
       .service = Skewed(20),
       .start_us = start_us,
       .duration_us = 20'000 + static_cast<int64_t>(Skewed(900'000)),
       .depth = 0,
       .fault = Chance(3),
       .tenant = Skewed(200),
       .customer = Below(100'000),
       .enterprise = Chance(10)});
  std::vector<std::string> documents;
  // Calls grows while segments are written.
  for (size_t i = 0; i < calls.size() && documents.size() < 9; ++i) {
    const Call call = calls[i];
    documents.push_back(Segment(trace, call, calls));
  }
  return documents;
}

std::vector<std::string> SegmentGenerator::Documents(size_t count,
                                                     int64_t start_us) {
  std::vector<std::string> out;
  while (out.size() < count) {
    start_us += static_cast<int64_t>(Below(2'000));
    for (std::string& d : Trace(start_us)) {
      if (out.size() < count) out.push_back(std::move(d));
    }
  }
  return out;
}

std::string SegmentGenerator::Segment(const std::string& trace,
                                      const Call& call,
                                      std::vector<Call>& calls) {
  const int64_t end_us = call.start_us + call.duration_us;
  const int status = call.fault ? 500 : Chance(4) ? 404 : 200;
  const char* name = kServices[call.service];
  std::string out =
      Format(R"({"id":"%s","name":"%s","start_time":%s,)", Hex(16).c_str(),
             name, Seconds(call.start_us).c_str());
  out += Format(R"("trace_id":"%s","end_time":%s,"in_progress":false,)",
                trace.c_str(), Seconds(end_us).c_str());
  if (!call.parent.empty()) {
    out += "\"parent_id\":\"" + call.parent + "\",";
  } else {
    out += Format(R"("user":"user-%llu",)",
                  static_cast<unsigned long long>(Skewed(100'000)));
  }
  out += Format(
      R"("http":{"request":{"method":"%s","url":"https://%s.example.com/api/%s/%llu","user_agent":"%s","client_ip":"10.%llu.%llu.%llu"},)",
      kMethods[Below(5)], name, kPaths[Skewed(9)],
      static_cast<unsigned long long>(Skewed(50'000)), kAgents[Below(4)],
      static_cast<unsigned long long>(Below(4)),
      static_cast<unsigned long long>(Below(256)),
      static_cast<unsigned long long>(Below(256)));
  out += Format(R"("response":{"status":%d,"content_length":%llu}},)", status,
                static_cast<unsigned long long>(Skewed(20'000)));
  if (call.fault) out += "\"fault\":true,";
  if (status == 404) out += "\"error\":true,";
  out += Format(
      R"("origin":"%s","aws":{"xray":{"sdk":"X-Ray for Node.js","sdk_version":"3.10.3"},"ec2":{"instance_id":"i-%08llx","availability_zone":"%sa"}},)",
      kOrigins[call.service % 4],
      static_cast<unsigned long long>(call.service) * 7919 + Below(3),
      kRegions[call.service % 4]);
  out += Format(
      R"("annotations":{"tenant":"tenant-%llu","customer":"c-%llu","plan":"%s","cached":%s,"items":%llu%s},)",
      static_cast<unsigned long long>(call.tenant),
      static_cast<unsigned long long>(call.customer),
      call.enterprise ? "enterprise" : "free", Chance(25) ? "true" : "false",
      static_cast<unsigned long long>(Skewed(40)),
      Below(5'000) == 0 ? ",\"incident\":\"open\"" : "");
  if (Chance(10)) {
    out += Format(
        R"("metadata":{"default":{"request":{"id":"%s","attempt":%llu,"flags":["a","b"]}}},)",
        Hex(12).c_str(), static_cast<unsigned long long>(Below(4)));
  }
  if (call.fault) {
    out += Format(
        R"("cause":{"working_directory":"/srv/app","exceptions":[{"id":"%s","type":"TimeoutError","message":"upstream timed out","stack":[{"path":"/srv/app/lib/client.js","line":%llu,"label":"request"},{"path":"/srv/app/index.js","line":42,"label":"main"}]}]},)",
        Hex(16).c_str(), static_cast<unsigned long long>(Below(900)));
  }
  return out + Subsegments(call, end_us, calls) + "}";
}

std::string SegmentGenerator::Subsegments(const Call& call, int64_t end_us,
                                          std::vector<Call>& calls) {
  std::string out = "\"subsegments\":[";
  const int count = 2 + static_cast<int>(Below(3));
  const int64_t slice = (end_us - call.start_us) / (count + 1);
  for (int i = 0; i < count; ++i) {
    const int64_t begin = call.start_us + i * slice + 50;
    const int64_t end = begin + slice - static_cast<int64_t>(Below(50));
    const std::string id = Hex(16);
    if (i > 0) out += ',';
    out += Format(R"({"id":"%s","start_time":%s,"end_time":%s,)", id.c_str(),
                  Seconds(begin).c_str(), Seconds(end).c_str());
    if (Chance(40) && call.depth < 4) {
      const uint64_t callee = Skewed(20);
      const bool fault = call.fault && Chance(70);
      out += Format(
          R"("name":"%s.example.com","namespace":"remote","http":{"request":{"method":"GET","url":"https://%s.example.com/api/%s"},"response":{"status":%d}}%s})",
          kServices[callee], kServices[callee], kPaths[Below(9)],
          fault ? 500 : 200, fault ? ",\"fault\":true" : "");
      calls.push_back({.parent = id,
                       .service = callee,
                       .start_us = begin + 100,
                       .duration_us = std::max<int64_t>(end - begin - 200, 10),
                       .depth = call.depth + 1,
                       .fault = fault,
                       .tenant = call.tenant,
                       .customer = call.customer,
                       .enterprise = call.enterprise});
    } else if (Chance(50)) {
      out += Format(
          R"("name":"DynamoDB","namespace":"aws","http":{"response":{"status":200}},"aws":{"operation":"%s","region":"%s","request_id":"%s","table_name":"%s-table","retries":0,"resource_names":["%s-table"]}})",
          Chance(60) ? "GetItem" : "Query", kRegions[call.service % 4],
          Hex(32).c_str(), kServices[call.service], kServices[call.service]);
    } else {
      out += Format(R"("name":"## %s.handler"})", kPaths[Below(9)]);
    }
  }
  return out + "]";
}

}  // namespace roentgen::bench

#include "bench/search/query_suite.h"

#include <tuple>
#include <utility>

#include "bench/search/store_fill.h"

namespace roentgen::bench {
namespace {

using storage::FindOrder;
using storage::GroupBy;
using Kind = NamedQuery::Kind;

std::string Number(Random& random, uint64_t bound) {
  return std::to_string(random() % bound);
}

std::string Customer(Random& random) {
  return "annotation.customer = \"c-" + Number(random, 100'000) + "\"";
}

std::string Tenant(Random& random) {
  return "annotation.tenant = \"tenant-" + Number(random, 100) + "\"";
}

// The generator calls these often, seldom and in between.
std::string Service(Random& random) {
  static constexpr const char* kNames[] = {"shop-front", "payments", "search",
                                           "billing", "images"};
  return std::string("service(\"") + kNames[random() % 5] + "\")";
}

std::string UrlContains(Random& random) {
  return "http.url CONTAINS \"/" + Number(random, 50'000) + "\"";
}

std::function<std::string(Random&)> Always(std::string expression) {
  return [expression = std::move(expression)](Random&) { return expression; };
}

std::string Edge(Random& random) {
  static constexpr const char* kTargets[] = {"checkout", "pricing", "mailer"};
  return std::string("edge(\"shop-front\", \"") + kTargets[random() % 3] +
         "\")";
}

std::vector<NamedQuery> Pages() {
  return {
      {"customer, one of 100,000", 20, Customer},
      {"service and rare tag", 20,
       [](Random& r) {
         return Service(r) + " AND annotation.incident = \"open\"";
       }},
      {"broad annotation (10 %)", 20,
       Always("annotation.plan = \"enterprise\"")},
      {"tenant, one of 200", 20, Tenant},
      {"service(x)", 20, Service},
      {"absent value", 5,
       [](Random& r) {
         return "annotation.customer = \"x-" + Number(r, 1'000'000) + "\"";
       }},
      {"absent key", 5,
       [](Random& r) {
         return "annotation.key" + Number(r, 1'000'000) + " = \"x\"";
       }},
      {"AND, OR, NOT", 50,
       [](Random& r) {
         return Tenant(r) + " AND (error OR responsetime > 0.3) AND !" +
                Service(r);
       }},
      {"responsetime > x", 20,
       [](Random& r) { return "responsetime > 0." + Number(r, 9); }},
      {"http.status >= 500", 20, Always("http.status >= 500")},
      {"service(x) {fault}", 20,
       [](Random& r) { return Service(r) + " {fault}"; }},
      {"edge(x, y)", 20, Edge},
      {"edge(x, y) {fault}", 20,
       [](Random& r) { return Edge(r) + " {fault}"; }},
      {"user =", 20,
       [](Random& r) { return "user = \"user-" + Number(r, 50'000) + "\""; }},
      {"http.url CONTAINS", 0, UrlContains},
      {"root cause of faults", 0,
       Always("rootcause.fault.service { name = \"payments\" }")},
      {"no filter", 20, Always("")},
      {"longest 100 of all", 200, Always(""), Kind::kPage,
       FindOrder::kDuration},
      {"longest 100 of a service", 200, Service, Kind::kPage,
       FindOrder::kDuration},
  };
}

std::vector<NamedQuery> Figures() {
  constexpr absl::Duration kNarrow = absl::Minutes(15);
  const auto figures = [](std::string name, double target,
                          std::function<std::string(Random&)> expression,
                          GroupBy group_by, std::string key = "") {
    return NamedQuery{std::move(name), target,           std::move(expression),
                      Kind::kFigures,  FindOrder::kTime, group_by,
                      std::move(key)};
  };
  std::vector<NamedQuery> all = {
      figures("count: http.url CONTAINS", 0, UrlContains, GroupBy::kNone),
      figures("count: broad annotation", 0,
              Always("annotation.plan = \"enterprise\""), GroupBy::kNone),
      figures("by service", 200, Always(""), GroupBy::kService),
      figures("by service of a filter", 200, Tenant, GroupBy::kService),
      figures("by tenant", 0, Always(""), GroupBy::kAnnotation, "tenant"),
      figures("by url of a service", 0, Always("service(\"images\")"),
              GroupBy::kUrl),
  };
  for (auto query :
       {figures("15 min: by service", 20, Always(""), GroupBy::kService),
        figures("15 min: by url", 0, Always(""), GroupBy::kUrl),
        figures("15 min: by customer", 0, Always(""), GroupBy::kAnnotation,
                "customer")}) {
    query.window = kNarrow;
    all.push_back(std::move(query));
  }
  return all;
}

// A window of the day.
std::pair<Timestamp, Timestamp> WindowOf(const NamedQuery& query,
                                         Random& random) {
  const int64_t slack = absl::ToInt64Seconds(absl::Hours(24) - query.window);
  const Timestamp begin =
      kDayBegin +
      absl::Seconds(static_cast<int64_t>(random() % 86'400) % (slack + 1));
  return {begin, begin + query.window};
}

}  // namespace

std::vector<NamedQuery> QuerySuite() {
  std::vector<NamedQuery> all = Pages();
  for (NamedQuery& query : Figures()) all.push_back(std::move(query));
  return all;
}

query::TraceSummariesRequest PageOf(const NamedQuery& query, Random& random) {
  query::TraceSummariesRequest request;
  std::tie(request.start, request.end) = WindowOf(query, random);
  request.filter_expression = query.expression(random);
  request.order = query.order;
  return request;
}

query::TraceFiguresRequest FiguresOf(const NamedQuery& query, Random& random) {
  query::TraceFiguresRequest request;
  std::tie(request.start, request.end) = WindowOf(query, random);
  request.filter_expression = query.expression(random);
  request.group_by = query.group_by;
  request.annotation_key = query.annotation_key;
  return request;
}

}  // namespace roentgen::bench

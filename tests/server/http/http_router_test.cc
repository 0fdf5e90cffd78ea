#include "server/http/http_router.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

// Operation and named parts of what is found; "404", or "405 " and the methods.
std::string Found(const HttpRouter& router, std::string_view method,
                  std::string_view path) {
  const auto found = router.Find(method, path);
  if (const auto* none = std::get_if<HttpRouter::NoRoute>(&found)) {
    const std::string status = std::to_string(none->error.http_status);
    return none->allow.empty() ? status : status + " " + none->allow;
  }
  const auto& match = std::get<HttpRouter::Match>(found);
  std::string out = match.route->operation;
  for (const auto& [name, value] : match.parameters) {
    out += " " + name + "=" + value;
  }
  return out;
}

HttpRouter RouterOf(
    const std::vector<std::pair<std::string, std::string>>& routes) {
  HttpRouter router;
  for (const auto& [method, path] : routes) {
    router.Add({.method = method,
                .path = path,
                .operation = method + ":" + path,
                .handler = {}});
  }
  return router;
}

struct Vector {
  std::string_view method;
  std::string_view path;
  std::string_view found;
};

TEST(HttpRouter, FindsPathsAndNamedParts) {
  const HttpRouter router = RouterOf({{"GET", "/traces"},
                                      {"POST", "/traces"},
                                      {"GET", "/traces/{id}"},
                                      {"GET", "/traces/new"},
                                      {"POST", "/traces/{id}/spans/{span}"},
                                      {"GET", "/{any}/last"},
                                      {"DELETE", "/services/{name}"}});
  const std::vector<Vector> vectors = {
      {"GET", "/traces", "GET:/traces"},
      {"POST", "/traces", "POST:/traces"},
      {"HEAD", "/traces", "GET:/traces"},
      {"PUT", "/traces", "405 GET, POST"},
      {"get", "/traces", "405 GET, POST"},
      {"GET", "/Traces", "404"},
      {"GET", "/traces/", "404"},
      {"GET", "//traces", "404"},
      {"GET", "", "404"},
      {"GET", "/", "404"},
      {"GET", "traces", "404"},
      {"GET", "/traces/abc", "GET:/traces/{id} id=abc"},
      {"HEAD", "/traces/abc", "GET:/traces/{id} id=abc"},
      // A path without named parts goes first, whenever it was added.
      {"GET", "/traces/new", "GET:/traces/new"},
      {"POST", "/traces/abc", "405 GET"},
      {"POST", "/traces/a/spans/b",
       "POST:/traces/{id}/spans/{span} id=a span=b"},
      {"POST", "/traces/a/spans", "404"},
      {"POST", "/traces/a/spans/", "404"},
      {"POST", "/traces//spans/b", "404"},
      {"POST", "/traces/a/spans/b/", "404"},
      {"POST", "/traces/a/Spans/b", "404"},
      // Of two that have them, the one that was added first.
      {"GET", "/traces/last", "GET:/traces/{id} id=last"},
      {"GET", "/x/last", "GET:/{any}/last any=x"},
      {"DELETE", "/services/a%2Fb", "DELETE:/services/{name} name=a/b"},
      {"DELETE", "/services/a+b%20c", "DELETE:/services/{name} name=a+b c"},
      {"DELETE", "/services/%C3%A9", "DELETE:/services/{name} name=\u00e9"},
      {"DELETE", "/services/a/b", "404"},
      {"DELETE", "/services/%", "404"},
      {"DELETE", "/services/%zz", "404"},
      // The name of a part is not the part.
      {"DELETE", "/services/{name}", "DELETE:/services/{name} name={name}"},
      // Only named parts are decoded.
      {"GET", "/%74races", "404"},
  };
  for (const Vector& vector : vectors) {
    EXPECT_EQ(Found(router, vector.method, vector.path), vector.found)
        << vector.method << " " << vector.path;
  }
}

TEST(HttpRouter, LongestPrefixServesWhatNoPathDoes) {
  const HttpRouter router = RouterOf({{"GET", "/*"},
                                      {"GET", "/assets/*"},
                                      {"POST", "/assets/*"},
                                      {"GET", "/assets/deep/er/*"},
                                      {"GET", "/assets/one.js"},
                                      {"PUT", "/assets/{name}/meta"}});
  const std::vector<Vector> vectors = {
      {"GET", "/assets/two.js", "GET:/assets/* *=two.js"},
      {"HEAD", "/assets/two.js", "GET:/assets/* *=two.js"},
      {"POST", "/assets/two.js", "POST:/assets/* *=two.js"},
      {"GET", "/assets/a/b/c", "GET:/assets/* *=a/b/c"},
      {"GET", "/assets/", "GET:/assets/* *="},
      {"GET", "/assets//", "GET:/assets/* *=/"},
      {"GET", "/assets/deep/er/x", "GET:/assets/deep/er/* *=x"},
      {"GET", "/assets/deep/er", "GET:/assets/* *=deep/er"},
      {"GET", "/assets/deep/erx/y", "GET:/assets/* *=deep/erx/y"},
      // What is no prefix goes first, whatever its methods are.
      {"GET", "/assets/one.js", "GET:/assets/one.js"},
      {"POST", "/assets/one.js", "405 GET"},
      {"PUT", "/assets/x/meta", "PUT:/assets/{name}/meta name=x"},
      {"GET", "/assets/x/meta", "405 PUT"},
      {"DELETE", "/assets/two.js", "405 GET, POST"},
      {"POST", "/assets/deep/er/x", "405 GET"},
      // The prefix ends in its slash.
      {"GET", "/assets", "GET:/* *=assets"},
      {"GET", "/assetsx/y", "GET:/* *=assetsx/y"},
      {"GET", "/", "GET:/* *="},
      {"GET", "/Assets/two.js", "GET:/* *=Assets/two.js"},
      // Decoded, but only behind the prefix; never climbed.
      {"GET", "/assets/a%2Fb%20c+d", "GET:/assets/* *=a/b c+d"},
      {"GET", "/assets/../x", "GET:/assets/* *=../x"},
      {"GET", "/assets/%2e%2e%2fx", "GET:/assets/* *=../x"},
      {"GET", "/%61ssets/x", "GET:/* *=assets/x"},
      {"GET", "/assets/%", "404"},
      {"GET", "/assets/%zz", "404"},
      {"GET", "assets/x", "404"},
      {"GET", "", "404"},
      {"GET", "*", "404"},
      {"GET", "/*", "GET:/* *=*"},
  };
  for (const Vector& vector : vectors) {
    EXPECT_EQ(Found(router, vector.method, vector.path), vector.found)
        << vector.method << " " << vector.path;
  }
}

TEST(HttpRouter, HasNoRoutesAtFirst) {
  EXPECT_EQ(Found(HttpRouter(), "GET", "/"), "404");
}

TEST(HttpRouter, MannersAreOfOnePath) {
  HttpRouter router = RouterOf({{"GET", "/a"}});
  router.SetManners("/b", {.body_limit = BodyLimit{.bytes = 7, .setting = {}}});
  EXPECT_EQ(router.MannersOf("/b").body_limit->bytes, 7u);
  EXPECT_FALSE(router.MannersOf("/a").body_limit);
  EXPECT_FALSE(router.MannersOf("/none").body_limit);
}

TEST(HttpRouter, MannersMayBeOfAPattern) {
  HttpRouter router = RouterOf({{"GET", "/a/{id}"}, {"GET", "/a/new"}});
  router.SetManners("/a/{id}",
                    {.body_limit = BodyLimit{.bytes = 7, .setting = {}}});
  EXPECT_EQ(router.MannersOf("/a/1").body_limit->bytes, 7u);
  EXPECT_FALSE(router.MannersOf("/a/1/2").body_limit);
  // It is another path's business.
  EXPECT_FALSE(router.MannersOf("/a/new").body_limit);
}

TEST(HttpRouter, MannersMayBeOfAPrefix) {
  HttpRouter router = RouterOf({{"GET", "/a/*"},
                                {"GET", "/a/new"},
                                {"GET", "/a/{id}/b"},
                                {"GET", "/a/deep/*"}});
  const auto limit = [&](std::string_view path) {
    const auto& found = router.MannersOf(path).body_limit;
    return found ? found->bytes : 0;
  };
  router.SetManners("/a/*",
                    {.body_limit = BodyLimit{.bytes = 7, .setting = {}}});
  router.SetManners("/c/*",
                    {.body_limit = BodyLimit{.bytes = 8, .setting = {}}});
  EXPECT_EQ(limit("/a/1"), 7u);
  EXPECT_EQ(limit("/a/1/2/3"), 7u);
  EXPECT_EQ(limit("/c/nothing/here"), 8u);
  // They are other paths' business.
  EXPECT_EQ(limit("/a/new"), 0u);
  EXPECT_EQ(limit("/a/1/b"), 0u);
  EXPECT_EQ(limit("/a/deep/1"), 0u);
  EXPECT_EQ(limit("/a"), 0u);
}

TEST(HttpRouter, ListsItsRoutes) {
  const HttpRouter router = RouterOf(
      {{"GET", "/a"}, {"POST", "/a"}, {"GET", "/a/{id}"}, {"GET", "/b/*"}});
  std::vector<std::string> operations;
  for (const HttpRoute* route : router.routes()) {
    operations.push_back(route->operation);
  }
  EXPECT_THAT(operations, testing::UnorderedElementsAre(
                              "GET:/a", "POST:/a", "GET:/a/{id}", "GET:/b/*"));
}

}  // namespace
}  // namespace roentgen::server

#include "server/config/listeners_of.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "server/config/config_loader.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

// "name protocol address apis auth space" of each.
std::vector<std::string> Told(const Config& config) {
  const auto listeners = ListenersOf(config);
  EXPECT_TRUE(listeners.ok()) << listeners.status();
  std::vector<std::string> out;
  if (!listeners.ok()) return out;
  for (const Listener& listener : *listeners) {
    std::string apis;
    for (const Api api : listener.apis) {
      apis += (apis.empty() ? "" : ",") + std::string(NameOf(api));
    }
    out.push_back(listener.name + " " + std::string(NameOf(listener.protocol)) +
                  " " + listener.address.ToString() + " " + apis + " " +
                  listener.auth.mode + "/" + listener.auth.keys_file + "/" +
                  listener.auth.unsigned_sampling + " " + listener.space);
  }
  return out;
}

Config Yaml(const std::string& text) {
  Config config;
  const absl::Status status = ApplyYaml(text, "x.yaml", config);
  EXPECT_TRUE(status.ok()) << status;
  return config;
}

// Of reading the file, or of what it makes.
std::string Fault(const std::string& text) {
  Config config;
  const absl::Status status = ApplyYaml(text, "x.yaml", config);
  return std::string(status.ok() ? ListenersOf(config).status().message()
                                 : status.message());
}

TEST(ListenersOfTest, ShortSettingsMakeTheList) {
  EXPECT_THAT(
      Told(Config()),
      testing::ElementsAre(
          "xray_http http 127.0.0.1:2000 xray,otlp off//loopback default",
          "xray_udp udp 127.0.0.1:2000 xray off//loopback default",
          "grpc grpc 127.0.0.1:4317 roentgen.v1,otlp,jaeger off//loopback "
          "default",
          "otlp_http http 127.0.0.1:4318 otlp off//loopback default",
          "admin_http http 127.0.0.1:16686 admin,jaeger off//loopback "
          "default"));
  EXPECT_THAT(
      Told(Yaml("xray: {http.listen: ['[::1]:1', '127.0.0.1:2'], "
                "udp.listen: []}\n"
                "grpc.listen: []\notlp.http.listen: []\n"
                "admin.http.listen: []\nzipkin.http.listen: 127.0.0.1:0\n"
                "jaeger.purge_listen: 127.0.0.1:0\n"
                "auth: {mode: verify, keys_file: k, "
                "unsigned_sampling: nobody}\n")),
      testing::ElementsAre(
          "xray_http http [::1]:1 xray,otlp verify/k/nobody default",
          "xray_http http 127.0.0.1:2 xray,otlp verify/k/nobody default",
          "zipkin_http http 127.0.0.1:0 zipkin verify/k/nobody default",
          "jaeger_purge http 127.0.0.1:0 purge verify/k/nobody default"));
  EXPECT_THAT(
      ShortListenerNames(),
      testing::ElementsAre("xray_http", "xray_udp", "grpc", "otlp_http",
                           "admin_http", "zipkin_http", "jaeger_purge"));
}

TEST(ListenersOfTest, ListReplacesThem) {
  EXPECT_THAT(
      Told(Yaml("auth: {mode: verify, keys_file: all.yaml}\n"
                "listeners:\n"
                "  - name: in\n"
                "    address: 127.0.0.1:2000\n"
                "    apis: [xray, otlp]\n"
                "    auth: {mode: 'off'}\n"
                "  - name: out\n"
                "    protocol: http\n"
                "    address: '*:443'\n"
                "    plaintext: allowed\n"
                "    apis: [jaeger, admin, zipkin, xray]\n"
                "    auth: {keys_file: readers.yaml, "
                "unsigned_sampling: anybody}\n"
                "    space: default\n"
                "  - {name: rpc, protocol: grpc, address: 'localhost:0', "
                "apis: [otlp]}\n"
                "  - {name: udp, protocol: udp, address: '127.0.0.1:2000', "
                "apis: [xray]}\n")),
      testing::ElementsAre(
          "in http 127.0.0.1:2000 xray,otlp off//loopback default",
          "out http 0.0.0.0:443 jaeger,admin,zipkin,xray "
          "verify/readers.yaml/anybody default",
          "rpc grpc 127.0.0.1:0 otlp verify/all.yaml/loopback default",
          "udp udp 127.0.0.1:2000 xray verify/all.yaml/loopback default"));
}

using Faults = std::vector<std::pair<std::string, std::string>>;

void ExpectFaults(const Faults& faults) {
  for (const auto& [text, fault] : faults) {
    EXPECT_THAT(Fault(text), HasSubstr(fault)) << text;
  }
}

// A good listener, and a second one with these fields.
std::string Second(const std::string& fields) {
  return "listeners:\n"
         "  - {name: a, address: '127.0.0.1:1', apis: [xray]}\n"
         "  - {" +
         fields + "}\n";
}

constexpr char kGood[] = "name: b, address: '127.0.0.1:2', ";

TEST(ListenersOfTest, ErrorsNameFieldAndValue) {
  ExpectFaults(
      {{"listeners: []", "x.yaml:1: listeners: expected a list of listeners"},
       {"listeners: a", "x.yaml:1: listeners: expected a list of listeners"},
       {"\nlisteners:\n", "listeners: expected a list of listeners"},
       {"listeners: [a]",
        "x.yaml:1: listeners[0]: expected a map of name, protocol, address, "
        "apis, auth, space"},
       {Second("name: b"), "x.yaml:3: listeners[1].address: is missing"},
       {Second("address: '127.0.0.1:2', apis: [xray]"),
        "x.yaml:3: listeners[1].name: is missing"},
       {Second("name: b, address: '127.0.0.1:2'"),
        "x.yaml:3: listeners[1].apis: is missing"},
       {Second(std::string(kGood) + "apis: [xray, foo]"),
        "x.yaml:3: listeners[1].apis: \"foo\" is no API; there are xray, "
        "roentgen.v1, otlp, jaeger, zipkin, admin, purge"},
       {Second(std::string(kGood) + "apis: [XRAY]"),
        "x.yaml:3: listeners[1].apis: \"XRAY\" is no API; there are xray, "
        "roentgen.v1, otlp, jaeger, zipkin, admin, purge"},
       {Second(std::string(kGood) + "apis: xray"),
        "x.yaml:3: listeners[1].apis: expected a list"},
       {Second(std::string(kGood) + "apis: [[xray]]"),
        "x.yaml:3: listeners[1].apis: \"\" is no API; there are xray, "
        "roentgen.v1, otlp, jaeger, zipkin, admin, purge"},
       {Second(std::string(kGood) + "apis: []"),
        "listeners[1].apis: at least one is needed; http serves xray, otlp, "
        "jaeger, zipkin, admin, purge"},
       {Second(std::string(kGood) + "apis: [xray, otlp, xray]"),
        "listeners[1].apis: \"xray\" is there twice"},
       {Second(std::string(kGood) + "apis: [roentgen.v1]"),
        "listeners[1].apis: \"roentgen.v1\" is not served over http, which "
        "serves xray, otlp, jaeger, zipkin, admin, purge"},
       {Second(std::string(kGood) + "apis: [zipkin], protocol: grpc"),
        "listeners[1].apis: \"zipkin\" is not served over grpc, which serves "
        "roentgen.v1, otlp, jaeger"},
       {Second(std::string(kGood) + "apis: [xray, otlp], protocol: udp"),
        "listeners[1].apis: \"otlp\" is not served over udp, which serves "
        "xray"},
       {Second(std::string(kGood) + "apis: [xray], protocol: tcp"),
        "x.yaml:3: listeners[1].protocol: \"tcp\" is none of http, grpc, udp"},
       {Second("name: b, apis: [xray], address: here"),
        "x.yaml:3: listeners[1].address: address 'here': expected host:port"},
       {Second("name: b, apis: [xray], address: ['127.0.0.1:2']"),
        "x.yaml:3: listeners[1].address: address '': expected host:port"}});
}

TEST(ListenersOfTest, TheyDoNotStandInEachOthersWay) {
  ExpectFaults(
      {{Second("name: b, apis: [xray], address: '127.0.0.1:1'"),
        "listeners[1].address: 127.0.0.1:1 is taken by listeners[0] "
        "(127.0.0.1:1)"},
       {Second("name: b, apis: [otlp], protocol: grpc, address: '127.0.0.1:1'"),
        "listeners[1].address: 127.0.0.1:1 is taken by listeners[0] "
        "(127.0.0.1:1)"},
       {Second("name: b, apis: [xray], address: '*:1'"),
        "listeners[1].address: 0.0.0.0:1 is taken by listeners[0] "
        "(127.0.0.1:1)"},
       {Second("name: b, apis: [xray], address: '[::]:1'"),
        "listeners[1].address: [::]:1 is taken by listeners[0] (127.0.0.1:1)"},
       {Second("name: a, apis: [xray], address: '127.0.0.1:2'"),
        "listeners[1].name: \"a\" is the name of listeners[0], too"},
       {Second("name: 'A b', apis: [xray], address: '127.0.0.1:2'"),
        "listeners[1].name: \"A b\" must have 1 to 64 small letters, digits, "
        "'_' or '-'"},
       {Second("name: " + std::string(65, 'b') +
               ", apis: [xray], address: '127.0.0.1:2'"),
        "listeners[1].name: \"" + std::string(65, 'b') +
            "\" must have 1 to 64 small letters, digits, '_' or '-'"},
       {Second("name: '', apis: [xray], address: '127.0.0.1:2'"),
        "x.yaml:3: listeners[1].name: expected a text"},
       {Second("name: [b], apis: [xray], address: '127.0.0.1:2'"),
        "x.yaml:3: listeners[1].name: expected a text"},
       {Second(std::string(kGood) + "name: c, apis: [xray]"),
        "x.yaml:3: listeners[1].name: is there twice"},
       {Second(std::string(kGood) + "apis: [xray], space: other"),
        "listeners[1].space: there is no space \"other\"; there is "
        "\"default\""}});
}

TEST(ListenersOfTest, WhatNobodyWouldHeedIsRefused) {
  ExpectFaults(
      {{Second(std::string(kGood) + "apis: [xray], colour: red"),
        "x.yaml:3: listeners[1]: \"colour\" is no field; there are name, "
        "protocol, address, apis, auth, space"},
       {Second(std::string(kGood) + "apis: [xray], auth: verify"),
        "x.yaml:3: listeners[1].auth: expected a map of mode, keys_file, "
        "unsigned_sampling"},
       {Second(std::string(kGood) + "apis: [xray], auth: {user: x}"),
        "x.yaml:3: listeners[1].auth: \"user\" is no field; there are mode, "
        "keys_file, unsigned_sampling"},
       {Second(std::string(kGood) + "apis: [xray], auth: {mode: some}"),
        "x.yaml:3: listeners[1].auth.mode: \"some\" must be one of "
        "off|shape|verify"},
       {Second(std::string(kGood) +
               "apis: [xray], auth: {mode: shape, unsigned_sampling: x}"),
        "x.yaml:3: listeners[1].auth.unsigned_sampling: \"x\" must be one of "
        "nobody|loopback|anybody"},
       {Second(std::string(kGood) + "apis: [xray], auth: {mode: verify}"),
        "listeners[1].auth.mode: 'verify' needs a keys_file, here or as "
        "auth.keys_file"},
       {Second(std::string(kGood) + "apis: [xray], auth: {keys_file: k}"),
        "listeners[1].auth.keys_file: 'k' is not read in mode off"},
       {Second(std::string(kGood) +
               "apis: [xray], auth: {mode: shape, keys_file: k}"),
        "listeners[1].auth.keys_file: 'k' is not read in mode shape"},
       {Second(std::string(kGood) +
               "apis: [xray], auth: {unsigned_sampling: nobody}"),
        "listeners[1].auth.unsigned_sampling: 'nobody' is for the API xray "
        "over "
        "http in another mode than off"},
       {Second(std::string(kGood) +
               "apis: [otlp], "
               "auth: {mode: shape, unsigned_sampling: nobody}"),
        "listeners[1].auth.unsigned_sampling: 'nobody' is for the API xray "
        "over "
        "http in another mode than off"},
       {Second("name: b, protocol: udp, address: '127.0.0.1:1', apis: [xray], "
               "auth: {mode: 'off'}"),
        "listeners[1].auth: datagrams have no key; auth.remote_udp says "
        "whether "
        "they are taken from other machines"},
       // Where any listener asks for keys, datagrams from afar go around them.
       {Second("name: b, protocol: udp, address: '*:1', apis: [xray], "
               "plaintext: allowed") +
            "  - {name: c, address: '127.0.0.1:3', apis: [otlp], "
            "auth: {mode: shape}}\n",
        "listeners[1] 0.0.0.0:1 takes segments without a key; set "
        "auth.remote_udp to allow that"},
       {"xray.http.listen: ['127.0.0.1:1', '127.0.0.1:1']",
        "xray.http.listen: 127.0.0.1:1 is taken by xray.http.listen "
        "(127.0.0.1:1)"},
       {"otlp.http.listen: 127.0.0.1:4317",
        "otlp.http.listen: 127.0.0.1:4317 is taken by grpc.listen "
        "(127.0.0.1:4317)"}});
}

TEST(ListenersOfTest, SomeAddressesStandSideBySide) {
  for (const char* other :
       {"name: b, address: '127.0.0.2:1'", "name: b, address: '[::1]:1'",
        "name: b, address: '127.0.0.1:2'"}) {
    EXPECT_EQ(Fault("listeners:\n"
                    "  - {name: a, address: '127.0.0.1:1', apis: [xray]}\n"
                    "  - {" +
                    std::string(other) +
                    ", apis: [otlp]}\n"
                    "  - {name: c, address: '127.0.0.1:0', apis: [otlp]}\n"
                    "  - {name: d, address: '127.0.0.1:0', apis: [otlp]}\n"
                    "  - {name: u, protocol: udp, address: '127.0.0.1:1', "
                    "apis: [xray]}\n"),
              "")
        << other;
  }
}

TEST(ListenersOfTest, ThereIsABoundOnThem) {
  std::string text = "listeners:\n";
  for (int i = 0; i < 64; ++i) {
    text += "  - {name: n" + std::to_string(i) +
            ", address: '127.0.0.1:0', apis: [otlp]}\n";
  }
  EXPECT_EQ(Fault(text), "");
  EXPECT_EQ(Fault(text + "  - {name: x, address: '127.0.0.1:0', "
                         "apis: [otlp]}\n"),
            "x.yaml:66: listeners: more than 64");
}

std::string Document() {
  std::ifstream file("docs/configuration.md", std::ios::binary);
  EXPECT_TRUE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ListenersOfTest, TheDocumentsExampleIsRight) {
  const std::string document = Document();
  const size_t list = document.find("\nlisteners:\n");
  ASSERT_NE(list, document.npos);
  constexpr std::string_view kFence = "```yaml\n";
  const size_t begin = document.rfind(kFence, list) + kFence.size();
  EXPECT_EQ(Fault(document.substr(begin, document.find("```", list) - begin)),
            "");
}

TEST(ListenersOfTest, TheDocumentSaysWhatIsServedWhere) {
  const std::string document = Document();
  for (const char* name :
       {"xray", "roentgen.v1", "otlp", "jaeger", "zipkin", "admin", "purge"}) {
    std::string told;  // "http, grpc" of its rows.
    const std::string row = "\n| `" + std::string(name) + "` | ";
    for (size_t at = document.find(row); at != document.npos;
         at = document.find(row, at + 1)) {
      const size_t begin = at + row.size();
      told += document.substr(begin, document.find(" |", begin) - begin) + ", ";
    }
    std::string is;
    for (const Protocol protocol :
         {Protocol::kHttp, Protocol::kGrpc, Protocol::kUdp}) {
      if (!CanServe(protocol, *FindApi(name))) continue;
      is += std::string(NameOf(protocol)) + ", ";
    }
    EXPECT_EQ(told, is) << name;
  }
}

// Whoever says both is told that one of them would not be heeded, wherever it
// stands.
TEST(ListenersOfTest, ListStandsAlone) {
  const std::string list =
      "listeners:\n  - {name: a, address: '127.0.0.1:1', apis: [xray]}\n";
  static int count = 0;
  const auto fault = [](const std::string& text,
                        const std::vector<std::string>& args = {},
                        const std::map<std::string, std::string>& env = {}) {
    const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/l" +
                             std::to_string(count++) + ".yaml";
    std::ofstream(path) << text;
    std::vector<std::string> all = {"--config", path};
    all.insert(all.end(), args.begin(), args.end());
    return std::string(LoadConfig(all, env).status().message());
  };
  EXPECT_EQ(fault(list), "");
  EXPECT_EQ(fault(list, {"--cors.allowed_origins=https://a"}), "");
  const std::string both =
      "listeners: they replace otlp.http.listen, which is given, too";
  EXPECT_EQ(fault(list + "otlp.http.listen: []\n"), both);
  EXPECT_EQ(fault("otlp.http.listen: [127.0.0.1:4318]\n" + list), both);
  EXPECT_EQ(fault(list, {"--otlp.http.listen="}), both);
  EXPECT_EQ(fault(list, {}, {{"ROENTGEN_OTLP_HTTP_LISTEN", ""}}), both);
  EXPECT_EQ(fault("", {"--listeners=x"}),
            "flag --listeners: they stand in the file alone");
  EXPECT_EQ(fault("", {}, {{"ROENTGEN_LISTENERS", "x"}}),
            "environment: listeners stand in the file alone");
  EXPECT_THAT(fault(list + list), HasSubstr("'listeners' twice"));
}

// A listener of this address with these fields, and settings above.
std::string One(const std::string& address, const std::string& fields,
                const std::string& settings = "") {
  return settings + "\nlisteners:\n  - {name: a, address: '" + address + "', " +
         (fields.find("apis") == fields.npos ? "apis: [otlp], " : "") + fields +
         "}\n";
}

constexpr char kPair[] = "tls: {certificate: c, key: k}";
constexpr char kSettings[] = "tls: {certificate: C, key: K}";
constexpr char kUdp[] = "protocol: udp, apis: [xray]";

TEST(ListenersOfTest, PlainTextBeyondLoopbackMustBeMeant) {
  for (const char* open :
       {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "*:0", "[::ffff:127.0.0.1]:1"}) {
    for (const char* protocol : {"http", "grpc"}) {
      const std::string how = std::string("protocol: ") + protocol;
      const std::string fault = Fault(One(open, how));
      for (const char* way_out :
           {"would speak plain text", "tls.certificate", "127.0.0.1",
            "unix:/path", "plaintext: allowed"}) {
        EXPECT_THAT(fault, HasSubstr(way_out)) << open;
      }
      EXPECT_EQ(Fault(One(open, how + ", plaintext: allowed")), "");
      EXPECT_EQ(Fault(One(open, how, "network.plaintext: allowed")), "");
      EXPECT_EQ(Fault(One(open, how + ", " + kPair)), "");
      EXPECT_EQ(Fault(One(open, how, kSettings)), "");
      EXPECT_THAT(Fault(One(open, how + ", tls: 'off'", kSettings)),
                  HasSubstr("would speak plain text"));
      EXPECT_THAT(Fault(One(open, how + ", plaintext: refused",
                            "network.plaintext: allowed")),
                  HasSubstr("would speak plain text"));
    }
    // There is no TLS for datagrams.
    for (const char* settings : {"", kSettings}) {
      const std::string fault = Fault(One(open, kUdp, settings));
      EXPECT_THAT(fault, HasSubstr("datagrams have no TLS"));
      EXPECT_THAT(fault, HasSubstr("unix:/path"));
    }
    EXPECT_EQ(Fault(One(open, std::string(kUdp) + ", plaintext: allowed")), "");
  }
  for (const char* setting :
       {"xray.http.listen", "xray.udp.listen", "grpc.listen",
        "otlp.http.listen", "admin.http.listen", "zipkin.http.listen",
        "jaeger.purge_listen"}) {
    const std::string text = std::string(setting) + ": '*:0'\n";
    EXPECT_THAT(Fault(text), HasSubstr("network.plaintext=allowed"));
    EXPECT_EQ(Fault(text + "network.plaintext: allowed"), "");
  }
  for (const char* local : {"127.0.0.1:1", "[::1]:1", "unix:/run/x.sock"}) {
    EXPECT_EQ(Fault(One(local, "protocol: http")), "") << local;
  }
}

TEST(ListenersOfTest, TlsIsThatOfTheListenerOrOfTheSettings) {
  const auto tls = [](const std::string& text) {
    const auto listeners = ListenersOf(Yaml(text));
    EXPECT_TRUE(listeners.ok()) << listeners.status();
    const ListenerTls& t = listeners->at(0).tls;
    return t.certificate + "|" + t.key + "|" + t.client_authorities + "|" +
           t.client_certificates + "|" + t.min_version + "|" + t.ciphers;
  };
  const std::string settings =
      "tls: {certificate: C, key: K, client_authorities: A, "
      "client_certificates: required, min_version: '1.3', ciphers: X}";
  EXPECT_EQ(tls(One("127.0.0.1:1", "protocol: http")), "|||||");
  EXPECT_EQ(tls(One("127.0.0.1:1", kPair)), "c|k||off|1.2|");
  EXPECT_EQ(tls(One("127.0.0.1:1", "protocol: grpc", settings)),
            "C|K|A|required|1.3|X");
  EXPECT_EQ(tls(One("127.0.0.1:1", "tls: 'off'", settings)), "|||||");
  EXPECT_EQ(tls(One("127.0.0.1:1",
                    "tls: {certificate: c, key: k, client_certificates: 'off', "
                    "min_version: '1.2', ciphers: Y}",
                    settings)),
            "c|k||off|1.2|Y");
  // Nobody listens in there: only where it is said.
  EXPECT_EQ(tls(One("unix:/run/x", "protocol: http", settings)), "|||||");
  EXPECT_EQ(tls(One("unix:/run/x", kPair)), "c|k||off|1.2|");
  EXPECT_EQ(tls(One("127.0.0.1:1", kUdp, settings)), "|||||");
  // The short settings as well.
  EXPECT_EQ(tls(settings), "C|K|A|required|1.3|X");
}

TEST(ListenersOfTest, NetworksAreThoseOfTheListenerOrOfTheSettings) {
  const std::string settings =
      "network: {clients: [10.0.0.0/8], proxies: ['::1'], "
      "proxy_protocol: true}";
  const auto network = [](const std::string& text) {
    const auto listeners = ListenersOf(Yaml(text));
    EXPECT_TRUE(listeners.ok()) << listeners.status();
    const ListenerNetwork& n = listeners->at(0).network;
    return std::to_string(n.clients->size()) + " " +
           std::to_string(n.proxies->size()) + " " +
           (*n.proxy_protocol ? "header" : "plain");
  };
  EXPECT_EQ(network(One("127.0.0.1:1", "protocol: http")), "0 0 plain");
  EXPECT_EQ(network(One("127.0.0.1:1", "protocol: http", settings)),
            "1 1 header");
  EXPECT_EQ(network(One("127.0.0.1:1",
                        "clients: ['::1', 10.0.0.1], proxies: [10.0.0.2, "
                        "10.0.0.3], proxy_protocol: false",
                        settings)),
            "2 2 plain");
  EXPECT_EQ(network(One("127.0.0.1:1", "clients: []", settings)), "0 1 header");
  EXPECT_EQ(network(One("127.0.0.1:1", kUdp, settings)), "1 0 plain");
  EXPECT_EQ(network(One("unix:/run/x", "protocol: http", settings)),
            "0 0 plain");
}

TEST(ListenersOfTest, SocketsHaveAModeAndAGroup) {
  const auto file = [](const std::string& text) {
    const auto listeners = ListenersOf(Yaml(text));
    EXPECT_TRUE(listeners.ok()) << listeners.status();
    const ListenAddress& address = listeners->at(0).address;
    return std::to_string(address.mode) + " " + address.group;
  };
  const std::string settings = "socket: {mode: '0640', group: traces}";
  EXPECT_EQ(file(One("unix:/x", "protocol: http")), "384 ");
  EXPECT_EQ(file(One("unix:/x", "protocol: http", settings)), "416 traces");
  EXPECT_EQ(
      file(One("unix:/x", "socket: {mode: '0666', group: '7'}", settings)),
      "438 7");
}

TEST(ListenersOfTest, WhatTheNetworkCannotHeedIsRefused) {
  ExpectFaults(
      {{One("127.0.0.1:1", "tls: {}"),
        "listeners[0].tls: says nothing; off is plain text"},
       {One("127.0.0.1:1", "tls: on"),
        "listeners[0].tls: expected a map of certificate, key"},
       {One("127.0.0.1:1", "tls: {certificate: c}"),
        "listeners[0].tls: needs a certificate and a key"},
       {One("127.0.0.1:1", "tls: {key: k}"),
        "listeners[0].tls: needs a certificate and a key"},
       {"tls.certificate: C",
        "xray.http.listen.tls: needs a certificate and a key"},
       {One("127.0.0.1:1",
            "tls: {certificate: c, key: k, client_certificates: asked}"),
        "listeners[0].tls.client_certificates: 'asked' needs "
        "client_authorities"},
       {One("127.0.0.1:1",
            "tls: {certificate: c, key: k, client_authorities: a}"),
        "listeners[0].tls.client_authorities: 'a' is not read"},
       {One("127.0.0.1:1",
            "tls: {certificate: c, key: k, client_certificates: some}"),
        "must be one of off|asked|required"},
       {One("127.0.0.1:1", "tls: {certificate: c, key: k, min_version: 1.1}"),
        "must be one of 1.2|1.3"},
       {One("127.0.0.1:1", "tls: {certificate: c, key: k, sni: x}"),
        "\"sni\" is no field"},
       {One("127.0.0.1:1", std::string(kUdp) + ", " + kPair),
        "listeners[0].tls: datagrams have no TLS"},
       {One("127.0.0.1:1", "plaintext: maybe"),
        "must be one of refused|allowed"},
       {One("127.0.0.1:1", "clients: 10.0.0.0/8"),
        "listeners[0].clients: expected a list"},
       {One("127.0.0.1:1", "clients: [10.0.0.1/8]"),
        "listeners[0].clients: network '10.0.0.1/8'"},
       {One("127.0.0.1:1", "proxies: [proxy.example]"),
        "listeners[0].proxies: network 'proxy.example'"},
       {"network.clients: [x]", "network.clients: network 'x'"},
       {"network.proxies: [10.0.0.0/40]",
        "network.proxies: network '10.0.0.0/40'"},
       {One("127.0.0.1:1", "proxy_protocol: true"),
        "listeners[0].proxy_protocol: needs proxies"},
       {One("127.0.0.1:1", "proxy_protocol: perhaps"),
        "listeners[0].proxy_protocol"},
       {One("127.0.0.1:1", std::string(kUdp) + ", proxies: [10.0.0.1]"),
        "listeners[0].proxies: datagrams come without proxies"},
       {One("unix:/x", "clients: [10.0.0.1]"),
        "listeners[0].clients: a Unix socket has socket.mode"},
       {One("unix:/x", "proxies: [10.0.0.1]"),
        "listeners[0].proxies: a Unix socket has socket.mode"},
       {One("unix:x", "protocol: http"), "expected unix:/path"},
       {One("127.0.0.1:1", "socket: {mode: '0660'}"),
        "listeners[0].socket: is for addresses like unix:/path"},
       {One("unix:/x", "socket: {mode: '0888'}"), "must be a mode like 0660"},
       {One("unix:/x", "socket: {mode: '1777'}"), "must be a mode like 0660"},
       {One("unix:/x", "socket: {owner: me}"), "\"owner\" is no field"},
       {One("unix:/x", "protocol: http", "socket.mode: rw"),
        "socket.mode: must be a mode like 0660"},
       {One("unix:/x", "protocol: http") +
            "  - {name: b, address: 'unix:/x', apis: [xray], protocol: udp}\n",
        "listeners[1].address: unix:/x is taken by listeners[0]"}});
}

}  // namespace
}  // namespace roentgen::server

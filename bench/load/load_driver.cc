// Loads a running server and says what it cost the server.
//
//   load_driver --pid=P --data=DIR --ids=FILE COMMAND [ARGS]
//
//   put-http  DOCUMENTS PORT   batches of 50 over 8 connections
//   put-grpc  DOCUMENTS PORT   acknowledged stream, batches of 50
//   put-udp   DOCUMENTS PORT RATE   datagrams per second
//   get       COUNT PORT       BatchGetTraces of 5 traces put before
//   search    COUNT PORT       newest page of the last day
//   fresh     COUNT PORT       put over HTTP, then read until it is there
//   settle    SECONDS DOCUMENTS   footprint after so long; CPU and bytes per
//                              document since the server started
//
// Prints one line per figure. Documents are made by SegmentGenerator; the ids
// of their traces are kept in FILE for `get`.
#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/json_writer.h"
#include "bench/load/http_client.h"
#include "bench/load/process_stats.h"
#include "bench/support/segment_generator.h"
#include "roentgen/v1/trace_service.grpc.pb.h"

namespace roentgen::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kBatch = 50;
constexpr int kConnections = 8;
constexpr char kHost[] = "127.0.0.1";

struct Setup {
  int pid = 0;
  std::string data;
  std::string ids;
};

double Seconds(Clock::time_point since) {
  return std::chrono::duration<double>(Clock::now() - since).count();
}

int64_t NowMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string TraceIdOf(const std::string& document) {
  return document.substr(document.find("\"1-") + 1, 35);
}

std::string Envelope(const std::vector<std::string>& documents) {
  std::string body = "{\"TraceSegmentDocuments\":[";
  for (size_t i = 0; i < documents.size(); ++i) {
    if (i > 0) body += ',';
    AppendJsonString(body, documents[i]);
  }
  return body + "]}";
}

// Documents made ahead, so that making them does not slow the load down.
std::vector<std::vector<std::string>> MakeBatches(size_t documents,
                                                  const Setup& setup) {
  SegmentGenerator generator(static_cast<uint64_t>(NowMicros()));
  std::vector<std::vector<std::string>> batches;
  std::ofstream ids(setup.ids, std::ios::app);
  std::string last;
  const int64_t start = NowMicros();
  for (size_t made = 0; made < documents; made += kBatch) {
    batches.push_back(
        generator.Documents(std::min(kBatch, documents - made),
                            start + static_cast<int64_t>(made) * 20));
    for (const std::string& d : batches.back()) {
      if (TraceIdOf(d) != last) ids << (last = TraceIdOf(d)) << "\n";
    }
  }
  return batches;
}

void Report(const char* what, const Setup& setup, double documents,
            double cpu_before, double seconds) {
  std::printf("%s: %.0f documents, %.2f us CPU per document, %.0f/s\n", what,
              documents, (CpuMicros(setup.pid) - cpu_before) / documents,
              documents / seconds);
}

void PutHttp(const Setup& setup, size_t documents, int port) {
  const auto batches = MakeBatches(documents, setup);
  std::vector<std::string> bodies;
  size_t bytes = 0;
  for (const auto& batch : batches) {
    for (const auto& d : batch) bytes += d.size();
    bodies.push_back(Envelope(batch));
  }
  std::printf("bytes per document: %zu\n", bytes / documents);
  std::atomic<size_t> next{0}, refused{0};
  std::vector<double> times[kConnections];
  const double cpu = CpuMicros(setup.pid);
  const auto begin = Clock::now();
  std::vector<std::thread> threads;
  for (auto& mine : times) {
    threads.emplace_back([&] {
      HttpClient client(kHost, port);
      std::string answer;
      for (size_t i = next++; i < bodies.size(); i = next++) {
        const auto sent = Clock::now();
        if (client.Post("/TraceSegments", bodies[i], answer) != 200) ++refused;
        mine.push_back(Seconds(sent) * 1e3);
      }
    });
  }
  for (std::thread& t : threads) t.join();
  Report("put-http", setup, static_cast<double>(documents), cpu,
         Seconds(begin));
  std::vector<double> all;
  for (const auto& mine : times)
    all.insert(all.end(), mine.begin(), mine.end());
  std::printf("put-http: ack ms p50 %.2f p99 %.2f, refused %zu\n",
              Percentile(all, 50), Percentile(all, 99), refused.load());
}

void PutGrpc(const Setup& setup, size_t documents, int port) {
  const auto batches = MakeBatches(documents, setup);
  auto stub = v1::TraceService::NewStub(
      grpc::CreateChannel(std::string(kHost) + ":" + std::to_string(port),
                          grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  auto stream = stub->PutTraceSegmentsAcked(&context);
  const double cpu = CpuMicros(setup.pid);
  const auto begin = Clock::now();
  int64_t accepted = 0;
  std::thread reader([&] {
    v1::PutTraceSegmentsAck ack;
    while (stream->Read(&ack)) accepted += ack.accepted_count();
  });
  uint64_t id = 0;
  for (const auto& batch : batches) {
    v1::PutTraceSegmentsBatch request;
    request.set_batch_id(++id);
    for (const auto& d : batch) request.add_trace_segment_documents(d);
    if (!stream->Write(request)) break;
  }
  stream->WritesDone();
  reader.join();
  const grpc::Status status = stream->Finish();
  Report("put-grpc", setup, static_cast<double>(documents), cpu,
         Seconds(begin));
  std::printf("put-grpc: accepted %lld, status %d\n",
              static_cast<long long>(accepted), status.error_code());
}

void PutUdp(const Setup& setup, size_t documents, int port, double rate) {
  const auto batches = MakeBatches(documents, setup);
  const int out = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, kHost, &address.sin_addr);
  connect(out, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  const double cpu = CpuMicros(setup.pid);
  const auto begin = Clock::now();
  size_t sent = 0;
  for (const auto& batch : batches) {
    for (const auto& d : batch) {
      const std::string datagram = "{\"format\":\"json\",\"version\":1}\n" + d;
      if (send(out, datagram.data(), datagram.size(), 0) > 0) ++sent;
    }
    const double due = static_cast<double>(sent) / rate;
    const double now = Seconds(begin);
    if (due > now) {
      std::this_thread::sleep_for(std::chrono::duration<double>(due - now));
    }
  }
  const double seconds = Seconds(begin);
  close(out);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  Report("put-udp", setup, static_cast<double>(sent), cpu, seconds);
}

std::vector<std::string> ReadIds(const Setup& setup) {
  std::ifstream in(setup.ids);
  std::vector<std::string> ids;
  for (std::string line; std::getline(in, line);) ids.push_back(line);
  return ids;
}

void PrintTimes(const char* what, const Setup& setup,
                const std::vector<double>& ms, double cpu) {
  std::printf("%s: ms p50 %.2f p99 %.2f max %.2f, %.0f us CPU each\n", what,
              Percentile(ms, 50), Percentile(ms, 99), Percentile(ms, 100),
              (CpuMicros(setup.pid) - cpu) / static_cast<double>(ms.size()));
}

void Get(const Setup& setup, size_t count, int port) {
  const std::vector<std::string> ids = ReadIds(setup);
  std::mt19937_64 random(1);
  HttpClient client(kHost, port);
  std::vector<double> ms;
  const double cpu = CpuMicros(setup.pid);
  for (size_t i = 0; i < count; ++i) {
    std::string body = "{\"TraceIds\":[";
    const size_t from = random() % (ids.size() - 5);
    for (size_t j = 0; j < 5; ++j) {
      body += (j > 0 ? ",\"" : "\"") + ids[from + j] + "\"";
    }
    std::string answer;
    const auto begin = Clock::now();
    if (client.Post("/Traces", body + "]}", answer) != 200) std::exit(1);
    ms.push_back(Seconds(begin) * 1e3);
  }
  PrintTimes("get 5 traces", setup, ms, cpu);
}

void Search(const Setup& setup, size_t count, int port) {
  HttpClient client(kHost, port);
  std::vector<double> ms;
  const double cpu = CpuMicros(setup.pid);
  const long long now = NowMicros() / 1'000'000;
  for (size_t i = 0; i < count; ++i) {
    const std::string body = "{\"StartTime\":" + std::to_string(now - 86'400) +
                             ",\"EndTime\":" + std::to_string(now + 3'600) +
                             "}";
    std::string answer;
    const auto begin = Clock::now();
    if (client.Post("/TraceSummaries", body, answer) != 200) std::exit(1);
    ms.push_back(Seconds(begin) * 1e3);
  }
  PrintTimes("newest page of a day", setup, ms, cpu);
}

void Fresh(const Setup& setup, size_t count, int port) {
  SegmentGenerator generator(static_cast<uint64_t>(NowMicros()));
  HttpClient client(kHost, port);
  std::vector<double> by_id, by_search;
  const double cpu = CpuMicros(setup.pid);
  for (size_t i = 0; i < count; ++i) {
    const int64_t now = NowMicros();
    const std::vector<std::string> documents = generator.Trace(now);
    const std::string id = TraceIdOf(documents[0]);
    std::string answer;
    client.Post("/TraceSegments", Envelope(documents), answer);
    const auto acked = Clock::now();
    do {
      client.Post("/Traces", "{\"TraceIds\":[\"" + id + "\"]}", answer);
    } while (answer.find(id) == std::string::npos && Seconds(acked) < 5);
    by_id.push_back(Seconds(acked) * 1e3);
    const std::string range =
        "{\"StartTime\":" + std::to_string(now / 1'000'000) +
        ",\"EndTime\":" + std::to_string(now / 1'000'000 + 2) +
        ",\"TimeRangeType\":\"Event\"}";
    do {
      client.Post("/TraceSummaries", range, answer);
    } while (answer.find(id) == std::string::npos && Seconds(acked) < 5);
    by_search.push_back(Seconds(acked) * 1e3);
  }
  PrintTimes("visible by id after ack", setup, by_id, cpu);
  PrintTimes("visible by search after ack", setup, by_search, cpu);
}

void Settle(const Setup& setup, int seconds, double documents) {
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  const auto bytes = static_cast<double>(FolderBytes(setup.data));
  std::printf(
      "settled: %.0f bytes on disk, resident %llu MiB, peak %llu MiB\n", bytes,
      static_cast<unsigned long long>(ResidentBytes(setup.pid) >> 20),
      static_cast<unsigned long long>(PeakResidentBytes(setup.pid) >> 20));
  if (documents <= 0) return;
  std::printf("settled: %.0f bytes and %.2f us CPU per document, all in\n",
              bytes / documents, CpuMicros(setup.pid) / documents);
}

int Main(int argc, char** argv) {
  Setup setup;
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.rfind("--pid=", 0) == 0) {
      setup.pid = std::stoi(word.substr(6));
    } else if (word.rfind("--data=", 0) == 0) {
      setup.data = word.substr(7);
    } else if (word.rfind("--ids=", 0) == 0) {
      setup.ids = word.substr(6);
    } else {
      words.push_back(word);
    }
  }
  if (words.size() < 2) {
    std::fprintf(stderr, "usage: see the head of load_driver.cc\n");
    return 2;
  }
  const size_t count = std::stoull(words[1]);
  const int port = words.size() > 2 ? std::stoi(words[2]) : 0;
  if (words[0] == "put-http") PutHttp(setup, count, port);
  if (words[0] == "put-grpc") PutGrpc(setup, count, port);
  if (words[0] == "put-udp") PutUdp(setup, count, port, std::stod(words.at(3)));
  if (words[0] == "get") Get(setup, count, port);
  if (words[0] == "search") Search(setup, count, port);
  if (words[0] == "fresh") Fresh(setup, count, port);
  if (words[0] == "settle") Settle(setup, static_cast<int>(count), port);
  return 0;
}

}  // namespace
}  // namespace roentgen::bench

int main(int argc, char** argv) { return roentgen::bench::Main(argc, argv); }

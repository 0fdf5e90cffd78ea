// roentgen backup and roentgen restore, against a server with keys over a store
// on a disk.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/channel_arguments.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/content_hash.h"
#include "base/memory_budget.h"
#include "base/worker_pool.h"
#include "roentgen/v1/backup_service.grpc.pb.h"
#include "server/auth/authenticator.h"
#include "server/auth/key_ring.h"
#include "server/cli/client_commands.h"
#include "server/cli/command_line.h"
#include "server/cli/commands.h"
#include "server/rpc/grpc_server.h"
#include "server/space/space.h"
#include "server/v1/v1_services.h"
#include "storage/rocks/backup_folder.h"
#include "storage/rocks/backup_receiver.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/server/cli/command_run.h"
#include "tests/server/v1/api_fixture.h"
#include "tests/support/segments.h"
#include "tests/support/temp_dir.h"

namespace roentgen::server {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::TempDir;

constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

class BackupCommandTest : public testing::Test {
 protected:
  BackupCommandTest() {
    auto opened = storage::RocksEngine::Open({.path = dir_.path() + "/store"},
                                             SystemClock());
    EXPECT_TRUE(opened.ok()) << opened.status();
    engine_ = opened->get();
    SpaceStore store;
    store.settings = &engine_->settings();
    store.engine = *std::move(opened);
    SpaceOptions options;
    options.random = [] { return uint64_t{0}; };
    auto space = Space::Open(std::move(store), std::move(options));
    EXPECT_TRUE(space.ok()) << space.status();
    space_ = *std::move(space);
    Start({});
  }
  ~BackupCommandTest() override {
    server_.reset();
    space_->Stop().IgnoreError();
  }

  void Start(GrpcServerOptions options) {
    server_.reset();
    options.listen = {{"127.0.0.1", 0}};
    options.authenticator = &authenticator_;
    server_ = std::make_unique<GrpcServer>(workers_, space_->call_limits(),
                                           std::move(options));
    AddV1Services(*server_, {.spaces = ListenerSpaces(*space_)});
    ASSERT_TRUE(server_->Start().ok());
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);  // A small window stays.
    channel_ = grpc::CreateCustomChannel(server_->addresses().at(0).ToString(),
                                         grpc::InsecureChannelCredentials(),
                                         arguments);
  }

  void Put(uint64_t first, uint64_t count, const std::string& extra = "") {
    for (uint64_t trace = first; trace < first + count; ++trace) {
      ASSERT_TRUE(
          storage::WriteAndWait(
              *engine_, {Record(SegmentSpec{.trace = trace, .extra = extra})})
              .ok());
    }
    ASSERT_TRUE(engine_->SealAll().ok());
  }

  int Run(const std::vector<std::string>& line) {
    CommandRun run = RunCommand(line, channel_, key_);
    out_ = std::move(run.out);
    err_ = std::move(run.err);
    return run.code;
  }

  std::unique_ptr<grpc::ClientContext> Call(const std::string& id = "admin") {
    auto call = std::make_unique<grpc::ClientContext>();
    call->AddMetadata("authorization", "Bearer " + id + ":" + kSecret);
    return call;
  }

  const Authenticator authenticator_{
      {.mode = AuthMode::kVerify},
      *KeyRing::Make({{.id = "admin",
                       .secret = kSecret,
                       .session_token = {},
                       .permissions = {.administer = true}},
                      {.id = "reader",
                       .secret = kSecret,
                       .session_token = {},
                       .permissions = {.ingest = true, .read = true}}})};
  const TempDir dir_;
  const std::string backups_ = dir_.path() + "/backups";
  const std::string target_ = dir_.path() + "/restored";
  storage::RocksEngine* engine_ = nullptr;
  std::unique_ptr<Space> space_;
  WorkerPool workers_{WorkerPool::Options()};
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::string key_ = std::string("admin:") + kSecret;
  std::string out_;
  std::string err_;
};

TEST_F(BackupCommandTest, TwiceAndBack) {
  Put(1, 40);
  ASSERT_EQ(Run({"backup", backups_}), kExitOk) << err_;
  EXPECT_THAT(out_, StartsWith("backup of 20"));
  EXPECT_THAT(err_, HasSubstr(" received\n"));
  Put(41, 2);
  ASSERT_EQ(Run({"backup", "--json", backups_}), kExitOk) << err_;
  EXPECT_THAT(out_, HasSubstr("\"NewBytes\":"));
  EXPECT_EQ(engine_->Backups().completed, 2u);
  ASSERT_EQ(Run({"backup", "--list", backups_}), kExitOk) << err_;
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 3);
  ASSERT_EQ(Run({"backup", "--verify", backups_}), kExitOk) << err_;
  EXPECT_THAT(out_, HasSubstr("2 backups, 0 damaged files\n"));
  ASSERT_EQ(Run({"restore", backups_, target_}), kExitOk) << err_;
  EXPECT_THAT(out_, HasSubstr(": 42 sealed traces in 2 batches, 0 open"));
  EXPECT_THAT(err_, HasSubstr(" restored\n"));
  // Nothing is written over.
  EXPECT_EQ(Run({"restore", backups_, target_}), kExitFailed);
  EXPECT_THAT(err_, HasSubstr("new or empty folder"));
  // The first one.
  ASSERT_EQ(Run({"backup", "--list", "--json", backups_}), kExitOk);
  const size_t begin = out_.find("20");
  const std::string first = out_.substr(begin, out_.find('"', begin) - begin);
  ASSERT_EQ(Run({"restore", "--at", first, backups_, target_ + "-1"}), kExitOk)
      << err_;
  EXPECT_THAT(out_, HasSubstr(": 40 sealed traces in 1 batches, 0 open"));
  EXPECT_EQ(Run({"restore", "--at", "1000", backups_, target_ + "-2"}),
            kExitFailed);
  EXPECT_THAT(err_, HasSubstr("the oldest one is of " + first));
  ASSERT_EQ(Run({"backup", "--keep", "1", backups_}), kExitOk) << err_;
  EXPECT_THAT(err_, HasSubstr("2 older backups are removed"));
  ASSERT_EQ(Run({"backup", "--verify", backups_}), kExitOk) << err_;
  EXPECT_THAT(out_, HasSubstr("1 backups, 0 damaged files\n"));
}

TEST_F(BackupCommandTest, DamageIsNamed) {
  Put(1, 10);
  ASSERT_EQ(Run({"backup", backups_}), kExitOk) << err_;
  std::string table;
  for (const auto& entry : fs::directory_iterator(backups_)) {
    if (entry.file_size() > table.size() && entry.file_size() > 2'000) {
      table = entry.path();
    }
  }
  fs::resize_file(table, 1'000);
  EXPECT_EQ(Run({"backup", "--verify", backups_}), kExitFailed);
  EXPECT_THAT(out_, AllOf(HasSubstr(fs::path(table).filename().string()),
                          HasSubstr("has 1000 bytes instead of"),
                          HasSubstr("of the backups of 20")));
  EXPECT_THAT(err_, HasSubstr("remove the damaged files and take a backup"));
  EXPECT_EQ(Run({"restore", backups_, target_}), kExitFailed);
  EXPECT_THAT(err_, AllOf(HasSubstr(fs::path(table).filename().string()),
                          HasSubstr("nothing of it is left"),
                          HasSubstr("--at takes an earlier one")));
  EXPECT_FALSE(fs::exists(target_));
  // The next backup sends it again.
  ASSERT_EQ(Run({"backup", backups_}), kExitOk) << err_;
  EXPECT_EQ(Run({"restore", backups_, target_}), kExitOk) << err_;
}

// Of one file, which is whole and no store's.
absl::Status FillWith(const std::string& path, Timestamp time) {
  const storage::BackupFolder folder(nullptr, path);
  auto to = storage::BackupReceiver::Open(folder);
  if (!to.ok()) return to.status();
  absl::Status status = (*to)->Begin(time);
  status.Update(
      (*to)->Announce({.name = "CURRENT", .bytes = 2, .print = {}}, true));
  status.Update((*to)->Take("ab"));
  status.Update((*to)->EndFile(ContentHash::HexOf("ab")));
  status.Update((*to)->Finish().status());
  return status;
}

// It may be another's by then.
TEST_F(BackupCommandTest, WhatDoesNotOpenStays) {
  ASSERT_TRUE(FillWith(backups_, Timestamp::FromSeconds(1'000)).ok());
  EXPECT_EQ(Run({"restore", backups_, target_}), kExitFailed);
  EXPECT_THAT(err_, AllOf(HasSubstr("which stays, but"),
                          HasSubstr("--at takes an earlier one")));
  EXPECT_TRUE(fs::exists(target_ + "/CURRENT"));
}

TEST_F(BackupCommandTest, ABackupOfATimeToCome) {
  ASSERT_TRUE(
      FillWith(backups_, SystemClock().Now() + absl::Hours(1'000)).ok());
  Put(1, 1);
  EXPECT_EQ(Run({"backup", "--keep", "1", backups_}), kExitFailed);
  EXPECT_THAT(err_, HasSubstr("a clock was wrong; remove backup-"));
  EXPECT_EQ(Run({"restore", backups_, target_}), kExitFailed);
  EXPECT_THAT(err_, HasSubstr("is of a time to come"));
  // That of now is there.
  EXPECT_EQ(Run({"restore", backups_, target_ + "-1", "--at",
                 absl::FormatTime(SystemClock().Now().ToTime(),
                                  absl::UTCTimeZone())}),
            kExitOk)
      << err_;
}

TEST(BackupHelpTest, SaysThatItHasNoEnd) {
  for (const char* name : {"backup", "tail", "groups"}) {
    const auto read = ReadCommandLine(ClientCommands(), {name, "--help"});
    const std::string& text = std::get<Explanation>(read).text;
    const bool endless = std::string(name) != "groups";
    EXPECT_EQ(text.find("(never)") != text.npos, endless) << text;
    EXPECT_EQ(text.find("(30s)") != text.npos, !endless) << text;
  }
}

TEST_F(BackupCommandTest, WrongUse) {
  struct Case {
    std::vector<std::string> line;
    const char* said;
  };
  const Case cases[] = {
      {{"backup"}, "backup: expected a folder"},
      {{"backup", ""}, "backup: expected a folder"},
      {{"backup", "a", "b"}, "backup: expected a folder"},
      {{"backup", "a", "--list", "--verify"}, "give one of"},
      {{"backup", "a", "--keep=0"}, "--keep: expected"},
      {{"backup", "a", "--keep=x"}, "--keep: expected"},
      {{"backup", "a", "--keep="}, "--keep: expected"},
      {{"restore", "a"}, "restore: expected"},
      {{"restore", "a", "b", "c"}, "restore: expected"},
      {{"restore", "a", "b", "--at=soon"}, "--at: expected"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Run(c.line), kExitUsage) << c.said;
    EXPECT_THAT(err_, StartsWith(std::string("roentgen: ") + c.said));
  }
  EXPECT_EQ(Run({"backup", "--list", dir_.path() + "/nowhere"}), kExitFailed);
  EXPECT_EQ(Run({"restore", dir_.path() + "/nowhere", target_}), kExitFailed);
}

TEST_F(BackupCommandTest, OnlyAdministratorsGetOne) {
  Put(1, 1);
  key_ = std::string("reader:") + kSecret;
  EXPECT_EQ(Run({"backup", backups_}), kExitFailed);
  EXPECT_THAT(err_, HasSubstr("xray:TakeBackup"));
  EXPECT_EQ(engine_->Backups().failed, 0u);
}

TEST_F(BackupCommandTest, OneAtATime) {
  Put(1, 1);
  {
    const auto taken = engine_->TakeBackup();
    ASSERT_TRUE(taken.ok());
    EXPECT_EQ(Run({"backup", backups_}), kExitFailed);
    EXPECT_THAT(err_, HasSubstr("another backup"));
  }
  EXPECT_EQ(Run({"backup", backups_}), kExitOk) << err_;
}

// More than windows and sockets take.
std::string Large() {
  std::string random;
  uint64_t state = 1;
  while (random.size() < 60'000) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    random += static_cast<char>('a' + (state >> 33) % 26);
  }
  return R"("metadata":{"default":{"x":")" + random + R"("}},)";
}

TEST_F(BackupCommandTest, WhoReadsNothingHoldsNothing) {
  Put(1, 400, Large());
  const auto answers = std::make_shared<MemoryBudget>(32 << 20);
  Start({.answers = answers, .write_timeout = absl::Milliseconds(100)});
  const auto call = Call();
  const auto reader = v1::BackupService::Stub(channel_).TakeBackup(
      call.get(), v1::TakeBackupRequest());
  v1::BackupChunk chunk;
  ASSERT_TRUE(reader->Read(&chunk));
  answers->Await(
      [&](size_t used) { return used == 0 && server_->unread_calls() > 0; });
  EXPECT_EQ(engine_->Backups().running, 0u);
  EXPECT_EQ(engine_->Backups().failed, 1u);
  while (reader->Read(&chunk)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

// Says the last of its chunks for ever.
class HostileServer : public v1::BackupService::Service {
 public:
  explicit HostileServer(std::vector<v1::BackupChunk> chunks)
      : chunks_(std::move(chunks)) {}

  grpc::Status TakeBackup(
      grpc::ServerContext*, const v1::TakeBackupRequest*,
      grpc::ServerWriter<v1::BackupChunk>* writer) override {
    for (const v1::BackupChunk& chunk : chunks_) writer->Write(chunk);
    while (writer->Write(chunks_.back())) {
    }
    return grpc::Status::OK;
  }

 private:
  const std::vector<v1::BackupChunk> chunks_;
};

TEST_F(BackupCommandTest, NoServerHoldsItForEver) {
  v1::BackupChunk begin;
  begin.mutable_begin()->mutable_time()->set_seconds(1'000);
  v1::BackupChunk list;
  v1::BackupFile* file = list.mutable_files()->add_files();
  file->set_name("CURRENT");
  file->set_size_bytes(2);
  file->set_sent(true);
  v1::BackupChunk no_files;
  no_files.mutable_files();
  v1::BackupChunk no_bytes;
  no_bytes.set_data("");
  v1::BackupChunk no_time;
  no_time.mutable_begin()->mutable_time()->set_seconds(
      std::numeric_limits<int64_t>::max());
  struct Case {
    const char* said;
    std::vector<v1::BackupChunk> chunks;
  };
  for (const Case& c :
       {Case{"a list of no files", {begin, no_files}},
        Case{"a part of no bytes", {begin, list, no_bytes}},
        Case{"what nobody knows", {begin, list, v1::BackupChunk()}},
        Case{"a time that is none", {no_time}},
        Case{"begins twice", {begin}}}) {
    HostileServer hostile(c.chunks);
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterService(&hostile);
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    ASSERT_NE(server, nullptr);
    channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                   grpc::InsecureChannelCredentials());
    EXPECT_EQ(Run({"backup", backups_}), kExitFailed);
    EXPECT_THAT(err_, HasSubstr(c.said));
    server->Shutdown();
  }
}

class NoBackupTest : public ApiFixture {};

TEST_F(NoBackupTest, AStoreInMemoryMakesNone) {
  Start();
  grpc::ClientContext call;
  const auto reader = v1::BackupService::Stub(channel_).TakeBackup(
      &call, v1::TakeBackupRequest());
  v1::BackupChunk chunk;
  EXPECT_FALSE(reader->Read(&chunk));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace roentgen::server

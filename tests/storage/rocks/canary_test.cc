// Nothing that was stored, and nothing of RocksDB's own, lies in the folder of
// an encrypted store in the clear: a word in every field of segments, spans and
// settings is looked for in every byte of every file, in each state of the
// store. In a plain store it is found.
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/support/master_keys.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;

using testing::IsEmpty;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::SpanSpec;
using testing_support::TestMasterKeys;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);
constexpr std::string_view kCanary = "kanarienvogel";
// Of RocksDB's files, and of ours.
constexpr std::string_view kWords[] = {kCanary, "rocksdb.",
                                       "leveldb.BytewiseComparator",
                                       "MANIFEST-", "[CFOptions"};

// Each one is another text, so that none is stored as "the same again".
class Canaries {
 public:
  std::string New() {
    return std::string(kCanary) + '-' + std::to_string(++count_);
  }
  // A member, followed by a comma.
  std::string Member(const std::string& name) {
    return '"' + name + "\":\"" + New() + "\",";
  }

 private:
  int count_ = 0;
};

// Every member of a segment that takes a text.
std::string AllMembers(Canaries& canaries) {
  const auto text = [&] { return '"' + canaries.New() + '"'; };
  std::string out;
  for (const char* name : {"user", "origin", "resource_arn"}) {
    out += canaries.Member(name);
  }
  out += "\"service\":{\"version\":" + text() + "},";
  out += "\"http\":{\"request\":{\"method\":\"GET\",\"url\":" + text() +
         ",\"user_agent\":" + text() + ",\"client_ip\":" + text() +
         "},\"response\":{\"status\":500}},";
  out += "\"aws\":{\"account_id\":" + text() + ",\"operation\":" + text() +
         ",\"table_name\":" + text() + ",\"resource_names\":[" + text() +
         "],\"ec2\":{\"instance_id\":" + text() +
         ",\"availability_zone\":" + text() + "},\"xray\":{\"sdk\":" + text() +
         ",\"sampling_rule_name\":" + text() + "}},";
  out += "\"annotations\":{\"kanarienvogel_key\":" + text() + "},";
  out += "\"metadata\":{\"" + canaries.New() + "\":{\"" + canaries.New() +
         "\":" + text() + "}},";
  out +=
      "\"fault\":true,\"cause\":{\"working_directory\":" + text() +
      ",\"paths\":[" + text() +
      "],\"exceptions\":[{\"id\":\"00000000000000ee\",\"message\":" + text() +
      ",\"type\":" + text() + ",\"stack\":[{\"path\":" + text() +
      ",\"line\":7,\"label\":" + text() + "}]}]},";
  out += "\"subsegments\":[{\"id\":\"00000000000000aa\",\"name\":" + text() +
         ",\"namespace\":\"remote\",\"start_time\":1700000000,"
         "\"end_time\":1700000001,\"sql\":{\"url\":" +
         text() + ",\"sanitized_query\":" + text() + ",\"user\":" + text() +
         ",\"database_type\":" + text() + "},\"annotations\":{\"b\":" + text() +
         "}}],";
  return out;
}

NewRecord FullSegment(Canaries& canaries, uint64_t trace, uint64_t id) {
  return Record(SegmentSpec{.trace = trace,
                            .id = id,
                            .name = canaries.New(),
                            .extra = AllMembers(canaries)});
}

NewRecord FullSpan(Canaries& canaries, uint64_t trace, uint64_t id) {
  return Record(SpanSpec{.trace = trace,
                         .id = id,
                         .name = canaries.New(),
                         .attributes = {{canaries.New(), canaries.New()},
                                        {"http.url", canaries.New()},
                                        {"db.statement", canaries.New()}},
                         .service = canaries.New(),
                         .resource = {{canaries.New(), canaries.New()}},
                         .scope = canaries.New(),
                         .scope_version = canaries.New(),
                         .trace_state = canaries.New(),
                         .status_message = canaries.New(),
                         .events = {canaries.New()}});
}

// "NAME: WORD" of each word that is in the clear in a file.
std::vector<std::string> InTheClear(const std::string& path) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    for (const std::string_view word : kWords) {
      if (bytes.find(word) != bytes.npos) {
        found.push_back(entry.path().filename().string() + ": " +
                        std::string(word));
      }
    }
  }
  return found;
}

class Store {
 public:
  explicit Store(std::shared_ptr<const MasterKeys> keys)
      : keys_(std::move(keys)) {
    Open();
  }

  void Write(std::vector<NewRecord> records) {
    std::promise<absl::Status> answer;
    std::vector<IncomingRecord> views = ViewsOf(records);
    engine_->Write(views, {}, [&](WriteOutcome outcome) {
      answer.set_value(std::move(outcome.status));
    });
    const absl::Status written = answer.get_future().get();
    EXPECT_TRUE(written.ok()) << written;
  }
  void Open() {
    auto opened = RocksEngine::Open({.path = path(),
                                     .memtable_bytes = 2 << 20,
                                     .cache_bytes = 4 << 20,
                                     .whole_trace_records = 4,
                                     .keys = keys_},
                                    clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    engine_ = *std::move(opened);
  }
  void Close() {
    EXPECT_TRUE(engine_->Close().ok());
    engine_.reset();
  }
  RocksEngine& engine() { return *engine_; }
  std::string path() const { return dir_.path() + "/store"; }

 private:
  const testing_support::TempDir dir_;
  ManualClock clock_{kNow};
  const std::shared_ptr<const MasterKeys> keys_;
  std::unique_ptr<RocksEngine> engine_;
};

// Calls `look` in each state.
template <typename Look>
void Live(Store& store, Look look) {
  Canaries canaries;
  for (const char* key : {"group/kanarienvogel", "rule/kanarienvogel",
                          "insight/kanarienvogel", "account"}) {
    ASSERT_TRUE(
        *store.engine().settings().CompareAndSet(key, {}, canaries.New()));
  }
  std::vector<NewRecord> records;
  for (uint64_t trace = 1; trace < 20; ++trace) {
    records.push_back(FullSegment(canaries, trace, 2 * trace));
    records.push_back(FullSpan(canaries, trace, 2 * trace + 1));
  }
  store.Write(std::move(records));
  look("open");
  ASSERT_TRUE(store.engine().SealAll().ok());
  look("sealed");
  // Late news of a trace, sealed beside it, or with it.
  for (uint64_t id = 1000; id < 1010; ++id) {
    std::vector<NewRecord> late;
    late.push_back(FullSegment(canaries, 1 + id % 3, id));
    late.push_back(FullSpan(canaries, 4 + id % 3, id));
    store.Write(std::move(late));
    look("late");
    ASSERT_TRUE(store.engine().SealAll().ok());
  }
  look("late and sealed");
  {
    const auto backup = store.engine().TakeBackup();
    ASSERT_TRUE(backup.ok()) << backup.status();
    look("backed up");
  }
  std::vector<NewRecord> last;
  last.push_back(FullSegment(canaries, 100, 5000));
  store.Write(std::move(last));
  store.Close();
  look("closed");
  store.Open();
  look("opened again");
}

TEST(CanaryTest, NothingLiesInTheClear) {
  Store store(TestMasterKeys({"a"}));
  Live(store, [&](const char* state) {
    EXPECT_THAT(InTheClear(store.path()), IsEmpty()) << state;
  });
}

TEST(CanaryTest, OfAPlainStoreItIsFoundInEachState) {
  Store store(nullptr);
  Live(store, [&](const char* state) {
    EXPECT_THAT(InTheClear(store.path()),
                testing::Contains(testing::HasSubstr(kCanary)))
        << state;
    EXPECT_GT(InTheClear(store.path()).size(), 4) << state;
  });
}

}  // namespace
}  // namespace roentgen::storage

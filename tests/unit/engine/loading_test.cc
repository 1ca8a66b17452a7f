#define BOOST_TEST_MODULE engine_loading
#include "engine/loading.h"

#include <boost/test/unit_test.hpp>
#include <optional>

#include "base/memory.h"
#include "tests/unit/engine/tier_fixture.h"
#include "tests/unit/persist/rdb_samples.h"

namespace engine {
namespace {

using samples::Builder;

constexpr const char* kPath = "/data/file.rdb";

// A file, built by hand. A checksum of zero says that there is none.
struct File {
  File() { text.raw("REDIS0010"); }
  File& select(unsigned database) {
    text.byte(0xfe).length(database);
    return *this;
  }
  File& expiring_at(int64_t ms) {
    text.byte(0xfc).little(static_cast<uint64_t>(ms), 8);
    return *this;
  }
  File& idle(uint64_t seconds) {
    text.byte(0xf8).length(seconds);
    return *this;
  }
  File& used(unsigned frequency) {
    text.byte(0xf9).byte(frequency);
    return *this;
  }
  File& key(unsigned type, const std::string& name, const std::string& payload) {
    text.byte(type).string(name).raw(payload);
    return *this;
  }
  File& string(const std::string& name, const std::string& value) {
    return key(0, name, Builder().string(value).str());
  }
  std::string end() { return text.byte(0xff).little(0, 8).str(); }

  Builder text;
};

struct Loaded : Machine {
  explicit Loaded(const sim::WorldOptions& options = roomy_options()) : Machine(options) {}
  ~Loaded() { loading.reset(); }

  void put(const std::string& file) {
    BOOST_REQUIRE(world.disk().write_small_file(kPath, file).ok());
  }
  void begin() {
    failure.reset();
    loading.emplace(&world.engine(), kPath);
    loading->set_replaces(replaces);
    world.engine().set_loading(&*loading);
    loading->begin([this](const std::string& text) { failure = text; });
  }
  // What is wrong with the file.
  std::string wait() {
    world.until([this] { return failure.has_value(); }, "the end of the load");
    world.engine().set_loading(nullptr);
    world.turn();
    return *failure;
  }
  std::string load(const std::string& file) {
    put(file);
    begin();
    return wait();
  }
  const LoadStatistics& figures() { return loading->statistics(); }
  int64_t now_ms() { return world.engine().now_ms(); }

  bool replaces = false;
  std::optional<Loading> loading;
  std::optional<std::string> failure;
};

BOOST_AUTO_TEST_CASE(values_come_back_into_their_databases_with_their_expiry) {
  Loaded machine;
  const int64_t at_ms = machine.now_ms() + 100'000;
  const std::string file =
      File()
          .select(0)
          .string("plain", "value")
          .key(0, "number", Builder().byte(0xc1).little(0x1234, 2).str())
          .key(0, "packed", samples::lzf_abc().str())
          .string("long", std::string(300'000, 'x'))
          .select(2)
          .expiring_at(at_ms)
          .string("plain", "other")
          .key(20, "set", Builder().string(samples::listpack({"m"})).str())
          .key(16, "hash", Builder().string(samples::listpack({"f", "v"})).str())
          .end();
  BOOST_TEST(machine.load(file) == "");
  BOOST_TEST(machine.execute({"GET", "plain"}) == sim::bulk("value"));
  BOOST_TEST(machine.execute({"TTL", "plain"}) == sim::integer(-1));
  BOOST_TEST(machine.execute({"GET", "number"}) == sim::bulk(std::to_string(0x1234)));
  BOOST_TEST(machine.execute({"GET", "packed"}) == sim::bulk("abcabcabcabcabcabcabcabcabcabc"));
  BOOST_TEST((machine.execute({"GET", "long"}) == sim::bulk(std::string(300'000, 'x'))));
  BOOST_TEST(machine.execute({"DBSIZE"}) == sim::integer(4));
  machine.execute({"SELECT", "2"});
  BOOST_TEST(machine.execute({"GET", "plain"}) == sim::bulk("other"));
  BOOST_TEST(machine.execute({"PEXPIRETIME", "plain"}) == sim::integer(at_ms));
  BOOST_TEST(machine.execute({"SISMEMBER", "set", "m"}) == sim::integer(1));
  BOOST_TEST(machine.execute({"HGET", "hash", "f"}) == sim::bulk("v"));
  BOOST_TEST(machine.figures().keys_loaded == 7u);
  BOOST_TEST(machine.figures().keys_cold == 0u);
  BOOST_TEST(machine.figures().file_bytes == file.size());
  BOOST_TEST(machine.figures().loaded_bytes == file.size());
}

BOOST_AUTO_TEST_CASE(keys_that_have_expired_are_counted_and_left_out) {
  Loaded machine;
  const int64_t past_ms = machine.now_ms() - 1;
  const std::string pack = Builder().string(samples::listpack({"m"})).str();
  BOOST_TEST(machine.load(File()
                              .select(0)
                              .expiring_at(past_ms)
                              .string("a", "value")
                              .expiring_at(past_ms)
                              .string("b", std::string(300'000, 'x'))
                              .expiring_at(past_ms)
                              .key(20, "c", pack)
                              .string("d", "value")
                              .end()) == "");
  BOOST_TEST(machine.keyspace().size() == 1u);
  BOOST_TEST(machine.resident("d") != nullptr);
  BOOST_TEST(machine.figures().keys_expired == 3u);
  BOOST_TEST(machine.figures().keys_loaded == 1u);
}

BOOST_AUTO_TEST_CASE(empty_aggregates_are_left_out) {
  Loaded machine;
  BOOST_TEST(machine.load(File()
                              .select(0)
                              .key(2, "set", Builder().length(0).str())
                              .key(16, "hash", Builder().string(samples::listpack({})).str())
                              .string("d", "value")
                              .end()) == "");
  BOOST_TEST(machine.keyspace().size() == 1u);
  BOOST_TEST(machine.figures().keys_loaded == 1u);
}

BOOST_AUTO_TEST_CASE(how_long_a_key_was_unused_comes_with_it_under_lru) {
  Loaded machine;
  BOOST_TEST(
      machine.load(
          File().select(0).idle(500).string("a", "value").used(200).string("b", "value").end()) ==
      "");
  const AccessClock& access = machine.keyspace().shared().access;
  BOOST_TEST(access.idle_seconds(machine.resident("a")->access()) == 500u);
  BOOST_TEST(access.idle_seconds(machine.resident("b")->access()) == 0u);
}

BOOST_AUTO_TEST_CASE(how_often_a_key_was_used_comes_with_it_under_lfu) {
  sim::WorldOptions options = roomy_options();
  options.lfu = true;
  Loaded machine(options);
  BOOST_TEST(
      machine.load(
          File().select(0).used(200).string("a", "value").idle(500).string("b", "value").end()) ==
      "");
  const AccessClock& access = machine.keyspace().shared().access;
  BOOST_TEST(access.frequency(machine.resident("a")->access()) == 200);
  BOOST_TEST(access.frequency(machine.resident("b")->access()) == access.frequency(access.fresh()));
}

BOOST_AUTO_TEST_CASE(commands_are_refused_until_the_load_has_ended) {
  Loaded machine;
  machine.put(File().select(0).string("key", "value").end());
  machine.begin();
  machine.client->add({"GET", "key"});
  machine.run(machine.client.get());
  BOOST_TEST(machine.replies.back() == "-LOADING Redis is loading the dataset in memory\r\n");
  BOOST_TEST(machine.wait() == "");
  BOOST_TEST(machine.execute({"GET", "key"}) == sim::bulk("value"));
}

BOOST_AUTO_TEST_CASE(a_key_that_is_there_ends_the_load_unless_it_is_to_be_replaced) {
  Loaded machine;
  const std::string twice = File().select(0).string("key", "1").string("key", "2").end();
  const std::string failure = machine.load(twice);
  BOOST_TEST(failure.find("/data/file.rdb has the key 'key' twice") != std::string::npos);
  BOOST_TEST(machine.execute({"GET", "key"}) == sim::bulk("1"));
  machine.replaces = true;
  BOOST_TEST(machine.load(twice) == "");
  BOOST_TEST(machine.execute({"GET", "key"}) == sim::bulk("2"));
  BOOST_TEST(machine.keyspace().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_named_and_left_as_it_is) {
  Loaded machine;
  const std::string good = File().select(0).string("a", "1").string("b", "2").end();
  const auto expect = [&](const std::string& file) {
    const std::string failure = machine.load(file);
    BOOST_TEST(failure.find("in /data/file.rdb. The file is left as it is.") != std::string::npos,
               failure);
    BOOST_TEST((*machine.world.disk().read_small_file(kPath, 1 << 20) == file));
    machine.execute({"FLUSHALL"});
  };
  for (size_t bytes = 1; bytes < good.size(); ++bytes) expect(good.substr(0, bytes));
  std::string bad_sum = good;
  bad_sum.back() = 1;
  expect(bad_sum);
  machine.world.engine().config().mutable_options().rdbchecksum = false;
  BOOST_TEST(machine.load(bad_sum) == "");
  machine.execute({"FLUSHALL"});
  // As many databases as there are.
  expect(File().select(3).string("a", "1").end());
}

BOOST_AUTO_TEST_CASE(damaged_values_are_named_with_their_key) {
  Loaded machine;
  const std::string failure = machine.load(
      File().select(0).key(16, "broken", Builder().string(samples::listpack({"f"})).str()).end());
  BOOST_TEST(failure.find("broken") != std::string::npos, failure);
  BOOST_TEST(machine.keyspace().size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_value_of_an_unknown_type_ends_the_load_with_its_place) {
  Loaded machine;
  const std::string failure =
      machine.load(File().select(0).key(7, "key", samples::plain_aggregates()[5].payload).end());
  BOOST_TEST(failure.find("(RDB type 7, key 'key', offset 11)") != std::string::npos, failure);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_opened_or_read_says_why) {
  Loaded machine;
  machine.begin();
  const std::string missing = machine.wait();
  BOOST_TEST(missing.starts_with("Can't open /data/file.rdb: not found"), missing);
  machine.put(File().select(0).string("key", "value").end());
  machine.world.disk().fail(iouring::SimOperation::kRead, 1, -EIO);
  machine.begin();
  const std::string unread = machine.wait();
  BOOST_TEST(unread.starts_with("Can't read /data/file.rdb: I/O error"), unread);
}

BOOST_AUTO_TEST_CASE(a_load_that_is_given_up_keeps_nothing_of_a_value_in_pieces) {
  Loaded machine;
  const uint64_t before = base::memory_used(base::MemoryUse::kChunks);
  machine.put(File().select(0).string("long", std::string(3'000'000, 'x')).end());
  machine.begin();
  machine.world.until(
      [&] { return base::memory_used(base::MemoryUse::kChunks) > before + 500'000; },
      "a part of the value");
  machine.loading->cancel();
  BOOST_TEST(machine.wait() == "The load was given up");
  machine.loading.reset();
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) == before);
  BOOST_TEST(machine.keyspace().size() == 0u);
}

sim::WorldOptions tight_options() {
  sim::WorldOptions options = roomy_options();
  options.maxmemory = 4 * 1024 * 1024;
  return options;
}

// Of values that do not compress.
std::string value_of(int i) {
  base::Random random(static_cast<uint64_t>(i));
  std::string value(20'000, '\0');
  for (char& c : value) c = static_cast<char>(random.next());
  return value;
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_memory_goes_to_the_tier_as_it_comes) {
  Loaded machine(tight_options());
  File file;
  file.select(0);
  for (int i = 0; i < 400; ++i) file.string("key:" + std::to_string(i), value_of(i));
  BOOST_TEST(machine.load(file.end()) == "");
  BOOST_TEST(machine.figures().keys_loaded == 400u);
  BOOST_TEST(machine.figures().keys_cold > 100u);
  BOOST_TEST(machine.figures().keys_cold < 400u);
  BOOST_TEST(machine.keyspace().size() == 400u);
  for (int i = 0; i < 400; ++i)
    BOOST_REQUIRE((machine.execute({"GET", "key:" + std::to_string(i)}) == sim::bulk(value_of(i))));
}

BOOST_AUTO_TEST_CASE(a_long_string_goes_to_the_tier_page_by_page) {
  Loaded machine(tight_options());
  std::string value;
  for (int i = 0; i < 45; ++i) value += value_of(i);
  File file;
  file.select(0);
  for (int i = 0; i < 6; ++i) file.string("long:" + std::to_string(i), value);
  const uint64_t chunks = base::memory_used(base::MemoryUse::kChunks);
  machine.put(file.end());
  machine.begin();
  uint64_t most = 0;
  machine.world.until(
      [&] {
        most = std::max(most, base::memory_used(base::MemoryUse::kChunks) - chunks);
        return machine.failure.has_value();
      },
      "the load");
  BOOST_TEST(machine.wait() == "");
  BOOST_TEST(machine.figures().keys_cold > 0u);
  BOOST_TEST(most < 4u * 1024 * 1024);
  for (int i = 0; i < 6; ++i) {
    const std::string key = "long:" + std::to_string(i);
    BOOST_TEST(machine.execute({"STRLEN", key}) == sim::integer(900'000));
    BOOST_TEST((machine.execute({"GETRANGE", key, "440000", "460000"}) ==
                sim::bulk(std::string_view(value).substr(440'000, 20'001))));
  }
}

BOOST_AUTO_TEST_CASE(a_record_that_cannot_be_written_ends_the_load) {
  Loaded machine(tight_options());
  File file;
  file.select(0);
  for (int i = 0; i < 400; ++i) file.string("key:" + std::to_string(i), value_of(i));
  machine.put(file.end());
  machine.begin();
  machine.world.until([&] { return machine.figures().keys_cold > 20; }, "keys in the tier");
  for (uint64_t i = 1; i <= 20; ++i)
    machine.world.disk().fail(iouring::SimOperation::kWrite, i, -EIO);
  const std::string failure = machine.wait();
  BOOST_TEST(failure.starts_with("The cold tier could not take a value of /data/file.rdb"),
             failure);
}

}  // namespace
}  // namespace engine

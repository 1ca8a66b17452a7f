// What commands, expiry and eviction tell of keys, in order.

#define BOOST_TEST_MODULE key_events
#include "engine/key_events.h"

#include <boost/test/unit_test.hpp>

#include "engine/keyspace.h"
#include "tests/unit/engine/tier_fixture.h"

namespace engine {
namespace {

sim::Words words_of(std::string_view line) {
  sim::Words words;
  while (!line.empty()) {
    const size_t space = std::min(line.find(' '), line.size());
    words.emplace_back(line.substr(0, space));
    line.remove_prefix(std::min(space + 1, line.size()));
  }
  return words;
}

struct Listening : KeyListener {
  explicit Listening(const sim::WorldOptions& options = roomy_options()) : machine(options) {
    KeyEvents& events = machine.world.engine().databases().shared().events;
    events.listener = this;
    events.wanted = ~0u;
  }
  ~Listening() { machine.world.engine().databases().shared().events = {}; }

  void on_key_changed(const Keyspace& keyspace, const Key& key) override {
    note("!", keyspace, key);
  }
  void on_key_event(const Keyspace& keyspace, const Key& key, const KeyEvent& event) override {
    BOOST_TEST(event.event_class != 0u);
    note(event.name, keyspace, key);
  }
  void on_flush(int) override {}
  void on_swap(int, int) override {}
  void note(std::string_view what, const Keyspace& keyspace, const Key& key) {
    const int database = machine.world.engine().databases().index_of(keyspace.id());
    if (!told.empty()) told += ' ';
    told += fmt::format("{}:{}", what, key.text);
    if (database != 0) told += fmt::format("@{}", database);
  }

  // What is told while the command runs.
  std::string run(std::string_view line) {
    told.clear();
    reply = machine.execute(words_of(line));
    return told;
  }

  Machine machine;
  std::string told;
  std::string reply;
};

}  // namespace

BOOST_AUTO_TEST_CASE(strings_tell_what_happened_to_them) {
  Listening on;
  BOOST_TEST(on.run("SET a 1") == "new:a !:a set:a");
  BOOST_TEST(on.run("SET a 2 EX 100") == "!:a set:a !:a expire:a");
  BOOST_TEST(on.run("SET a 2 NX") == "");
  BOOST_TEST(on.run("SETNX a 2") == "");
  BOOST_TEST(on.run("SETNX b 2") == "new:b !:b set:b");
  BOOST_TEST(on.run("SETEX b 100 2") == "!:b set:b !:b expire:b");
  BOOST_TEST(on.run("GETSET b 3") == "!:b set:b");
  BOOST_TEST(on.run("MSET a 1 c 2") == "!:a set:a new:c !:c set:c");
  BOOST_TEST(on.run("MSETNX a 1 d 2") == "");
  BOOST_TEST(on.run("INCR a") == "!:a incrby:a");
  BOOST_TEST(on.run("DECRBY n 3") == "new:n !:n incrby:n");
  BOOST_TEST(on.run("INCRBYFLOAT n 3") == "!:n incrbyfloat:n");
  BOOST_TEST(on.run("APPEND a 5") == "!:a append:a");
  BOOST_TEST(on.run("SETRANGE a 5 x") == "!:a setrange:a");
  BOOST_TEST(on.run("GETEX a EX 100") == "!:a expire:a");
  BOOST_TEST(on.run("GETEX a PERSIST") == "!:a persist:a");
  BOOST_TEST(on.run("GETEX a PERSIST") == "");
  BOOST_TEST(on.run("GETEX a PXAT 1") == "!:a del:a");
  BOOST_TEST(on.run("GETDEL b") == "!:b del:b");
  BOOST_TEST(on.run("GETDEL b") == "keymiss:b");
  BOOST_TEST(on.run("GET b") == "keymiss:b");
  BOOST_TEST(on.run("TTL b") == "keymiss:b");
  BOOST_TEST(on.run("INCR c x") == "");
}

BOOST_AUTO_TEST_CASE(bits_and_hyperloglogs_tell_changes_only) {
  Listening on;
  BOOST_TEST(on.run("SETBIT b 1 1") == "new:b !:b setbit:b");
  BOOST_TEST(on.run("SETBIT b 1 1") == "");
  BOOST_TEST(on.run("BITFIELD b SET u8 0 64 GET u8 0") == "");
  BOOST_TEST(on.run("BITFIELD b SET u8 0 65 INCRBY u8 0 1") == "!:b setbit:b");
  BOOST_TEST(on.run("BITOP NOT c b") == "new:c !:c set:c");
  BOOST_TEST(on.run("BITOP AND c none1 none2") == "keymiss:none1 keymiss:none2 !:c del:c");
  BOOST_TEST(on.run("PFADD h a") == "new:h !:h pfadd:h");
  BOOST_TEST(on.run("PFADD h a") == "");
  BOOST_TEST(on.run("PFCOUNT h") == "!:h");
  BOOST_TEST(on.run("PFCOUNT h") == "");
}

BOOST_AUTO_TEST_CASE(hashes_and_sets_tell_what_happened_to_them) {
  Listening on;
  BOOST_TEST(on.run("HSET h f 1 g 2") == "new:h !:h hset:h");
  BOOST_TEST(on.run("HSETNX h f 1") == "");
  BOOST_TEST(on.run("HINCRBY h f 1") == "!:h hincrby:h");
  BOOST_TEST(on.run("HINCRBYFLOAT h f 1") == "!:h hincrbyfloat:h");
  BOOST_TEST(on.run("HDEL h none") == "");
  BOOST_TEST(on.run("HDEL h f g") == "!:h hdel:h !:h del:h");
  BOOST_TEST(on.run("SADD s a b c") == "new:s !:s sadd:s");
  BOOST_TEST(on.run("SADD s a") == "");
  BOOST_TEST(on.run("SREM s none") == "");
  BOOST_TEST(on.run("SREM s a") == "!:s srem:s");
  BOOST_TEST(on.run("SMOVE s t b") == "!:s srem:s new:t !:t sadd:t");
  BOOST_TEST(on.run("SMOVE s t c") == "!:s srem:s !:s del:s !:t sadd:t");
  BOOST_TEST(on.run("SPOP t") == "!:t spop:t");
  BOOST_TEST(on.run("SPOP t 9") == "!:t spop:t !:t del:t");
  on.run("SADD s a b");
  BOOST_TEST(on.run("SUNIONSTORE u s") == "new:u !:u sunionstore:u");
  BOOST_TEST(on.run("SINTERSTORE u s") == "!:u sinterstore:u");
  BOOST_TEST(on.run("SDIFFSTORE u s s") == "!:u del:u");
}

BOOST_AUTO_TEST_CASE(keys_tell_when_they_move_and_go) {
  Listening on;
  on.run("MSET a 1 b 2");
  BOOST_TEST(on.run("DEL none a") == "!:a del:a");
  BOOST_TEST(on.run("RENAME b c") == "new:c !:b rename_from:b !:c rename_to:c");
  BOOST_TEST(on.run("RENAME c c") == "");
  BOOST_TEST(on.run("COPY c d") == "new:d !:d copy_to:d");
  BOOST_TEST(on.run("COPY c d DB 1") == "new:d@1 !:d@1 copy_to:d@1");
  BOOST_TEST(on.run("MOVE c 1") == "new:c@1 !:c move_from:c !:c@1 move_to:c@1");
  BOOST_TEST(on.run("EXPIRE d 100") == "!:d expire:d");
  BOOST_TEST(on.run("PERSIST d") == "!:d persist:d");
  BOOST_TEST(on.run("PERSIST d") == "");
  BOOST_TEST(on.run("EXPIRE d -1") == "!:d del:d");
}

BOOST_AUTO_TEST_CASE(a_restored_key_is_told_as_such) {
  Listening on;
  on.run("SET a value");
  on.run("DUMP a");
  const size_t begin = on.reply.find("\r\n") + 2;
  const std::string dump = on.reply.substr(begin, on.reply.size() - begin - 2);
  const auto restore = [&](sim::Words words) {
    on.told.clear();
    words.insert(words.begin() + 3, dump);
    on.machine.execute(std::move(words));
    return on.told;
  };
  BOOST_TEST(restore({"RESTORE", "b", "0"}) == "new:b !:b restore:b");
  BOOST_TEST(restore({"RESTORE", "b", "0"}) == "");
  BOOST_TEST(restore({"RESTORE", "b", "0", "REPLACE"}) == "new:b !:b restore:b");
  BOOST_TEST(restore({"RESTORE", "b", "1", "REPLACE", "ABSTTL"}) == "!:b del:b");
}

BOOST_AUTO_TEST_CASE(an_expired_key_is_told_by_whoever_meets_it) {
  Listening on;
  const auto later = [&on] { on.machine.world.clock().advance_us(20'000); };
  on.machine.world.engine().background().expirer().set_active(false);
  on.run("SET a 1 PX 10");
  later();
  BOOST_TEST(on.run("GET a") == "!:a expired:a keymiss:a");
  on.run("SET a 1 PX 10");
  later();
  BOOST_TEST(on.run("SET a 2") == "!:a expired:a new:a !:a set:a");
  on.run("SET c 1 PX 1000");
  on.machine.make_cold("c");
  on.machine.world.clock().advance_us(2'000'000);
  BOOST_TEST(on.run("SET c 2") == "!:c expired:c new:c !:c set:c");
}

BOOST_AUTO_TEST_CASE(active_expiry_tells_of_hot_and_cold_keys) {
  Listening on;
  on.run("SET cold 1 PX 1000");
  on.machine.make_cold("cold");
  on.run("SET hot 1 PX 1000");
  on.told.clear();
  on.machine.world.clock().advance_us(2'000'000);
  on.machine.world.until([&on] { return on.machine.keyspace().size() == 0; }, "expiry");
  BOOST_TEST((on.told == "!:hot expired:hot !:cold expired:cold" ||
              on.told == "!:cold expired:cold !:hot expired:hot"));
}

BOOST_AUTO_TEST_CASE(a_cold_key_tells_as_a_hot_one_does) {
  Listening on;
  on.run("SET a 1");
  on.machine.make_cold("a");
  BOOST_TEST(on.run("SET a 2") == "!:a set:a");
  on.machine.make_cold("a");
  BOOST_TEST(on.run("DEL a") == "!:a del:a");
}

}  // namespace engine

#define BOOST_TEST_MODULE engine_effects
#include "engine/effects.h"

#include <boost/test/unit_test.hpp>

#include "engine/value/chunked_string.h"
#include "tests/unit/engine/tier_fixture.h"

namespace engine {
namespace {

// Writes units as text: commands with spaces between their words, "<db>" before each, units with
// more than one in brackets.
class Recorder final : public EffectSink {
 public:
  void on_effects(const EffectUnit& unit) override {
    std::string text;
    size_t from = 0;
    for (const EffectUnit::Command& command : unit.commands) {
      if (!text.empty()) text += "; ";
      text += std::to_string(command.database) + ">" + words_of(unit, from, command.end);
      from = command.end;
    }
    units.push_back(unit.commands.size() > 1 ? "[" + text + "]" : text);
  }

  std::string take() {
    std::string text;
    for (const std::string& unit : std::exchange(units, {})) text += unit + "\n";
    return text;
  }

  std::vector<std::string> units;

 private:
  // The words of one command, read as the protocol has them.
  static std::string words_of(const EffectUnit& unit, size_t from, size_t end) {
    std::string bytes = unit.text.substr(from, end - from);
    for (auto at = unit.insertions.rbegin(); at != unit.insertions.rend(); ++at) {
      if (at->at < from || at->at >= end) continue;
      std::string value;
      for (size_t i = 0; i < at->chunks->chunk_count(); ++i)
        value += base::as_text(at->chunks->chunk(i));
      bytes.insert(at->at - from, value);
    }
    std::string text;
    size_t at = bytes.find("\r\n") + 2;
    const int words = std::stoi(bytes.substr(1));
    for (int i = 0; i < words; ++i) {
      const size_t length = std::stoul(bytes.substr(at + 1));
      at = bytes.find("\r\n", at) + 2;
      text += (i == 0 ? "" : " ") + bytes.substr(at, length);
      at += length + 2;
    }
    BOOST_REQUIRE_EQUAL(at, bytes.size());
    return text;
  }
};

struct Fixture {
  Fixture() { machine.world.engine().effects().set_sink(&recorder); }
  // What the command was turned into.
  std::string effects_of(sim::Words words) {
    machine.execute(std::move(words));
    return recorder.take();
  }
  int64_t now_ms() { return machine.world.engine().now_ms(); }

  Recorder recorder;
  Machine machine;
};

BOOST_FIXTURE_TEST_CASE(a_command_that_changes_something_is_its_own_effect, Fixture) {
  BOOST_TEST(effects_of({"set", "a", "1"}) == "0>set a 1\n");
  BOOST_TEST(effects_of({"APPEND", "a", "2"}) == "0>APPEND a 2\n");
  BOOST_TEST(effects_of({"DEL", "a", "b"}) == "0>DEL a b\n");
  BOOST_TEST(effects_of({"DEL", "a"}).empty());
  BOOST_TEST(effects_of({"GET", "a"}).empty());
  BOOST_TEST(effects_of({"SADD", "s", "m"}) == "0>SADD s m\n");
  BOOST_TEST(effects_of({"SADD", "s", "m"}).empty());
}

BOOST_FIXTURE_TEST_CASE(times_to_live_become_moments, Fixture) {
  // The moment is that of the turn in which the command ran.
  const auto expect = [this](sim::Words words, const std::string& effect) {
    const std::string found = effects_of(std::move(words));
    BOOST_TEST(found == effect + std::to_string(now_ms() + 10'000) + "\n");
  };
  expect({"SET", "a", "1", "EX", "10"}, "0>SET a 1 PXAT ");
  expect({"SETEX", "a", "10", "1"}, "0>SET a 1 PXAT ");
  expect({"EXPIRE", "a", "10"}, "0>PEXPIREAT a ");
  expect({"GETEX", "a", "PX", "10000"}, "0>PEXPIREAT a ");
  BOOST_TEST(effects_of({"GETEX", "a", "PERSIST"}) == "0>PERSIST a\n");
  BOOST_TEST(effects_of({"GETEX", "a", "PERSIST"}).empty());
  BOOST_TEST(effects_of({"EXPIRE", "a", "-1"}) == "0>DEL a\n");
}

BOOST_FIXTURE_TEST_CASE(what_a_get_beside_it_returned_is_no_effect, Fixture) {
  BOOST_TEST(effects_of({"SET", "a", "1", "GET"}) == "0>SET a 1\n");
  BOOST_TEST(effects_of({"SET", "a", "2", "KEEPTTL", "GET"}) == "0>SET a 2 KEEPTTL\n");
  BOOST_TEST(effects_of({"GETSET", "a", "3"}) == "0>SET a 3\n");
  BOOST_TEST(effects_of({"SET", "a", "4", "NX", "GET"}).empty());
  BOOST_TEST(effects_of({"GETDEL", "a"}) == "0>DEL a\n");
}

BOOST_FIXTURE_TEST_CASE(sums_of_floats_and_chance_become_what_came_of_them, Fixture) {
  BOOST_TEST(effects_of({"INCRBYFLOAT", "f", "0.5"}) == "0>SET f 0.5 KEEPTTL\n");
  BOOST_TEST(effects_of({"HINCRBYFLOAT", "h", "x", "1.5"}) == "0>HSET h x 1.5\n");
  effects_of({"SADD", "s", "m"});
  BOOST_TEST(effects_of({"SPOP", "s"}) == "0>SREM s m\n");
  effects_of({"SADD", "s", "m", "n"});
  BOOST_TEST(effects_of({"SPOP", "s", "5"}) == "0>DEL s\n");
}

BOOST_FIXTURE_TEST_CASE(an_expired_key_is_deleted_before_the_command_that_met_it, Fixture) {
  effects_of({"SET", "a", "1", "PX", "5"});
  machine.world.clock().advance_us(10'000);
  BOOST_TEST(effects_of({"GET", "a"}) == "0>DEL a\n");
  effects_of({"SET", "a", "1", "PX", "5"});
  machine.world.engine().background().expirer().set_active(false);
  machine.world.clock().advance_us(10'000);
  BOOST_TEST(effects_of({"INCR", "a"}) == "[0>DEL a; 0>INCR a]\n");
}

struct NoSource final : CommandSource {
  void on_runnable() override {}
};

BOOST_FIXTURE_TEST_CASE(a_value_that_came_in_chunks_is_passed_on_as_such, Fixture) {
  const std::string value(300'000, 'v');
  Engine& engine = machine.world.engine();
  NoSource source;
  resp::BlockPool blocks;
  resp::OutputBuffer output(&blocks);
  Session session(engine.next_session_id(), &source, &output);
  // SETRANGE changes the value that it takes, which must not show in its effect.
  for (const std::string name : {"SET", "SETRANGE"}) {
    const std::vector<std::string_view> words =
        name == "SET" ? std::vector<std::string_view>{name, "a", "", "PX", "1000000"}
                      : std::vector<std::string_view>{name, "a", "1", ""};
    LargeCommand large(value.size());
    large.append(value);
    large.complete(words, name == "SET" ? 2 : 3);
    Request request = engine.prepare(session, large.words());
    request.large = &large;
    engine.begin_batch();
    BOOST_TEST((engine.execute(&session, request) == Outcome::kDone));
    engine.end_batch();
  }
  const std::string at = std::to_string(now_ms() + 1'000'000);
  BOOST_TEST(recorder.take() ==
             "0>SET a " + value + " PXAT " + at + "\n0>SETRANGE a 1 " + value + "\n");
  BOOST_TEST(machine.execute({"STRLEN", "a"}) == sim::integer(300'001));
}

BOOST_FIXTURE_TEST_CASE(an_open_unit_gathers_several_commands, Fixture) {
  Effects& effects = machine.world.engine().effects();
  effects.begin_unit();
  machine.execute({"SET", "a", "1"});
  machine.execute({"SET", "b", "1"});
  BOOST_TEST(recorder.units.empty());
  effects.end_unit();
  BOOST_TEST(recorder.take() == "[0>SET a 1; 0>SET b 1]\n");
  effects.add(2, {"LPOP", "list", int64_t{3}});
  BOOST_TEST(recorder.take() == "2>LPOP list 3\n");
}

BOOST_FIXTURE_TEST_CASE(a_flush_is_an_effect_even_of_nothing, Fixture) {
  BOOST_TEST(effects_of({"FLUSHALL"}) == "0>FLUSHALL\n");
  BOOST_TEST(effects_of({"FLUSHDB", "ASYNC"}) == "0>FLUSHDB ASYNC\n");
}

}  // namespace
}  // namespace engine

#define BOOST_TEST_MODULE engine_aof
#include "engine/aof.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <map>

#include "engine/startup_aof.h"
#include "tests/unit/engine/tier_fixture.h"

// A leak checker does not find the entries of an engine that crashed: its dictionary's pages are
// not looked through.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:engine::EntryHeap::"; }

namespace engine {
namespace {

using iouring::SimOperation;

// A machine whose engine has the append only file on, and what its clients were told.
class Logged final : public OutputListener {
 public:
  explicit Logged(AppendFsync policy, uint64_t seed = 1) : policy_(policy), world_(options(seed)) {
    start();
  }
  ~Logged() {
    engine().output_gate().set_listener(nullptr);
    client_.reset();
    engine().aof().disable();
    world_.until([this] { return engine().aof().is_idle(); }, "the end of the file");
    world_.stop();
  }

  Engine& engine() { return world_.engine(); }
  Aof& aof() { return engine().aof(); }
  sim::World& world() { return world_; }

  // Loads what there is, as a start does, and goes on.
  void start() {
    world_.start();
    world_.until([this] { return world_.tier().can_demote(); }, "the first segment");
    Options& now = engine().config().mutable_options();
    now.appendonly = true;
    now.appendfsync = policy_;
    Turn turn = [this] {
      world_.turn();
      return true;
    };
    const AofFound found = load_append_only_files(&engine(), &turn);
    if (found == AofFound::kFailed) throw sim::Failure{"the files can't be loaded"};
    if (!open_append_only_file(&engine(), found, &turn)) throw sim::Failure{"no append only file"};
    engine().output_gate().set_listener(this);
    client_ = std::make_unique<sim::Client>(
        &engine(), 0, [this](const sim::Client&, const sim::Words&, std::string_view reply) {
          replies_.emplace_back(reply);
        });
  }
  void crash_and_start() {
    world_.crash();
    // It waits for a turn that never comes.
    static auto* const forgotten = new std::vector<sim::Client*>;
    forgotten->push_back(client_.release());
    unsafe_.clear();
    start();
  }

  // OutputListener. Whoever waits for a reply is closed.
  void on_output_released() override {}
  void on_outcome_unknown() override { unsafe_.clear(); }

  std::string execute(sim::Words words) {
    client_->add(std::move(words));
    for (int i = 0; client_->waiting() != 0; ++i) {
      if (i == 100'000) throw sim::Failure{"no reply"};
      turn();
    }
    return replies_.back();
  }
  // One turn in which what waits is executed.
  void turn() {
    world_.turn([this] {
      if (!client_->may_execute()) return;
      client_->take(client_->waiting());
      engine().begin_batch();
      client_->run();
      engine().end_batch();
    });
  }
  // Sets the key; what it was set to counts once the reply may leave.
  void set(int key, int value) {
    if (execute({"SET", "key:" + std::to_string(key), std::to_string(value)}) != sim::kOk) return;
    unsafe_.push_back({key, value, engine().output_gate().end()});
    written_[key] = value;
  }
  void note_safe() {
    while (!unsafe_.empty() && unsafe_.front().offset <= engine().output_gate().safe()) {
      safe_[unsafe_.front().key] = unsafe_.front().value;
      unsafe_.erase(unsafe_.begin());
    }
  }
  // Every key has what was acknowledged, or what was written later.
  void expect_acknowledged() {
    for (const auto& [key, value] : safe_) {
      const std::string reply = execute({"GET", "key:" + std::to_string(key)});
      const int found = reply == sim::kNull ? -1 : std::stoi(reply.substr(reply.find('\n') + 1));
      if (found < value || found > written_[key])
        throw sim::Failure{fmt::format("key {} is {}, acknowledged {}, written {}", key, found,
                                       value, written_[key])};
    }
  }
  size_t acknowledged() const { return safe_.size(); }

  std::string file(const std::string& name) {
    const auto text =
        world_.disk().read_small_file("/data/appendonlydir/" + name, 64 * 1024 * 1024);
    return text.ok() ? *text : "missing";
  }

 private:
  static sim::WorldOptions options(uint64_t seed) {
    sim::WorldOptions options = roomy_options();
    options.seed = seed;
    return options;
  }
  struct Told {
    int key;
    int value;
    uint64_t offset;
  };

  const AppendFsync policy_;
  sim::World world_;
  std::vector<std::string> replies_;
  std::unique_ptr<sim::Client> client_;
  std::vector<Told> unsafe_;
  std::map<int, int> safe_;
  std::map<int, int> written_;
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

BOOST_AUTO_TEST_CASE(a_reply_may_leave_when_its_effect_is_durable) {
  Logged logged(AppendFsync::kAlways);
  const uint64_t syncs = logged.world().disk().count(SimOperation::kSync);
  logged.execute({"SET", "a", "1"});
  BOOST_TEST(logged.engine().output_gate().holds());
  logged.world().until([&] { return !logged.engine().output_gate().holds(); }, "the sync");
  BOOST_TEST(logged.world().disk().count(SimOperation::kSync) > syncs);
  BOOST_TEST(holds(logged.file("appendonly.aof.1.incr.aof"), "\r\n$1\r\na\r\n$1\r\n1\r\n"));
}

BOOST_AUTO_TEST_CASE(under_everysec_it_may_leave_when_it_is_written) {
  Logged logged(AppendFsync::kEverysec);
  const uint64_t syncs = logged.aof().writer().syncs;
  logged.execute({"SET", "a", "1"});
  logged.world().until([&] { return !logged.engine().output_gate().holds(); }, "the write");
  BOOST_TEST(logged.aof().writer().syncs == syncs);
  logged.world().until([&] { return logged.aof().writer().syncs > syncs; }, "a sync");
}

BOOST_AUTO_TEST_CASE(a_failed_write_refuses_writes_until_the_disk_takes_it) {
  Logged logged(AppendFsync::kAlways);
  logged.world().disk().fail(SimOperation::kWrite, 1, -ENOSPC, true);
  logged.execute({"SET", "a", "1"});
  logged.world().until([&] { return logged.aof().refuses_writes(); }, "the failure");
  BOOST_TEST(logged.execute({"SET", "b", "1"}) ==
             "-MISCONF Errors writing to the AOF file: No space left on device\r\n");
  BOOST_TEST(logged.execute({"GET", "a"}) == sim::bulk("1"));
  logged.world().until([&] { return !logged.aof().refuses_writes(); }, "the recovery");
  BOOST_TEST(logged.execute({"SET", "b", "1"}) == sim::kOk);
  logged.world().until([&] { return !logged.engine().output_gate().holds(); }, "the sync");
  logged.crash_and_start();
  BOOST_TEST(logged.execute({"MGET", "a", "b"}) == "*2\r\n" + sim::bulk("1") + sim::bulk("1"));
}

BOOST_AUTO_TEST_CASE(after_a_failed_sync_the_next_increment_gets_what_is_not_durable) {
  for (const AppendFsync policy : {AppendFsync::kAlways, AppendFsync::kEverysec}) {
    Logged logged(policy);
    logged.execute({"SET", "a", "1"});
    logged.execute({"SELECT", "2"});
    logged.execute({"SET", "c", "1"});
    logged.world().until([&] { return logged.aof().synced(); }, "the sync");
    logged.world().disk().fail(SimOperation::kSync, 1, -EIO);
    logged.execute({"INCR", "c"});
    logged.world().until([&] { return logged.aof().refuses_writes(); }, "the failure");
    BOOST_TEST(logged.execute({"INCR", "c"}) ==
               "-MISCONF Errors writing to the AOF file: Input/output error\r\n");
    logged.world().until([&] { return !logged.aof().refuses_writes(); }, "the recovery");
    BOOST_TEST(logged.execute({"INCR", "c"}) == sim::integer(3));
    logged.world().until([&] { return logged.aof().synced(); }, "the sync");
    // It begins with the database of its first command.
    const std::string file = logged.file("appendonly.aof.2.incr.aof");
    BOOST_TEST(file.substr(file.find('*')).starts_with("*2\r\n$6\r\nSELECT\r\n$1\r\n2"));
    BOOST_TEST(!holds(logged.file("appendonly.aof.1.incr.aof"), "INCR"));
    logged.crash_and_start();
    BOOST_TEST(logged.execute({"GET", "a"}) == sim::bulk("1"));
    logged.execute({"SELECT", "2"});
    BOOST_TEST(logged.execute({"GET", "c"}) == sim::bulk("3"));
  }
}

BOOST_AUTO_TEST_CASE(a_failed_sync_during_a_rewrite_ends_it_and_loses_nothing) {
  for (uint64_t nth = 1; nth <= 8; ++nth) {
    Logged logged(AppendFsync::kAlways, nth);
    for (int i = 0; i < 50; ++i) logged.execute({"INCR", "counter"});
    logged.world().disk().fail(SimOperation::kSync, nth, -EIO);
    logged.aof().rewrite();
    int counted = 50;
    for (int i = 0; i < 50; ++i)
      if (logged.execute({"INCR", "counter"}).starts_with(':')) ++counted;
    logged.world().until([&] { return !logged.aof().refuses_writes() && logged.aof().synced(); },
                         "the recovery");
    logged.world().until([&] { return logged.aof().is_idle(); }, "the end of the rewrite");
    logged.crash_and_start();
    BOOST_TEST(logged.execute({"GET", "counter"}) == sim::bulk(std::to_string(counted)),
               "the sync that failed was number " << nth);
  }
}

BOOST_AUTO_TEST_CASE(a_crash_at_any_turn_leaves_files_with_all_that_was_acknowledged) {
  size_t acknowledged = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Logged logged(seed % 3 == 0 ? AppendFsync::kEverysec : AppendFsync::kAlways, seed);
    base::Random random(seed);
    int value = 0;
    for (int crashes = 0; crashes < 3; ++crashes) {
      const uint64_t turns = random.below(400);
      for (uint64_t i = 0; i < turns; ++i) {
        if (random.below(4) == 0) logged.set(static_cast<int>(random.below(40)), ++value);
        if (random.below(60) == 0) logged.aof().rewrite();
        logged.turn();
        // Of everysec a crash of the machine may take the last second.
        if (logged.engine().options().appendfsync == AppendFsync::kAlways) logged.note_safe();
      }
      try {
        logged.crash_and_start();
        logged.expect_acknowledged();
      } catch (const sim::Failure& failure) {
        BOOST_FAIL("seed " << seed << ", crash " << crashes << ": " << failure.text);
      }
    }
    acknowledged += logged.acknowledged();
  }
  BOOST_TEST(acknowledged > 500u);
}

BOOST_AUTO_TEST_CASE(failures_of_the_disk_at_any_operation_lose_nothing_that_was_acknowledged) {
  constexpr SimOperation kOperations[] = {SimOperation::kWrite,    SimOperation::kSync,
                                          SimOperation::kOpen,     SimOperation::kRename,
                                          SimOperation::kTruncate, SimOperation::kSyncDirectory};
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Logged logged(AppendFsync::kAlways, seed);
    base::Random random(seed);
    int value = 0;
    const auto next = [&] {
      if (!logged.aof().refuses_writes()) logged.set(static_cast<int>(random.below(40)), ++value);
      logged.turn();
      logged.note_safe();
    };
    for (int i = 0; i < 300; ++i) {
      if (random.below(50) == 0)
        logged.world().disk().fail(kOperations[random.below(std::size(kOperations))],
                                   1 + random.below(10), random.below(2) == 0 ? -EIO : -ENOSPC,
                                   true);
      if (random.below(60) == 0) logged.aof().rewrite();
      next();
    }
    try {
      logged.world().until([&] { return !logged.aof().refuses_writes(); }, "the recovery");
      logged.crash_and_start();
      logged.expect_acknowledged();
    } catch (const sim::Failure& failure) {
      BOOST_FAIL("seed " << seed << ": " << failure.text);
    }
  }
}

}  // namespace
}  // namespace engine

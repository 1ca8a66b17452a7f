#define BOOST_TEST_MODULE config
#include "engine/config.h"

#include <boost/test/unit_test.hpp>

#include "engine/config_rewrite.h"
#include "tests/unit/engine/fake_environment.h"

namespace engine {
namespace {

struct Server {
  FakeEnvironment environment;
  std::unique_ptr<Config> config;

  explicit Server(const std::string& text = "") {
    environment.files["/cwd/f.conf"] = text;
    auto result = Config::load({.file = "f.conf"}, &environment);
    BOOST_REQUIRE_MESSAGE(result.config != nullptr, result.error);
    config = std::move(result.config);
  }
  std::string set(std::vector<std::string_view> words) { return config->set({.words = words}); }
  std::string get(std::vector<std::string_view> patterns) {
    std::string text;
    for (const auto& [name, value] : config->get(patterns)) text += name + "=" + value + ";";
    return text;
  }
  std::string rewritten(const std::vector<std::string>* users = nullptr) {
    BOOST_TEST(config->rewrite(users) == "");
    return environment.files["/cwd/f.conf"];
  }
};

BOOST_AUTO_TEST_CASE(get_answers_names_and_patterns) {
  Server server("requirepass secret\n");
  BOOST_TEST(server.get({"port"}) == "port=6379;");
  BOOST_TEST(server.get({"PORT"}) == "PORT=6379;");
  BOOST_TEST(server.get({"nope"}) == "");
  BOOST_TEST(server.get({"port", "Port", "tim*out"}) == "port=6379;timeout=0;");
  BOOST_TEST(server.get({"hash-max-*-value"}) ==
             "hash-max-listpack-value=64;hash-max-ziplist-value=64;");
  BOOST_TEST(server.get({"slaveof"}) == "slaveof=;");
  BOOST_TEST(server.get({"require*"}) == "requirepass=secret;");
}

BOOST_AUTO_TEST_CASE(hidden_options_need_their_exact_name) {
  Server server;
  BOOST_TEST(server.get({"key-load*"}) == "");
  BOOST_TEST(server.get({"key-load-delay"}) == "key-load-delay=0;");
}

BOOST_AUTO_TEST_CASE(values_are_printed_as_redis_prints_them) {
  Server server(
      "save 60 1 30 2\nmaxmemory-clients 5%\nunixsocketperm 755\nnotify-keyspace-events KEA\n"
      "shutdown-on-sigterm now nosave\nbind 127.0.0.1\nlatency-tracking-info-percentiles 50 99.95\n"
      "client-output-buffer-limit replica 1mb 1kb 5\nmaxmemory 1gb\nreplicaof 10.0.0.1 7000\n");
  BOOST_TEST(server.get({"save"}) == "save=60 1 30 2;");
  BOOST_TEST(server.get({"maxmemory-clients"}) == "maxmemory-clients=5%;");
  BOOST_TEST(server.get({"unixsocketperm"}) == "unixsocketperm=755;");
  BOOST_TEST(server.get({"notify-keyspace-events"}) == "notify-keyspace-events=AKE;");
  BOOST_TEST(server.get({"shutdown-on-sigterm"}) == "shutdown-on-sigterm=nosave now;");
  BOOST_TEST(server.get({"bind"}) == "bind=127.0.0.1;");
  BOOST_TEST(server.get({"latency-tracking-info-percentiles"}) ==
             "latency-tracking-info-percentiles=50 99.95;");
  BOOST_TEST(server.get({"client-output-buffer-limit"}) ==
             "client-output-buffer-limit=normal 0 0 0 slave 1048576 1024 5 pubsub 33554432 8388608 "
             "60;");
  BOOST_TEST(server.get({"maxmemory"}) == "maxmemory=1073741824;");
  BOOST_TEST(server.get({"slaveof"}) == "slaveof=10.0.0.1 7000;");
}

BOOST_AUTO_TEST_CASE(several_parameters_are_set_together_or_not_at_all) {
  Server server;
  BOOST_TEST(server.set({"timeout", "5", "maxclients", "77", "save", "10 1 20 2"}) == "");
  BOOST_TEST(server.get({"timeout", "maxclients", "save"}) ==
             "timeout=5;maxclients=77;save=10 1 20 2;");
  BOOST_TEST(server.set({"timeout", "6", "maxclients", "x"}) ==
             "CONFIG SET failed (possibly related to argument 'maxclients') - argument couldn't be "
             "parsed into an integer");
  BOOST_TEST(server.get({"timeout"}) == "timeout=5;");
  BOOST_TEST(server.set({"save", ""}) == "");
  BOOST_TEST(server.get({"save"}) == "save=;");
}

BOOST_AUTO_TEST_CASE(errors_of_set_are_those_of_redis) {
  Server server;
  BOOST_TEST(server.set({"nope", "1"}) ==
             "Unknown option or number of arguments for CONFIG SET - 'nope'");
  BOOST_TEST(server.set({"timeout", "1", "nope", "1"}) ==
             "Unknown option or number of arguments for CONFIG SET - 'nope'");
  BOOST_TEST(server.set({"timeout", "1", "x"}) == "syntax error");
  BOOST_TEST(server.set({"Databases", "1"}) ==
             "CONFIG SET failed (possibly related to argument 'Databases') - can't set immutable "
             "config");
  BOOST_TEST(server.set({"timeout", "1", "TIMEOUT", "2"}) ==
             "CONFIG SET failed (possibly related to argument 'TIMEOUT') - duplicate parameter");
  BOOST_TEST(server.set({"hash-max-ziplist-value", "x"}) ==
             "CONFIG SET failed (possibly related to argument 'hash-max-ziplist-value') - argument "
             "must be a memory value");
  BOOST_TEST(server.set({"save", "1 2 3"}) ==
             "CONFIG SET failed (possibly related to argument 'save') - Invalid save parameters");
}

BOOST_AUTO_TEST_CASE(protected_options_follow_enable_protected_configs) {
  const std::string refusal =
      "CONFIG SET failed (possibly related to argument 'dbfilename') - can't set protected config";
  const std::vector<std::string_view> words = {"dbfilename", "x.rdb"};
  Server no;
  BOOST_TEST(no.set({"dbfilename", "x.rdb"}) == refusal);
  Server local("enable-protected-configs local\n");
  BOOST_TEST(local.config->set({.words = words, .local_client = false}) == refusal);
  BOOST_TEST(local.config->set({.words = words, .local_client = true}) == "");
  Server yes("enable-protected-configs yes\n");
  BOOST_TEST(yes.config->set({.words = words, .local_client = false}) == "");
  BOOST_TEST(yes.set({"dir", "sub"}) == "");
  BOOST_TEST(yes.get({"dir"}) == "dir=/cwd/sub;");
  BOOST_TEST(yes.set({"dir", "/nowhere"}) ==
             "CONFIG SET failed (possibly related to argument 'dir') - No such file or directory");
  BOOST_TEST(yes.get({"dir"}) == "dir=/cwd/sub;");
}

BOOST_AUTO_TEST_CASE(some_options_cannot_change_while_loading) {
  Server server;
  const std::vector<std::string_view> words = {"appendonly", "yes"};
  BOOST_TEST(server.config->set({.words = words, .loading = true}) ==
             "-LOADING Redis is loading the dataset in memory");
}

BOOST_AUTO_TEST_CASE(a_hook_runs_once_and_only_for_changes) {
  Server server;
  int runs = 0;
  server.config->on_change({"maxmemory", "maxmemory-policy"}, [&runs](const Options&) {
    ++runs;
    return std::string();
  });
  BOOST_TEST(server.set({"maxmemory", "100mb", "maxmemory-policy", "allkeys-lru"}) == "");
  BOOST_TEST(runs == 1);
  BOOST_TEST(server.set({"maxmemory", "104857600"}) == "");
  BOOST_TEST(server.set({"timeout", "1"}) == "");
  BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(a_failing_hook_restores_all_values) {
  Server server;
  std::vector<int64_t> seen;
  server.config->on_change({"timeout"}, [&seen](const Options& options) {
    seen.push_back(options.timeout);
    return std::string();
  });
  server.config->on_change({"port"}, [](const Options& options) {
    return options.port == 7 ? std::string("Unable to listen on this port. Check server logs.")
                             : std::string();
  });
  BOOST_TEST(server.set({"timeout", "9", "port", "7"}) ==
             "CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this "
             "port. Check server logs.");
  BOOST_TEST(server.get({"timeout", "port"}) == "timeout=0;port=6379;");
  BOOST_TEST((seen == std::vector<int64_t>{9, 0}));
}

BOOST_AUTO_TEST_CASE(maxmemory_below_the_tiers_least_is_refused) {
  Server server("tier yes\nmaxmemory 100mb\n");
  BOOST_TEST(server.set({"maxmemory", "63mb"}) ==
             "CONFIG SET failed (possibly related to argument 'maxmemory') - tier yes needs a "
             "maxmemory of at least 64mb: raise maxmemory, or set tier no");
  BOOST_TEST(server.get({"maxmemory"}) == "maxmemory=104857600;");
  BOOST_TEST(server.set({"maxmemory", "50%"}) == "");
  BOOST_TEST(server.config->options().maxmemory == (8ull << 30) / 100 * 50);
}

BOOST_AUTO_TEST_CASE(secrets_are_told_from_other_words) {
  const std::vector<std::string_view> words = {"timeout", "1",          "requirepass",
                                               "x",       "masterauth", "y"};
  BOOST_TEST((Config::sensitive_words(words) == std::vector<size_t>{3, 5}));
}

BOOST_AUTO_TEST_CASE(every_option_takes_back_what_it_shows) {
  Server server("enable-protected-configs yes\n");
  const std::string before = server.get({"*"});
  for (const auto& [name, value] : server.config->get(std::vector<std::string_view>{"*"})) {
    if (find_option(name)->has(option_flag::kImmutable)) continue;
    BOOST_TEST(server.set({name, value}) == "", name);
  }
  BOOST_TEST(server.get({"*"}) == before);
}

BOOST_AUTO_TEST_CASE(rewrite_keeps_comments_and_order) {
  Server server(
      "# top\nport 7000\n\n\n# second\ntimeout 5\nsave 60 1\nsave 30 1\nslave-priority 7\n");
  BOOST_TEST(server.set({"timeout", "9", "save", "10 1"}) == "");
  BOOST_TEST(server.rewritten() ==
             "# top\nport 7000\n\n# second\ntimeout 9\nsave 10 1\n\nreplica-priority 7\n\n"
             "# Generated by CONFIG REWRITE\ndir \"/cwd\"\n"
             "latency-tracking-info-percentiles 50 99 99.9\n");
}

BOOST_AUTO_TEST_CASE(rewriting_twice_changes_nothing_more) {
  Server server("port 7000\nrename-command FLUSHALL \"\"\ninclude /cwd/x.con[f]\n");
  BOOST_TEST(server.set({"maxmemory", "100mb", "notify-keyspace-events", "KEA"}) == "");
  const std::string once = server.rewritten();
  BOOST_TEST(once.starts_with("port 7000\nrename-command FLUSHALL \"\"\ninclude /cwd/x.con[f]\n"));
  BOOST_TEST(once.find("\nmaxmemory 100mb\n") != std::string::npos);
  BOOST_TEST(once.find("\nnotify-keyspace-events \"AKE\"\n") != std::string::npos);
  // The end of the file becomes one empty line, as in Redis, and stays so.
  BOOST_TEST(server.rewritten() == once + "\n");
  BOOST_TEST(server.rewritten() == once + "\n");
}

BOOST_AUTO_TEST_CASE(rewrite_handles_what_it_does_not_understand) {
  const Options options;
  const std::string text =
      rewrite_configuration("bogus 1\nport \"7\nuser a on\n", options, nullptr);
  BOOST_TEST(text.starts_with("# ??? bogus 1\n# ??? port \"7\nuser a on\n"));
  const std::vector<std::string> users = {"user default on nopass ~* &* +@all"};
  const std::string with_users = rewrite_configuration("user a on\nuser b on\n", options, &users);
  BOOST_TEST(with_users.starts_with("user default on nopass ~* &* +@all\n\n"));
}

BOOST_AUTO_TEST_CASE(what_is_at_its_default_is_written_only_in_its_old_place) {
  const Options options;
  BOOST_TEST(rewrite_configuration("port 7\npidfile x\nlogfile x\nbind x\n", options, nullptr) ==
             "port 6379\n\nlogfile \"\"\n\n# Generated by CONFIG REWRITE\n"
             "save 3600 1\nsave 300 100\nsave 60 10000\ndir \"\"\n"
             "latency-tracking-info-percentiles 50 99 99.9\n");
}

BOOST_AUTO_TEST_CASE(rewrite_keeps_a_percentage) {
  Server server("maxmemory 75%\n");
  BOOST_TEST(server.rewritten().starts_with("maxmemory 75%\n"));
}

BOOST_AUTO_TEST_CASE(rewrite_without_a_file_or_without_permission_is_an_error) {
  FakeEnvironment environment;
  const auto loaded = Config::load({}, &environment);
  BOOST_TEST(loaded.config->rewrite(nullptr) == "The server is running without a config file");
  Server server;
  server.environment.unwritable = {"/cwd/f.conf"};
  BOOST_TEST(server.config->rewrite(nullptr) == "Rewriting config file: Permission denied");
}

}  // namespace
}  // namespace engine

#define BOOST_TEST_MODULE config_load
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>

#include "engine/config.h"
#include "tests/unit/engine/fake_environment.h"

namespace engine {
namespace {

struct Loaded {
  FakeEnvironment environment;
  Config::LoadResult result;

  explicit Loaded(const std::string& text) {
    environment.files["/cwd/f.conf"] = text;
    load({.file = "f.conf"});
  }
  Loaded() = default;
  void load(const ConfigSources& sources) { result = Config::load(sources, &environment); }
  const Options& options() const {
    BOOST_REQUIRE_MESSAGE(result.config != nullptr, result.error);
    return result.config->options();
  }
};

std::string error_of(const std::string& text) { return Loaded(text).result.error; }

// The error of the line `line`, the only one of the file.
std::string line_error(const std::string& line, const std::string& reason) {
  return "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\n"
         "Reading the configuration file, at line 1\n>>> '" +
         line + "'\n" + reason + "\n";
}

void check_line_error(const std::string& line, const std::string& reason) {
  BOOST_TEST(error_of(line + "\n") == line_error(line, reason));
}

BOOST_AUTO_TEST_CASE(without_a_file_all_options_have_their_defaults) {
  Loaded loaded;
  loaded.load({});
  BOOST_TEST(loaded.options().port == 6379);
  BOOST_TEST(loaded.options().dir == "/cwd");
  BOOST_TEST(loaded.options().save.size() == 3u);
  BOOST_TEST(loaded.options().maxmemory == 0u);
  BOOST_TEST(!loaded.options().tier);
  BOOST_TEST(loaded.result.config->file() == "");
}

BOOST_AUTO_TEST_CASE(lines_have_comments_quotes_sizes_and_old_names) {
  const Loaded loaded(
      "# comment\n\n  PORT 7000 \r\n\tmaxmemory 128mb\nrequirepass \"a b\\x41\"\n"
      "slave-read-only no\nhash-max-ziplist-entries 7\nlua-time-limit 9\nunixsocketperm 700\n"
      "bind 1.2.3.4 -::1\nlogfile ''\nmaxmemory-clients 5%\nlist-max-ziplist-entries 5\n");
  const Options& options = loaded.options();
  BOOST_TEST(options.port == 7000);
  BOOST_TEST(options.maxmemory == 128u << 20);
  BOOST_TEST(options.requirepass == "a bA");
  BOOST_TEST(!options.replica_read_only);
  BOOST_TEST(options.hash_max_listpack_entries == 7u);
  BOOST_TEST(options.busy_reply_threshold == 9);
  BOOST_TEST(options.unixsocketperm == 0700);
  BOOST_TEST(options.bind.size() == 2u);
  BOOST_TEST(options.maxmemory_clients == -5);
  BOOST_TEST(loaded.result.config->file() == "/cwd/f.conf");
}

BOOST_AUTO_TEST_CASE(repeated_lines_add_up_where_redis_adds_them_up) {
  const Loaded loaded(
      "save 60 1\nsave 30 2 20 3\nuser alice on nopass\nuser bob off\n"
      "client-output-buffer-limit normal 1mb 1kb 5\nclient-output-buffer-limit slave 2 1 0\n");
  const std::vector<SavePoint> points = {{60, 1}, {30, 2}, {20, 3}};
  BOOST_TEST((loaded.options().save == points));
  BOOST_TEST(loaded.options().user.size() == 2u);
  BOOST_TEST(loaded.options().user[0].size() == 3u);
  const auto& limits = loaded.options().client_output_buffer_limit;
  BOOST_TEST(limits[0].hard_bytes == 1u << 20);
  BOOST_TEST(limits[1].hard_bytes == 2u);
  BOOST_TEST(limits[2].hard_bytes == 32u << 20);
}

BOOST_AUTO_TEST_CASE(an_empty_save_drops_what_came_before) {
  BOOST_TEST(Loaded("save 60 1\nsave \"\"\n").options().save.empty());
  BOOST_TEST(Loaded("save \"\"\nsave 60 1\n").options().save.size() == 1u);
}

BOOST_AUTO_TEST_CASE(included_files_are_read_in_place) {
  Loaded loaded;
  loaded.environment.files["/cwd/f.conf"] =
      "port 1\ninclude /cwd/a.conf\ntimeout 9\ninclude /cwd/d/*.conf\ninclude /none/*\n";
  loaded.environment.files["/cwd/a.conf"] = "port 2\ntimeout 8\n";
  loaded.environment.files["/cwd/d/x.conf"] = "databases 3\n";
  loaded.load({.file = "/cwd/f.conf"});
  BOOST_TEST(loaded.options().port == 2);
  BOOST_TEST(loaded.options().timeout == 9);
  BOOST_TEST(loaded.options().databases == 3);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_missing_or_includes_itself_is_an_error) {
  Loaded loaded;
  loaded.load({.file = "/cwd/none.conf"});
  BOOST_TEST(loaded.result.error ==
             "Fatal error, can't open config file '/cwd/none.conf': No such file or directory\n");
  BOOST_TEST(error_of("include /cwd/none\n") ==
             "Fatal error, can't open config file '/cwd/none': No such file or directory\n");
  BOOST_TEST(error_of("include /cwd/f.conf\n") ==
             line_error("include /cwd/f.conf", "include is nested too deeply"));
}

BOOST_AUTO_TEST_CASE(bad_lines_end_the_start_with_the_error_of_redis) {
  check_line_error("nonsense 1", "Bad directive or wrong number of arguments");
  check_line_error("port", "wrong number of arguments");
  check_line_error("port 1 2", "wrong number of arguments");
  check_line_error("port x", "argument couldn't be parsed into an integer");
  check_line_error("port 70000", "argument must be between 0 and 65535 inclusive");
  check_line_error("appendonly maybe", "argument must be 'yes' or 'no'");
  check_line_error("maxclients 0", "argument must be between 1 and 4294967295 inclusive");
  check_line_error("repl-backlog-size 1x", "argument must be a memory value");
  check_line_error("maxmemory-clients x", "argument must be a memory or percent value");
  check_line_error("maxmemory-clients 101%", "percentage argument must be less or equal to 100");
  check_line_error("unixsocketperm 9", "argument couldn't be parsed as an octal number");
  check_line_error("unixsocketperm 1000", "argument must be between 0 and 777 inclusive");
  check_line_error("appendfsync x",
                   "argument(s) must be one of the following: everysec, always, no");
  check_line_error("dbfilename a/b", "dbfilename can't be a path, just a filename");
  check_line_error("save 1", "Invalid save parameters");
  check_line_error("save 0 1", "Invalid save parameters");
  check_line_error("dir /nowhere", "No such file or directory");
  check_line_error("notify-keyspace-events q",
                   "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
  check_line_error("client-output-buffer-limit x 1 1 1",
                   "Invalid client class specified in buffer limit configuration.");
  check_line_error("client-output-buffer-limit normal 1 1",
                   "Wrong number of arguments in buffer limit configuration.");
  check_line_error("shutdown-on-sigterm save nosave",
                   "shutdown options SAVE and NOSAVE can't be used simultaneously");
  check_line_error("requirepass \"a", "Unbalanced quotes in configuration line");
  check_line_error("rename-command nope x", "No such command in rename-command");
  check_line_error("rename-command get set", "Target command name already exists");
  check_line_error("oom-score-adj-values 1 2", "wrong number of arguments");
  check_line_error("latency-tracking-info-percentiles 101",
                   "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
  check_line_error("replicaof a 70000", "Invalid master port");
}

BOOST_AUTO_TEST_CASE(the_error_names_the_line) {
  const std::string error = error_of("port 1\n\n# x\n  timeout x  \n");
  BOOST_TEST(error.find("at line 4\n>>> 'timeout x'\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_basalt_does_not_do_is_refused_in_one_line) {
  check_line_error("loadmodule /x.so", "Basalt cannot load modules: remove loadmodule");
  check_line_error("sentinel monitor a b 1 2", "sentinel directive while not in sentinel mode");
  check_line_error("activedefrag yes",
                   "Active defragmentation cannot be enabled: Basalt always moves entries out of "
                   "sparse pages by itself");
  BOOST_TEST(error_of("cluster-enabled yes\n").find("no cluster mode") != std::string::npos);
  const Loaded loaded("io-threads 4\nport 1\n");
  BOOST_TEST(loaded.options().io_threads == 4);
  BOOST_TEST(loaded.result.warnings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_tier_needs_64_megabytes_or_no_limit) {
  BOOST_TEST(error_of("tier yes\nmaxmemory 63mb\n").find("at least 64mb") != std::string::npos);
  BOOST_TEST(Loaded("tier yes\nmaxmemory 64mb\n").options().tier);
  BOOST_TEST(Loaded("tier yes\n").options().tier);
  BOOST_TEST(Loaded("maxmemory 1mb\n").options().maxmemory == 1u << 20);
}

BOOST_AUTO_TEST_CASE(maxmemory_takes_a_percentage_of_the_memory_there_is) {
  const Loaded loaded("maxmemory 75%\n");
  BOOST_TEST(loaded.options().maxmemory == (8ull << 30) / 100 * 75);
  BOOST_TEST(loaded.options().maxmemory_percent == 75);
  check_line_error("maxmemory 101%", "percentage argument must be between 1 and 100");
  check_line_error("maxmemory x", "argument must be a memory or percent value");
}

BOOST_AUTO_TEST_CASE(a_log_file_that_cannot_be_opened_ends_the_start) {
  Loaded loaded;
  loaded.environment.unwritable = {"/cwd/x.log"};
  loaded.environment.files["/cwd/f.conf"] = "logfile x.log\n";
  loaded.load({.file = "f.conf"});
  BOOST_TEST(loaded.result.error ==
             "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\n"
             "Can't open the log file: Permission denied\n");
}

BOOST_AUTO_TEST_CASE(later_sources_win) {
  Loaded loaded;
  loaded.environment.files["/cwd/f.conf"] = "port 1\ntimeout 1\nhz 1";
  loaded.environment.standard_input = "\nport 2\ntimeout 2\n";
  loaded.load({.file = "f.conf", .from_stdin = true, .command_line = "port 3 "});
  BOOST_TEST(loaded.options().port == 3);
  BOOST_TEST(loaded.options().timeout == 2);
  BOOST_TEST(loaded.options().hz == 1);
}

BOOST_AUTO_TEST_CASE(directories_are_relative_to_the_current_one) {
  BOOST_TEST(Loaded("dir sub\n").options().dir == "/cwd/sub");
  BOOST_TEST(Loaded("dir /var\n").options().dir == "/var");
}

BOOST_AUTO_TEST_CASE(hz_is_brought_into_its_range) {
  BOOST_TEST(Loaded("hz 0\n").options().hz == 1);
  BOOST_TEST(Loaded("hz 100000\n").options().hz == 500);
}

BOOST_AUTO_TEST_CASE(debians_own_redis_conf_is_accepted_unchanged) {
  std::ifstream file("/etc/redis/redis.conf");
  if (!file) {
    BOOST_TEST_MESSAGE("no readable /etc/redis/redis.conf: not tested");
    return;
  }
  Loaded loaded;
  loaded.environment.directories.insert("/var/lib/redis");
  loaded.environment.files["/cwd/f.conf"] = std::string(std::istreambuf_iterator<char>(file), {});
  loaded.load({.file = "f.conf"});
  BOOST_TEST(loaded.options().dir == "/var/lib/redis");
  BOOST_TEST(loaded.options().logfile == "/var/log/redis/redis-server.log");
  BOOST_TEST(loaded.options().port == 6379);
}

}  // namespace
}  // namespace engine

// What the command table and the option table say, against a stock redis-server 7.0 where one is
// installed: replies of COMMAND and CONFIG GET *, and the file that CONFIG REWRITE writes.

#define BOOST_TEST_MODULE stock_redis
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "base/check.h"
#include "engine/command_docs.h"
#include "engine/config.h"
#include "resp/reply_parser.h"

extern char** environ;

namespace engine {
namespace {

using resp::Reply;

// A stock server on a socket in a temporary directory.
class StockRedis {
 public:
  // `configuration` is written to redis.conf.
  explicit StockRedis(const std::string& configuration) {
    char path[] = "/tmp/basalt-stock-XXXXXX";
    CHECK(::mkdtemp(path) != nullptr);
    directory_ = path;
    std::ofstream(directory_ + "/redis.conf") << configuration;
    start();
  }
  ~StockRedis() {
    if (socket_ >= 0) ::close(socket_);
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    std::filesystem::remove_all(directory_);
  }
  StockRedis(const StockRedis&) = delete;
  StockRedis& operator=(const StockRedis&) = delete;

  bool is_up() const { return socket_ >= 0; }
  const std::string& directory() const { return directory_; }

  Reply ask(const std::vector<std::string>& words) {
    std::string request = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words)
      request += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    CHECK_EQ(::write(socket_, request.data(), request.size()),
             static_cast<ssize_t>(request.size()));
    while (true) {
      auto reply = parser_.next();
      CHECK(reply.ok());
      if (reply->has_value()) return std::move(**reply);
      char buffer[65536];
      const ssize_t got = ::read(socket_, buffer, sizeof buffer);
      CHECK_GT(got, 0);
      parser_.feed({buffer, static_cast<size_t>(got)});
    }
  }

 private:
  void start() {
    const std::string conf = directory_ + "/redis.conf";
    const std::string socket_path = directory_ + "/s";
    std::vector<std::string> words = {"redis-server", conf,        "--port",    "0",
                                      "--unixsocket", socket_path, "--logfile", directory_ + "/log",
                                      "--dir",        directory_};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (::posix_spawnp(&pid_, "redis-server", nullptr, nullptr, arguments.data(), environ) != 0) {
      pid_ = -1;
      return;
    }
    constexpr int kTries = 500;
    for (int i = 0; i < kTries && !connect(socket_path); ++i) ::poll(nullptr, 0, 20);
  }

  bool connect(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      socket_ = fd;
      return true;
    }
    ::close(fd);
    return false;
  }

  std::string directory_;
  pid_t pid_ = -1;
  int socket_ = -1;
  resp::ReplyParser parser_;
};

bool is_version_7_0(StockRedis& redis) {
  if (!redis.is_up()) return false;
  return redis.ask({"info", "server"}).text.find("redis_version:7.0.") != std::string::npos;
}

// The reply of one of our functions.
template <class F>
Reply ours(resp::Protocol protocol, F&& write) {
  resp::BlockPool pool;
  resp::OutputBuffer out(&pool);
  resp::ReplyWriter writer(&out);
  writer.set_protocol(protocol);
  write(writer);
  resp::ReplyParser parser;
  parser.feed(out.pending_copy());
  auto reply = parser.next();
  BOOST_REQUIRE(reply.ok());
  BOOST_REQUIRE(reply->has_value());
  BOOST_TEST(parser.unread().empty());
  return std::move(**reply);
}

// What Redis 7.0 does not have: commands of the tier, and what newer clients send.
bool is_basalts_own(std::string_view name) {
  return name.starts_with("tier") || name.starts_with("rock") || name == "purgerocksdb" ||
         name == "client|setinfo" || name == "client|no-touch";
}

// Subcommands stand in the order of a hash table: sorts what has such an order.
void sort_subcommands(Reply& info) {
  auto& subs = info.elements[9].elements;
  std::erase_if(subs, [&info](const Reply& sub) {
    const std::string& name = sub.elements[0].text;
    return info.elements[0].text == "client" && is_basalts_own(name);
  });
  std::sort(subs.begin(), subs.end(),
            [](const Reply& a, const Reply& b) { return a.elements[0].text < b.elements[0].text; });
}

std::map<std::string, std::string> infos_by_name(Reply all) {
  std::map<std::string, std::string> infos;
  for (Reply& info : all.elements) {
    sort_subcommands(info);
    infos[info.elements[0].text] = info.to_string();
  }
  return infos;
}

// A map's entries by name, those below "subcommands" flattened.
void collect_docs(const Reply& map, std::map<std::string, std::string>* docs) {
  for (size_t i = 0; i + 1 < map.elements.size(); i += 2) {
    Reply entry = map.elements[i + 1];
    std::vector<Reply>& fields = entry.elements;
    for (size_t f = 0; f + 1 < fields.size(); f += 2) {
      if (fields[f].text != "subcommands") continue;
      collect_docs(fields[f + 1], docs);
      fields.erase(fields.begin() + static_cast<ptrdiff_t>(f),
                   fields.begin() + static_cast<ptrdiff_t>(f) + 2);
      break;
    }
    (*docs)[map.elements[i].text] = entry.to_string();
  }
}

void compare(const std::map<std::string, std::string>& stock,
             std::map<std::string, std::string> mine) {
  for (const auto& [name, text] : stock) {
    BOOST_TEST(mine[name] == text, name << "\n stock " << text << "\n ours  " << mine[name]);
    mine.erase(name);
  }
  for (const auto& [name, text] : mine) BOOST_TEST(is_basalts_own(name), name);
}

const CommandIndex& everything() {
  static const CommandIndex index(CommandIndex::Include::kAll);
  return index;
}

BOOST_AUTO_TEST_CASE(command_answers_as_stock_redis_does) {
  StockRedis redis("");
  if (!is_version_7_0(redis)) {
    BOOST_TEST_MESSAGE("no redis-server 7.0 here: not tested");
    return;
  }
  for (const resp::Protocol protocol : {resp::Protocol::kResp2, resp::Protocol::kResp3}) {
    redis.ask({"hello", protocol == resp::Protocol::kResp2 ? "2" : "3"});
    compare(infos_by_name(redis.ask({"command"})),
            infos_by_name(ours(
                protocol, [](resp::ReplyWriter& reply) { reply_command(everything(), reply); })));
    if (protocol == resp::Protocol::kResp2) continue;
    std::map<std::string, std::string> stock;
    std::map<std::string, std::string> mine;
    collect_docs(redis.ask({"command", "docs"}), &stock);
    const std::vector<std::string_view> words = {"command", "docs"};
    collect_docs(
        ours(protocol,
             [&](resp::ReplyWriter& reply) { reply_command_docs(everything(), words, reply); }),
        &mine);
    compare(stock, mine);
  }
}

BOOST_AUTO_TEST_CASE(getkeys_and_info_answer_as_stock_redis_does) {
  StockRedis redis("");
  if (!is_version_7_0(redis)) return;
  const std::vector<std::vector<std::string>> kCalls = {
      {"get", "a"},

      {"nope", "a"},
      {"ping", "x"},
      {"config", "get", "a"},
      {"mset", "a", "1", "b", "2"},
      {"set", "a", "1"},
      {"set", "a", "1", "get"},
      {"eval", "s", "2", "a", "b"},
      {"eval", "s", "0"},
      {"eval", "s", "5", "a"},
      {"eval", "s", "x"},
      {"evalsha", "s", "0"},
      {"xread", "streams", "a", "b", "1", "2"},
      {"xread", "count", "3", "x"},
      {"xreadgroup", "group", "g", "c", "streams", "a", ">"},
      {"sort", "a", "by", "x", "store", "b"},
      {"sort", "a"},
      {"sort_ro", "a"},
      {"migrate", "h", "1", "k", "0", "1"},
      {"migrate", "h", "1", "", "0", "1", "keys", "a", "b"},
      {"migrate", "h", "1", "k", "0", "1", "keys", "a"},
      {"georadius", "a", "1", "2", "3", "m", "store", "b"},
      {"zunionstore", "d", "2", "a", "b"},
      {"zinter", "2", "a", "b"},
      {"lmpop", "1", "a", "left"},
      {"blmpop", "0", "2", "a", "b", "left"},
      {"bitfield", "a", "get", "u8", "0"},
      {"bitfield", "a", "set", "u8", "0", "1"},
      {"copy", "a", "b"},
      {"rename", "a", "b"},
      {"memory", "usage", "a"},
      {"memory", "doctor"},
      {"object", "freq", "a"},
      {"xgroup", "create", "a", "g", "$"},
      {"spublish", "a", "m"},
      {"bitop", "and", "d", "a", "b"},
      {"pfmerge", "d", "a"},
      {"lcs", "a", "b"},
      {"fcall", "f", "1", "a"},
      {"blpop", "a", "b", "1"},
      {"sintercard", "2", "a", "b"},
      {"getex", "a"},
  };
  for (const std::vector<std::string>& call : kCalls) {
    for (const std::string sub : {"getkeys", "getkeysandflags", "info"}) {
      std::vector<std::string> words = {"command", sub};
      words.insert(words.end(), call.begin(), call.end());
      const std::vector<std::string_view> views(words.begin(), words.end());
      Reply expected = redis.ask(words);
      Reply got = ours(resp::Protocol::kResp2, [&](resp::ReplyWriter& reply) {
        if (sub == "info") return reply_command_info(everything(), views, reply);
        reply_command_getkeys(everything(), views, sub == "getkeysandflags", reply);
      });
      for (Reply* reply : {&expected, &got})
        if (sub == "info")
          for (Reply& info : reply->elements)
            if (!info.elements.empty()) sort_subcommands(info);
      BOOST_TEST(got.to_string() == expected.to_string(), sub << " " << call[0]);
    }
  }
}

BOOST_AUTO_TEST_CASE(command_list_and_help_answer_as_stock_redis_does) {
  StockRedis redis("");
  if (!is_version_7_0(redis)) return;
  const std::vector<std::vector<std::string>> kCalls = {{"list"},
                                                        {"list", "filterby", "aclcat", "hash"},
                                                        {"list", "filterby", "aclcat", "nope"},
                                                        {"list", "filterby", "pattern", "x*"},
                                                        {"list", "filterby", "module", "m"},
                                                        {"list", "filterby", "nope", "m"},
                                                        {"list", "nope"}};
  for (const std::vector<std::string>& call : kCalls) {
    std::vector<std::string> words = {"command"};
    words.insert(words.end(), call.begin(), call.end());
    const std::vector<std::string_view> views(words.begin(), words.end());
    const Reply expected = redis.ask(words);
    const Reply got = ours(resp::Protocol::kResp2, [&](resp::ReplyWriter& reply) {
      reply_command_list(everything(), views, reply);
    });
    BOOST_TEST(got.text == expected.text);
    std::set<std::string> names;
    for (const Reply& name : got.elements)
      if (!is_basalts_own(name.text)) names.insert(name.text);
    std::set<std::string> stock_names;
    for (const Reply& name : expected.elements) stock_names.insert(name.text);
    BOOST_TEST(names == stock_names, boost::test_tools::per_element());
  }
  BOOST_TEST(ours(resp::Protocol::kResp2, reply_command_help).to_string() ==
             redis.ask({"command", "help"}).to_string());
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

BOOST_AUTO_TEST_CASE(config_get_lists_what_stock_redis_lists) {
  StockRedis redis("");
  if (!is_version_7_0(redis)) return;
  SystemEnvironment environment;
  auto loaded =
      Config::load({.command_line = "port 0\nunixsocket " + redis.directory() + "/s\nlogfile " +
                                    redis.directory() + "/log\ndir " + redis.directory()},
                   &environment);
  BOOST_REQUIRE_MESSAGE(loaded.config != nullptr, loaded.error);
  std::map<std::string, std::string> mine;
  for (auto& [name, value] : loaded.config->get(std::vector<std::string_view>{"*"}))
    mine[name] = value;
  const Reply all = redis.ask({"config", "get", "*"});
  for (size_t i = 0; i + 1 < all.elements.size(); i += 2) {
    const std::string& name = all.elements[i].text;
    BOOST_TEST(mine.contains(name), name);
    BOOST_TEST(mine[name] == all.elements[i + 1].text, name);
    mine.erase(name);
  }
  for (const auto& [name, value] : mine)
    BOOST_TEST(find_option(name)->has(option_flag::kBasalt), name);
}

BOOST_AUTO_TEST_CASE(config_set_refuses_as_stock_redis_refuses) {
  StockRedis redis("");
  if (!is_version_7_0(redis)) return;
  SystemEnvironment environment;
  const auto loaded = Config::load({}, &environment);
  for (const Option& option : option_table()) {
    if (option.has(option_flag::kBasalt) || option.name == "maxmemory") continue;
    for (const std::string value : {"", "x", "-5", "99999999999999999999", "1 2 3", "-101%"}) {
      // What binds or closes sockets, or does not end the same way by its hook.
      const std::set<std::string_view> kSkipped = {"port", "bind", "tls-port", "maxclients"};
      if (kSkipped.contains(option.name) || option.name.starts_with("tls-")) continue;
      const std::string name(option.name);
      const Reply reply = redis.ask({"config", "set", name, value});
      const std::vector<std::string_view> words = {name, value};
      const std::string mine = loaded.config->set({.words = words});
      BOOST_TEST((mine.empty() ? "OK" : "ERR " + mine) == reply.text, name << " <" << value << ">");
    }
  }
}

BOOST_AUTO_TEST_CASE(config_rewrite_writes_what_stock_redis_writes) {
  const std::string kText =
      "# top\n\nport 0\n\n\nmaxmemory 100mb\n# comment\nslave-priority 7\nsave 60 1\nsave 30 2\n"
      "hash-max-ziplist-entries 9\nrename-command FLUSHALL \"\"\nrequirepass \"\"\n";
  StockRedis redis(kText);
  if (!is_version_7_0(redis)) return;
  SystemEnvironment environment;
  const std::string path = redis.directory() + "/ours.conf";
  std::ofstream(path) << kText;
  auto loaded = Config::load({.file = path,
                              .command_line = "unixsocket " + redis.directory() + "/s\nlogfile " +
                                              redis.directory() + "/log\ndir " + redis.directory()},
                             &environment);
  BOOST_REQUIRE_MESSAGE(loaded.config != nullptr, loaded.error);
  const std::vector<std::string> changes = {
      "maxmemory", "1gb",      "save",   "10 1", "timeout", "7", "notify-keyspace-events",
      "KEA",       "loglevel", "verbose"};
  std::vector<std::string> words = {"config", "set"};
  words.insert(words.end(), changes.begin(), changes.end());
  BOOST_TEST(redis.ask(words).text == "OK");
  const std::vector<std::string_view> views(changes.begin(), changes.end());
  BOOST_TEST(loaded.config->set({.words = views}) == "");
  const std::vector<std::string> users = {"user default on nopass ~* &* +@all"};
  for (int round = 0; round < 2; ++round) {
    BOOST_TEST(redis.ask({"config", "rewrite"}).text == "OK");
    BOOST_TEST(loaded.config->rewrite(&users) == "");
  }
  // Appended options stand in the order of a hash table.
  const auto parts = [](const std::string& text) {
    const size_t at = text.find("# Generated");
    std::multiset<std::string> appended;
    std::string rest = text.substr(at);
    for (size_t end; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1))
      appended.insert(rest.substr(0, end));
    return std::pair(text.substr(0, at), appended);
  };
  const auto stock = parts(text_of(redis.directory() + "/redis.conf"));
  const auto mine = parts(text_of(path));
  BOOST_TEST(mine.first == stock.first);
  BOOST_TEST(mine.second == stock.second, boost::test_tools::per_element());
}

}  // namespace
}  // namespace engine

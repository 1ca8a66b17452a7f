#include "tests/sim/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace sim {

std::string bulk(std::string_view text) { return fmt::format("${}\r\n{}\r\n", text.size(), text); }
std::string integer(int64_t number) { return fmt::format(":{}\r\n", number); }

std::string shortened(std::string_view text) {
  constexpr size_t kShown = 60;
  std::string shown;
  for (const char c : text.substr(0, kShown)) shown += c >= ' ' && c <= '~' ? c : '.';
  if (text.size() > kShown) shown += fmt::format("... ({} bytes)", text.size());
  return shown;
}

uint64_t Model::keys() const {
  uint64_t keys = 0;
  for (const ModelDatabase& database : databases_) keys += database.size();
  return keys;
}

ModelValue* Model::find(int database, const std::string& key, int64_t now_ms) {
  ModelDatabase& keys = at(database);
  const auto found = keys.find(key);
  if (found == keys.end()) return nullptr;
  if (!found->second.is_expired(now_ms)) return &found->second;
  keys.erase(found);
  return nullptr;
}

// One command: what it must reply, and what it changes.
struct ModelCommands {
  Model& model;
  int database;
  const Words& words;
  int64_t now_ms;

  using Handler = std::string (ModelCommands::*)();

  ModelValue* find(size_t word) { return model.find(database, words[word], now_ms); }
  ModelDatabase& keys() { return model.at(database); }
  void put(const std::string& key, ModelValue value) { keys()[key] = std::move(value); }
  int64_t number(size_t word) const {
    int64_t parsed = 0;
    std::from_chars(words[word].data(), words[word].data() + words[word].size(), parsed);
    return parsed;
  }

  std::string ping() { return "+PONG\r\n"; }

  std::string get() {
    const ModelValue* const value = find(1);
    return value == nullptr ? kNull : bulk(value->value);
  }

  // SET key value [NX|XX|KEEPTTL|PX ms]
  std::string set() {
    ModelValue* const old = find(1);
    ModelValue fresh{words[2], kNoExpiry};
    if (words.size() > 3) {
      if (words[3] == "NX" && old != nullptr) return kNull;
      if (words[3] == "XX" && old == nullptr) return kNull;
      if (words[3] == "KEEPTTL" && old != nullptr) fresh.expiry_ms = old->expiry_ms;
      if (words[3] == "PX") fresh.expiry_ms = now_ms + number(4);
    }
    put(words[1], fresh);
    return kOk;
  }

  std::string setnx() {
    if (find(1) != nullptr) return integer(0);
    put(words[1], {words[2], kNoExpiry});
    return integer(1);
  }

  std::string getset() {
    const std::string old = get();
    put(words[1], {words[2], kNoExpiry});
    return old;
  }

  std::string getdel() {
    const std::string old = get();
    keys().erase(words[1]);
    return old;
  }

  std::string mset() {
    for (size_t i = 1; i + 1 < words.size(); i += 2) put(words[i], {words[i + 1], kNoExpiry});
    return kOk;
  }

  std::string mget() {
    std::string reply = fmt::format("*{}\r\n", words.size() - 1);
    for (size_t i = 1; i < words.size(); ++i) {
      const ModelValue* const value = find(i);
      reply += value == nullptr ? kNull : bulk(value->value);
    }
    return reply;
  }

  std::string append() {
    ModelValue* value = find(1);
    if (value == nullptr) value = &(keys()[words[1]] = ModelValue{});
    value->value += words[2];
    return integer(static_cast<int64_t>(value->value.size()));
  }

  std::string setrange() {
    ModelValue* value = find(1);
    if (value == nullptr) value = &(keys()[words[1]] = ModelValue{});
    const auto offset = static_cast<size_t>(number(2));
    value->value.resize(std::max(value->value.size(), offset + words[3].size()), '\0');
    value->value.replace(offset, words[3].size(), words[3]);
    return integer(static_cast<int64_t>(value->value.size()));
  }

  // Offsets that are not negative only.
  std::string getrange() {
    const ModelValue* const value = find(1);
    if (value == nullptr) return bulk("");
    const auto first = static_cast<size_t>(number(2));
    const auto last = static_cast<size_t>(number(3));
    if (first > last || first >= value->value.size()) return bulk("");
    return bulk(std::string_view(value->value).substr(first, last - first + 1));
  }

  std::string strlen() {
    const ModelValue* const value = find(1);
    return integer(value == nullptr ? 0 : static_cast<int64_t>(value->value.size()));
  }

  std::string incr() {
    ModelValue* value = find(1);
    int64_t old = 0;
    if (value != nullptr) {
      const char* const end = value->value.data() + value->value.size();
      const auto parsed = std::from_chars(value->value.data(), end, old);
      if (parsed.ptr != end || parsed.ec != std::errc{} || fmt::format("{}", old) != value->value)
        return "-ERR value is not an integer or out of range\r\n";
    } else {
      value = &(keys()[words[1]] = ModelValue{});
    }
    value->value = fmt::format("{}", old + 1);
    return integer(old + 1);
  }

  std::string del() {
    int64_t deleted = 0;
    for (size_t i = 1; i < words.size(); ++i) {
      if (find(i) == nullptr) continue;
      keys().erase(words[i]);
      ++deleted;
    }
    return integer(deleted);
  }

  std::string exists() {
    int64_t count = 0;
    for (size_t i = 1; i < words.size(); ++i) count += find(i) != nullptr ? 1 : 0;
    return integer(count);
  }

  std::string type() { return find(1) != nullptr ? "+string\r\n" : "+none\r\n"; }

  std::string pexpire() { return expire_at(now_ms + number(2)); }
  std::string pexpireat() { return expire_at(number(2)); }
  std::string expire_at(int64_t at_ms) {
    ModelValue* const value = find(1);
    if (value == nullptr) return integer(0);
    value->expiry_ms = at_ms;
    if (at_ms <= now_ms) keys().erase(words[1]);
    return integer(1);
  }

  std::string persist() {
    ModelValue* const value = find(1);
    if (value == nullptr || value->expiry_ms == kNoExpiry) return integer(0);
    value->expiry_ms = kNoExpiry;
    return integer(1);
  }

  std::string pttl() {
    const ModelValue* const value = find(1);
    if (value == nullptr) return integer(-2);
    return integer(value->expiry_ms == kNoExpiry ? -1 : value->expiry_ms - now_ms);
  }

  std::string pexpiretime() {
    const ModelValue* const value = find(1);
    return integer(value == nullptr ? -2 : value->expiry_ms);
  }

  std::string rename() {
    const ModelValue* const value = find(1);
    if (value == nullptr) return "-ERR no such key\r\n";
    const ModelValue moved = *value;
    keys().erase(words[1]);
    put(words[2], moved);
    return kOk;
  }

  std::string renamenx() {
    if (find(1) == nullptr) return "-ERR no such key\r\n";
    if (find(2) != nullptr) return integer(0);
    rename();
    return integer(1);
  }

  // COPY from to [DB n] [REPLACE], in this order.
  std::string copy() {
    int target = database;
    bool replace = words.back() == "REPLACE";
    if (words.size() > 4 && words[3] == "DB") target = static_cast<int>(number(4));
    if (target == database && words[1] == words[2])
      return "-ERR source and destination objects are the same\r\n";
    const ModelValue* const value = find(1);
    if (value == nullptr) return integer(0);
    const ModelValue copied = *value;
    if (model.find(target, words[2], now_ms) != nullptr && !replace) return integer(0);
    model.at(target)[words[2]] = copied;
    return integer(1);
  }

  std::string move() {
    const int target = static_cast<int>(number(2));
    if (target == database) return "-ERR source and destination objects are the same\r\n";
    const ModelValue* const value = find(1);
    if (value == nullptr || model.find(target, words[1], now_ms) != nullptr) return integer(0);
    model.at(target)[words[1]] = *value;
    keys().erase(words[1]);
    return integer(1);
  }

  std::string swapdb() {
    std::swap(model.at(static_cast<int>(number(1))), model.at(static_cast<int>(number(2))));
    return kOk;
  }

  std::string flushdb() {
    keys().clear();
    return kOk;
  }

  std::string flushall() {
    for (ModelDatabase& each : model.databases_) each.clear();
    return kOk;
  }

  Handler find_handler() const;

  // Replies that are not determined: what is wrong with them.
  std::string check_dbsize(std::string_view reply) const {
    const auto live =
        std::count_if(model.at(database).begin(), model.at(database).end(),
                      [this](const auto& row) { return !row.second.is_expired(now_ms); });
    // The engine may still hold expired keys that the model has met and forgotten.
    constexpr int64_t kForgotten = 8;
    const auto most = static_cast<int64_t>(model.at(database).size()) + kForgotten;
    for (auto size = live; size <= most; ++size)
      if (reply == integer(size)) return {};
    return fmt::format("between {} and {} keys, it replied {}", live, model.at(database).size(),
                       shortened(reply));
  }
  std::string check_randomkey(std::string_view reply) const {
    bool any = false;
    for (const auto& [key, value] : model.at(database)) {
      if (value.is_expired(now_ms)) continue;
      any = true;
      if (reply == bulk(key)) return {};
    }
    if (!any && reply == kNull) return {};
    return fmt::format("not a key: {}", shortened(reply));
  }
};

namespace {

struct Row {
  std::string_view name;
  ModelCommands::Handler handler;  // Null: the reply is judged by itself.
};

using M = ModelCommands;
constexpr Row kRows[] = {
    {"APPEND", &M::append},
    {"COPY", &M::copy},
    {"DBSIZE", nullptr},
    {"DEL", &M::del},
    {"EXISTS", &M::exists},
    {"FLUSHALL", &M::flushall},
    {"FLUSHDB", &M::flushdb},
    {"GET", &M::get},
    {"GETDEL", &M::getdel},
    {"GETRANGE", &M::getrange},
    {"GETSET", &M::getset},
    {"INCR", &M::incr},
    {"MGET", &M::mget},
    {"MOVE", &M::move},
    {"MSET", &M::mset},
    {"PERSIST", &M::persist},
    {"PEXPIRE", &M::pexpire},
    {"PEXPIREAT", &M::pexpireat},
    {"PEXPIRETIME", &M::pexpiretime},
    {"PING", &M::ping},
    {"PTTL", &M::pttl},
    {"RANDOMKEY", nullptr},
    {"RENAME", &M::rename},
    {"RENAMENX", &M::renamenx},
    {"SET", &M::set},
    {"SETNX", &M::setnx},
    {"SETRANGE", &M::setrange},
    {"STRLEN", &M::strlen},
    {"SWAPDB", &M::swapdb},
    {"TOUCH", &M::exists},
    {"TYPE", &M::type},
    {"UNLINK", &M::del},
};

const Row* find_row(std::string_view name) {
  for (const Row& row : kRows)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace

bool model_knows(std::string_view name) { return find_row(name) != nullptr; }

std::string Model::execute(int database, const Words& words, std::string_view reply,
                           int64_t now_ms) {
  ModelCommands commands{*this, database, words, now_ms};
  const Row* const row = find_row(words[0]);
  if (row == nullptr) return {};
  if (words[0] == "DBSIZE") return commands.check_dbsize(reply);
  if (words[0] == "RANDOMKEY") return commands.check_randomkey(reply);
  const std::string expected = (commands.*row->handler)();
  if (reply == expected) return {};
  return fmt::format("expected {}, it replied {}", shortened(expected), shortened(reply));
}

std::vector<KeyName> keys_of(int database, const Words& words) {
  std::vector<KeyName> keys;
  const std::string& name = words[0];
  size_t step = 1;
  size_t end = std::min<size_t>(words.size(), 2);
  if (name == "MSET") step = 2, end = words.size();
  if (name == "MGET" || name == "DEL" || name == "UNLINK" || name == "EXISTS" || name == "TOUCH")
    end = words.size();
  if (name == "RENAME" || name == "RENAMENX" || name == "COPY") end = 3;
  for (size_t i = 1; i < end; i += step) keys.emplace_back(database, words[i]);
  if (name == "MOVE") keys.emplace_back(std::stoi(words[2]), words[1]);
  if (name == "COPY" && words.size() > 4 && words[3] == "DB")
    keys.emplace_back(std::stoi(words[4]), words[2]);
  return keys;
}

}  // namespace sim

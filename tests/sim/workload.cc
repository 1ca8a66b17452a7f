#include "tests/sim/workload.h"

#include <fmt/format.h>

#include <algorithm>

namespace sim {

namespace {

constexpr uint64_t kHotKeys = 24;
// Above what one request may take.
constexpr size_t kEnormousBytes = 3 * 1024 * 1024;

}  // namespace

const std::vector<Workload::Choice>& Workload::choices() {
  using W = Workload;
  static const std::vector<Choice> kChoices = {
      {"GET", 260, &W::key_only},
      {"SET", 220, &W::set},
      {"SET", 1, &W::set_enormous},
      {"MSET", 25, &W::mset},
      {"MGET", 50, &W::several_keys},
      {"DEL", 40, &W::several_keys},
      {"UNLINK", 10, &W::key_only},
      {"EXISTS", 20, &W::several_keys},
      {"APPEND", 40, &W::append},
      {"STRLEN", 15, &W::key_only},
      {"SETRANGE", 15, &W::setrange},
      {"GETRANGE", 15, &W::getrange},
      {"INCR", 10, &W::incr},
      {"SETNX", 10, &W::key_and_value},
      {"GETSET", 10, &W::key_and_value},
      {"GETDEL", 10, &W::key_only},
      {"PEXPIRE", 35, &W::pexpire},
      {"PEXPIREAT", 15, &W::pexpireat},
      {"PERSIST", 12, &W::key_only},
      {"PTTL", 20, &W::key_only},
      {"PEXPIRETIME", 10, &W::key_only},
      {"TYPE", 8, &W::key_only},
      {"TOUCH", 8, &W::several_keys},
      {"RENAME", 25, &W::two_keys},
      {"RENAMENX", 10, &W::two_keys},
      {"COPY", 20, &W::copy},
      {"MOVE", 12, &W::move},
      {"SWAPDB", 3, &W::swapdb},
      {"FLUSHDB", 3, &W::flush},
      {"FLUSHALL", 1, &W::flush},
      {"DBSIZE", 8, &W::no_words},
      {"RANDOMKEY", 5, &W::no_words},
      {"PING", 3, &W::no_words},
  };
  return kChoices;
}

Workload::Workload(base::Random* random, const engine::CommandIndex& commands, int databases)
    : random_(random),
      databases_(databases),
      keys_(100 + random->below(400)),
      scale_(random->one_in(2) ? 1 : 8) {
  for (const Choice& choice : choices()) {
    if (commands.find(choice.name) == nullptr) continue;
    available_.push_back(&choice);
    weight_ += choice.weight;
  }
}

Words Workload::next(int64_t now_ms) {
  uint64_t at = random_->below(weight_);
  for (const Choice* choice : available_) {
    if (at < choice->weight) {
      name_ = choice->name;
      return (this->*choice->make)(now_ms);
    }
    at -= choice->weight;
  }
  return {};
}

std::string Workload::random_key() {
  const uint64_t number = random_->one_in(3) ? random_->below(kHotKeys) : random_->below(keys_);
  // Keys longer than an entry's short form among them.
  if (number % 37 == 5) return fmt::format("key:{:0300}", number);
  return fmt::format("key:{}", number);
}

// No two values are the same, so that an old one is noticed.
std::string Workload::random_value() {
  ++values_made_;
  const uint64_t kind = random_->below(100);
  size_t bytes = random_->below(64);
  if (kind >= 50) bytes = random_->below(1500);
  if (kind >= 85) bytes = random_->below(8000);
  // Enough to fill segments in half of the runs.
  bytes = std::min<size_t>(bytes * scale_, 60'000);
  if (kind >= 98) bytes = random_->below(64 * 1024);
  if (kind == 99 && random_->one_in(4)) bytes = 64 * 1024 + random_->below(100'000);
  // A page of the log holds 192 KiB.
  if (kind == 98 && random_->one_in(2)) bytes = 190'000 + random_->below(300'000);
  std::string value = fmt::format("v{}:", values_made_);
  const bool compressible = random_->one_in(2);
  uint64_t mixed = values_made_ * 0x9e3779b97f4a7c15;
  while (value.size() < bytes) {
    if (!compressible) mixed = mixed * 6364136223846793005 + 1442695040888963407;
    value += static_cast<char>(mixed >> 56);
  }
  return value;
}

std::string Workload::random_delay() {
  return fmt::format("{}", 1 + random_->below(random_->one_in(2) ? 60 : 20'000));
}

std::string Workload::random_database() {
  return fmt::format("{}", random_->below(static_cast<uint64_t>(databases_)));
}

Words Workload::key_only(int64_t) { return {name_, random_key()}; }

Words Workload::several_keys(int64_t) {
  Words words{name_};
  for (uint64_t i = 1 + random_->below(5); i > 0; --i) words.push_back(random_key());
  return words;
}

Words Workload::no_words(int64_t) { return {name_}; }

// Seldom, or there is never much to lose.
Words Workload::flush(int64_t) {
  if (random_->one_in(4)) return {name_};
  return {"GET", random_key()};
}

Words Workload::key_and_value(int64_t) { return {name_, random_key(), random_value()}; }

Words Workload::set(int64_t) {
  Words words{name_, random_key(), random_value()};
  switch (random_->below(12)) {
    case 0:
      words.emplace_back("NX");
      break;
    case 1:
      words.emplace_back("XX");
      break;
    case 2:
      words.emplace_back("KEEPTTL");
      break;
    case 3:
      words.emplace_back("PX");
      words.push_back(random_delay());
      break;
    default:
      break;
  }
  return words;
}

Words Workload::set_enormous(int64_t) {
  return {name_, random_key(), std::string(kEnormousBytes, 'x')};
}

Words Workload::mset(int64_t) {
  Words words{name_};
  for (uint64_t i = 1 + random_->below(5); i > 0; --i) {
    words.push_back(random_key());
    words.push_back(random_value());
  }
  return words;
}

Words Workload::append(int64_t) {
  return {name_, random_key(), fmt::format("+{}", random_->below(1'000'000))};
}

Words Workload::setrange(int64_t) {
  return {name_, random_key(), fmt::format("{}", random_->below(300)),
          fmt::format("<{}>", ++values_made_)};
}

Words Workload::getrange(int64_t) {
  return {name_, random_key(), fmt::format("{}", random_->below(100)),
          fmt::format("{}", random_->below(3000))};
}

// Keys of its own for the most part: others seldom hold a number.
Words Workload::incr(int64_t) {
  if (random_->one_in(10)) return {name_, random_key()};
  return {name_, fmt::format("number:{}", random_->below(20))};
}

Words Workload::pexpire(int64_t) { return {name_, random_key(), random_delay()}; }

Words Workload::pexpireat(int64_t now_ms) {
  const int64_t at_ms = now_ms - 5 + static_cast<int64_t>(random_->below(200));
  return {name_, random_key(), fmt::format("{}", at_ms)};
}

Words Workload::two_keys(int64_t) { return {name_, random_key(), random_key()}; }

Words Workload::copy(int64_t) {
  Words words{name_, random_key(), random_key()};
  if (random_->one_in(3)) {
    words.emplace_back("DB");
    words.push_back(random_database());
  }
  if (random_->one_in(2)) words.emplace_back("REPLACE");
  return words;
}

Words Workload::move(int64_t) { return {name_, random_key(), random_database()}; }

Words Workload::swapdb(int64_t) { return {name_, random_database(), random_database()}; }

}  // namespace sim

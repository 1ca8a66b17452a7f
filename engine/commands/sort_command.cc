// SORT and SORT_RO. What BY and GET name is found only while the command runs: keys that may be on
// disk are asked of the gate, and the command runs again once it has them (Session::more_keys).

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "engine/commands/command_limits.h"
#include "engine/commands/key_commands.h"
#include "engine/commands/string_reply.h"
#include "engine/commands/value_access.h"
#include "engine/engine.h"
#include "engine/value/chunked_string.h"
#include "engine/value/hash_value.h"
#include "engine/value/list_value.h"
#include "engine/value/set_value.h"
#include "engine/value/zset_value.h"

namespace engine {

namespace {

// "prefix*postfix" or "prefix*postfix->field": what an element stands for in another key.
struct Pattern {
  bool is_element = false;  // "#": the element itself.
  bool has_star = false;
  std::string_view prefix;
  std::string_view postfix;
  std::string_view field;

  explicit Pattern(std::string_view text) : is_element(text == "#") {
    const size_t star = text.find('*');
    has_star = star != std::string_view::npos;
    if (!has_star) return;
    prefix = text.substr(0, star);
    postfix = text.substr(star + 1);
    const size_t arrow = postfix.find("->");
    if (arrow == std::string_view::npos || arrow + 2 == postfix.size()) return;
    field = postfix.substr(arrow + 2);
    postfix = postfix.substr(0, arrow);
  }

  bool names_key() const { return has_star && !is_element; }
  std::string key_of(std::string_view element) const {
    std::string key(prefix);
    key.append(element);
    key.append(postfix);
    return key;
  }
};

struct SortOptions {
  bool descending = false;
  bool alphabetic = false;
  bool sorts = true;
  std::optional<Pattern> by;
  int64_t limit_start = 0;
  int64_t limit_count = -1;
  std::vector<Pattern> gets;
  size_t store_word = 0;  // 0: replies.
};

struct Item {
  std::string element;
  double score = 0;
  std::optional<std::string> by;  // Of an alphabetic order by a pattern.
};

bool parse_sort(const CommandContext& context, bool may_store, SortOptions* options) {
  for (size_t i = 2; i < context.argc(); ++i) {
    const size_t more = context.argc() - i - 1;
    if (context.word_is(i, "asc")) {
      options->descending = false;
    } else if (context.word_is(i, "desc")) {
      options->descending = true;
    } else if (context.word_is(i, "alpha")) {
      options->alphabetic = true;
    } else if (more >= 2 && context.word_is(i, "limit")) {
      if (!context.integer_word(i + 1, &options->limit_start) ||
          !context.integer_word(i + 2, &options->limit_count))
        return false;
      i += 2;
    } else if (may_store && more >= 1 && context.word_is(i, "store")) {
      options->store_word = ++i;
    } else if (more >= 1 && context.word_is(i, "by")) {
      options->by.emplace(context.word(++i));
      if (!options->by->has_star) options->sorts = false;
    } else if (more >= 1 && context.word_is(i, "get")) {
      options->gets.emplace_back(context.word(++i));
    } else {
      context.error(kSyntaxError);
      return false;
    }
  }
  return true;
}

bool is_sortable(const Entry* entry) {
  return entry == nullptr || entry->type() == ValueType::kList ||
         entry->type() == ValueType::kSet || entry->type() == ValueType::kZset;
}

uint64_t size_of(const Entry& entry, const base::KeyHasher* hasher) {
  if (entry.type() == ValueType::kList) return ListView(&entry).size();
  if (entry.type() == ValueType::kZset) return ZsetView(&entry, hasher).size();
  return SetView(&entry, hasher).size();
}

std::vector<Item> items_of(const Entry* entry, const base::KeyHasher* hasher) {
  std::vector<Item> items;
  if (entry == nullptr) return items;
  items.reserve(size_of(*entry, hasher));
  const auto take = [&items](const Element& element) {
    items.push_back({text_of(element), 0, std::nullopt});
    return true;
  };
  if (entry->type() == ValueType::kList) {
    ListView(entry).for_each(0, take);
  } else if (entry->type() == ValueType::kZset) {
    const ZsetView view(entry, hasher);
    view.for_each({0, view.size()}, false,
                  [&take](const ScoredMember& one) { return take(one.member); });
  } else {
    SetView(entry, hasher).for_each(take);
  }
  return items;
}

std::string text_of_string(const Entry& entry) {
  if (entry.form() != ValueForm::kChunked) return std::string(entry.value());
  const ChunkedString& chunks = *entry.chunks();
  std::string text(chunks.size(), '\0');
  chunks.copy_range(0, {reinterpret_cast<std::byte*>(text.data()), text.size()});
  return text;
}

class Sort {
 public:
  Sort(CommandContext& context, const SortOptions& options)
      : context_(context), options_(options), keyspace_(context.keyspace()) {}

  void run() {
    const Entry* const entry = keyspace_.find(context_.key(1));
    if (!is_sortable(entry)) return context_.error(kWrongTypeError);
    const bool by_itself = !options_.sorts && options_.store_word != 0 && entry != nullptr &&
                           entry->type() == ValueType::kSet;
    sorts_ = options_.sorts || by_itself;
    alphabetic_ = options_.alphabetic || by_itself;
    by_pattern_ = sorts_ && !by_itself && options_.by.has_value();
    if (entry != nullptr && !may_grow(context_, memory_of(*entry))) return;
    const bool has_order = entry != nullptr && entry->type() != ValueType::kSet;
    items_ = items_of(entry, keyspace_.shared().hasher);
    clip();
    if (by_pattern_ && !has_keys(*options_.by, 0, items_.size())) return;
    if (!sorts_ && options_.descending && has_order) std::reverse(items_.begin(), items_.end());
    if (sorts_ && !weigh())
      return context_.error("One or more scores can't be converted into double");
    if (sorts_) order();
    bool has_all = true;
    for (const Pattern& get : options_.gets) has_all &= has_keys(get, first_, end_);
    if (!has_all) return;
    options_.store_word != 0 ? store() : reply();
  }

 private:
  // What the elements take while they are sorted, about.
  uint64_t memory_of(const Entry& entry) const {
    const uint64_t bytes =
        entry.out_of_line() ? entry.tree()->element_bytes() : entry.value().size();
    return bytes * 2 + size_of(entry, keyspace_.shared().hasher) * sizeof(Item);
  }

  void clip() {
    const auto size = static_cast<int64_t>(items_.size());
    const int64_t start = std::clamp<int64_t>(options_.limit_start, 0, size);
    const int64_t count = std::clamp<int64_t>(options_.limit_count, -1, size);
    first_ = static_cast<size_t>(start);
    end_ = static_cast<size_t>(count < 0 ? size : std::min(size, start + count));
  }

  // Whether the keys that these elements stand for are in memory or nowhere; else they are asked
  // for, and the command runs again.
  bool has_keys(const Pattern& pattern, size_t first, size_t end) {
    if (!pattern.names_key() || keyspace_.residence().counts().cold_keys == 0) return true;
    Session& session = context_.session();
    // Those that were asked for are in memory, or nowhere.
    std::unordered_set<std::string> asked(session.more_keys.begin(), session.more_keys.end());
    for (size_t i = first; i < end; ++i) {
      std::string text = pattern.key_of(items_[i].element);
      const Key key = keyspace_.key_of(text);
      if (keyspace_.resident(key) != nullptr || !keyspace_.may_be_cold(key)) continue;
      if (!asked.insert(text).second) continue;
      session.more_keys.push_back(std::move(text));
      session.wants_room = true;
    }
    return !session.wants_room;
  }

  // What the pattern finds for an element; nothing when there is no such value.
  std::optional<std::string> look_up(const Pattern& pattern, std::string_view element) {
    if (pattern.is_element) return std::string(element);
    if (!pattern.has_star) return std::nullopt;
    const std::string text = pattern.key_of(element);
    const Entry* const entry = keyspace_.find(keyspace_.key_of(text));
    if (entry == nullptr) return std::nullopt;
    if (pattern.field.empty()) {
      if (entry->type() != ValueType::kString) return std::nullopt;
      return text_of_string(*entry);
    }
    if (entry->type() != ValueType::kHash) return std::nullopt;
    const std::optional<Element> value =
        HashView(entry, keyspace_.shared().hasher).find(pattern.field);
    if (!value.has_value()) return std::nullopt;
    return text_of(*value);
  }

  // False when a number is none.
  bool weigh() {
    bool all_numbers = true;
    for (Item& item : items_) {
      if (by_pattern_) {
        item.by = look_up(*options_.by, item.element);
        if (alphabetic_ || !item.by.has_value()) continue;
      } else if (alphabetic_) {
        return true;
      }
      const std::string& text = by_pattern_ ? *item.by : item.element;
      char* end = nullptr;
      errno = 0;
      item.score = std::strtod(text.c_str(), &end);
      if (*end != '\0' || errno == ERANGE || std::isnan(item.score)) all_numbers = false;
    }
    return all_numbers;
  }

  bool precedes(const Item& a, const Item& b) const {
    if (!alphabetic_) return a.score != b.score ? a.score < b.score : a.element < b.element;
    return by_pattern_ ? a.by < b.by : a.element < b.element;
  }

  void order() {
    const auto before = [this](const Item& a, const Item& b) {
      return options_.descending ? precedes(b, a) : precedes(a, b);
    };
    if (end_ < items_.size() / 2) {
      std::partial_sort(items_.begin(), items_.begin() + static_cast<ptrdiff_t>(end_), items_.end(),
                        before);
    } else {
      std::sort(items_.begin(), items_.end(), before);
    }
  }

  // fn(text) of each part of the result; nothing where a pattern finds none.
  template <class Fn>
  void for_each_result(Fn fn) {
    for (size_t i = first_; i < end_; ++i) {
      if (options_.gets.empty()) fn(std::optional<std::string_view>(items_[i].element));
      for (const Pattern& get : options_.gets) {
        const std::optional<std::string> value = look_up(get, items_[i].element);
        fn(value.has_value() ? std::optional<std::string_view>(*value) : std::nullopt);
      }
    }
  }

  uint64_t results() const {
    const uint64_t count = end_ > first_ ? end_ - first_ : 0;
    return count * std::max<size_t>(options_.gets.size(), 1);
  }

  void reply() {
    resp::ReplyWriter& to = context_.reply();
    to.array(results());
    for_each_result([&to](std::optional<std::string_view> text) {
      text.has_value() ? to.bulk(*text) : to.null();
    });
  }

  void store() {
    const Key key = context_.key(options_.store_word);
    const uint64_t count = results();
    context_.reply().integer(static_cast<int64_t>(count));
    const bool existed = keyspace_.exists(key);
    uint64_t& changes = keyspace_.shared().changes;
    const uint64_t before = changes;
    if (count == 0) {
      if (!existed) return;
      keyspace_.erase(key);
      return keyspace_.changed(key, kDelEvent);
    }
    const ValueTools tools = keyspace_.shared().value_tools();
    Entry* list = new_list(keyspace_.heap(), key.text, keyspace_.fresh_options());
    for_each_result([&](std::optional<std::string_view> text) {
      list = list_push(tools, list, ListEnd::kRight, text.value_or(std::string_view()));
    });
    if (keyspace_.exists(key)) keyspace_.erase(key);
    keyspace_.add(key, list, !existed);
    changes = before + count;
    keyspace_.changed(key, {notify_event::kList, "sortstore"});
  }

  CommandContext& context_;
  const SortOptions& options_;
  Keyspace& keyspace_;
  bool sorts_ = true;
  bool alphabetic_ = false;
  bool by_pattern_ = false;
  std::vector<Item> items_;
  size_t first_ = 0;
  size_t end_ = 0;
};

void sort(CommandContext& context, bool may_store) {
  SortOptions options;
  if (parse_sort(context, may_store, &options)) Sort(context, options).run();
}

}  // namespace

void sort_command(CommandContext& context) { sort(context, true); }
void sort_ro_command(CommandContext& context) { sort(context, false); }

}  // namespace engine

#include <memory>
#include <string>
#include <vector>

#include "engine/commands/scan_commands.h"
#include "engine/engine.h"

namespace engine {

namespace {

// Cold keys to choose from: of the one behind a random hash alone, keys behind large gaps would be
// named more often.
constexpr uint32_t kPageEntries = 64;

// A search for a cold key, from a random hash to the end and then from the start.
struct Search {
  int database;
  NamespaceId namespace_id;  // That the database had when the search began.
  uint64_t session_id;
  uint64_t start_hash;
  bool wrapped = false;
  int rounds_left = 3;  // Of searches that meet only keys on their way between the tiers.
};

bool has_expired(const logstore::IndexValue& value, int64_t now_ms) {
  return value.expire_at_ms != kNoExpiry && value.expire_at_ms <= now_ms;
}

// A key of the dictionary; empty when there is none. Expired ones that it meets are deleted.
std::string_view random_resident(Keyspace& keyspace) {
  base::Random& random = *keyspace.shared().random;
  while (const Entry* const entry = keyspace.dictionary().random_entry(random)) {
    const std::string text(entry->key());
    if (!keyspace.expire_if_due(keyspace.key_of(text))) return entry->key();
  }
  return {};
}

void reply_resident(Keyspace& keyspace, resp::ReplyWriter& reply) {
  if (keyspace.dictionary().empty()) return reply.null();
  const std::string_view key = random_resident(keyspace);
  // An empty key is a key; no key leaves an empty dictionary behind.
  if (keyspace.dictionary().empty()) return reply.null();
  reply.bulk(key);
}

// One of the page's keys that are cold and have not expired; null when there is none.
const logstore::IndexEntry* choose(Keyspace& keyspace, const logstore::WalkPage& page) {
  std::vector<const logstore::IndexEntry*> cold;
  for (const logstore::IndexEntry& entry : page.entries) {
    const Key key{entry.key.key, entry.key.hash64};
    if (!has_expired(entry.value, keyspace.shared().now_ms) && keyspace.resident(key) == nullptr)
      cold.push_back(&entry);
  }
  return cold.empty() ? nullptr : cold[keyspace.shared().random->below(cold.size())];
}

void look_from(Engine& engine, const Search& search, uint64_t hash_from);

void on_page(Engine& engine, Search search, const base::Result<logstore::WalkPage>& page) {
  if (engine.session(search.session_id) == nullptr) return;
  Keyspace& keyspace = engine.databases().at(search.database);
  const logstore::IndexEntry* chosen = nullptr;
  if (keyspace.id() != search.namespace_id) {
    // By FLUSHDB or SWAPDB: what the page shows may never have been in this database.
    search.namespace_id = keyspace.id();
    search.wrapped = false;
    if (keyspace.size() != 0) return look_from(engine, search, search.start_hash);
  } else if (page.ok()) {
    chosen = choose(keyspace, *page);
    const bool around = search.wrapped && (page->complete || page->hash_next > search.start_hash);
    if (chosen == nullptr && !around) {
      if (!page->complete) return look_from(engine, search, page->hash_next);
      search.wrapped = true;
      return look_from(engine, search, 0);
    }
    // What was resident when a page was asked for has become cold since.
    if (chosen == nullptr && keyspace.dictionary().empty() && keyspace.size() != 0 &&
        --search.rounds_left > 0) {
      search.wrapped = false;
      return look_from(engine, search, search.start_hash);
    }
  }
  engine.complete(search.session_id, [&keyspace, chosen](resp::ReplyWriter& reply) {
    if (chosen != nullptr) return reply.bulk(chosen->key.key);
    // Nothing is cold any more, or the index cannot be read: one of the others will do.
    reply_resident(keyspace, reply);
  });
}

void look_from(Engine& engine, const Search& search, uint64_t hash_from) {
  logstore::WalkOptions options;
  options.namespace_id = search.namespace_id;
  options.hash_from = hash_from;
  options.entries_max = kPageEntries;
  engine.tier()->index().walk(options,
                              [&engine, search](const base::Result<logstore::WalkPage>& page) {
                                on_page(engine, search, page);
                              });
}

}  // namespace

void randomkey_command(CommandContext& context) {
  Keyspace& keyspace = context.keyspace();
  if (keyspace.size() == 0) return context.reply().null();
  base::Random& random = *keyspace.shared().random;
  if (random.below(keyspace.size()) < keyspace.dictionary().size())
    return reply_resident(keyspace, context.reply());
  const Search search{context.session().database, keyspace.id(), context.session().id,
                      random.next()};
  look_from(context.engine(), search, search.start_hash);
  context.engine().block(&context.session());
}

}  // namespace engine

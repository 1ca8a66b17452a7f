#include "engine/databases.h"

#include <algorithm>

#include "engine/tier.h"
#include "engine/value/chunked_string.h"
#include "engine/value/counted_tree.h"

namespace engine {

namespace {

// A look at one costs a cache miss.
constexpr size_t kLentPerStep = 64;

}  // namespace

Databases::Databases(int count, const base::KeyHasher* hasher, base::Random* random)
    : shared_(hasher, random) {
  CHECK_GT(count, 0);
  shared_.residence.heap = &shared_.heap;
  for (int i = 0; i < count; ++i) mapping_.push_back(make_keyspace());
}

Databases::~Databases() {
  for (ChunkedString* chunks : shared_.condemned_chunks) ChunkedString::release(chunks);
  for (ChunkedString* chunks : lent_chunks_) ChunkedString::release(chunks);
  for (CountedTree* tree : shared_.condemned_trees) CountedTree::release(tree);
}

std::unique_ptr<Keyspace> Databases::make_keyspace() {
  auto keyspace = std::make_unique<Keyspace>(next_id_++, &shared_);
  by_id_[keyspace->id()] = keyspace.get();
  return keyspace;
}

Keyspace* Databases::find(NamespaceId id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : at->second;
}

int Databases::index_of(NamespaceId id) const {
  for (size_t i = 0; i < mapping_.size(); ++i)
    if (mapping_[i]->id() == id) return static_cast<int>(i);
  return -1;
}

void Databases::swap(int a, int b) {
  const KeyEvents& events = shared_.events;
  if (a != b && (events.wanted & KeyEvents::kChanges) != 0) events.listener->on_swap(a, b);
  std::swap(mapping_[static_cast<size_t>(a)], mapping_[static_cast<size_t>(b)]);
}

uint64_t Databases::flush(int index) {
  std::unique_ptr<Keyspace>& mapped = mapping_[static_cast<size_t>(index)];
  const uint64_t keys = mapped->size();
  if (keys == 0) return 0;
  const KeyEvents& events = shared_.events;
  if ((events.wanted & KeyEvents::kChanges) != 0) events.listener->on_flush(index);
  shared_.changes += keys;
  by_id_.erase(mapped->id());
  if (shared_.residence.tier != nullptr) shared_.residence.tier->drop_namespace(mapped->id());
  mapped->residence().forget_all_cold();
  detached_.push_back(std::move(mapped));
  mapped = make_keyspace();
  return keys;
}

uint64_t Databases::keys() const {
  uint64_t keys = 0;
  for (const auto& keyspace : mapping_) keys += keyspace->size();
  return keys;
}

uint64_t Databases::pending_frees() const {
  uint64_t entries =
      shared_.condemned_chunks.size() + lent_chunks_.size() + shared_.condemned_trees.size();
  for (const auto& keyspace : detached_) entries += keyspace->dictionary().size();
  return entries;
}

// Who else has a reference (a reply that is being sent, a snapshot) would free the whole string in
// one go if that were the last: this one is kept until it is.
void Databases::take_back_lent() {
  for (size_t i = std::min(lent_chunks_.size(), kLentPerStep); i > 0; --i) {
    next_lent_ = next_lent_ + 1 < lent_chunks_.size() ? next_lent_ + 1 : 0;
    ChunkedString*& lent = lent_chunks_[next_lent_];
    if (lent->shared()) continue;
    shared_.condemned_chunks.push_back(lent);
    lent_.erase(lent);
    lent = lent_chunks_.back();
    lent_chunks_.pop_back();
  }
}

bool Databases::free_step(size_t entries_max) {
  take_back_lent();
  std::vector<ChunkedString*>& condemned = shared_.condemned_chunks;
  if (!condemned.empty()) {
    ChunkedString* const chunks = condemned.back();
    if (chunks->shared()) {
      condemned.pop_back();
      // A second reference of ours is none of others.
      lent_.insert(chunks).second ? lent_chunks_.push_back(chunks) : ChunkedString::release(chunks);
    } else if (ChunkedString::release_step(chunks, entries_max)) {
      condemned.pop_back();
      ++freed_entries_;
    }
    return true;
  }
  std::vector<CountedTree*>& trees = shared_.condemned_trees;
  if (!trees.empty()) {
    if (CountedTree::release_step(trees.back(), entries_max)) {
      trees.pop_back();
      ++freed_entries_;
    }
    return true;
  }
  if (detached_.empty()) return false;
  // A snapshot that is owed these entries takes them as fast as it can.
  const SnapshotObserver* const snapshot = shared_.residence.snapshot;
  if (snapshot != nullptr && !snapshot->has_room()) return false;
  Keyspace& keyspace = *detached_.front();
  constexpr size_t kEntriesPerBucket = 8;
  const bool more =
      keyspace.dictionary().drain(entries_max / kEntriesPerBucket + 1, [&](Entry* entry) {
        if (entry->form() == ValueForm::kChunked) condemned.push_back(entry->chunks()->freeze());
        if (entry->form() == ValueForm::kPaged) trees.push_back(entry->tree()->freeze());
        keyspace.residence().free_detached(entry);
        ++freed_entries_;
      });
  if (!more) detached_.erase(detached_.begin());
  return true;
}

}  // namespace engine

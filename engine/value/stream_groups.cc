#include "engine/value/stream_groups.h"

#include <algorithm>

#include "base/memory.h"
#include "persist/rdb_format.h"
#include "persist/rdb_string.h"

namespace engine {

namespace {

constexpr auto kUse = base::MemoryUse::kChunks;
// OFFSET of a group's pending element: ID, consumer, time, deliveries.
constexpr size_t kConsumerAt = StreamId::kBytes;
constexpr size_t kTimeAt = kConsumerAt + 8;
constexpr size_t kDeliveriesAt = kTimeAt + 8;
constexpr size_t kPendingBytes = kDeliveriesAt + 8;
// In the payload: an ID, a time, a length.
constexpr uint64_t kPendingPayloadMax = StreamId::kBytes + 8 + persist::kLengthBytesMax;
constexpr uint64_t kNamedPayloadMax = 8 + 8 * persist::kLengthBytesMax;
constexpr uint64_t kPendingPerPiece = 256;

int64_t bytes_of(const std::string& name, size_t object) {
  return static_cast<int64_t>(object + name.size() + 32);
}

// By name: where it is, or would be.
template <class T>
auto place_of(const std::vector<std::unique_ptr<T>>& all, std::string_view name) {
  return std::lower_bound(
      all.begin(), all.end(), name,
      [](const std::unique_ptr<T>& one, std::string_view wanted) { return one->name < wanted; });
}

template <class T>
T* find_by_name(const std::vector<std::unique_ptr<T>>& all, std::string_view name) {
  const auto at = place_of(all, name);
  return at != all.end() && (*at)->name == name ? at->get() : nullptr;
}

void append_length(uint64_t length, std::string* to) {
  std::byte bytes[persist::kLengthBytesMax];
  to->append(base::as_text({bytes, persist::encode_length(length, bytes)}));
}

void append_id_lengths(StreamId id, std::string* to) {
  append_length(id.ms, to);
  append_length(id.sequence, to);
}

void append_id(StreamId id, std::string* to) {
  const auto bytes = id.bytes();
  to->append(base::as_text(bytes));
}

void append_time(int64_t ms, std::string* to) {
  std::byte bytes[8];
  base::store_le(bytes, ms);
  to->append(base::as_text(bytes));
}

void append_string(const std::string& text, std::string* to) {
  std::vector<std::byte> bytes(persist::encoded_string_bytes_max(text.size()));
  const size_t length = persist::encode_string(base::as_bytes(text), false, bytes.data());
  to->append(base::as_text({bytes.data(), length}));
}

}  // namespace

// ---- PendingTree

Pending PendingTree::read(base::ByteSpan element) {
  Pending pending;
  pending.id = StreamId::from(element.data());
  if (element.size() != kPendingBytes) return pending;
  pending.consumer = base::load_le<uint64_t>(element.data() + kConsumerAt);
  pending.delivered_ms = base::load_le<int64_t>(element.data() + kTimeAt);
  pending.deliveries = base::load_le<uint64_t>(element.data() + kDeliveriesAt);
  return pending;
}

std::optional<Pending> PendingTree::find(StreamId id) const {
  const auto key = id.bytes();
  const std::optional<base::ByteSpan> element = tree_->find({id.tag(), key});
  if (!element.has_value()) return std::nullopt;
  return read(*element);
}

uint64_t PendingTree::rank_of(StreamId id) const {
  const auto key = id.bytes();
  return tree_->rank_of({id.tag(), key});
}

void PendingTree::put_element(StreamId id, base::ByteSpan element) {
  tree_ = CountedTree::writable(tree_);
  tree_->put({id.tag(), element.first(StreamId::kBytes)}, element);
}

void PendingTree::put(const Pending& pending) {
  std::byte element[kPendingBytes];
  pending.id.write(element);
  base::store_le(element + kConsumerAt, pending.consumer);
  base::store_le(element + kTimeAt, pending.delivered_ms);
  base::store_le(element + kDeliveriesAt, pending.deliveries);
  put_element(pending.id, element);
}

void PendingTree::put_id(StreamId id) {
  const auto element = id.bytes();
  put_element(id, element);
}

bool PendingTree::erase(StreamId id) {
  const auto key = id.bytes();
  tree_ = CountedTree::writable(tree_);
  return tree_->erase({id.tag(), key});
}

bool PendingTree::release_step(size_t pages_max) {
  if (tree_ == nullptr) return true;
  if (!CountedTree::release_step(tree_, pages_max)) return false;
  tree_ = nullptr;
  return true;
}

// ---- StreamConsumer

StreamConsumer::StreamConsumer(std::string_view consumer_name, uint64_t consumer_id)
    : name(consumer_name), id(consumer_id) {
  base::charge(kUse, bytes_of(name, sizeof(StreamConsumer)));
}

StreamConsumer::StreamConsumer(const StreamConsumer& other)
    : name(other.name), id(other.id), seen_ms(other.seen_ms), pending(other.pending) {
  base::charge(kUse, bytes_of(name, sizeof(StreamConsumer)));
}

StreamConsumer::~StreamConsumer() { base::charge(kUse, -bytes_of(name, sizeof(StreamConsumer))); }

// ---- StreamGroup

StreamGroup::StreamGroup(std::string_view group_name) : name(group_name) {
  base::charge(kUse, bytes_of(name, sizeof(StreamGroup)));
}

StreamGroup::StreamGroup(const StreamGroup& other)
    : name(other.name),
      last_id(other.last_id),
      entries_read(other.entries_read),
      pending_(other.pending_),
      by_id_(other.by_id_.size(), nullptr) {
  base::charge(kUse, bytes_of(name, sizeof(StreamGroup)));
  for (const auto& consumer : other.consumers_) {
    consumers_.push_back(std::make_unique<StreamConsumer>(*consumer));
    by_id_[consumer->id] = consumers_.back().get();
  }
}

StreamGroup::~StreamGroup() { base::charge(kUse, -bytes_of(name, sizeof(StreamGroup))); }

StreamConsumer* StreamGroup::consumer(std::string_view consumer_name) const {
  return find_by_name(consumers_, consumer_name);
}

StreamConsumer* StreamGroup::consumer_of(uint64_t id) const { return by_id_[id]; }

StreamConsumer* StreamGroup::add_consumer(std::string_view consumer_name) {
  const auto at = consumers_.insert(place_of(consumers_, consumer_name),
                                    std::make_unique<StreamConsumer>(consumer_name, by_id_.size()));
  by_id_.push_back(at->get());
  return at->get();
}

void StreamGroup::remove_consumer(StreamConsumer* consumer) {
  consumer->pending.for_each(0, [this](const Pending& pending) {
    pending_.erase(pending.id);
    return true;
  });
  by_id_[consumer->id] = nullptr;
  consumers_.erase(place_of(consumers_, consumer->name));
}

void StreamGroup::give(const Pending& pending) {
  const std::optional<Pending> old = pending_.find(pending.id);
  if (!old.has_value() || old->consumer != pending.consumer) {
    if (old.has_value()) consumer_of(old->consumer)->pending.erase(pending.id);
    consumer_of(pending.consumer)->pending.put_id(pending.id);
  }
  pending_.put(pending);
}

bool StreamGroup::acknowledge(StreamId id) {
  const std::optional<Pending> old = pending_.find(id);
  if (!old.has_value()) return false;
  consumer_of(old->consumer)->pending.erase(id);
  pending_.erase(id);
  return true;
}

// ---- StreamState

StreamState::StreamState(const StreamState& other)
    : last_id(other.last_id),
      max_deleted_id(other.max_deleted_id),
      entries_added(other.entries_added) {
  for (const auto& group : other.groups_) groups_.push_back(std::make_unique<StreamGroup>(*group));
}

StreamGroup* StreamState::group(std::string_view name) const { return find_by_name(groups_, name); }

StreamGroup* StreamState::add_group(std::string_view name) {
  return groups_.insert(place_of(groups_, name), std::make_unique<StreamGroup>(name))->get();
}

void StreamState::remove_group(StreamGroup* group, std::vector<CountedTree*>* condemned) {
  condemned->push_back(group->pending_.take());
  for (const auto& consumer : group->consumers_) condemned->push_back(consumer->pending.take());
  groups_.erase(place_of(groups_, group->name));
}

bool StreamState::release_step(size_t pages_max) {
  while (!groups_.empty()) {
    StreamGroup& group = *groups_.back();
    for (; !group.consumers_.empty(); group.consumers_.pop_back())
      if (!group.consumers_.back()->pending.release_step(pages_max)) return false;
    if (!group.pending_.release_step(pages_max)) return false;
    groups_.pop_back();
  }
  return true;
}

uint64_t StreamState::allocated_bytes() const {
  uint64_t bytes = sizeof(StreamState);
  for (const auto& group : groups_) {
    bytes += sizeof(StreamGroup) + group->name.size() + group->pending_.allocated_bytes();
    for (const auto& consumer : group->consumers_)
      bytes += sizeof(StreamConsumer) + consumer->name.size() + consumer->pending.allocated_bytes();
  }
  return bytes;
}

// ---- The payload: of RDB type 19, what follows the nodes

uint64_t StreamState::payload_bytes_max() const {
  uint64_t bytes = 16 * persist::kLengthBytesMax;
  for (const auto& group : groups_) {
    bytes += kNamedPayloadMax + group->name.size() + group->pending_.size() * kPendingPayloadMax;
    for (const auto& consumer : group->consumers_)
      bytes +=
          kNamedPayloadMax + consumer->name.size() + consumer->pending.size() * StreamId::kBytes;
  }
  return bytes;
}

bool StreamState::append_payload(const CountedTree& tree, TailPosition* at, std::string* to) const {
  // part 0: the counters. Of group `group`, part 1: its head, 2: from `rank` on what is pending, 3:
  // of consumer `consumer` the head, 4: from `rank` on its pending IDs.
  if (at->part == 0) {
    append_length(tree.size(), to);
    append_id_lengths(last_id, to);
    append_id_lengths(tree.size() == 0 ? StreamId{} : first_id_of(tree), to);
    append_id_lengths(max_deleted_id, to);
    append_length(entries_added, to);
    append_length(groups_.size(), to);
    *at = {.part = 1};
    return true;
  }
  if (at->group == groups_.size()) return false;
  append_group(*groups_[at->group], at, to);
  return true;
}

void StreamState::append_group(const StreamGroup& group, TailPosition* at, std::string* to) {
  if (at->part == 1) {
    append_string(group.name, to);
    append_id_lengths(group.last_id, to);
    append_length(static_cast<uint64_t>(group.entries_read), to);
    append_length(group.pending_.size(), to);
    *at = {.part = 2, .group = at->group};
  } else if (at->part == 2) {
    uint64_t left = kPendingPerPiece;
    group.pending_.for_each(at->rank, [&](const Pending& pending) {
      append_id(pending.id, to);
      append_time(pending.delivered_ms, to);
      append_length(pending.deliveries, to);
      ++at->rank;
      return --left > 0;
    });
    if (at->rank < group.pending_.size()) return;
    append_length(group.consumers_.size(), to);
    *at = {.part = 3, .group = at->group};
  } else if (at->consumer == group.consumers_.size()) {
    *at = {.part = 1, .group = at->group + 1};
  } else {
    append_consumer(*group.consumers_[at->consumer], at, to);
  }
}

void StreamState::append_consumer(const StreamConsumer& consumer, TailPosition* at,
                                  std::string* to) {
  if (at->part == 3) {
    append_string(consumer.name, to);
    append_time(consumer.seen_ms, to);
    append_length(consumer.pending.size(), to);
    at->part = 4;
    return;
  }
  uint64_t left = kPendingPerPiece;
  consumer.pending.for_each(at->rank, [&](const Pending& pending) {
    append_id(pending.id, to);
    ++at->rank;
    return --left > 0;
  });
  if (at->rank < consumer.pending.size()) return;
  *at = {.part = 3, .group = at->group, .consumer = at->consumer + 1};
}

}  // namespace engine

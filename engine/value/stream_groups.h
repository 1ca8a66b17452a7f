// StreamState: what a stream has beside its entries: IDs, counters, and its consumer groups with
// what they were given and have not acknowledged.
//
//     StreamState --> groups, by name --> pending, a CountedTree by ID
//                                     --> consumers, by name --> pending, a CountedTree by ID
//
// It hangs on the tree of the entries (TreeTail), is shared with it by freeze(), and is copied by
// the first write after that: the groups one by one, of their trees the roots alone.

#ifndef BASALT_ENGINE_VALUE_STREAM_GROUPS_H_
#define BASALT_ENGINE_VALUE_STREAM_GROUPS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/value/counted_tree.h"
#include "engine/value/stream_id.h"

namespace engine {

// An entry that a consumer was given.
struct Pending {
  StreamId id;
  uint64_t consumer = 0;  // StreamConsumer::id.
  int64_t delivered_ms = 0;
  uint64_t deliveries = 0;
};

// Entries by ID: of a group with all that Pending says, of a consumer the IDs alone.
class PendingTree {
 public:
  PendingTree() : tree_(CountedTree::create()) {}
  PendingTree(const PendingTree& other) : tree_(other.tree_->freeze()) {}
  PendingTree& operator=(const PendingTree&) = delete;
  ~PendingTree() { CountedTree::release(tree_); }

  uint64_t size() const { return tree_->size(); }
  std::optional<Pending> find(StreamId id) const;
  // How many are before this ID.
  uint64_t rank_of(StreamId id) const;
  // From a rank on: fn(const Pending&) returns whether to go on.
  template <class Fn>
  void for_each(uint64_t rank, Fn fn) const;
  Pending at(uint64_t rank) const { return read(tree_->at(rank).bytes); }

  void put(const Pending& pending);
  void put_id(StreamId id);
  bool erase(StreamId id);
  // Gives the tree away. Nothing else is called then.
  CountedTree* take() { return std::exchange(tree_, nullptr); }
  // Frees some of it; true when all is gone. Nothing else is called then.
  bool release_step(size_t pages_max);
  uint64_t allocated_bytes() const { return tree_->allocated_bytes(); }

 private:
  static Pending read(base::ByteSpan element);
  void put_element(StreamId id, base::ByteSpan element);

  CountedTree* tree_;
};

class StreamConsumer {
 public:
  StreamConsumer(std::string_view name, uint64_t id);
  StreamConsumer(const StreamConsumer& other);
  StreamConsumer& operator=(const StreamConsumer&) = delete;
  ~StreamConsumer();

  const std::string name;
  const uint64_t id;  // Of the group's consumers, never again another's.
  int64_t seen_ms = 0;
  PendingTree pending;
};

class StreamGroup {
 public:
  static constexpr int64_t kUnknown = -1;

  explicit StreamGroup(std::string_view name);
  StreamGroup(const StreamGroup& other);
  StreamGroup& operator=(const StreamGroup&) = delete;
  ~StreamGroup();

  // Null when there is none.
  StreamConsumer* consumer(std::string_view name) const;
  StreamConsumer* consumer_of(uint64_t id) const;
  // REQUIRES: there is none of the name.
  StreamConsumer* add_consumer(std::string_view name);
  // Its pending entries are nobody's then, and gone.
  void remove_consumer(StreamConsumer* consumer);
  const std::vector<std::unique_ptr<StreamConsumer>>& consumers() const { return consumers_; }

  // The entry is this consumer's, whoever had it before.
  void give(const Pending& pending);
  // Nobody's any more; false when it was not anybody's.
  bool acknowledge(StreamId id);

  const std::string name;
  StreamId last_id;
  int64_t entries_read = kUnknown;
  const PendingTree& pending() const { return pending_; }

 private:
  friend class StreamState;

  PendingTree pending_;
  std::vector<std::unique_ptr<StreamConsumer>> consumers_;  // By name.
  std::vector<StreamConsumer*> by_id_;                      // By id; null where one was removed.
};

class StreamState final : public TreeTail {
 public:
  StreamState() = default;
  StreamState(const StreamState& other);
  StreamState& operator=(const StreamState&) = delete;

  // Null when there is none.
  StreamGroup* group(std::string_view name) const;
  // REQUIRES: there is none of the name.
  StreamGroup* add_group(std::string_view name);
  // What it has pending goes to `*condemned`.
  void remove_group(StreamGroup* group, std::vector<CountedTree*>* condemned);
  const std::vector<std::unique_ptr<StreamGroup>>& groups() const { return groups_; }

  // TreeTail.
  TreeTail* copy() const override { return new StreamState(*this); }
  bool release_step(size_t pages_max) override;
  uint64_t allocated_bytes() const override;
  uint64_t payload_bytes_max() const override;
  bool append_payload(const CountedTree& tree, TailPosition* at, std::string* to) const override;

  StreamId last_id;
  StreamId max_deleted_id;
  uint64_t entries_added = 0;

 private:
  static void append_group(const StreamGroup& group, TailPosition* at, std::string* to);
  static void append_consumer(const StreamConsumer& consumer, TailPosition* at, std::string* to);

  std::vector<std::unique_ptr<StreamGroup>> groups_;  // By name.
};

// The first entry of a stream's tree that is there. REQUIRES: one is.
StreamId first_id_of(const CountedTree& tree);

// ---- How it works

template <class Fn>
void PendingTree::for_each(uint64_t rank, Fn fn) const {
  for (TreeCursor at(*tree_, rank); !at.at_end(); at.next())
    if (!fn(read(at.item().bytes))) return;
}

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_STREAM_GROUPS_H_

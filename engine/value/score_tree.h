// ScoreTree: the form of a large sorted set, a CountedTree with a companion.
//
//   the tree       in the order of (score, member)
//                    tag      the upper half of order_of_score()
//                    element  the lower half, big-endian, then the member's bytes
//                    weight   the bytes of the RDB payload behind its count
//   its companion  in the order of the members' hashes
//                    tag      the upper half of the hash
//                    element  the score (below)
//
// The companion holds no members: what it says of a hash is a guess, which the tree confirms, so
// that a member of ten bytes and its score take about 40 bytes altogether. Its elements are
//
//     u8   how many bytes of the score follow, and in the upper four bits how many of the number
//          the number of others with the same tag and score, big-endian, without leading zeros
//          order_of_score(), big-endian, without the zeros at its end

#ifndef BASALT_ENGINE_VALUE_SCORE_TREE_H_
#define BASALT_ENGINE_VALUE_SCORE_TREE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "engine/value/counted_tree.h"
#include "engine/value/score.h"

namespace engine {

// A key of the tree, in its own memory.
class ScoreKey {
 public:
  ScoreKey(uint64_t order, std::string_view member);
  ScoreKey(double score, std::string_view member) : ScoreKey(order_of_score(score), member) {}
  ScoreKey(const ScoreKey&) = delete;
  ScoreKey& operator=(const ScoreKey&) = delete;

  TreeProbe probe() const { return {tag_, element(), true}; }
  base::ByteSpan element() const { return {data_, bytes_}; }

 private:
  static constexpr size_t kSmallBytes = 128;

  std::byte small_[kSmallBytes];
  std::vector<std::byte> large_;
  std::byte* data_ = small_;
  size_t bytes_;
  uint32_t tag_;
};

struct ScoreItem {
  std::string_view member;
  double score;
};
ScoreItem score_item_of(const TreeItem& item);

// What an element becomes in RDB's payload: the member as a string, the score as a double.
void score_piece_of(const TreeItem& item, TreePiece* piece);

// All of these: `tree` is one that new_score_tree() made, or a copy of one.
CountedTree* new_score_tree();
std::optional<double> find_score(const CountedTree& tree, const base::KeyHasher& hasher,
                                 std::string_view member);
// REQUIRES: !shared(); the member is not there.
void add_score(CountedTree* tree, const base::KeyHasher& hasher, std::string_view member,
               double score);
// REQUIRES: !shared(); the member has this score; its text is not the tree's own. Here and below.
void remove_score(CountedTree* tree, const base::KeyHasher& hasher, std::string_view member,
                  double score);
void change_score(CountedTree* tree, const base::KeyHasher& hasher, std::string_view member,
                  double old, double score);

// Members by their hashes, for an iteration that goes on whatever changes meanwhile.
struct HashWindow {
  std::vector<ScoreItem> members;  // All of those from the tag asked for up to before the next one.
  std::optional<uint32_t> next_tag;  // Nothing at the end.
};
// About `count` of them. More where many members share a score: to find some is to look at all.
HashWindow members_by_hash(const CountedTree& tree, const base::KeyHasher& hasher, uint32_t tag,
                           uint64_t count);

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_SCORE_TREE_H_

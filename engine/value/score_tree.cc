#include "engine/value/score_tree.h"

#include <array>
#include <cstring>
#include <set>

#include "persist/rdb_string.h"

namespace engine {

namespace {

constexpr size_t kLowBytes = 4;
constexpr size_t kScoreBytes = 8;

uint32_t high(uint64_t number) { return static_cast<uint32_t>(number >> 32); }
uint32_t hash_tag(const base::KeyHasher& hasher, std::string_view member) {
  return high(hasher.hash64(member));
}

// An element of the companion.
class Guess {
 public:
  // The one after so many with the same tag and score.
  Guess(uint64_t order, uint32_t number) {
    size_t number_bytes = 0;
    while (number_bytes < sizeof number && number >> (8 * number_bytes) != 0) ++number_bytes;
    size_t score_bytes = kScoreBytes;
    while (score_bytes > 0 && (order >> (8 * (kScoreBytes - score_bytes)) & 0xff) == 0)
      --score_bytes;
    bytes_[size_++] = static_cast<std::byte>(score_bytes | number_bytes << 4);
    for (size_t i = number_bytes; i-- > 0;)
      bytes_[size_++] = static_cast<std::byte>(number >> 8 * i);
    for (size_t i = 0; i < score_bytes; ++i)
      bytes_[size_++] = static_cast<std::byte>(order >> (8 * (kScoreBytes - 1 - i)));
  }
  base::ByteSpan bytes() const { return {bytes_.data(), size_}; }

  static uint64_t order_in(base::ByteSpan element) {
    const size_t score_bytes = static_cast<size_t>(element[0]) & 15;
    uint64_t order = 0;
    const std::byte* const from = element.data() + element.size() - score_bytes;
    for (size_t i = 0; i < score_bytes; ++i)
      order |= uint64_t{static_cast<uint8_t>(from[i])} << (8 * (kScoreBytes - 1 - i));
    return order;
  }

 private:
  std::array<std::byte, 1 + sizeof(uint32_t) + kScoreBytes> bytes_;
  size_t size_ = 0;
};

int64_t payload_bytes(std::string_view member) {
  std::byte header[persist::kRdbStringHeaderBytesMax];
  return static_cast<int64_t>(persist::encode_raw_string_header(member.size(), header) +
                              member.size() + sizeof(double));
}

}  // namespace

ScoreKey::ScoreKey(uint64_t order, std::string_view member)
    : bytes_(kLowBytes + member.size()), tag_(high(order)) {
  if (bytes_ > kSmallBytes) {
    large_.resize(bytes_);
    data_ = large_.data();
  }
  const uint32_t low = __builtin_bswap32(static_cast<uint32_t>(order));
  std::memcpy(data_, &low, kLowBytes);
  if (!member.empty()) std::memcpy(data_ + kLowBytes, member.data(), member.size());
}

ScoreItem score_item_of(const TreeItem& item) {
  const uint64_t order = uint64_t{item.tag} << 32 | base::load_be<uint32_t>(item.bytes.data());
  return {base::as_text(item.bytes.subspan(kLowBytes)), score_of_order(order)};
}

void score_piece_of(const TreeItem& item, TreePiece* piece) {
  const ScoreItem scored = score_item_of(item);
  std::array<std::byte, persist::kRdbStringHeaderBytesMax> header;
  piece->head_bytes = persist::encode_raw_string_header(scored.member.size(), header.data());
  CHECK_LE(piece->head_bytes, piece->head.size());
  std::memcpy(piece->head.data(), header.data(), piece->head_bytes);
  piece->body = base::as_bytes(scored.member);
  piece->tail_bytes = sizeof scored.score;
  base::store_le(piece->tail.data(), scored.score);
}

CountedTree* new_score_tree() {
  CountedTree* const tree = CountedTree::create();
  tree->set_companion(CountedTree::create());
  return tree;
}

std::optional<double> find_score(const CountedTree& tree, const base::KeyHasher& hasher,
                                 std::string_view member) {
  const uint32_t tag = hash_tag(hasher, member);
  for (TreeCursor guess(*tree.companion(), {tag, {}}); !guess.at_end(); guess.next()) {
    const TreeItem item = guess.item();
    if (item.tag != tag) break;
    const uint64_t order = Guess::order_in(item.bytes);
    if (tree.find(ScoreKey(order, member).probe()).has_value()) return score_of_order(order);
  }
  return std::nullopt;
}

namespace {

void add_guess(CountedTree* companion, uint32_t tag, uint64_t order) {
  for (uint32_t number = 0;; ++number) {
    const Guess guess(order, number);
    if (companion->add({tag, guess.bytes()}, guess.bytes())) return;
  }
}

void remove_guess(CountedTree* companion, uint32_t tag, uint64_t order) {
  // The last of those that cannot be told apart.
  uint32_t number = 0;
  while (companion->find({tag, Guess(order, number + 1).bytes()}).has_value()) ++number;
  CHECK(companion->erase({tag, Guess(order, number).bytes()}));
}

}  // namespace

void add_score(CountedTree* tree, const base::KeyHasher& hasher, std::string_view member,
               double score) {
  const ScoreKey key(score, member);
  CHECK(tree->add(key.probe(), key.element()));
  tree->add_weight(payload_bytes(member));
  add_guess(tree->writable_companion(), hash_tag(hasher, member), order_of_score(score));
}

void remove_score(CountedTree* tree, const base::KeyHasher& hasher, std::string_view member,
                  double score) {
  const ScoreKey key(score, member);
  CHECK(tree->erase(key.probe()));
  tree->add_weight(-payload_bytes(member));
  remove_guess(tree->writable_companion(), hash_tag(hasher, member), order_of_score(score));
}

void change_score(CountedTree* tree, const base::KeyHasher& hasher, std::string_view member,
                  double old, double score) {
  const ScoreKey old_key(old, member);
  const ScoreKey key(score, member);
  CHECK(tree->erase(old_key.probe()));
  CHECK(tree->add(key.probe(), key.element()));
  CountedTree* const companion = tree->writable_companion();
  const uint32_t tag = hash_tag(hasher, member);
  const Guess old_guess(order_of_score(old), 0);
  const Guess guess(order_of_score(score), 0);
  if (companion->replace_alone({tag, old_guess.bytes()}, guess.bytes())) return;
  remove_guess(companion, tag, order_of_score(old));
  add_guess(companion, tag, order_of_score(score));
}

// ---- By hash

namespace {

// One in so many of those that are looked at should be an answer.
constexpr uint64_t kLooksPerAnswer = 64;

// The scores of the next members in the order of hashes, each once; where it stopped.
std::optional<uint32_t> scores_by_hash(const CountedTree& companion, uint32_t tag, uint64_t count,
                                       std::set<uint64_t>* orders) {
  uint32_t last_tag = 0;
  uint64_t taken = 0;
  for (TreeCursor at(companion, {tag, {}}); !at.at_end(); at.next(), ++taken) {
    const TreeItem item = at.item();
    // What has the same tag goes together.
    if (taken >= count && item.tag != last_tag) return item.tag;
    last_tag = item.tag;
    orders->insert(Guess::order_in(item.bytes));
  }
  return std::nullopt;
}

uint64_t members_of(const CountedTree& tree, const std::set<uint64_t>& orders) {
  uint64_t members = 0;
  bool found = false;
  for (const uint64_t order : orders)
    members += tree.rank_of(ScoreKey(order + 1, {}).probe(), &found) -
               tree.rank_of(ScoreKey(order, {}).probe(), &found);
  return members;
}

}  // namespace

HashWindow members_by_hash(const CountedTree& tree, const base::KeyHasher& hasher, uint32_t tag,
                           uint64_t count) {
  std::set<uint64_t> orders;
  HashWindow window;
  window.next_tag = scores_by_hash(*tree.companion(), tag, count, &orders);
  const uint64_t looks = members_of(tree, orders);
  if (looks > count * kLooksPerAnswer)
    window.next_tag = scores_by_hash(*tree.companion(), tag, looks / kLooksPerAnswer, &orders);
  for (const uint64_t order : orders) {
    for (TreeCursor at(tree, ScoreKey(order, {}).probe()); !at.at_end(); at.next()) {
      const ScoreItem scored = score_item_of(at.item());
      if (order_of_score(scored.score) != order) break;
      const uint32_t hash = hash_tag(hasher, scored.member);
      if (hash >= tag && (!window.next_tag.has_value() || hash < *window.next_tag))
        window.members.push_back(scored);
    }
  }
  return window;
}

}  // namespace engine

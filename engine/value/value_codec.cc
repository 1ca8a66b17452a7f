#include "engine/value/value_codec.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "engine/value/codec.h"
#include "engine/value/hash_value.h"
#include "engine/value/list_codec.h"
#include "engine/value/set_value.h"
#include "engine/value/stream_codec.h"
#include "engine/value/zset_value.h"
#include "persist/rdb_blobs.h"
#include "persist/rdb_format.h"

namespace engine {

namespace {

using persist::RdbType;

constexpr uint8_t byte_of(RdbType type) { return static_cast<uint8_t>(type); }

// Of scores as text.
constexpr uint8_t kNanLength = 253;
constexpr uint8_t kInfinityLength = 254;
constexpr uint8_t kMinusInfinityLength = 255;

base::Error corrupt() { return {base::ErrorCode::kCorrupt, 0, "value"}; }

bool is_hash_type(uint8_t rdb_type) {
  switch (static_cast<RdbType>(rdb_type)) {
    case RdbType::kHash:
    case RdbType::kHashZipmap:
    case RdbType::kHashZiplist:
    case RdbType::kHashListpack:
      return true;
    default:
      return false;
  }
}

bool is_zset_type(uint8_t rdb_type) {
  switch (static_cast<RdbType>(rdb_type)) {
    case RdbType::kZset:
    case RdbType::kZset2:
    case RdbType::kZsetZiplist:
    case RdbType::kZsetListpack:
      return true;
    default:
      return false;
  }
}

// A count, then strings, each with a score behind it in a sorted set; the others are one blob, or
// nodes.
bool is_strings_type(uint8_t rdb_type) {
  switch (static_cast<RdbType>(rdb_type)) {
    case RdbType::kSet:
    case RdbType::kHash:
    case RdbType::kList:
    case RdbType::kZset:
    case RdbType::kZset2:
      return true;
    default:
      return false;
  }
}

// Of the score at the front of `payload`; nothing when it ends before it does.
std::optional<size_t> score_bytes(uint8_t rdb_type, base::ByteSpan payload) {
  size_t bytes = sizeof(double);
  if (rdb_type == byte_of(RdbType::kZset)) {
    if (payload.empty()) return std::nullopt;
    const auto length = static_cast<uint8_t>(payload[0]);
    bytes = length < kNanLength ? 1 + size_t{length} : 1;
  }
  if (bytes > payload.size()) return std::nullopt;
  return bytes;
}

// The score that these bytes are; false when they are none.
bool read_score(uint8_t rdb_type, base::ByteSpan bytes, double* score) {
  if (rdb_type == byte_of(RdbType::kZset2)) {
    *score = base::load_le<double>(bytes.data());
    return !std::isnan(*score);
  }
  switch (static_cast<uint8_t>(bytes[0])) {
    case kNanLength:
      return false;
    case kInfinityLength:
      *score = std::numeric_limits<double>::infinity();
      return true;
    case kMinusInfinityLength:
      *score = -std::numeric_limits<double>::infinity();
      return true;
    default:
      return resp::parse_double(base::as_text(bytes.subspan(1)), score);
  }
}

// Decompressed bytes, where a string is compressed.
struct Scratch {
  std::vector<std::byte> bytes;

  // The string at the front of `payload` with its length.
  base::Result<Element> string(base::ByteSpan payload, size_t* taken) {
    const auto header = persist::parse_string_header(payload);
    if (!header.ok()) return header.error();
    if (!header->has_value() || (*header)->encoded_bytes() > payload.size()) return corrupt();
    *taken = (*header)->encoded_bytes();
    if ((*header)->form == persist::RdbStringForm::kInteger)
      return read_rdb_element(payload, taken);
    bytes.resize(std::max<size_t>(bytes.size(), (*header)->string_bytes));
    const auto view = persist::view_string(payload.first(*taken), bytes);
    if (!view.ok()) return view.error();
    return Element::of_text(base::as_text(*view));
  }
};

// ---- Packed encodings

// The blob that is the whole payload, judged.
base::Result<base::ByteSpan> blob_of(persist::BlobKind kind, base::ByteSpan payload,
                                     Scratch* scratch, uint64_t* entries) {
  size_t taken = 0;
  const base::Result<Element> string = scratch->string(payload, &taken);
  if (!string.ok()) return string.error();
  if (string->is_number || taken != payload.size()) return corrupt();
  const base::ByteSpan blob = base::as_bytes(string->text);
  const base::Result<uint64_t> checked = persist::check_blob(kind, blob);
  if (!checked.ok()) return checked.error();
  *entries = *checked;
  return blob;
}

// Takes the members and scores of a packed sorted set, of which each is an element by itself.
class ScorePairs final : public ElementSink {
 public:
  explicit ScorePairs(ElementSink* to) : to_(to) {}

  void begin(uint64_t count) override { to_->begin(count / 2); }
  base::Status add(const Element& element) override {
    is_score_ = !is_score_;
    if (is_score_) {
      member_ = element;
      return base::ok_status();
    }
    double score = 0;
    return parse_score(element, &score) ? to_->add_scored(member_, score) : corrupt();
  }

 private:
  ElementSink* const to_;
  Element member_;  // A view of the blob.
  bool is_score_ = false;
};

base::Status read_listpack(base::ByteSpan blob, ElementSink* sink) {
  const Listpack pack(base::as_text(blob));
  for (size_t at = pack.first(); !pack.at_end(at);) RETURN_IF_ERROR(sink->add(pack.read(at, &at)));
  return base::ok_status();
}

base::Status read_intset(base::ByteSpan blob, ElementSink* sink) {
  const Intset integers(base::as_text(blob));
  for (size_t i = 0; i < integers.count(); ++i)
    RETURN_IF_ERROR(sink->add(Element::of_number(integers.at(i))));
  return base::ok_status();
}

// An entry of a ziplist behind its link; `*taken` is its length.
Element ziplist_entry(const std::byte* from, size_t* taken) {
  const auto encoding = static_cast<uint8_t>(from[0]);
  const auto text = [&](size_t header_bytes, size_t length) {
    *taken = header_bytes + length;
    return Element::of_text(base::as_text({from + header_bytes, length}));
  };
  const auto number = [&](size_t data_bytes, int64_t value) {
    *taken = 1 + data_bytes;
    return Element::of_number(value);
  };
  switch (encoding >> 6) {
    case 0:
      return text(1, encoding);
    case 1:
      return text(2, (size_t{encoding & 0x3fu} << 8) | static_cast<uint8_t>(from[1]));
    case 2:
      return text(5, base::load_be<uint32_t>(from + 1));
    default:
      break;
  }
  switch (encoding) {
    case 0xc0:
      return number(2, base::load_le<int16_t>(from + 1));
    case 0xd0:
      return number(4, base::load_le<int32_t>(from + 1));
    case 0xe0:
      return number(8, base::load_le<int64_t>(from + 1));
    case 0xf0: {
      const int32_t high = static_cast<int8_t>(from[3]);
      return number(3, int64_t{high} * 65536 + base::load_le<uint16_t>(from + 1));
    }
    case 0xfe:
      return number(1, static_cast<int8_t>(from[1]));
    default:
      return number(0, (encoding & 0x0f) - 1);  // 0xf1 to 0xfd.
  }
}

base::Status read_ziplist(base::ByteSpan blob, ElementSink* sink) {
  constexpr size_t kHeaderBytes = 10;
  constexpr std::byte kLongLink{254};
  constexpr std::byte kEnd{255};
  for (size_t at = kHeaderBytes; blob[at] != kEnd;) {
    at += blob[at] == kLongLink ? 5 : 1;
    size_t taken = 0;
    RETURN_IF_ERROR(sink->add(ziplist_entry(blob.data() + at, &taken)));
    at += taken;
  }
  return base::ok_status();
}

base::Status read_zipmap(base::ByteSpan blob, ElementSink* sink) {
  constexpr std::byte kEnd{255};
  constexpr uint8_t kLongLength = 254;
  const auto length = [&](size_t* at) -> size_t {
    const auto first = static_cast<uint8_t>(blob[(*at)++]);
    if (first < kLongLength) return first;
    *at += 4;
    return base::load_le<uint32_t>(blob.data() + *at - 4);
  };
  for (size_t at = 1; blob[at] != kEnd;) {
    const size_t field_bytes = length(&at);
    RETURN_IF_ERROR(sink->add(Element::of_text(base::as_text(blob.subspan(at, field_bytes)))));
    at += field_bytes;
    const size_t value_bytes = length(&at);
    const auto free_bytes = static_cast<uint8_t>(blob[at++]);
    RETURN_IF_ERROR(sink->add(Element::of_text(base::as_text(blob.subspan(at, value_bytes)))));
    at += value_bytes + free_bytes;
  }
  return base::ok_status();
}

base::Status read_blob(uint8_t rdb_type, base::ByteSpan payload, ElementSink* sink) {
  const auto type = static_cast<RdbType>(rdb_type);
  auto kind = persist::BlobKind::kListpack;
  if (type == RdbType::kHashZiplist || type == RdbType::kListZiplist ||
      type == RdbType::kZsetZiplist)
    kind = persist::BlobKind::kZiplist;
  if (type == RdbType::kHashZipmap) kind = persist::BlobKind::kZipmap;
  if (type == RdbType::kSetIntset) kind = persist::BlobKind::kIntset;
  Scratch scratch;
  uint64_t entries = 0;
  const auto blob = blob_of(kind, payload, &scratch, &entries);
  if (!blob.ok()) return blob.error();
  const bool is_zset = is_zset_type(rdb_type);
  if ((is_hash_type(rdb_type) || is_zset) && entries % 2 != 0) return corrupt();
  ScorePairs pairs(sink);
  if (is_zset) sink = &pairs;
  sink->begin(entries);
  switch (kind) {
    case persist::BlobKind::kZiplist:
      return read_ziplist(*blob, sink);
    case persist::BlobKind::kZipmap:
      return read_zipmap(*blob, sink);
    case persist::BlobKind::kIntset:
      return read_intset(*blob, sink);
    default:
      return read_listpack(*blob, sink);
  }
}

// The string and the score at the front of `*rest`.
base::Status read_scored(uint8_t rdb_type, base::ByteSpan* rest, Scratch* scratch,
                         ElementSink* sink) {
  size_t taken = 0;
  const base::Result<Element> member = scratch->string(*rest, &taken);
  if (!member.ok()) return member.error();
  *rest = rest->subspan(taken);
  const std::optional<size_t> bytes = score_bytes(rdb_type, *rest);
  double score = 0;
  if (!bytes.has_value() || !read_score(rdb_type, rest->first(*bytes), &score)) return corrupt();
  *rest = rest->subspan(*bytes);
  return sink->add_scored(*member, score);
}

// A count, then strings.
base::Status read_strings(uint8_t rdb_type, base::ByteSpan payload, ElementSink* sink) {
  const persist::RdbLength length = persist::decode_length(payload);
  if (!length.valid || length.special || length.bytes == 0) return corrupt();
  base::ByteSpan rest = payload.subspan(length.bytes);
  // Each string takes a byte at least.
  if (length.value > rest.size()) return corrupt();
  const uint64_t count = is_hash_type(rdb_type) ? length.value * 2 : length.value;
  sink->begin(count);
  Scratch scratch;
  for (uint64_t i = 0; i < count; ++i) {
    if (is_zset_type(rdb_type)) {
      RETURN_IF_ERROR(read_scored(rdb_type, &rest, &scratch, sink));
      continue;
    }
    size_t taken = 0;
    const base::Result<Element> element = scratch.string(rest, &taken);
    if (!element.ok()) return element.error();
    RETURN_IF_ERROR(sink->add(*element));
    rest = rest.subspan(taken);
  }
  if (!rest.empty()) return corrupt();
  return base::ok_status();
}

// ---- Building values

class HashBuilder final : public ElementSink {
 public:
  HashBuilder(const ValueTools& tools, bool paged) : tools_(tools), paged_(paged) {}
  ~HashBuilder() { CountedTree::release(tree_); }

  void begin(uint64_t count) override {
    if (paged_ || count / 2 > tools_.limits.hash_entries || count > Listpack::kCountMax)
      tree_ = CountedTree::create();
  }

  base::Status add(const Element& element) override {
    const ElementText text(element);
    if (!has_field_) {
      field_ = text.view();
      has_field_ = true;
      return base::ok_status();
    }
    has_field_ = false;
    return add_pair(field_, text.view());
  }

  base::Result<OwnedValue> finish() {
    if (tree_ == nullptr && pack_.count() == 0)
      return base::Error{base::ErrorCode::kInvalid, 0, "empty value"};
    if (tree_ == nullptr) return OwnedValue(ValueType::kHash, pack_.finish());
    if (tree_->size() == 0) return base::Error{base::ErrorCode::kInvalid, 0, "empty value"};
    return OwnedValue(ValueType::kHash, std::exchange(tree_, nullptr));
  }

 private:
  base::Status add_pair(std::string_view field, std::string_view value) {
    const uint64_t limit = tools_.limits.hash_value_bytes;
    const size_t more =
        Listpack::entry_bytes_max(field.size()) + Listpack::entry_bytes_max(value.size());
    if (tree_ == nullptr && (field.size() > limit || value.size() > limit ||
                             pack_.bytes() + more > base::kInlineValueBytesMax))
      RETURN_IF_ERROR(unpack());
    if (tree_ != nullptr) return put(field, value);
    pack_.append(field);
    pack_.append(value);
    return base::ok_status();
  }

  base::Status put(std::string_view field, std::string_view value) {
    TreeKey key(*tools_.hasher, field);
    const base::ByteSpan element = key.with_value(value);
    return tree_->add(key.probe(), element) ? base::ok_status() : base::Status(corrupt());
  }

  base::Status unpack() {
    tree_ = CountedTree::create();
    const std::string bytes = pack_.finish();
    const Listpack pack(bytes);
    for (size_t at = pack.first(); !pack.at_end(at);) {
      const std::string field = text_of(pack.read(at, &at));
      RETURN_IF_ERROR(put(field, ElementText(pack.read(at, &at)).view()));
    }
    return base::ok_status();
  }

  const ValueTools& tools_;
  const bool paged_;
  ListpackBuilder pack_;
  CountedTree* tree_ = nullptr;
  std::string field_;
  bool has_field_ = false;
};

class SetBuilder final : public ElementSink {
 public:
  SetBuilder(const ValueTools& tools, bool paged) : tools_(tools), paged_(paged) {}
  ~SetBuilder() { CountedTree::release(tree_); }

  void begin(uint64_t count) override {
    if (paged_ || count > tools_.limits.set_integers ||
        Intset::kHeaderBytes + count * sizeof(int64_t) > base::kInlineValueBytesMax)
      tree_ = CountedTree::create();
  }

  base::Status add(const Element& element) override {
    if (tree_ == nullptr) {
      int64_t number = element.number;
      if (element.is_number || resp::parse_int64(element.text, &number)) {
        integers_.push_back(number);
        return base::ok_status();
      }
      RETURN_IF_ERROR(unpack());
    }
    return put(ElementText(element).view());
  }

  base::Result<OwnedValue> finish() {
    if (tree_ == nullptr ? integers_.empty() : tree_->size() == 0)
      return base::Error{base::ErrorCode::kInvalid, 0, "empty value"};
    if (tree_ != nullptr) return OwnedValue(ValueType::kSet, std::exchange(tree_, nullptr));
    std::sort(integers_.begin(), integers_.end());
    integers_.erase(std::unique(integers_.begin(), integers_.end()), integers_.end());
    return OwnedValue(ValueType::kSet, Intset::of(integers_));
  }

 private:
  base::Status put(std::string_view member) {
    const TreeKey key(*tools_.hasher, member);
    return tree_->add(key.probe(), key.alone()) ? base::ok_status() : base::Status(corrupt());
  }

  base::Status unpack() {
    tree_ = CountedTree::create();
    for (const int64_t number : integers_)
      RETURN_IF_ERROR(put(ElementText(Element::of_number(number)).view()));
    return base::ok_status();
  }

  const ValueTools& tools_;
  const bool paged_;
  std::vector<int64_t> integers_;
  CountedTree* tree_ = nullptr;
};

class ZsetBuilder final : public ElementSink {
 public:
  ZsetBuilder(const ValueTools& tools, bool paged) : tools_(tools), paged_(paged) {}
  ~ZsetBuilder() { CountedTree::release(tree_); }

  void begin(uint64_t count) override {
    if (paged_ || count > tools_.limits.zset_entries || count * 2 > Listpack::kCountMax)
      tree_ = new_score_tree();
  }

  base::Status add(const Element&) override { return corrupt(); }

  base::Status add_scored(const Element& element, double score) override {
    const ElementText text(element);
    const std::string_view member = text.view();
    const size_t more = Listpack::entry_bytes_max(member.size()) +
                        Listpack::entry_bytes_max(resp::kDoubleTextBytes);
    packed_bytes_ += more;
    if (tree_ == nullptr && (member.size() > tools_.limits.zset_value_bytes ||
                             packed_bytes_ > base::kInlineValueBytesMax))
      RETURN_IF_ERROR(unpack());
    if (tree_ != nullptr) return put(member, score);
    members_.emplace_back(score, member);
    return base::ok_status();
  }

  base::Result<OwnedValue> finish() {
    if (tree_ == nullptr ? members_.empty() : tree_->size() == 0)
      return base::Error{base::ErrorCode::kInvalid, 0, "empty value"};
    if (tree_ != nullptr) return OwnedValue(ValueType::kZset, std::exchange(tree_, nullptr));
    std::sort(members_.begin(), members_.end());
    std::set<std::string_view> seen;
    ListpackBuilder pack;
    for (const auto& [score, member] : members_) {
      if (!seen.insert(member).second) return corrupt();
      pack.append(member);
      pack.append(ScoreText(score).view());
    }
    return OwnedValue(ValueType::kZset, pack.finish());
  }

 private:
  base::Status put(std::string_view member, double score) {
    if (find_score(*tree_, *tools_.hasher, member).has_value()) return corrupt();
    add_score(tree_, *tools_.hasher, member, score);
    return base::ok_status();
  }

  base::Status unpack() {
    tree_ = new_score_tree();
    for (const auto& [score, member] : members_) RETURN_IF_ERROR(put(member, score));
    members_.clear();
    return base::ok_status();
  }

  const ValueTools& tools_;
  const bool paged_;
  size_t packed_bytes_ = Listpack::kHeaderBytes + 1;
  std::vector<std::pair<double, std::string>> members_;
  CountedTree* tree_ = nullptr;
};

template <class Builder>
base::Result<OwnedValue> build(uint8_t rdb_type, base::ByteSpan payload, const ValueTools& tools,
                               bool paged) {
  Builder builder(tools, paged);
  RETURN_IF_ERROR(read_elements(rdb_type, payload, &builder));
  return builder.finish();
}

struct PackedKind {
  ValueType type;
  persist::BlobKind blob;
  uint64_t entries_max;
  bool pairs;
};

// Of the encodings that entries hold as they are.
std::optional<PackedKind> packed_kind(uint8_t rdb_type, const PackedLimits& limits) {
  const auto pairs_max = [](uint64_t pairs) {
    return std::min<uint64_t>(pairs, Listpack::kCountMax / 2) * 2;
  };
  switch (static_cast<RdbType>(rdb_type)) {
    case RdbType::kHashListpack:
      return PackedKind{ValueType::kHash, persist::BlobKind::kListpack,
                        pairs_max(limits.hash_entries), true};
    case RdbType::kZsetListpack:
      return PackedKind{ValueType::kZset, persist::BlobKind::kListpack,
                        pairs_max(limits.zset_entries), true};
    case RdbType::kSetIntset:
      return PackedKind{ValueType::kSet, persist::BlobKind::kIntset, limits.set_integers, false};
    default:
      return std::nullopt;
  }
}

// Whether every second entry is a score.
bool holds_scores(base::ByteSpan blob) {
  const Listpack pack(base::as_text(blob));
  for (size_t at = pack.first(); !pack.at_end(at);) {
    double score = 0;
    pack.read(at, &at);
    if (!parse_score(pack.read(at, &at), &score)) return false;
  }
  return true;
}

// The packed bytes as they are, if they are within the limits; else nothing.
base::Result<std::optional<OwnedValue>> keep_packed(const PackedKind& kind, base::ByteSpan payload,
                                                    DecodeFor decode_for) {
  Scratch scratch;
  uint64_t entries = 0;
  const auto blob = blob_of(kind.blob, payload, &scratch, &entries);
  if (!blob.ok()) return blob.error();
  if (entries == 0) return base::Error{base::ErrorCode::kInvalid, 0, "empty value"};
  if (kind.pairs && entries % 2 != 0) return corrupt();
  // What the tier gives back has been judged, or is a file's, where Redis judges as little.
  if (kind.type == ValueType::kZset && decode_for == DecodeFor::kLoad && !holds_scores(*blob))
    return corrupt();
  if (entries > kind.entries_max || blob->size() > base::kInlineValueBytesMax)
    return std::optional<OwnedValue>();
  std::string bytes(base::as_text(*blob));
  if (kind.blob == persist::BlobKind::kListpack)
    Listpack::write_header(bytes.data(), bytes.size(), entries);
  return std::optional<OwnedValue>(OwnedValue(kind.type, std::move(bytes)));
}

}  // namespace

// ---- To RDB

uint8_t rdb_type_of(const Entry& entry) {
  const bool paged = entry.form() == ValueForm::kPaged;
  switch (entry.type()) {
    case ValueType::kString:
      return kStringType;
    case ValueType::kHash:
      return byte_of(paged ? RdbType::kHash : RdbType::kHashListpack);
    case ValueType::kSet:
      return byte_of(paged ? RdbType::kSet : RdbType::kSetIntset);
    case ValueType::kList:
      return byte_of(RdbType::kListQuicklist2);
    case ValueType::kZset:
      return byte_of(paged ? RdbType::kZset2 : RdbType::kZsetListpack);
    case ValueType::kStream:
      return byte_of(RdbType::kStreamListpacks2);
  }
  CHECK(false);  // No entry has such a value.
  return 0;
}

uint64_t encoded_value_bytes_max(const Entry& entry) {
  if (entry.form() != ValueForm::kPaged)
    return sizeof kOnePackedNode + encoded_bytes_max(entry.value().size());
  return persist::kLengthBytesMax + tree_payload_bytes_max(entry.type(), *entry.tree());
}

size_t encode_tree_header(const CountedTree& tree, std::byte* to) {
  return persist::encode_length(tree.nodes() != 0 ? tree.nodes() : tree.size(), to);
}

size_t encode_value(const Entry& entry, bool compress, std::byte* to) {
  if (entry.form() != ValueForm::kPaged) {
    size_t header = 0;
    if (entry.type() == ValueType::kList)
      for (const std::byte byte : kOnePackedNode) to[header++] = byte;
    return header + encode_string(entry.value(), compress, to + header);
  }
  const CountedTree& tree = *entry.tree();
  const size_t header = encode_tree_header(tree, to);
  const uint64_t bytes_max = tree_payload_bytes_max(entry.type(), tree);
  return header + tree_payload(entry.type(), tree).read({to + header, bytes_max});
}

TreeReader tree_payload(ValueType type, const CountedTree& tree) {
  return TreeReader(tree, type == ValueType::kZset ? score_piece_of : nullptr);
}

uint64_t tree_payload_bytes(ValueType type, const CountedTree& tree) {
  return type == ValueType::kZset ? tree.weight() : tree.payload_bytes();
}

uint64_t tree_payload_bytes_max(ValueType type, const CountedTree& tree) {
  return type == ValueType::kZset ? tree.weight() : tree.payload_bytes_max();
}

bool is_demotable(const Entry& entry) {
  if (entry.form() != ValueForm::kPaged) return true;
  return encoded_value_bytes_max(entry) <= kRecordPayloadBytesMax;
}

// ---- From RDB

Entry* OwnedValue::into_entry(EntryHeap& heap, std::string_view key, EntryOptions options) {
  options.type = type_;
  options.form = ValueForm::kPlain;
  if (tree_ == nullptr) return heap.create(key, bytes_, options);
  return heap.create_paged(key, std::exchange(tree_, nullptr), options);
}

bool is_aggregate_type(uint8_t rdb_type) {
  switch (static_cast<RdbType>(rdb_type)) {
    case RdbType::kSet:
    case RdbType::kSetIntset:
    case RdbType::kSetListpack:
      return true;
    default:
      return is_hash_type(rdb_type) || is_list_type(rdb_type) || is_zset_type(rdb_type) ||
             is_stream_type(rdb_type);
  }
}

bool is_written_type(uint8_t rdb_type) { return rdb_type <= byte_of(RdbType::kStreamListpacks2); }

bool is_empty_aggregate(uint8_t rdb_type, base::ByteSpan payload) {
  if (is_stream_type(rdb_type)) return false;
  if (is_quicklist_type(rdb_type)) return is_empty_quicklist(rdb_type, payload);
  const auto header = persist::parse_string_header(payload);
  if (!header.ok() || !header->has_value()) return false;
  const uint64_t bytes = (*header)->string_bytes;
  switch (static_cast<RdbType>(rdb_type)) {
    case RdbType::kHashListpack:
    case RdbType::kSetListpack:
    case RdbType::kZsetListpack:
      return bytes == Listpack::empty().size();
    case RdbType::kHashZiplist:
    case RdbType::kListZiplist:
    case RdbType::kZsetZiplist:
      return bytes == 11;  // Header and end mark.
    case RdbType::kHashZipmap:
      return bytes == 2;
    default:
      return false;
  }
}

base::Result<uint64_t> decompressed_bytes(uint8_t rdb_type, base::ByteSpan payload) {
  CHECK(is_aggregate_type(rdb_type));
  if (is_quicklist_type(rdb_type)) return quicklist_bytes(rdb_type, payload);
  if (is_stream_type(rdb_type)) return stream_bytes(payload);
  if (is_strings_type(rdb_type)) {
    const persist::RdbLength length = persist::decode_length(payload);
    if (!length.valid || length.special || length.bytes == 0) return corrupt();
    payload = payload.subspan(length.bytes);
  }
  uint64_t total = 0;
  while (!payload.empty()) {
    const auto header = persist::parse_string_header(payload);
    if (!header.ok()) return header.error();
    if (!header->has_value() || (*header)->encoded_bytes() > payload.size()) return corrupt();
    if (!base::checked_add(total, (*header)->string_bytes, &total)) return corrupt();
    payload = payload.subspan((*header)->encoded_bytes());
    if (!is_zset_type(rdb_type) || !is_strings_type(rdb_type)) continue;
    const std::optional<size_t> bytes = score_bytes(rdb_type, payload);
    if (!bytes.has_value()) return corrupt();
    payload = payload.subspan(*bytes);
  }
  return total;
}

base::Status read_elements(uint8_t rdb_type, base::ByteSpan payload, ElementSink* sink) {
  CHECK(is_aggregate_type(rdb_type));
  if (is_quicklist_type(rdb_type)) return read_quicklist(rdb_type, payload, sink);
  if (is_stream_type(rdb_type)) return read_stream(payload, sink);
  return is_strings_type(rdb_type) ? read_strings(rdb_type, payload, sink)
                                   : read_blob(rdb_type, payload, sink);
}

base::Result<OwnedValue> decode_aggregate(uint8_t rdb_type, base::ByteSpan payload,
                                          const ValueTools& tools, DecodeFor decode_for) {
  if (is_list_type(rdb_type)) return decode_list(rdb_type, payload, tools);
  if (is_stream_type(rdb_type)) return decode_stream(rdb_type, payload);
  const std::optional<PackedKind> packed = packed_kind(rdb_type, tools.limits);
  if (packed.has_value()) {
    auto kept = keep_packed(*packed, payload, decode_for);
    if (!kept.ok()) return kept.error();
    if (kept->has_value()) return std::move(**kept);
  }
  const bool paged =
      packed.has_value() || (is_strings_type(rdb_type) && decode_for == DecodeFor::kTier);
  if (is_hash_type(rdb_type)) return build<HashBuilder>(rdb_type, payload, tools, paged);
  if (is_zset_type(rdb_type)) return build<ZsetBuilder>(rdb_type, payload, tools, paged);
  return build<SetBuilder>(rdb_type, payload, tools, paged);
}

}  // namespace engine

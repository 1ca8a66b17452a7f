#include "engine/value/stream_node.h"

#include "persist/rdb_string.h"

namespace engine {

namespace {

constexpr int64_t kDeletedFlag = 1;
constexpr int64_t kSameFieldsFlag = 2;
constexpr std::byte kIdLength{StreamId::kBytes};
constexpr std::byte kLength32{0x80};
// Counts above this are not kept in a listpack's header.
constexpr size_t kUnknownCount = Listpack::kCountMax + 1;

// Differences wrap around, as Redis's do.
int64_t difference(uint64_t a, uint64_t b) { return static_cast<int64_t>(a - b); }

void append_values(StreamFields fields, bool with_names, std::string* to) {
  for (size_t i = 0; i < fields.size(); i += 2) {
    if (with_names) Listpack::append_entry(fields[i], to);
    Listpack::append_entry(fields[i + 1], to);
  }
}

}  // namespace

StreamNode::StreamNode(base::ByteSpan node)
    : first_id_(StreamId::from(node.data() + 1)), pack_(base::as_text(node.subspan(kPrefixBytes))) {
  size_t at = pack_.first();
  live_ = static_cast<uint64_t>(number(&at));
  deleted_ = static_cast<uint64_t>(number(&at));
  counts_end_ = at;
  master_fields_ = static_cast<uint64_t>(number(&at));
  fields_ = at;
  for (uint64_t i = 0; i < master_fields_; ++i) at = pack_.next(at);
  begin_ = pack_.next(at);
}

StreamEntry StreamNode::read(size_t place) const {
  StreamEntry entry;
  entry.place = place;
  size_t at = place;
  const int64_t flags = number(&at);
  entry.deleted = (flags & kDeletedFlag) != 0;
  entry.same_fields = (flags & kSameFieldsFlag) != 0;
  entry.id.ms = first_id_.ms + static_cast<uint64_t>(number(&at));
  entry.id.sequence = first_id_.sequence + static_cast<uint64_t>(number(&at));
  entry.fields = entry.same_fields ? master_fields_ : static_cast<uint64_t>(number(&at));
  entry.values = at;
  const uint64_t elements = entry.same_fields ? entry.fields : entry.fields * 2;
  for (uint64_t i = 0; i < elements; ++i) at = pack_.next(at);
  entry.end = pack_.next(at);
  return entry;
}

StreamEntry StreamNode::read_before(size_t place) const {
  size_t at = pack_.previous(place);
  size_t ignored = 0;
  for (int64_t left = pack_.read(at, &ignored).number; left > 0; --left) at = pack_.previous(at);
  return read(at);
}

bool StreamNode::has_master_fields(StreamFields fields) const {
  if (fields.size() != master_fields_ * 2) return false;
  size_t at = fields_;
  for (size_t i = 0; i < fields.size(); i += 2)
    if (ElementText(pack_.read(at, &at)).view() != fields[i]) return false;
  return true;
}

void StreamNode::encode_entry(StreamId id, StreamFields fields, std::string* to) const {
  const bool same = has_master_fields(fields);
  const auto count = static_cast<int64_t>(fields.size() / 2);
  Listpack::append_number(same ? kSameFieldsFlag : 0, to);
  Listpack::append_number(difference(id.ms, first_id_.ms), to);
  Listpack::append_number(difference(id.sequence, first_id_.sequence), to);
  if (!same) Listpack::append_number(count, to);
  append_values(fields, !same, to);
  Listpack::append_number(same ? count + 3 : count * 2 + 4, to);
}

std::string StreamNode::make(StreamId id, StreamFields fields) {
  const auto count = static_cast<int64_t>(fields.size() / 2);
  std::string node(kPrefixBytes + Listpack::kHeaderBytes, '\0');
  auto* const bytes = reinterpret_cast<std::byte*>(node.data());
  bytes[0] = kIdLength;
  id.write(bytes + 1);
  node.append(encode_counts(1, 0));
  Listpack::append_number(count, &node);
  for (size_t i = 0; i < fields.size(); i += 2) Listpack::append_entry(fields[i], &node);
  Listpack::append_number(0, &node);
  for (const int64_t number : {kSameFieldsFlag, int64_t{0}, int64_t{0}})
    Listpack::append_number(number, &node);
  append_values(fields, false, &node);
  Listpack::append_number(count + 3, &node);
  node.push_back('\xff');
  write_headers({reinterpret_cast<std::byte*>(node.data()), node.size()},
                static_cast<size_t>(count) * 2 + 8);
  return node;
}

std::string StreamNode::encode_counts(uint64_t live, uint64_t deleted) {
  std::string counts;
  Listpack::append_number(static_cast<int64_t>(live), &counts);
  Listpack::append_number(static_cast<int64_t>(deleted), &counts);
  return counts;
}

void StreamNode::write_headers(base::MutableByteSpan node, size_t count) {
  node[kKeyBytes] = kLength32;
  const size_t pack_bytes = node.size() - kPrefixBytes;
  base::store_be(node.data() + kKeyBytes + 1, static_cast<uint32_t>(pack_bytes));
  Listpack::write_header(reinterpret_cast<char*>(node.data()) + kPrefixBytes, pack_bytes,
                         std::min(count, kUnknownCount));
}

// As Redis's streamValidateListpackIntegrity.
bool StreamNode::is_sound(StreamId first_id, const Listpack& pack, uint64_t* live) {
  size_t at = pack.first();
  uint64_t elements = 0;
  const auto number = [&](int64_t* value) {
    if (pack.at_end(at)) return false;
    const Element element = pack.read(at, &at);
    ++elements;
    *value = element.number;
    return element.is_number;
  };
  const auto skip = [&](int64_t count) {
    for (; count > 0 && !pack.at_end(at); --count, ++elements) at = pack.next(at);
    return count == 0;
  };
  int64_t here = 0;
  int64_t deleted = 0;
  int64_t master_fields = 0;
  int64_t zero = 0;
  if (!number(&here) || !number(&deleted) || !number(&master_fields)) return false;
  if (here < 0 || deleted < 0 || master_fields < 0 || here > INT64_MAX - deleted) return false;
  if (!skip(master_fields) || !number(&zero) || zero != 0) return false;
  *live = static_cast<uint64_t>(here);
  int64_t deleted_seen = 0;
  StreamId last;
  for (int64_t i = 0; i < here + deleted; ++i) {
    const uint64_t begin = elements;
    int64_t flags = 0;
    int64_t ms = 0;
    int64_t sequence = 0;
    if (!number(&flags) || !number(&ms) || !number(&sequence)) return false;
    if ((flags & kDeletedFlag) != 0) ++deleted_seen;
    const StreamId id{first_id.ms + static_cast<uint64_t>(ms),
                      first_id.sequence + static_cast<uint64_t>(sequence)};
    // What is looked for by ID has to be in order.
    if (i == 0 ? id < first_id : id <= last) return false;
    last = id;
    int64_t count = master_fields;
    if ((flags & kSameFieldsFlag) == 0) {
      if (!number(&count) || count < 0 || count > INT32_MAX || !skip(count * 2)) return false;
    } else if (!skip(count)) {
      return false;
    }
    const uint64_t written = elements - begin;
    int64_t said = 0;
    if (!number(&said) || said != static_cast<int64_t>(written)) return false;
  }
  return deleted_seen == deleted && pack.at_end(at);
}

}  // namespace engine

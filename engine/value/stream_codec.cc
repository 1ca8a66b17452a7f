#include "engine/value/stream_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/value/stream_value.h"
#include "persist/rdb_blobs.h"
#include "persist/rdb_format.h"
#include "persist/rdb_string.h"

namespace engine {

namespace {

using persist::RdbType;

constexpr uint8_t byte_of(RdbType type) { return static_cast<uint8_t>(type); }

base::Error corrupt() { return {base::ErrorCode::kCorrupt, 0, "stream"}; }

struct ReleaseTree {
  void operator()(CountedTree* tree) const { CountedTree::release(tree); }
};
using OwnedTree = std::unique_ptr<CountedTree, ReleaseTree>;

// Takes parts from the front. After a failure everything fails.
class Parts {
 public:
  explicit Parts(base::ByteSpan payload) : rest_(payload) {}

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }

  uint64_t length() {
    const persist::RdbLength length = persist::decode_length(rest_);
    if (failed_ || !length.valid || length.special || length.bytes == 0) return fail();
    rest_ = rest_.subspan(length.bytes);
    return length.value;
  }
  StreamId id_lengths() {
    const uint64_t ms = length();
    return {ms, length()};
  }
  base::ByteSpan raw(size_t bytes) {
    if (failed_ || rest_.size() < bytes) {
      fail();
      return {};
    }
    const base::ByteSpan taken = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    return taken;
  }
  StreamId id() {
    const base::ByteSpan bytes = raw(StreamId::kBytes);
    return failed_ ? StreamId{} : StreamId::from(bytes.data());
  }
  int64_t time() {
    const base::ByteSpan bytes = raw(8);
    return failed_ ? 0 : base::load_le<int64_t>(bytes.data());
  }
  // The encoding of a string, and how long the string is.
  base::ByteSpan string(uint64_t* string_bytes) {
    const auto header = persist::parse_string_header(rest_);
    if (failed_ || !header.ok() || !header->has_value()) {
      fail();
      return {};
    }
    const base::ByteSpan taken = raw((*header)->encoded_bytes());
    if (failed_) return {};
    const base::Result<uint64_t> bytes = persist::decoded_string_bytes(taken);
    if (!bytes.ok()) fail();
    *string_bytes = bytes.ok() ? *bytes : 0;
    return taken;
  }
  // The string itself, a view of the payload or of `scratch`.
  base::ByteSpan text(std::vector<std::byte>* scratch) {
    uint64_t bytes = 0;
    const base::ByteSpan encoded = string(&bytes);
    if (failed_) return {};
    scratch->resize(std::max<size_t>(scratch->size(), bytes));
    const base::Result<base::ByteSpan> view = persist::view_string(encoded, *scratch);
    if (!view.ok()) fail();
    return failed_ ? base::ByteSpan() : *view;
  }

 private:
  uint64_t fail() {
    failed_ = true;
    return 0;
  }

  base::ByteSpan rest_;
  bool failed_ = false;
};

// fn(first ID, listpack, how many entries are there) of each node, judged.
template <class Fn>
base::Status for_each_node(Parts* parts, Fn fn) {
  std::vector<std::byte> id_scratch;
  std::vector<std::byte> scratch;
  StreamId after;
  for (uint64_t left = parts->length(); left > 0 && !parts->failed(); --left) {
    const base::ByteSpan key = parts->text(&id_scratch);
    if (parts->failed() || key.size() != StreamId::kBytes) return corrupt();
    const StreamId first = StreamId::from(key.data());
    const base::ByteSpan bytes = parts->text(&scratch);
    if (parts->failed()) return corrupt();
    const auto checked = persist::check_blob(persist::BlobKind::kListpack, bytes);
    if (!checked.ok()) return checked.error();
    const Listpack pack(base::as_text(bytes));
    uint64_t live = 0;
    if (!StreamNode::is_sound(first, pack, &live) || (!after.is_zero() && first <= after))
      return corrupt();
    std::string node(StreamNode::kPrefixBytes, '\0');
    node[0] = static_cast<char>(StreamId::kBytes);
    first.write(reinterpret_cast<std::byte*>(node.data()) + 1);
    node.append(base::as_text(bytes));
    StreamNode::write_headers({reinterpret_cast<std::byte*>(node.data()), node.size()}, *checked);
    const StreamNode view(base::as_bytes(node));
    after = first;
    if (!view.at_end(view.begin())) after = view.read_before(view.pack().end()).id;
    // Redis may keep a node whose entries are all deleted.
    if (live > 0) RETURN_IF_ERROR(fn(view, node));
  }
  return parts->failed() ? base::Status(corrupt()) : base::ok_status();
}

base::Status read_consumer(Parts* parts, bool has_active_time, StreamGroup* group,
                           std::vector<Pending>* pending, uint64_t* given) {
  std::vector<std::byte> scratch;
  const std::string name(base::as_text(parts->text(&scratch)));
  const int64_t seen_ms = parts->time();
  if (has_active_time) parts->time();
  if (parts->failed() || group->consumer(name) != nullptr) return corrupt();
  StreamConsumer* const consumer = group->add_consumer(name);
  consumer->seen_ms = seen_ms;
  for (uint64_t left = parts->length(); left > 0 && !parts->failed(); --left) {
    const StreamId id = parts->id();
    const auto at =
        std::lower_bound(pending->begin(), pending->end(), id,
                         [](const Pending& one, StreamId wanted) { return one.id < wanted; });
    if (at == pending->end() || at->id != id || at->consumer != UINT64_MAX) return corrupt();
    at->consumer = consumer->id;
    group->give(*at);
    ++*given;
  }
  return base::ok_status();
}

base::Status read_group(Parts* parts, uint8_t rdb_type, StreamState* state) {
  std::vector<std::byte> scratch;
  const std::string name(base::as_text(parts->text(&scratch)));
  if (parts->failed() || state->group(name) != nullptr) return corrupt();
  StreamGroup* const group = state->add_group(name);
  group->last_id = parts->id_lengths();
  if (rdb_type != byte_of(RdbType::kStreamListpacks))
    group->entries_read = static_cast<int64_t>(parts->length());
  std::vector<Pending> pending;
  for (uint64_t left = parts->length(); left > 0 && !parts->failed(); --left) {
    Pending one{.id = parts->id(), .consumer = UINT64_MAX};
    one.delivered_ms = parts->time();
    one.deliveries = parts->length();
    pending.push_back(one);
  }
  std::sort(pending.begin(), pending.end(),
            [](const Pending& a, const Pending& b) { return a.id < b.id; });
  const bool twice =
      std::adjacent_find(pending.begin(), pending.end(), [](const Pending& a, const Pending& b) {
        return a.id == b.id;
      }) != pending.end();
  if (twice) return corrupt();
  uint64_t given = 0;
  const bool has_active_time = rdb_type == byte_of(RdbType::kStreamListpacks3);
  for (uint64_t left = parts->length(); left > 0 && !parts->failed(); --left)
    RETURN_IF_ERROR(read_consumer(parts, has_active_time, group, &pending, &given));
  // Each is somebody's.
  return given == pending.size() ? base::ok_status() : base::Status(corrupt());
}

}  // namespace

bool is_stream_type(uint8_t rdb_type) {
  return rdb_type == byte_of(RdbType::kStreamListpacks) ||
         rdb_type == byte_of(RdbType::kStreamListpacks2) ||
         rdb_type == byte_of(RdbType::kStreamListpacks3);
}

base::Result<OwnedValue> decode_stream(uint8_t rdb_type, base::ByteSpan payload) {
  OwnedTree tree(CountedTree::create());
  auto* const state = new StreamState;
  tree->set_tail(state);
  Parts parts(payload);
  RETURN_IF_ERROR(for_each_node(&parts, [&](const StreamNode& view, const std::string& node) {
    TreeNodes(tree.get())
        .append(
            {.tag = view.first_id().tag(), .bytes = base::as_bytes(node), .weight = view.live()});
    return base::ok_status();
  }));
  const uint64_t length = parts.length();
  state->last_id = parts.id_lengths();
  state->entries_added = length;
  if (rdb_type != byte_of(RdbType::kStreamListpacks)) {
    parts.id_lengths();  // Of the first entry, which is known.
    state->max_deleted_id = parts.id_lengths();
    state->entries_added = parts.length();
  }
  if (parts.failed() || length != tree->size()) return corrupt();
  for (uint64_t left = parts.length(); left > 0 && !parts.failed(); --left)
    RETURN_IF_ERROR(read_group(&parts, rdb_type, state));
  if (parts.failed() || !parts.at_end()) return corrupt();
  // Older servers did not count what groups have read.
  if (rdb_type == byte_of(RdbType::kStreamListpacks))
    for (const auto& group : state->groups())
      group->entries_read = StreamView(tree.get()).reads_at(group->last_id);
  return OwnedValue(ValueType::kStream, tree.release());
}

base::Status read_stream(base::ByteSpan payload, ElementSink* sink) {
  Parts parts(payload);
  sink->begin(0);
  return for_each_node(&parts, [sink](const StreamNode& node, const std::string&) -> base::Status {
    for (size_t place = node.begin(); !node.at_end(place);) {
      const StreamEntry entry = node.read(place);
      place = entry.end;
      if (entry.deleted) continue;
      RETURN_IF_ERROR(sink->add(Element::of_text(digest_text(entry.id))));
      base::Status status = base::ok_status();
      node.for_each_field(entry, [&](const Element& field, const Element& value) {
        if (status.ok()) status = sink->add(field);
        if (status.ok()) status = sink->add(value);
      });
      RETURN_IF_ERROR(status);
    }
    return base::ok_status();
  });
}

base::Result<uint64_t> stream_bytes(base::ByteSpan payload) {
  Parts parts(payload);
  uint64_t total = payload.size();
  for (uint64_t left = parts.length(); left > 0 && !parts.failed(); --left) {
    uint64_t id_bytes = 0;
    uint64_t bytes = 0;
    parts.string(&id_bytes);
    parts.string(&bytes);
    if (!base::checked_add(total, bytes, &total)) return corrupt();
  }
  if (parts.failed()) return corrupt();
  return total;
}

std::string digest_text(StreamId id) { return fmt::format("{}.{}", id.ms, id.sequence); }

}  // namespace engine

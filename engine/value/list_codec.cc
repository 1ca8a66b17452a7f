#include "engine/value/list_codec.h"

#include <algorithm>
#include <vector>

#include "engine/value/list_value.h"
#include "persist/rdb_blobs.h"
#include "persist/rdb_format.h"
#include "persist/rdb_string.h"

namespace engine {

namespace {

using persist::RdbType;

constexpr uint8_t byte_of(RdbType type) { return static_cast<uint8_t>(type); }

base::Error corrupt() { return {base::ErrorCode::kCorrupt, 0, "list"}; }

// Of a listpack and of a ziplist without entries.
constexpr uint64_t kEmptyListpackBytes = 7;
constexpr uint64_t kEmptyZiplistBytes = 11;

struct Node {
  bool plain = false;         // One string, else a blob.
  base::ByteSpan string;      // The RDB string.
  uint64_t string_bytes = 0;  // Of what it holds.
  bool as_it_is = false;      // Neither compressed nor a number.
};

base::Result<uint64_t> take_length(base::ByteSpan* rest) {
  const persist::RdbLength length = persist::decode_length(*rest);
  if (!length.valid || length.special || length.bytes == 0) return corrupt();
  *rest = rest->subspan(length.bytes);
  return length.value;
}

// fn(const Node&) returns a status.
template <class Fn>
base::Status for_each_node(uint8_t rdb_type, base::ByteSpan payload, Fn fn) {
  const base::Result<uint64_t> nodes = take_length(&payload);
  if (!nodes.ok()) return nodes.error();
  for (uint64_t i = 0; i < *nodes; ++i) {
    Node node;
    if (rdb_type == byte_of(RdbType::kListQuicklist2)) {
      const base::Result<uint64_t> container = take_length(&payload);
      if (!container.ok()) return container.error();
      node.plain = *container == static_cast<uint64_t>(persist::RdbContainer::kPlain);
      if (!node.plain && *container != static_cast<uint64_t>(persist::RdbContainer::kPacked))
        return corrupt();
    }
    const auto header = persist::parse_string_header(payload);
    if (!header.ok()) return header.error();
    if (!header->has_value() || (*header)->encoded_bytes() > payload.size()) return corrupt();
    node.string = payload.first((*header)->encoded_bytes());
    node.string_bytes = (*header)->string_bytes;
    node.as_it_is = (*header)->form == persist::RdbStringForm::kRaw;
    RETURN_IF_ERROR(fn(node));
    payload = payload.subspan(node.string.size());
  }
  return payload.empty() ? base::ok_status() : base::Status(corrupt());
}

// The bytes of an RDB string, where they lie or in `scratch`.
base::Result<base::ByteSpan> bytes_of(const Node& node, std::vector<std::byte>* scratch) {
  const base::Result<uint64_t> bytes = persist::decoded_string_bytes(node.string);
  if (!bytes.ok()) return bytes.error();
  if (!node.as_it_is) scratch->resize(std::max<size_t>(scratch->size(), *bytes));
  return persist::view_string(node.string, *scratch);
}

class ListElements final : public ElementSink {
 public:
  explicit ListElements(ListBuilder* builder) : builder_(builder) {}
  void begin(uint64_t) override {}
  base::Status add(const Element& element) override {
    builder_->append(ElementText(element).view());
    return base::ok_status();
  }

 private:
  ListBuilder* const builder_;
};

// Listpacks are taken as they are.
base::Status build_from_packs(base::ByteSpan payload, ListBuilder* builder) {
  std::vector<std::byte> scratch;
  return for_each_node(byte_of(RdbType::kListQuicklist2), payload,
                       [&](const Node& node) -> base::Status {
                         const base::Result<base::ByteSpan> bytes = bytes_of(node, &scratch);
                         if (!bytes.ok()) return bytes.error();
                         if (node.plain) {
                           builder->append(base::as_text(*bytes));
                           return base::ok_status();
                         }
                         const base::Result<uint64_t> entries =
                             persist::check_blob(persist::BlobKind::kListpack, *bytes);
                         if (!entries.ok()) return entries.error();
                         builder->append_pack(Listpack(base::as_text(*bytes)), *entries);
                         return base::ok_status();
                       });
}

}  // namespace

bool is_quicklist_type(uint8_t rdb_type) {
  return rdb_type == byte_of(RdbType::kListQuicklist) ||
         rdb_type == byte_of(RdbType::kListQuicklist2);
}

bool is_list_type(uint8_t rdb_type) {
  return rdb_type == byte_of(RdbType::kList) || rdb_type == byte_of(RdbType::kListZiplist) ||
         is_quicklist_type(rdb_type);
}

base::Result<OwnedValue> decode_list(uint8_t rdb_type, base::ByteSpan payload,
                                     const ValueTools& tools) {
  ListBuilder builder(tools.limits);
  if (rdb_type == byte_of(RdbType::kListQuicklist2)) {
    RETURN_IF_ERROR(build_from_packs(payload, &builder));
  } else {
    ListElements elements(&builder);
    RETURN_IF_ERROR(read_elements(rdb_type, payload, &elements));
  }
  if (builder.size() == 0) return base::Error{base::ErrorCode::kInvalid, 0, "empty value"};
  if (CountedTree* const tree = builder.take_tree()) return OwnedValue(ValueType::kList, tree);
  return OwnedValue(ValueType::kList, builder.take_pack());
}

base::Status read_quicklist(uint8_t rdb_type, base::ByteSpan payload, ElementSink* sink) {
  // Who reads lists needs no count. A node's string is what the payload of another type is.
  struct Elements final : ElementSink {
    explicit Elements(ElementSink* to) : sink(to) {}
    void begin(uint64_t) override {}
    base::Status add(const Element& element) override { return sink->add(element); }
    ElementSink* const sink;
  } elements(sink);
  const RdbType blob =
      rdb_type == byte_of(RdbType::kListQuicklist) ? RdbType::kListZiplist : RdbType::kSetListpack;
  std::vector<std::byte> scratch;
  sink->begin(0);
  return for_each_node(rdb_type, payload, [&](const Node& node) -> base::Status {
    if (!node.plain) return read_elements(byte_of(blob), node.string, &elements);
    const base::Result<base::ByteSpan> bytes = bytes_of(node, &scratch);
    if (!bytes.ok()) return bytes.error();
    return sink->add(Element::of_text(base::as_text(*bytes)));
  });
}

bool is_empty_quicklist(uint8_t rdb_type, base::ByteSpan payload) {
  const uint64_t empty =
      rdb_type == byte_of(RdbType::kListQuicklist) ? kEmptyZiplistBytes : kEmptyListpackBytes;
  const base::Status walked = for_each_node(rdb_type, payload, [&](const Node& node) {
    const bool is_empty = !node.plain && node.string_bytes == empty;
    return is_empty ? base::ok_status() : base::Status(corrupt());
  });
  return walked.ok();
}

base::Result<uint64_t> quicklist_bytes(uint8_t rdb_type, base::ByteSpan payload) {
  uint64_t total = 0;
  RETURN_IF_ERROR(for_each_node(rdb_type, payload, [&](const Node& node) {
    const bool fits = base::checked_add(total, node.string_bytes, &total);
    return fits ? base::ok_status() : base::Status(corrupt());
  }));
  return total;
}

}  // namespace engine

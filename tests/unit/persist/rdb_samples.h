// Payloads and files for the tests of this folder, made by a builder of their own: a few lines per
// primitive, independent of the code under test.

#ifndef BASALT_TESTS_UNIT_PERSIST_RDB_SAMPLES_H_
#define BASALT_TESTS_UNIT_PERSIST_RDB_SAMPLES_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace samples {

class Builder {
 public:
  Builder& byte(unsigned value) {
    bytes_.push_back(static_cast<char>(value));
    return *this;
  }
  Builder& raw(const std::string& bytes) {
    bytes_ += bytes;
    return *this;
  }
  Builder& little(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) byte((value >> (8 * i)) & 0xff);
    return *this;
  }
  Builder& length(uint64_t value) {
    if (value < 64) return byte(static_cast<unsigned>(value));
    if (value < 16384) {
      return byte(static_cast<unsigned>(0x40 | (value >> 8))).byte(value & 0xff);
    }
    byte(value >> 32 ? 0x81 : 0x80);
    for (int shift = value >> 32 ? 56 : 24; shift >= 0; shift -= 8) byte((value >> shift) & 0xff);
    return *this;
  }
  Builder& string(const std::string& text) { return length(text.size()).raw(text); }
  Builder& number(double value) {
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    return little(bits, 8);
  }
  const std::string& str() const { return bytes_; }

 private:
  std::string bytes_;
};

inline std::string listpack(const std::vector<std::string>& entries) {
  Builder body;
  for (const std::string& entry : entries) {
    Builder value;
    if (entry.size() < 64) {
      value.byte(static_cast<unsigned>(0x80 | entry.size()));
    } else {
      value.byte(static_cast<unsigned>(0xe0 | (entry.size() >> 8))).byte(entry.size() & 0xff);
    }
    value.raw(entry);
    const size_t bytes = value.str().size();
    body.raw(value.str());
    if (bytes > 127) {
      body.byte(static_cast<unsigned>(bytes >> 7))
          .byte(static_cast<unsigned>(0x80 | (bytes & 127)));
    } else {
      body.byte(static_cast<unsigned>(bytes));
    }
  }
  return Builder()
      .little(6 + body.str().size() + 1, 4)
      .little(entries.size(), 2)
      .raw(body.str())
      .byte(0xff)
      .str();
}

inline std::string ziplist(const std::vector<std::string>& entries) {
  Builder body;
  size_t previous = 0;
  size_t tail = 10;
  for (const std::string& entry : entries) {
    tail = 10 + body.str().size();
    Builder value;
    if (previous < 254) {
      value.byte(static_cast<unsigned>(previous));
    } else {
      value.byte(254).little(previous, 4);
    }
    if (entry.size() < 64) {
      value.byte(static_cast<unsigned>(entry.size()));
    } else {
      value.byte(static_cast<unsigned>(0x40 | (entry.size() >> 8))).byte(entry.size() & 0xff);
    }
    value.raw(entry);
    previous = value.str().size();
    body.raw(value.str());
  }
  return Builder()
      .little(10 + body.str().size() + 1, 4)
      .little(tail, 4)
      .little(entries.size(), 2)
      .raw(body.str())
      .byte(0xff)
      .str();
}

inline std::string intset(int width, const std::vector<int64_t>& integers) {
  Builder builder;
  builder.little(static_cast<uint64_t>(width), 4).little(integers.size(), 4);
  for (const int64_t integer : integers) builder.little(static_cast<uint64_t>(integer), width);
  return builder.str();
}

inline std::string zipmap() {
  return Builder()
      .byte(2)
      .byte(3)
      .raw("foo")
      .byte(3)
      .byte(2)
      .raw("bar??")
      .byte(254)
      .little(5, 4)
      .raw("hello")
      .byte(5)
      .byte(0)
      .raw("world")
      .byte(255)
      .str();
}

// "abcabcabc..." of 30 bytes by LZF: four literals, then a reference of 26 bytes three back.
inline Builder lzf_abc() {
  return Builder().byte(0xc3).length(8).length(30).byte(3).raw("abca").byte(0xe0).byte(17).byte(2);
}

inline std::string stream(int version) {
  const std::string id(16, '\1');
  const std::string pack = listpack({"1", "0", "field", "value", "end"});
  Builder builder;
  builder.length(2).string(id).string(pack).string(std::string(16, '\2')).string(pack);
  builder.length(2).length(1700000000000).length(5);
  if (version >= 2) {
    builder.length(1700000000000).length(1).length(0).length(0).length(70000);
  }
  builder.length(2);
  for (const char* group : {"workers", "auditors"}) {
    builder.string(group).length(1700000000000).length(3);
    if (version >= 2) builder.length(3);
    builder.length(2);
    for (char which : {'\1', '\2'}) {
      builder.raw(std::string(16, which)).little(1700000000000, 8).length(300);
    }
    builder.length(2).string("alice").little(1700000000000, 8);
    if (version >= 3) builder.little(1700000000001, 8);
    builder.length(2).raw(std::string(16, '\1')).raw(std::string(16, '\2'));
    builder.string("bob").little(1700000000000, 8);
    if (version >= 3) builder.little(1700000000001, 8);
    builder.length(0);
  }
  return builder.str();
}

struct Sample {
  uint8_t type;
  const char* what;
  std::string payload;
};

// clang-format off
inline std::vector<Sample> strings() {
  return {
      {0, "raw string", Builder().string("hello").str()},
      {0, "empty string", Builder().string("").str()},
      {0, "long string", Builder().string(std::string(20000, 'y')).str()},
      {0, "int8 string", Builder().byte(0xc0).byte(0x85).str()},
      {0, "int16 string", Builder().byte(0xc1).little(0x8001, 2).str()},
      {0, "int32 string", Builder().byte(0xc2).little(123456789, 4).str()},
      {0, "lzf string", lzf_abc().str()},
  };
}

inline std::vector<Sample> plain_aggregates() {
  const std::string text(300, 'x');
  return {
      {1, "list", Builder().length(3).string("a").string(text).byte(0xc0).byte(7).str()},
      {2, "set", Builder().length(2).string("a").string("b").str()},
      {3, "zset with text scores",
       Builder().length(4).string("a").byte(3).raw("1.5").string("b").byte(253).string("c")
           .byte(254).string("d").byte(255).str()},
      {4, "hash", Builder().length(2).string("f").string("v").string("g").string(text).str()},
      {5, "zset", Builder().length(2).string("a").number(1.5).string("b").number(-2).str()},
      {7, "module",
       Builder().length(0x123456789abcdef0).length(1).length(5).length(2).length(70000).length(3)
           .little(0, 4).length(4).little(0, 8).length(5).string("text").length(0).str()},
      {15, "stream", stream(1)},
      {19, "stream 2", stream(2)},
      {21, "stream 3", stream(3)},
      {22, "hash with expiry, old",
       Builder().length(2).length(0).string("f").string("v").length(1700000000000).string("g")
           .string("w").str()},
      {24, "hash with expiry",
       Builder().little(1700000000000, 8).length(2).length(0).string("f").string("v").length(1)
           .string("g").string("w").str()},
  };
}

inline std::vector<Sample> packed_aggregates() {
  const std::string text(300, 'x');
  const std::string pack = listpack({"a", "b", text, "d"});
  const std::string zip = ziplist({"a", "b", text, "d"});
  return {
      {9, "zipmap", Builder().string(zipmap()).str()},
      {10, "ziplist list", Builder().string(zip).str()},
      {11, "intset 16", Builder().string(intset(2, {-5, 0, 7})).str()},
      {11, "intset 32", Builder().string(intset(4, {-70000, 0, 70000})).str()},
      {11, "intset 64", Builder().string(intset(8, {-5000000000, 0, 5000000000})).str()},
      {12, "ziplist zset", Builder().string(ziplist({"a", "1", "b", "2"})).str()},
      {13, "ziplist hash", Builder().string(ziplist({"f", "1", "g", "2"})).str()},
      {14, "quicklist", Builder().length(2).string(zip).string(ziplist({"z"})).str()},
      {16, "listpack hash", Builder().string(pack).str()},
      {17, "listpack zset", Builder().string(listpack({"a", "1"})).str()},
      {18, "quicklist 2",
       Builder().length(3).length(2).string(pack).length(1).string(text).length(2)
           .raw(lzf_abc().str()).str()},
      {20, "listpack set", Builder().string(pack).str()},
      {23, "listpack hash with expiry, old", Builder().string(pack).str()},
      {25, "listpack hash with expiry", Builder().little(1700000000000, 8).string(pack).str()},
  };
}
// clang-format on

// At least one payload of every type with a knowable shape.
inline std::vector<Sample> all_types() {
  std::vector<Sample> all = strings();
  for (const std::vector<Sample>& more : {plain_aggregates(), packed_aggregates()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace samples

#endif  // BASALT_TESTS_UNIT_PERSIST_RDB_SAMPLES_H_

#define BOOST_TEST_MODULE entry
#include "engine/entry.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "base/limits.h"
#include "base/memory.h"
#include "base/random.h"
#include "engine/value/chunked_string.h"

using namespace engine;

namespace {

// What an entry should say; compared after every change.
struct Model {
  std::string key;
  std::string value;
  ValueForm form = ValueForm::kPlain;
  int64_t expiry_ms = kNoExpiry;
  uint64_t record_ref = 0;
  uint32_t access = 0;
  uint8_t epoch = 0;
  EntryState state = EntryState::kDirty;
  bool probation = false;
};

bool equal(const Entry& entry, const Model& model) {
  return entry.key() == model.key && entry.value() == model.value && entry.form() == model.form &&
         entry.expiry_ms() == model.expiry_ms && entry.record_ref() == model.record_ref &&
         entry.access() == model.access && entry.epoch() == model.epoch &&
         entry.state() == model.state && entry.probation() == model.probation &&
         entry.type() == ValueType::kString;
}

std::string random_text(base::Random& random, size_t bytes_max) {
  std::string text(random.below(bytes_max + 1), '\0');
  for (char& c : text) c = static_cast<char>(random.next());
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_small_dirty_entry_takes_32_bytes) {
  EntryHeap heap;
  const uint64_t before = base::memory_used(base::MemoryUse::kEntries);
  Entry* const entry = heap.create("0123456789abcdef", "12345678", {});
  BOOST_TEST(entry->key() == "0123456789abcdef");
  BOOST_TEST(entry->value() == "12345678");
  BOOST_TEST(base::memory_used(base::MemoryUse::kEntries) - before == entry->allocated_bytes());
#ifdef BASALT_HAVE_MIMALLOC
  BOOST_TEST(entry->allocated_bytes() == 32u);
#endif
  BOOST_TEST(heap.entries() == 1u);
  heap.destroy(entry);
  BOOST_TEST(heap.bytes() == 0u);
  BOOST_TEST(base::memory_used(base::MemoryUse::kEntries) == before);
}

BOOST_AUTO_TEST_CASE(a_value_of_the_same_size_class_is_written_in_place) {
  EntryHeap heap;
  Entry* const entry = heap.create("0123456789abcdef", "12345678", {});
  BOOST_TEST(heap.with_value(entry, "abcdefgh", ValueForm::kPlain) == entry);
  BOOST_TEST(entry->value() == "abcdefgh");
  BOOST_TEST(heap.with_value(entry, "abc", ValueForm::kRaw) == entry);
  BOOST_TEST(entry->value() == "abc");
  BOOST_TEST((entry->form() == ValueForm::kRaw));
  heap.destroy(entry);
}

BOOST_AUTO_TEST_CASE(random_changes_keep_everything_else) {
  const uint64_t seed = 7;
  BOOST_TEST_MESSAGE("seed " << seed);
  base::Random random(seed);
  EntryHeap heap;
  for (int round = 0; round < 200; ++round) {
    Model model;
    model.key = random_text(random, round % 10 == 0 ? 70000 : 300);
    model.value = random_text(random, round % 7 == 0 ? base::kInlineValueBytesMax : 1200);
    Entry* entry = heap.create(model.key, model.value, {});
    for (int change = 0; change < 60; ++change) {
      switch (random.below(9)) {
        case 0:
          model.value = random_text(random, random.one_in(8) ? base::kInlineValueBytesMax : 40);
          model.form = ValueForm::kPlain;
          entry = heap.with_value(entry, model.value, model.form);
          break;
        case 1:
          model.value.resize(random.below(1100));
          model.form = ValueForm::kRaw;
          entry = heap.with_value_bytes(entry, model.value.size(), model.form);
          break;
        case 2:
          model.expiry_ms = static_cast<int64_t>(random.below(1ull << 50));
          entry = heap.with_expiry(entry, model.expiry_ms);
          break;
        case 3:
          model.expiry_ms = kNoExpiry;
          entry = heap.without_expiry(entry);
          break;
        case 4:
          model.record_ref = random.below(1ull << 59) + 1;
          entry = heap.with_record_ref(entry, model.record_ref);
          break;
        case 5:
          model.record_ref = 0;
          entry = heap.without_record_ref(entry);
          break;
        case 6:
          model.key = random_text(random, 300);
          entry = heap.with_key(entry, model.key);
          break;
        case 7:
          model.access = static_cast<uint32_t>(random.below(kAccessMax + 1));
          model.epoch = static_cast<uint8_t>(random.next());
          entry->set_access(model.access);
          entry->set_epoch(model.epoch);
          break;
        default:
          model.state = static_cast<EntryState>(random.below(3));
          model.probation = random.one_in(2);
          entry->set_state(model.state);
          entry->set_probation(model.probation);
      }
      BOOST_REQUIRE(equal(*entry, model));
      BOOST_REQUIRE_EQUAL(heap.bytes(), entry->allocated_bytes());
    }
    heap.destroy(entry);
  }
}

BOOST_AUTO_TEST_CASE(an_entry_owns_its_chunks_until_they_are_taken) {
  EntryHeap heap;
  const uint64_t before = base::memory_used(base::MemoryUse::kChunks);
  const std::string text(200000, 'x');
  Entry* entry =
      heap.create_chunked("key", ChunkedString::create(base::as_bytes(text)), {.expiry_ms = 77});
  BOOST_TEST(entry->out_of_line());
  BOOST_TEST(entry->chunks()->size() == text.size());
  ChunkedString* const taken = entry->chunks();
  entry = heap.with_value(entry, "small", ValueForm::kPlain);
  BOOST_TEST(entry->value() == "small");
  BOOST_TEST(entry->expiry_ms() == 77);
  entry = heap.with_chunks(entry, taken);
  BOOST_TEST(entry->chunks() == taken);
  heap.destroy(entry);
  BOOST_TEST(base::memory_used(base::MemoryUse::kChunks) == before);
}

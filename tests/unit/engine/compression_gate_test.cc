#define BOOST_TEST_MODULE engine_compression_gate
#include "engine/compression_gate.h"

#include <boost/test/unit_test.hpp>

namespace engine {
namespace {

int tried_of(CompressionGate& gate, int values, bool smaller) {
  int tried = 0;
  for (int i = 0; i < values; ++i) {
    if (!gate.opens()) continue;
    ++tried;
    gate.note(smaller);
  }
  return tried;
}

BOOST_AUTO_TEST_CASE(values_are_tried_while_they_become_smaller) {
  CompressionGate gate;
  BOOST_TEST(tried_of(gate, 1000, true) == 1000);
}

BOOST_AUTO_TEST_CASE(after_many_that_did_not_only_every_sixteenth_is_tried) {
  CompressionGate gate;
  BOOST_TEST(tried_of(gate, 1000, false) < 200);
  BOOST_TEST(tried_of(gate, 1600, false) == 100);
}

BOOST_AUTO_TEST_CASE(values_that_can_be_compressed_again_open_it_again) {
  CompressionGate gate;
  tried_of(gate, 1000, false);
  tried_of(gate, 1000, true);
  BOOST_TEST(tried_of(gate, 100, true) == 100);
}

}  // namespace
}  // namespace engine

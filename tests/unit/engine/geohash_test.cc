#define BOOST_TEST_MODULE geohash
#include "engine/geohash.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "base/random.h"

using namespace engine;

namespace {

constexpr GeoPoint kPalermo{13.361389, 38.115556};
constexpr GeoPoint kCatania{15.087269, 37.502669};

double between(base::Random& random, double low, double high) {
  return low + (high - low) * static_cast<double>(random.below(1u << 30)) / (1u << 30);
}

bool in_ranges(const std::vector<GeoRange>& ranges, uint64_t geohash) {
  return std::any_of(ranges.begin(), ranges.end(), [geohash](const GeoRange& range) {
    return geohash >= range.first && geohash < range.end;
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(places_have_the_numbers_and_letters_that_redis_gives_them) {
  BOOST_TEST(geohash_of(kPalermo) == 3479099956230698u);
  BOOST_TEST(geohash_of(kCatania) == 3479447370796909u);
  BOOST_TEST(geohash_text(point_of_geohash(geohash_of(kPalermo))) == "sqc8b49rny0");
  BOOST_TEST(geohash_text(point_of_geohash(geohash_of(kCatania))) == "sqdtr74hyu0");
}

BOOST_AUTO_TEST_CASE(a_geohash_is_within_a_metre_of_its_place) {
  base::Random random(3);
  for (int i = 0; i < 2000; ++i) {
    const GeoPoint point{between(random, -180, 180), between(random, -85, 85)};
    BOOST_TEST(is_on_map(point));
    const GeoPoint back = point_of_geohash(geohash_of(point));
    BOOST_REQUIRE(geo_distance(point, back) < 1);
    BOOST_REQUIRE_EQUAL(geohash_of(back), geohash_of(point));
  }
  BOOST_TEST(!is_on_map({181, 0}));
  BOOST_TEST(!is_on_map({0, -86}));
}

BOOST_AUTO_TEST_CASE(distances_are_those_of_a_sphere) {
  BOOST_TEST(geo_distance(point_of_geohash(geohash_of(kPalermo)),
                          point_of_geohash(geohash_of(kCatania))) == 166274.1516,
             boost::test_tools::tolerance(1e-9));
  BOOST_TEST(geo_distance(kPalermo, kPalermo) == 0);
  // A degree along a meridian.
  BOOST_TEST(geo_distance({5, 10}, {5, 11}) == 6372797.560856 * M_PI / 180,
             boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(all_that_a_shape_contains_lies_in_its_ranges) {
  base::Random random(7);
  int contained = 0;
  for (int i = 0; i < 4000; ++i) {
    GeoShape shape;
    shape.center = {between(random, -170, 170), between(random, -60, 60)};
    shape.is_box = random.one_in(2);
    const double size = std::pow(10, between(random, 1, 5.5));
    shape.radius = size;
    shape.width = size * 2;
    shape.height = size;
    const std::vector<GeoRange> ranges = geo_ranges(shape);
    BOOST_REQUIRE(!ranges.empty() && ranges.size() <= 9);
    BOOST_REQUIRE(in_ranges(ranges, geohash_of(shape.center)));
    const double degrees = size / 111000 * 1.2;
    for (int k = 0; k < 20; ++k) {
      const GeoPoint point{
          shape.center.longitude + between(random, -degrees, degrees),
          std::clamp(shape.center.latitude + between(random, -degrees, degrees), -85.0, 85.0)};
      double distance = 0;
      if (!is_on_map(point) || !shape.contains(point, &distance)) continue;
      ++contained;
      BOOST_REQUIRE(distance <= size * 1.5);
      BOOST_REQUIRE(in_ranges(ranges, geohash_of(point)));
    }
  }
  BOOST_TEST(contained > 10000);
}

// Geohashes: places on the earth as 52-bit numbers, the scores of geo's sorted sets, with the
// digits and the distances of Redis 7.0.
//
// A cell of step n is one of 2^n by 2^n parts of the map; its number has the bits of the latitude's
// part at even places and the longitude's at odd ones. Longitudes meet at +-180 degrees; latitudes
// end at +-85.05112878, as in the projection of web maps.

#ifndef BASALT_ENGINE_GEOHASH_H_
#define BASALT_ENGINE_GEOHASH_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace engine {

struct GeoPoint {
  double longitude = 0;
  double latitude = 0;
};

inline constexpr double kLongitudeMax = 180;
inline constexpr double kLatitudeMax = 85.05112878;
inline bool is_on_map(const GeoPoint& point) {
  return point.longitude >= -kLongitudeMax && point.longitude <= kLongitudeMax &&
         point.latitude >= -kLatitudeMax && point.latitude <= kLatitudeMax;
}

// REQUIRES: is_on_map().
uint64_t geohash_of(const GeoPoint& point);
// The middle of its cell.
GeoPoint point_of_geohash(uint64_t geohash);
// Eleven letters, of the whole globe as geohash.org has it.
std::string geohash_text(const GeoPoint& point);
// In metres.
double geo_distance(const GeoPoint& a, const GeoPoint& b);

// What is looked for: a circle, or a box. All lengths in metres.
struct GeoShape {
  GeoPoint center;
  bool is_box = false;
  double radius = 0;
  double width = 0;
  double height = 0;

  // Whether a point lies within; its distance from the center then.
  bool contains(const GeoPoint& point, double* distance) const;
};

// Geohashes from `first` up to before `end`.
struct GeoRange {
  uint64_t first = 0;
  uint64_t end = 0;
};
// Where all of a shape lies, in the order in which Redis looks: at most nine.
std::vector<GeoRange> geo_ranges(const GeoShape& shape);

}  // namespace engine

#endif  // BASALT_ENGINE_GEOHASH_H_

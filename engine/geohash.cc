#include "engine/geohash.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace engine {

namespace {

constexpr double kEarthRadius = 6372797.560856;
constexpr double kMercatorMax = 20037726.37;
constexpr int kStepMax = 26;
constexpr double kRadians = M_PI / 180.0;

double radians(double degrees) { return degrees * kRadians; }
double degrees(double radians) { return radians / kRadians; }

// Bits of a number at every second place.
uint64_t spread(uint64_t bits) {
  bits = (bits | bits << 16) & 0x0000ffff0000ffffull;
  bits = (bits | bits << 8) & 0x00ff00ff00ff00ffull;
  bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0full;
  bits = (bits | bits << 2) & 0x3333333333333333ull;
  return (bits | bits << 1) & 0x5555555555555555ull;
}

uint64_t gather(uint64_t bits) {
  bits &= 0x5555555555555555ull;
  bits = (bits | bits >> 1) & 0x3333333333333333ull;
  bits = (bits | bits >> 2) & 0x0f0f0f0f0f0f0f0full;
  bits = (bits | bits >> 4) & 0x00ff00ff00ff00ffull;
  bits = (bits | bits >> 8) & 0x0000ffff0000ffffull;
  return (bits | bits >> 16) & 0x00000000ffffffffull;
}

struct Interval {
  double min;
  double max;
};
constexpr Interval kLongitudes{-kLongitudeMax, kLongitudeMax};
constexpr Interval kLatitudes{-kLatitudeMax, kLatitudeMax};

uint64_t part_of(double value, const Interval& interval, int step) {
  const double share = (value - interval.min) / (interval.max - interval.min);
  return static_cast<uint32_t>(share * static_cast<double>(uint64_t{1} << step));
}

// A cell by the numbers of its parts.
struct Cell {
  int step;
  uint64_t x;  // Of the longitudes.
  uint64_t y;

  static Cell of(const GeoPoint& point, int step) {
    return {step, part_of(point.longitude, kLongitudes, step),
            part_of(point.latitude, kLatitudes, step)};
  }
  uint64_t bits() const { return spread(y) | spread(x) << 1; }
  // Beyond the edges it goes on at the opposite one.
  Cell neighbour(int dx, int dy) const {
    const uint64_t mask = (uint64_t{1} << step) - 1;
    return {step, (x + static_cast<uint64_t>(int64_t{dx})) & mask,
            (y + static_cast<uint64_t>(int64_t{dy})) & mask};
  }
  Interval longitudes() const { return part(x, kLongitudes); }
  Interval latitudes() const { return part(y, kLatitudes); }

 private:
  Interval part(uint64_t number, const Interval& of) const {
    const double parts = static_cast<double>(uint64_t{1} << step);
    const double scale = of.max - of.min;
    return {of.min + (static_cast<double>(number) / parts) * scale,
            of.min + (static_cast<double>(number + 1) / parts) * scale};
  }
};

double middle(const Interval& interval, double most) {
  return std::clamp((interval.min + interval.max) / 2, -most, most);
}

// Cells of this step are about as large as the radius.
int estimated_step(double radius, double latitude) {
  if (radius == 0) return kStepMax;
  int step = 1;
  for (; radius < kMercatorMax; radius *= 2) ++step;
  step -= 2;
  // Towards the poles they are narrower.
  if (latitude > 66 || latitude < -66) --step;
  if (latitude > 80 || latitude < -80) --step;
  return std::clamp(step, 1, kStepMax);
}

struct Bounds {
  Interval longitudes;
  Interval latitudes;
};

Bounds bounds_of(const GeoShape& shape) {
  const double height = shape.is_box ? shape.height / 2 : shape.radius;
  const double width = shape.is_box ? shape.width / 2 : shape.radius;
  const double latitude = shape.center.latitude;
  const double up = degrees(height / kEarthRadius);
  // A degree of longitude is shortest at the edge that is nearer to a pole.
  const double edge = latitude < 0 ? latitude - up : latitude + up;
  const double across = degrees(width / kEarthRadius / std::cos(radians(edge)));
  return {{shape.center.longitude - across, shape.center.longitude + across},
          {latitude - up, latitude + up}};
}

// Whether a cell and its neighbours do not reach as far as the shape.
bool too_small(const Cell& cell, const Bounds& bounds) {
  return cell.neighbour(0, 1).latitudes().max < bounds.latitudes.max ||
         cell.neighbour(0, -1).latitudes().min > bounds.latitudes.min ||
         cell.neighbour(1, 0).longitudes().max < bounds.longitudes.max ||
         cell.neighbour(-1, 0).longitudes().min > bounds.longitudes.min;
}

// Whether the shape may reach into the neighbour on that side.
bool reaches(const Cell& cell, const Bounds& bounds, int dx, int dy) {
  if (dy < 0 && cell.latitudes().min < bounds.latitudes.min) return false;
  if (dy > 0 && cell.latitudes().max > bounds.latitudes.max) return false;
  if (dx < 0 && cell.longitudes().min < bounds.longitudes.min) return false;
  return dx <= 0 || cell.longitudes().max <= bounds.longitudes.max;
}

}  // namespace

uint64_t geohash_of(const GeoPoint& point) { return Cell::of(point, kStepMax).bits(); }

GeoPoint point_of_geohash(uint64_t geohash) {
  const Cell cell{kStepMax, gather(geohash >> 1), gather(geohash)};
  return {middle(cell.longitudes(), kLongitudeMax), middle(cell.latitudes(), kLatitudeMax)};
}

std::string geohash_text(const GeoPoint& point) {
  static constexpr char kLetters[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  constexpr Interval kGlobe{-90, 90};
  const uint64_t bits = spread(part_of(point.latitude, kGlobe, kStepMax)) |
                        spread(part_of(point.longitude, kLongitudes, kStepMax)) << 1;
  std::string text;
  // Ten letters take 50 of the 52 bits; Redis's eleventh is always 0.
  for (int i = 1; i <= 10; ++i) text += kLetters[(bits >> (52 - i * 5)) & 0x1f];
  return text + '0';
}

double geo_distance(const GeoPoint& a, const GeoPoint& b) {
  const double v = std::sin((radians(b.longitude) - radians(a.longitude)) / 2);
  const double a_latitude = radians(a.latitude);
  const double b_latitude = radians(b.latitude);
  if (v == 0) return kEarthRadius * std::fabs(b_latitude - a_latitude);
  const double u = std::sin((b_latitude - a_latitude) / 2);
  const double h = u * u + std::cos(a_latitude) * std::cos(b_latitude) * v * v;
  return 2.0 * kEarthRadius * std::asin(std::sqrt(h));
}

bool GeoShape::contains(const GeoPoint& point, double* distance) const {
  if (is_box) {
    const GeoPoint beside{center.longitude, point.latitude};
    const GeoPoint above{point.longitude, center.latitude};
    if (geo_distance(point, beside) > width / 2 || geo_distance(point, above) > height / 2)
      return false;
  }
  *distance = geo_distance(center, point);
  return is_box || *distance <= radius;
}

std::vector<GeoRange> geo_ranges(const GeoShape& shape) {
  const double radius =
      shape.is_box
          ? std::sqrt(shape.width / 2 * (shape.width / 2) + shape.height / 2 * (shape.height / 2))
          : shape.radius;
  const Bounds bounds = bounds_of(shape);
  Cell cell = Cell::of(shape.center, estimated_step(radius, shape.center.latitude));
  if (cell.step > 1 && too_small(cell, bounds)) cell = Cell::of(shape.center, cell.step - 1);
  constexpr std::array<std::array<int, 2>, 9> kOrder = {
      {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}}};
  std::vector<GeoRange> ranges;
  std::optional<uint64_t> last;
  for (const auto& [dx, dy] : kOrder) {
    if (cell.step >= 2 && !reaches(cell, bounds, dx, dy)) continue;
    const bool own = dx == 0 && dy == 0;
    const uint64_t bits = own ? cell.bits() : cell.neighbour(dx, dy).bits();
    // Large cells may be their own neighbours. As in Redis the first one is not remembered.
    if (last == bits) continue;
    const int shift = 2 * (kStepMax - cell.step);
    ranges.push_back({bits << shift, (bits + 1) << shift});
    if (!own) last = bits;
  }
  return ranges;
}

}  // namespace engine

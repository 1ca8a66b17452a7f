// Scores of sorted sets: doubles, never NaN.

#ifndef BASALT_ENGINE_VALUE_SCORE_H_
#define BASALT_ENGINE_VALUE_SCORE_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/value/element.h"
#include "resp/numbers.h"

namespace engine {

// A number that is above another's exactly if the score is. Both zeros have the same.
inline uint64_t order_of_score(double score) {
  constexpr uint64_t kSign = uint64_t{1} << 63;
  const auto bits = std::bit_cast<uint64_t>(score + 0.0);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}
inline double score_of_order(uint64_t order) {
  constexpr uint64_t kSign = uint64_t{1} << 63;
  return std::bit_cast<double>((order & kSign) != 0 ? order ^ kSign : ~order);
}

// The text that a packed sorted set holds of a score, as Redis chooses it: integers as such.
class ScoreText {
 public:
  explicit ScoreText(double score) {
    constexpr double kIntegerMax = 4611686018427387904.0;
    const bool near = score >= -kIntegerMax && score <= kIntegerMax;
    const auto integer = near ? static_cast<int64_t>(score) : 0;
    const bool whole = near && static_cast<double>(integer) == score;
    char* const end = whole ? resp::format_int64(integer, text_.data())
                            : resp::format_double(score, text_.data());
    bytes_ = static_cast<size_t>(end - text_.data());
  }
  std::string_view view() const { return {text_.data(), bytes_}; }

 private:
  std::array<char, resp::kDoubleTextBytes> text_;
  size_t bytes_;
};

// What an element of a packed sorted set says; false when it is no score.
inline bool parse_score(const Element& element, double* score) {
  if (!element.is_number) return resp::parse_double(element.text, score);
  *score = static_cast<double>(element.number);
  return true;
}

}  // namespace engine

#endif  // BASALT_ENGINE_VALUE_SCORE_H_

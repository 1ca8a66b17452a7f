// Model: what the data set must be, kept in plain maps.
//
// Expired keys stay in it until a command meets them, as they may in the engine: whatever the
// engine still holds of them, the model has too.

#ifndef BASALT_TESTS_SIM_MODEL_H_
#define BASALT_TESTS_SIM_MODEL_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sim {

inline constexpr int64_t kNoExpiry = -1;

using Words = std::vector<std::string>;

struct ModelValue {
  std::string value;
  int64_t expiry_ms = kNoExpiry;

  bool operator==(const ModelValue&) const = default;
  bool is_expired(int64_t now_ms) const { return expiry_ms != kNoExpiry && expiry_ms <= now_ms; }
};

using ModelDatabase = std::map<std::string, ModelValue, std::less<>>;

class Model {
 public:
  explicit Model(int databases) : databases_(static_cast<size_t>(databases)) {}

  int count() const { return static_cast<int>(databases_.size()); }
  ModelDatabase& at(int database) { return databases_[static_cast<size_t>(database)]; }
  const ModelDatabase& at(int database) const { return databases_[static_cast<size_t>(database)]; }
  uint64_t keys() const;

  // Executes the command in `database` at `now_ms`. Returns what is wrong with `reply`, which is
  // the whole RESP2 reply; empty when it is right.
  std::string execute(int database, const Words& words, std::string_view reply, int64_t now_ms);

  // The live value; null when absent or expired (which is then forgotten).
  ModelValue* find(int database, const std::string& key, int64_t now_ms);

 private:
  friend struct ModelCommands;
  std::vector<ModelDatabase> databases_;
};

// What a command may touch: (database, key), for faults that belong to a key.
using KeyName = std::pair<int, std::string>;
std::vector<KeyName> keys_of(int database, const Words& words);
// Commands that the model knows.
bool model_knows(std::string_view name);

// RESP2.
std::string bulk(std::string_view text);
std::string integer(int64_t number);
inline const std::string kNull = "$-1\r\n";
inline const std::string kOk = "+OK\r\n";
// `text` with long parts left out, for messages.
std::string shortened(std::string_view text);

}  // namespace sim

#endif  // BASALT_TESTS_SIM_MODEL_H_

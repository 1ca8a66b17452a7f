// Loading: reads an RDB file into the databases, in slices, with bounded memory.
//
// The file is read ahead within the limits of a snapshot. While there is room, values become
// entries; beyond it a key goes to the cold tier as the file has it, its payload copied and never
// decoded, a large string page by page as it arrives. An aggregate that is larger than a record of
// the log stays in memory. What does not fit is evicted without a tier, or ends the load.
//
// Until the load has ended the engine answers -LOADING. Loop thread only.

#ifndef BASALT_ENGINE_LOADING_H_
#define BASALT_ENGINE_LOADING_H_

#include <cstdint>
#include <memory>
#include <string>

#include "base/counted_allocator.h"
#include "base/function.h"
#include "base/result.h"
#include "engine/databases.h"
#include "engine/page_region.h"
#include "persist/file_stream.h"
#include "persist/rdb_reader.h"

namespace engine {

class Engine;

struct LoadStatistics {
  uint64_t file_bytes = 0;
  uint64_t loaded_bytes = 0;
  uint64_t keys_loaded = 0;
  uint64_t keys_expired = 0;
  uint64_t keys_cold = 0;  // Of those loaded, straight into the tier.
  int64_t started_ms = 0;
};

// Whatever loads the data set, in slices.
class LoadInProgress {
 public:
  // Loads a little; true when there is more to do at once.
  virtual bool step() = 0;
  virtual const LoadStatistics& statistics() const = 0;

 protected:
  ~LoadInProgress() = default;
};

class Loading final : public LoadInProgress {
 public:
  // The text says what is wrong with the file; empty after success.
  using Done = base::InlineFunction<void(const std::string& failure)>;

  // `engine` outlives the loading.
  Loading(Engine* engine, std::string path);
  ~Loading();
  Loading(const Loading&) = delete;
  Loading& operator=(const Loading&) = delete;

  // Opens the file. `done` runs once; the loading may then be destroyed from a later turn.
  void begin(Done done);
  // Keys of the file replace those that are there already; else one of them ends the load.
  // REQUIRES: all of those are resident.
  void set_replaces(bool replaces) { replaces_ = replaces; }
  // Keys whose time has passed are loaded too: commands that follow the file may know of them.
  void set_keeps_expired(bool keeps) { keeps_expired_ = keeps; }
  // Gives up; `done` follows.
  void cancel() { fail("The load was given up"); }
  // LoadInProgress.
  bool step() override;
  const LoadStatistics& statistics() const override { return statistics_; }

 private:
  bool take_input();
  // False: it cannot go on now, or has failed.
  bool handle(const persist::RdbEvent& event);
  bool load_key(const persist::RdbEvent& event);
  bool load_cold(Keyspace& keyspace, const Key& key, const persist::RdbEvent& event);
  void load_entry(Keyspace& keyspace, const Key& key, const persist::RdbEvent& event);
  void load_aggregate(Keyspace& keyspace, const Key& key, const persist::RdbEvent& event,
                      base::ByteSpan payload);
  void begin_gathering(Keyspace& keyspace, const persist::RdbEvent& event, bool expired);
  bool gather_piece(const persist::RdbEvent& event);
  bool begin_large(Keyspace& keyspace, const persist::RdbEvent& event, bool expired);
  void begin_cold_large(uint64_t string_bytes);
  bool load_piece(const persist::RdbEvent& event);
  bool load_cold_piece(const persist::RdbEvent& event);
  bool flush_page();
  bool finish_large();
  bool make_room(uint64_t bytes);
  bool make_room_to_stay(uint64_t bytes);
  std::string too_large_to_stay() const;
  void fail(std::string text);
  void succeed();
  void end();
  uint32_t access_of(const persist::RdbEvent& event) const;

  Engine* const engine_;
  const std::string path_;
  persist::FileStreamReader file_;
  std::unique_ptr<persist::RdbReader> reader_;
  Done done_;
  LoadStatistics statistics_;
  persist::RdbEvent pending_;  // An event that found no room; its views are still valid.
  bool has_pending_ = false;
  bool waits_ = true;        // For the file.
  bool read_whole_ = false;  // Records may still be on their way to the log.
  bool ended_ = false;
  bool replaces_ = false;
  bool keeps_expired_ = false;
  uint64_t appends_in_flight_ = 0;
  std::string failure_;
  // A value that arrives in pieces.
  struct Large {
    Keyspace* keyspace = nullptr;
    std::string key;
    int64_t expiry_ms = kNoExpiry;
    ChunkedString* chunks = nullptr;
    bool skip = false;
    // On its way to the tier: the value's id, the page being filled, and what of the event at hand
    // is in it.
    uint64_t value_id = 0;
    std::vector<std::byte> page;
    size_t piece_taken = 0;
    // An aggregate's payload by now, and the event that began it (without views). It grows in
    // place: a buffer that moves would need its size three times.
    bool gathers = false;
    persist::RdbEvent event;
    PageRegion payload;
    uint64_t payload_bytes = 0;
    uint64_t payload_bytes_max = 0;
  };
  Large large_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // For what outlives a failed load.
  std::vector<std::byte> scratch_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_LOADING_H_

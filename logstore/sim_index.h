// SimIndex: the KeyIndex of the simulation. The index of production, batching, overlay and all,
// over a map instead of RocksDB.
//
// Every job goes through the helpers it is given, so that with the simulated ones answers come
// late and in random order, the same for the same seed. The store takes no locks: only for helpers
// that run on the loop's own thread.

#ifndef BASALT_LOGSTORE_SIM_INDEX_H_
#define BASALT_LOGSTORE_SIM_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "iouring/helpers.h"
#include "logstore/key_index_core.h"
#include "logstore/key_index_store.h"

namespace logstore {

class SimIndexStore final : public IndexStore {
 public:
  // lookup() answers kNotCached by chance, so many times in a thousand.
  SimIndexStore(uint64_t seed, uint32_t not_cached_per_mille);

  // ---- What tests turn
  void set_not_cached_per_mille(uint32_t chance) { not_cached_per_mille_ = chance; }
  // Loses everything that was applied, as if the files had been deleted. For a rebuild: what the
  // index holds in its overlay stays. REQUIRES: the index is idle().
  void destroy();
  // Reads or writes fail with this from now on, until it is ok again.
  void fail_reads_with(const base::Status& status) { read_status_ = status; }
  void fail_writes_with(const base::Status& status) { write_status_ = status; }
  size_t unit_count() const { return columns_[0].size(); }
  size_t row_count() const { return columns_[1].size(); }

  // ---- IndexStore
  Lookup get_cached(std::string_view key) override;
  base::Status get_sorted(const IndexView* view, std::span<StoreRead> reads) override;
  std::unique_ptr<IndexCursor> cursor(const IndexView& view, IndexColumn column,
                                      const std::string& from, const std::string& to) override;
  base::Status apply(const IndexBatch& batch) override;
  base::Status erase_range(const std::string& from, const std::string& to) override;
  std::shared_ptr<const IndexView> newest_view() override;
  base::Status recover() override;
  void set_cache_bytes(size_t bytes) override { cache_bytes_ = bytes; }
  StoreSample sample() override;

 private:
  using Column = std::map<std::string, std::string, std::less<>>;
  // What a batch replaced, so that an older view can be had back.
  struct Undo {
    uint64_t batch;
    IndexColumn column;
    std::string key;
    std::optional<std::string> before;
  };
  struct View;
  class Cursor;

  Column& column(IndexColumn which) { return columns_[static_cast<size_t>(which)]; }
  void set(IndexColumn which, std::string_view key, std::optional<std::string> after);
  void forget_unseen();
  // The column as the view shows it.
  Column column_of(const IndexView& view, IndexColumn which);

  Column columns_[2];
  uint64_t batch_ = 0;
  std::deque<Undo> undo_;                        // Oldest first.
  std::deque<std::weak_ptr<const View>> views_;  // Oldest first.
  base::Random random_;
  uint32_t not_cached_per_mille_;
  size_t cache_bytes_ = 0;
  base::Status read_status_ = base::ok_status();
  base::Status write_status_ = base::ok_status();
};

struct SimIndex {
  std::unique_ptr<KeyIndex> index;
  SimIndexStore* store;  // Inside the index.
};

SimIndex make_sim_index(uint64_t seed, uint32_t not_cached_per_mille, const KeyIndexLimits& limits,
                        iouring::Helpers* helpers);

}  // namespace logstore

#endif  // BASALT_LOGSTORE_SIM_INDEX_H_

// LargeReads: brings the pages of large strings in, in bounded parallel reads.
//
// The string's memory is reserved when its read begins and taken page by page. Where a page lies
// is asked at the moment its read is issued, so a relocation between two pages does no harm. When
// the value has gone meanwhile the answer is kCancelled: its unit changed, and whoever waits for it
// knows (I5).
//
// Loop thread only. `done` runs from step() or a completion, never inside read().

#ifndef BASALT_ENGINE_LARGE_READS_H_
#define BASALT_ENGINE_LARGE_READS_H_

#include <cstdint>
#include <deque>
#include <memory>

#include "base/function.h"
#include "base/result.h"
#include "engine/budget.h"
#include "engine/page_table.h"
#include "engine/value/chunked_string.h"
#include "engine/value/large_string.h"
#include "logstore/log_store.h"

namespace engine {

class LargeReads {
 public:
  // The string is the receiver's.
  using Done = base::InlineFunction<void(const base::Result<ChunkedString*>&)>;

  LargeReads(logstore::LogStore* store, const PageTable* pages, Budget* budget)
      : store_(store), pages_(pages), budget_(budget) {}
  ~LargeReads();
  LargeReads(const LargeReads&) = delete;
  LargeReads& operator=(const LargeReads&) = delete;

  void read(const LargeString& large, Done done);
  // Issues what was waiting; call every turn.
  void step();
  // The tier ends: nothing is issued any more. `done` of what has nothing in flight runs now.
  void stop();
  // Strings of more than one page that were read.
  uint64_t multi_page_reads() const { return multi_page_reads_; }
  bool idle() const { return queue_.empty() && pages_in_flight_ == 0; }

 private:
  struct Read {
    LargeString large;
    ChunkedString* chunks = nullptr;
    Done done;
    size_t next_page = 0;
    size_t in_flight = 0;
    bool failed = false;
    base::Error error{base::ErrorCode::kCancelled};
  };

  bool issued(const Read& read) const {
    return read.failed || read.next_page == large_page_count(read.large.bytes);
  }
  void issue_page(const std::shared_ptr<Read>& read);
  void on_page(const std::shared_ptr<Read>& read, size_t page,
               const base::Result<logstore::RecordView>& record);
  void finish(Read& read);

  logstore::LogStore* const store_;
  const PageTable* const pages_;
  Budget* const budget_;
  std::deque<std::shared_ptr<Read>> queue_;  // With pages that are not issued.
  size_t pages_in_flight_ = 0;
  uint64_t multi_page_reads_ = 0;
};

}  // namespace engine

#endif  // BASALT_ENGINE_LARGE_READS_H_

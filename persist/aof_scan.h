// AofScan: looks through an append only file without executing it: whether it consists of whole
// commands, where the last whole one ends, and whether batches with a checksum are what was
// written.
//
// Holds no more than a line, whatever the file says. No I/O.

#ifndef BASALT_PERSIST_AOF_SCAN_H_
#define BASALT_PERSIST_AOF_SCAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "persist/aof_checksum.h"

namespace persist {

class AofScan {
 public:
  enum class Verdict : uint8_t {
    kWhole,
    kTruncated,  // It ends inside of a command, a transaction or a batch.
    kDamaged,    // Something in the middle is not what was written.
  };

  // The file's bytes from `offset` on follow.
  explicit AofScan(uint64_t offset = 0) : offset_(offset), good_bytes_(offset) {}

  // Only whole commands with a time of at most this one count: the file is to be cut behind them.
  void stop_after(int64_t unix_seconds) { until_seconds_ = unix_seconds; }
  void feed(base::ByteSpan bytes);
  void finish();

  // After finish().
  Verdict verdict() const { return verdict_; }
  // Up to here it is whole.
  uint64_t good_bytes() const { return good_bytes_; }
  uint64_t file_bytes() const { return offset_; }
  // What is wrong, in Redis's words where it has some, and where.
  const std::string& reason() const { return reason_; }
  uint64_t bad_offset() const { return bad_offset_; }
  uint64_t commands() const { return commands_; }
  uint64_t batches() const { return batches_; }
  // An annotation beyond stop_after() was met: good_bytes() is where it stands.
  bool stopped() const { return stopped_; }
  bool has_times() const { return has_times_; }

 private:
  enum class State : uint8_t { kStart, kLine, kBulkHeader, kBulk, kBulkEnd, kLost };

  size_t take(std::string_view bytes);
  size_t take_line(std::string_view bytes);
  size_t take_bulk(std::string_view bytes);
  void end_line();
  void begin_command();
  void begin_bulk();
  void end_bulk();
  void end_command();
  void annotation();
  void begin_batch(const AofBatchHeader& header);
  void count_batch(std::string_view bytes);
  void end_batch();
  // The next byte is one that a batch counts.
  bool in_batch() const;
  void lose(std::string reason);
  void look_for_header(std::string_view bytes);

  uint64_t offset_;  // In the file, of the next byte.
  State state_ = State::kStart;
  std::string line_;
  uint64_t item_begin_ = 0;  // Of the command or annotation at hand.
  uint64_t words_left_ = 0;
  uint64_t bulk_left_ = 0;
  bool first_word_ = false;
  uint64_t words_total_ = 0;
  std::string name_;  // The first bytes of the first word.
  bool in_transaction_ = false;
  uint64_t transaction_begin_ = 0;

  std::optional<AofBatchHeader> batch_;  // The one at hand.
  uint64_t batch_begin_ = 0;             // Of its header.
  uint64_t batch_left_ = 0;
  uint64_t crc_ = 0;
  bool in_hole_ = false;       // When it was lost.
  bool only_zeros_ = false;    // Since it was lost.
  uint64_t durable_said_ = 0;  // By headers behind the place where it was lost.

  std::optional<int64_t> until_seconds_;
  bool stopped_ = false;
  bool has_times_ = false;
  Verdict verdict_ = Verdict::kWhole;
  uint64_t good_bytes_;
  uint64_t bad_offset_ = 0;
  std::string reason_;
  uint64_t commands_ = 0;
  uint64_t batches_ = 0;
};

}  // namespace persist

#endif  // BASALT_PERSIST_AOF_SCAN_H_

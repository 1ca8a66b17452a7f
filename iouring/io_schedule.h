// IoSchedule: a Disk over a Disk that decides which read, write or sync goes to the device next.
//
// Eight uncapped 1 MiB background reads turn a 50 us read into 132 ms; so each class has a budget
// of operations and of bytes in flight, and what exceeds it waits here, first come first served
// within its class.
//
// (1) A class never has more operations or bytes in flight than its limit, except that one
//     operation larger than the byte limit runs alone.
// (2) What has room starts in the order of IoClass.
// (3) While AOF or cold-read operations wait or are in flight, all background classes together have
//     at most one operation in flight beyond those started before; the classes take turns at it.
// Operations other than read, write and sync pass through.

#ifndef BASALT_IOURING_IO_SCHEDULE_H_
#define BASALT_IOURING_IO_SCHEDULE_H_

#include <array>
#include <cstdint>
#include <memory>

#include "iouring/disk.h"
#include "iouring/io_class.h"
#include "iouring/latency_histogram.h"
#include "iouring/loop.h"

namespace iouring {

struct IoLimit {
  uint32_t operations_max;
  uint64_t bytes_max;
};

// One class's row of INFO "# Ring". Counters are since the start; *_max are since reset_maxima().
struct IoClassStatistics {
  uint32_t waiting = 0;
  uint32_t in_flight = 0;
  uint32_t in_flight_max = 0;
  uint64_t bytes_in_flight = 0;
  uint64_t bytes_in_flight_max = 0;
  IoLimit limit{};
  uint64_t operations = 0;  // Completed.
  uint64_t bytes = 0;       // Of those.
  uint64_t errors = 0;      // Of those.
  // From the call to the callback, the wait for the budget included.
  LatencyHistogram latency;
};

class IoSchedule final : public Disk {
 public:
  // `loop` and `disk` outlive the schedule; nothing is in flight when it is destroyed.
  IoSchedule(Loop* loop, Disk* disk);
  ~IoSchedule() override;

  // At any time. A lower limit applies to what starts from now on; the maxima
  // of this class begin anew. REQUIRES: operations_max > 0.
  void set_limit(IoClass io_class, IoLimit limit);
  const IoClassStatistics& statistics(IoClass io_class) const;
  void reset_maxima();

  // Disk.
  void open(const std::string& path, const OpenOptions& options, IoCallback done) override;
  void close(File file, IoCallback done) override;
  void read(File file, base::MutableByteSpan bytes, uint64_t offset, IoClass io_class,
            IoCallback done) override;
  void write(File file, base::ByteSpan bytes, uint64_t offset, IoClass io_class,
             IoCallback done) override;
  void sync(File file, bool data_only, IoClass io_class, IoCallback done) override;
  void allocate(File file, uint64_t offset, uint64_t length, IoCallback done) override;
  void truncate(File file, uint64_t length, IoCallback done) override;
  void rename(const std::string& from, const std::string& to, IoCallback done) override;
  void unlink(const std::string& path, IoCallback done) override;
  void sync_directory(const std::string& path, IoCallback done) override;
  base::MutableByteSpan allocate_buffer(size_t bytes) override;
  void free_buffer(base::MutableByteSpan buffer) override;
  base::Result<std::vector<DirectoryEntry>> list_directory(const std::string& path) override;
  base::Status make_directory(const std::string& path) override;
  base::Status remove_directory(const std::string& path) override;
  base::Status remove_file(const std::string& path) override;
  base::Result<FileStatus> file_status(const std::string& path) override;
  base::Result<FileSystemStatus> file_system_status(const std::string& path) override;
  base::Result<uint64_t> file_bytes(File file) override;
  base::Result<std::string> read_small_file(const std::string& path, uint64_t bytes_max) override;
  base::Status write_small_file(const std::string& path, std::string_view content) override;
  base::Status lock_file(const std::string& path, int* owner_pid) override;

 private:
  enum class Kind : uint8_t { kRead, kWrite, kSync };
  struct Operation;
  struct Queue {
    Operation* first = nullptr;
    Operation* last = nullptr;
    IoClassStatistics statistics;
  };

  Queue& queue_of(IoClass io_class) { return queues_[static_cast<size_t>(io_class)]; }
  const Queue& queue_of(IoClass io_class) const { return queues_[static_cast<size_t>(io_class)]; }
  // An operation to be filled in, at the end of its class's queue.
  Operation* enqueue(Kind kind, File file, IoClass io_class, IoCallback done);
  // Starts what the rules allow.
  void dispatch();
  bool has_room(const Queue& queue) const;
  bool foreground_busy() const;
  bool start_one_background();
  void start(Queue* queue);
  void finish(Operation* operation, int32_t result);

  Loop* const loop_;
  Disk* const disk_;
  std::array<Queue, kIoClasses> queues_;
  uint32_t background_in_flight_ = 0;
  size_t background_next_ = 0;  // The class whose turn it is under rule (3).
  std::vector<std::unique_ptr<Operation>> operations_;
  Operation* free_ = nullptr;  // Of operations_: those not in use.
};

}  // namespace iouring

#endif  // BASALT_IOURING_IO_SCHEDULE_H_

// SimFile: one file of a SimDisk, as the program sees it and as it would be after a crash.
//
// `current` has every completed change. `durable` has those that a sync covered. The changes in
// between may be lost, kept or torn by a crash, each on its own.

#ifndef BASALT_IOURING_SIM_FILE_H_
#define BASALT_IOURING_SIM_FILE_H_

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"

namespace iouring {

// Sparse bytes: what was never written reads as zero.
class SimImage {
 public:
  uint64_t size() const { return size_; }
  // Cuts off or extends with zeros.
  void set_size(uint64_t size);
  void write(uint64_t offset, base::ByteSpan bytes);
  // The count of bytes before the end, at most into.size().
  size_t read(uint64_t offset, base::MutableByteSpan into) const;

 private:
  static constexpr uint64_t kPageBytes = 4096;
  using Page = std::array<std::byte, kPageBytes>;

  uint64_t size_ = 0;
  std::map<uint64_t, Page> pages_;
};

class SimFile {
 public:
  const SimImage& current() const { return current_; }
  void write(uint64_t offset, base::ByteSpan bytes);
  void set_size(uint64_t size);

  // Numbers the changes: those below it are covered by a sync that is submitted now.
  uint64_t change_end() const { return next_change_; }
  void sync(uint64_t change_end);
  // The device lost track: of the covered changes some reach the disk now and the others never,
  // whatever syncs follow. `current` still shows them all.
  void sync_failed(uint64_t change_end, base::Random* random);

  // Keeps a random part of what was not synced; `current` becomes what is left.
  void crash(base::Random* random);

  // Flips bits in both images.
  void corrupt(uint64_t offset, uint64_t length);

 private:
  struct Change {
    uint64_t number;
    bool is_size;
    uint64_t offset;  // Or the new size.
    std::vector<std::byte> bytes;
  };

  static void apply(const Change& change, SimImage* image);
  void keep_part(const Change& change, base::Random* random);

  SimImage current_;
  SimImage durable_;
  std::deque<Change> unsynced_;
  uint64_t next_change_ = 0;
};

}  // namespace iouring

#endif  // BASALT_IOURING_SIM_FILE_H_

#include "iouring/sim_file.h"

#include <algorithm>
#include <utility>

namespace iouring {

void SimImage::set_size(uint64_t size) {
  if (size < size_) {
    pages_.erase(pages_.lower_bound(base::align_up(size, kPageBytes) / kPageBytes), pages_.end());
    const auto last = pages_.find(size / kPageBytes);
    if (last != pages_.end()) {
      std::fill(last->second.begin() + static_cast<ptrdiff_t>(size % kPageBytes),
                last->second.end(), std::byte{0});
    }
  }
  size_ = size;
}

void SimImage::write(uint64_t offset, base::ByteSpan bytes) {
  size_ = std::max(size_, offset + bytes.size());
  while (!bytes.empty()) {
    const uint64_t at = offset % kPageBytes;
    const size_t part = std::min<size_t>(bytes.size(), kPageBytes - at);
    Page& page = pages_.try_emplace(offset / kPageBytes, Page{}).first->second;
    std::copy_n(bytes.data(), part, page.data() + at);
    bytes = bytes.subspan(part);
    offset += part;
  }
}

size_t SimImage::read(uint64_t offset, base::MutableByteSpan into) const {
  if (offset >= size_) return 0;
  const size_t length = std::min<size_t>(into.size(), size_ - offset);
  into = into.first(length);
  while (!into.empty()) {
    const uint64_t at = offset % kPageBytes;
    const size_t part = std::min<size_t>(into.size(), kPageBytes - at);
    const auto page = pages_.find(offset / kPageBytes);
    if (page == pages_.end()) {
      std::fill_n(into.data(), part, std::byte{0});
    } else {
      std::copy_n(page->second.data() + at, part, into.data());
    }
    into = into.subspan(part);
    offset += part;
  }
  return length;
}

void SimFile::apply(const Change& change, SimImage* image) {
  if (change.is_size) return image->set_size(change.offset);
  image->write(change.offset, change.bytes);
}

void SimFile::write(uint64_t offset, base::ByteSpan bytes) {
  unsynced_.push_back({next_change_++, false, offset, {bytes.begin(), bytes.end()}});
  apply(unsynced_.back(), &current_);
}

void SimFile::set_size(uint64_t size) {
  unsynced_.push_back({next_change_++, true, size, {}});
  apply(unsynced_.back(), &current_);
}

void SimFile::sync(uint64_t change_end) {
  for (; !unsynced_.empty() && unsynced_.front().number < change_end; unsynced_.pop_front())
    apply(unsynced_.front(), &durable_);
}

void SimFile::sync_failed(uint64_t change_end, base::Random* random) {
  for (; !unsynced_.empty() && unsynced_.front().number < change_end; unsynced_.pop_front())
    keep_part(unsynced_.front(), random);
}

void SimFile::keep_part(const Change& change, base::Random* random) {
  const uint64_t fate = random->below(3);
  if (fate == 0) return;
  if (fate == 1 || change.is_size) return apply(change, &durable_);
  // Torn: devices write sectors of one size or the other as a whole.
  const uint64_t sector = random->one_in(2) ? 512 : 4096;
  const uint64_t end = change.offset + change.bytes.size();
  for (uint64_t at = change.offset; at < end;) {
    const uint64_t next = std::min(end, base::align_down(at, sector) + sector);
    const base::ByteSpan part(change.bytes.data() + (at - change.offset), next - at);
    if (random->one_in(2)) durable_.write(at, part);
    at = next;
  }
}

void SimFile::crash(base::Random* random) {
  for (const Change& change : unsynced_) keep_part(change, random);
  unsynced_.clear();
  current_ = durable_;
}

void SimFile::corrupt(uint64_t offset, uint64_t length) {
  for (SimImage* const image : {&current_, &durable_}) {
    std::vector<std::byte> bytes(length);
    bytes.resize(image->read(offset, bytes));
    for (std::byte& byte : bytes) byte ^= std::byte{0x55};
    if (!bytes.empty()) image->write(offset, bytes);
  }
}

}  // namespace iouring

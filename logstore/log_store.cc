#include "logstore/log_store.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/check.h"
#include "logstore/compaction.h"
#include "logstore/read_queue.h"
#include "logstore/segment_table.h"
#include "logstore/segment_writer.h"
#include "logstore/tier_directory.h"

namespace logstore {
namespace {

using base::Error;
using base::ErrorCode;

// A twentieth of the file system is left free by default.
constexpr uint64_t kFileSystemShareLeft = 20;

Error error_of(AppendState state) {
  switch (state) {
    case AppendState::kReady:
      break;
    case AppendState::kBusy:
      return {ErrorCode::kBusy, 0, "write buffers"};
    case AppendState::kFull:
      return {ErrorCode::kNoSpace, 0, "the tier is full"};
    case AppendState::kFailed:
      return {ErrorCode::kIo, 0, "a write to the tier failed"};
  }
  CHECK(false);
  return {ErrorCode::kInvalid};
}

base::Result<uint64_t> default_bytes_max(iouring::Disk& disk, const std::string& directory) {
  const auto status = disk.file_system_status(directory);
  if (!status.ok()) return status.error();
  const uint64_t left = status->total_bytes / kFileSystemShareLeft;
  return status->free_bytes > left ? status->free_bytes - left : uint64_t{0};
}

base::Status check_options(const LogStoreOptions& options) {
  const bool ok = options.segment_bytes % base::kIoBytesMax == 0 &&
                  options.segment_bytes >= kSegmentBytesMin &&
                  options.segment_bytes <= base::kSegmentBytes && options.read_depth > 0 &&
                  options.write_depth > 0 && options.amplification_max_percent >= 110 &&
                  options.compaction_bytes_in_flight >= base::kIoBytesMax;
  if (!ok) return Error{ErrorCode::kInvalid, 0, "log store options"};
  return base::ok_status();
}

}  // namespace

class LogStore::Impl {
 public:
  Impl(const std::string& directory, const LogStoreOptions& options, const Environment& environment,
       bool direct);
  ~Impl();

  void on_change();
  void wake();
  bool is_idle() const;
  LogStoreStatistics statistics() const;
  void count_segments(LogStoreStatistics* figures) const;
  AppendState append_state(Stream stream, uint32_t bytes = base::kUnitBytesMax);
  base::ByteSpan find_buffered(const Location& location) const;
  void unfreeze(const std::vector<uint32_t>& pinned);

  SegmentWriter& writer(Stream stream) { return *writers[static_cast<size_t>(stream)]; }

  const std::string directory;
  const LogStoreOptions options;
  const Environment environment;
  LiveMap live;
  uint64_t next_sequence = 1;
  SegmentTable table;
  std::array<std::unique_ptr<SegmentWriter>, kStreams> writers;
  ReadQueue reads;
  std::unique_ptr<Compaction> compaction;
  std::array<OnWritable, kStreams> on_writable;
  std::array<bool, kStreams> blocked{};  // Somebody was told that the stream is not ready.
  bool wake_posted = false;
  bool started = false;
  bool stopped = false;
};

LogStore::Impl::Impl(const std::string& path, const LogStoreOptions& opts, const Environment& env,
                     bool direct)
    : directory(path),
      options(opts),
      environment(env),
      table(env.disk, env.loop, &live,
            {.directory = path,
             .store_id = env.random->next(),
             .segment_bytes = opts.segment_bytes,
             .bytes_max = opts.bytes_max,
             .direct = direct}),
      reads(env.disk, env.loop, &table, env.log, opts.read_depth) {
  for (size_t i = 0; i < kStreams; ++i) {
    writers[i] = std::make_unique<SegmentWriter>(
        env.disk, env.loop, &table, &next_sequence,
        SegmentWriter::Options{.stream = static_cast<Stream>(i),
                               .depth = opts.write_depth,
                               .flush_delay_ns = opts.flush_delay_ns});
    writers[i]->set_on_change([this] { on_change(); });
  }
  table.set_on_change([this] { on_change(); });
  compaction = std::make_unique<Compaction>(
      env.disk, env.loop, &table, &live, &writer(Stream::kCompaction), &next_sequence, env.log,
      Compaction::Options{.amplification_max_percent = opts.amplification_max_percent,
                          .bytes_in_flight_max = opts.compaction_bytes_in_flight});
}

LogStore::Impl::~Impl() {
  CHECK(is_idle());
  table.set_on_change({});
}

bool LogStore::Impl::is_idle() const {
  const bool writers_idle = std::all_of(writers.begin(), writers.end(),
                                        [](const auto& writer) { return writer->is_idle(); });
  return writers_idle && reads.is_idle() && !compaction->is_active() && table.is_idle() &&
         table.frozen_views() == 0 && !wake_posted;
}

AppendState LogStore::Impl::append_state(Stream stream, uint32_t bytes) {
  if (!started && !stopped) {
    started = true;
    table.refill();
  }
  AppendState state = stopped ? AppendState::kFailed : writer(stream).state(bytes);
  const bool waits = stream == Stream::kDemotion && compaction->is_behind();
  if (state == AppendState::kReady && waits) state = AppendState::kBusy;
  if (state != AppendState::kReady) blocked[static_cast<size_t>(stream)] = true;
  return state;
}

// Changes come from within calls of the owner, too; the owner is told in a turn of the loop. Only
// when somebody can go on: a task posted in every turn would keep the loop from ever waiting.
void LogStore::Impl::on_change() {
  if (wake_posted || stopped) return;
  bool any_ready = false;
  for (size_t i = 0; i < kStreams && !any_ready; ++i)
    any_ready = blocked[i] && append_state(static_cast<Stream>(i)) == AppendState::kReady;
  if (!any_ready) return;
  wake_posted = true;
  environment.loop->post([this] { wake(); });
}

void LogStore::Impl::wake() {
  wake_posted = false;
  for (size_t i = 0; i < kStreams; ++i) {
    if (!blocked[i] || append_state(static_cast<Stream>(i)) != AppendState::kReady) continue;
    blocked[i] = false;
    if (on_writable[i]) on_writable[i]();
  }
}

base::ByteSpan LogStore::Impl::find_buffered(const Location& location) const {
  if (!table.is_readable(location)) return {};
  const Segment& segment = table.at(location.ref.segment);
  if (segment.state == SegmentState::kSealed) return {};
  return writers[static_cast<size_t>(segment.stream)]->find(location);
}

void LogStore::Impl::unfreeze(const std::vector<uint32_t>& pinned) {
  for (const uint32_t id : pinned) table.unpin(id);
  // What pre-images were written is of no use without a view.
  if (table.frozen_views() == 1) writer(Stream::kPreImage).close_segment();
  table.frozen_view_closed();
}

LogStoreStatistics LogStore::Impl::statistics() const {
  LogStoreStatistics figures;
  count_segments(&figures);
  figures.io_errors = table.io_errors();
  for (const auto& writer : writers) {
    const SegmentWriterStatistics& written = writer->statistics();
    figures.written_bytes += written.written_bytes;
    figures.io_errors += written.io_errors;
    if (writer == writers[static_cast<size_t>(Stream::kCompaction)]) continue;
    figures.appended_records += written.records;
    figures.appended_bytes += written.record_bytes;
  }
  const ReadStatistics& read = reads.statistics();
  figures.reads = read.reads;
  figures.read_bytes = read.read_bytes;
  figures.reads_in_flight = reads.in_flight();
  figures.reads_waiting = reads.waiting();
  const CompactionStatistics& compacted = compaction->statistics();
  figures.compactions = compacted.victims;
  figures.relocated_records = compacted.relocated_records;
  figures.relocated_bytes = compacted.relocated_bytes;
  figures.io_errors += read.io_errors + compacted.io_errors;
  figures.corrupt_records = read.corrupt + compacted.corrupt_records;
  return figures;
}

void LogStore::Impl::count_segments(LogStoreStatistics* figures) const {
  const Occupancy occupancy = measure_occupancy(table, live);
  figures->live_bytes = live.total().bytes;
  figures->live_records = live.total().records;
  figures->dead_bytes = occupancy.occupied_bytes - occupancy.live_bytes;
  if (occupancy.live_bytes != 0)
    figures->amplification_percent = occupancy.occupied_bytes * 100 / occupancy.live_bytes;
  for (uint32_t id = 0; id < table.id_end(); ++id) {
    const Segment& segment = table.at(id);
    if (!segment.holds_records()) continue;
    ++figures->segments;
    if (!table.is_pinned(segment)) continue;
    ++figures->pinned_segments;
    figures->pinned_dead_bytes += segment.data_end - live.segment_live(id).bytes;
  }
  figures->free_segments = table.free_count();
  figures->disk_bytes = table.file_count() * options.segment_bytes;
}

base::Result<std::unique_ptr<LogStore>> LogStore::open(const std::string& directory,
                                                       const LogStoreOptions& options,
                                                       const Environment& environment,
                                                       OpenFailure* failure) {
  RETURN_IF_ERROR(check_options(options));
  iouring::Disk& disk = *environment.disk;
  RETURN_IF_ERROR(take_tier_directory(disk, directory, &failure->owner_pid, &failure->foreign));
  const auto file_system = disk.file_system_status(directory);
  if (!file_system.ok()) return file_system.error();
  LogStoreOptions effective = options;
  if (effective.bytes_max == 0) {
    const auto bytes_max = default_bytes_max(disk, directory);
    if (!bytes_max.ok()) return bytes_max.error();
    effective.bytes_max = *bytes_max;
  }
  // Blocks of 4 KiB suit every device that needs no more.
  const bool direct =
      file_system->has_direct && file_system->direct_align_bytes <= base::kDiskAlignBytes;
  return std::unique_ptr<LogStore>(
      new LogStore(std::make_unique<Impl>(directory, effective, environment, direct)));
}

LogStore::LogStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LogStore::~LogStore() = default;

base::Result<Location> LogStore::append(Stream stream, const UnitFields& fields,
                                        std::span<const base::ByteSpan> payload, AppendDone done) {
  CHECK(stream != Stream::kCompaction);
  CHECK(stream != Stream::kPreImage || impl_->table.frozen_views() != 0);
  uint64_t payload_bytes = 0;
  for (const base::ByteSpan part : payload) payload_bytes += part.size();
  const uint32_t bytes = record_bytes(fields.key.size(), payload_bytes);
  if (bytes == 0) return Error{ErrorCode::kInvalid, 0, "a record larger than a unit"};
  const AppendState state = impl_->append_state(stream, bytes);
  if (state != AppendState::kReady) return error_of(state);
  return impl_->writer(stream).append(fields, payload, std::move(done));
}

AppendState LogStore::append_state(Stream stream) const { return impl_->append_state(stream); }

void LogStore::set_on_writable(Stream stream, OnWritable on_writable) {
  impl_->on_writable[static_cast<size_t>(stream)] = std::move(on_writable);
}

void LogStore::flush(Stream stream) { impl_->writer(stream).flush(); }

void LogStore::read(const Location& location, const UnitKey& expected, iouring::IoClass io_class,
                    ReadDone done) {
  const base::ByteSpan buffered = impl_->find_buffered(location);
  if (!buffered.empty()) return impl_->reads.answer(location, expected, buffered, std::move(done));
  impl_->reads.read(location, expected, io_class, std::move(done));
}

void LogStore::mark_live(const RecordRef& ref, uint32_t namespace_id) {
  impl_->live.mark_live(ref, namespace_id);
}

void LogStore::mark_dead(const RecordRef& ref, uint32_t namespace_id) {
  impl_->live.mark_dead(ref, namespace_id);
  if (impl_->live.segment_live(ref.segment).records == 0) impl_->table.reclaim(ref.segment);
}

void LogStore::drop_namespace(uint32_t namespace_id) {
  impl_->live.drop_namespace(namespace_id);
  for (uint32_t id = 0; id < impl_->table.id_end(); ++id) impl_->table.reclaim(id);
}

const LiveMap& LogStore::live_map() const { return impl_->live; }

std::unique_ptr<FrozenView> LogStore::freeze() {
  FrozenLiveMap live = impl_->live.freeze();
  std::vector<uint32_t> pinned;
  for (uint32_t id = 0; id < impl_->table.id_end(); ++id) {
    const Segment& segment = impl_->table.at(id);
    // Records in flight are not live yet, but a snapshot may come to read them by location.
    const bool is_filling =
        (segment.state == SegmentState::kActive || segment.state == SegmentState::kSealing) &&
        segment.stream == Stream::kDemotion;
    if (is_filling || live.find(id) != nullptr) pinned.push_back(id);
  }
  for (const uint32_t id : pinned) impl_->table.pin(id);
  impl_->table.frozen_view_opened();
  impl_->compaction->forget_pinned_victim();
  return std::unique_ptr<FrozenView>(
      new FrozenView(impl_.get(), std::move(live), std::move(pinned)));
}

void LogStore::set_on_relocated(OnRelocated on_relocated) {
  impl_->compaction->set_on_relocated(std::move(on_relocated));
}

bool LogStore::compact_step(uint64_t budget_ns) {
  const bool more = impl_->compaction->step(budget_ns);
  impl_->on_change();
  return more;
}
void LogStore::compact_all() { impl_->compaction->request_all(); }
bool LogStore::is_compacting() const { return impl_->compaction->is_active(); }

LogStoreStatistics LogStore::statistics() const { return impl_->statistics(); }
uint64_t LogStore::store_id() const { return impl_->table.store_id(); }
const std::string& LogStore::directory() const { return impl_->directory; }

void LogStore::set_bytes_max(uint64_t bytes_max) {
  if (bytes_max == 0) {
    // The file system's free bytes do not count what the tier has already.
    const auto rest = default_bytes_max(*impl_->environment.disk, impl_->directory);
    bytes_max = impl_->table.file_count() * impl_->options.segment_bytes;
    if (rest.ok()) bytes_max += *rest;
  }
  impl_->table.set_bytes_max(bytes_max);
}

void LogStore::set_read_depth(uint32_t depth) { impl_->reads.set_depth(depth); }
void LogStore::set_write_depth(uint32_t depth) {
  CHECK_GT(depth, 0u);
  for (const auto& writer : impl_->writers) writer->set_depth(depth);
  impl_->on_change();
}

void LogStore::stop() {
  impl_->stopped = true;
  impl_->compaction->stop();
  for (const auto& writer : impl_->writers) writer->close_segment();
  impl_->table.stop();
}

bool LogStore::is_idle() const { return impl_->is_idle(); }

FrozenView::FrozenView(LogStore::Impl* store, FrozenLiveMap live, std::vector<uint32_t> pinned)
    : store_(store), live_(std::move(live)), pinned_(std::move(pinned)) {}

FrozenView::~FrozenView() { store_->unfreeze(pinned_); }

std::unique_ptr<SegmentReader> FrozenView::scan(uint32_t segment_id, ScanOptions options) const {
  const FrozenLiveMap::Segment* segment = live_.find(segment_id);
  CHECK(segment != nullptr);
  options.wanted = segment->bits;
  return std::make_unique<SegmentReader>(&store_->table, store_->environment.disk, segment_id,
                                         options);
}

}  // namespace logstore

#include "logstore/compaction.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "logstore/format.h"

namespace logstore {
namespace {

// Compaction begins this far below the limit, so that the limit holds while it runs.
constexpr uint32_t kHeadroomPercent = 6;
// And fresh records wait for it this far below.
constexpr uint32_t kStallPercent = 2;
// A fuller segment is not worth its copy. Headers and padding count as dead, so none is at 100.
constexpr uint64_t kLiveShareMaxPercent = 90;
constexpr uint64_t kLiveShareMaxPercentOnRequest = 97;
// A look at the occupancy walks all segments: the more there are, the less often it is worth one,
// and the less each of them weighs.
constexpr uint64_t kLookIntervalNs = 1'000'000;
constexpr uint64_t kLookIntervalNsPerSegment = 5'000;
constexpr uint64_t kLookIntervalRecords = 256;
constexpr uint64_t kLookIntervalRecordsPerSegment = 16;
// The clock is asked once per so many records.
constexpr uint32_t kRecordsPerClock = 16;

uint64_t live_share_percent(const Segment& segment, const LiveMap& live) {
  return live.segment_live(segment.id).bytes * 100 / std::max<uint64_t>(segment.data_end, 1);
}

}  // namespace

Occupancy measure_occupancy(const SegmentTable& table, const LiveMap& live) {
  Occupancy occupancy;
  for (uint32_t id = 0; id < table.id_end(); ++id) {
    const Segment& segment = table.at(id);
    if (!segment.holds_records() || table.is_pinned(segment)) continue;
    if (segment.stream == Stream::kPreImage) continue;
    occupancy.occupied_bytes += segment.data_end;
    occupancy.live_bytes += live.segment_live(id).bytes;
  }
  return occupancy;
}

Compaction::Compaction(iouring::Disk* disk, iouring::Loop* loop, SegmentTable* table, LiveMap* live,
                       SegmentWriter* writer, const uint64_t* next_sequence, base::Logger* log,
                       const Options& options)
    : disk_(disk),
      loop_(loop),
      table_(table),
      live_(live),
      writer_(writer),
      next_sequence_(next_sequence),
      log_(log),
      options_(options) {
  CHECK_GT(options.amplification_max_percent, 100 + kHeadroomPercent);
}

Compaction::~Compaction() { CHECK_EQ(copies_in_flight_, 0u); }

void Compaction::request_all() {
  all_before_sequence_ = *next_sequence_;
  found_victim_ = true;
}

void Compaction::stop() {
  stopped_ = true;
  drop_reader();
}

void Compaction::forget_pinned_victim() {
  if (reader_ && table_->is_pinned(table_->at(reader_->segment_id()))) drop_reader();
}

bool Compaction::step(uint64_t budget_ns) {
  CHECK(static_cast<bool>(on_relocated_));
  if (stopped_ || loop_->turn_ns() < paused_until_ns_) return false;
  // Without a victim the last time there is none before something changed.
  if (!look() && !reader_ && !found_victim_) return false;
  const base::Clock& clock = loop_->clock();
  const uint64_t began_ns = clock.thread_cpu_ns();
  do {
    if (!reader_) {
      Segment* victim = wants_victim() ? choose_victim() : nullptr;
      found_victim_ = victim != nullptr;
      if (!found_victim_) return false;
      begin(victim);
    }
    for (uint32_t i = 0; i < kRecordsPerClock && reader_; ++i)
      if (!advance()) return false;
  } while (clock.thread_cpu_ns() - began_ns < budget_ns);
  return true;
}

bool Compaction::look() {
  const uint64_t now_ns = loop_->turn_ns();
  const uint64_t live_bytes = live_->total().bytes;
  const uint64_t segments = table_->id_end();
  const uint64_t interval_ns = kLookIntervalNs + segments * kLookIntervalNsPerSegment;
  const uint64_t records = kLookIntervalRecords + segments * kLookIntervalRecordsPerSegment;
  const uint64_t deaths = table_->segment_bytes() / 16 + live_bytes / 256;
  const bool moved =
      *next_sequence_ >= looked_sequence_ + records || live_bytes + deaths < looked_live_bytes_;
  if (looked_ns_ != 0 && !moved && now_ns < looked_ns_ + interval_ns) return false;
  looked_ns_ = now_ns;
  looked_sequence_ = *next_sequence_;
  looked_live_bytes_ = live_bytes;
  occupancy_ = measure_occupancy(*table_, *live_);
  return true;
}

bool Compaction::exceeds(uint64_t percent) const {
  return occupancy_.occupied_bytes * 100 > occupancy_.live_bytes * percent;
}

bool Compaction::is_behind() const {
  return reader_ != nullptr && loop_->turn_ns() >= paused_until_ns_ &&
         exceeds(options_.amplification_max_percent - kStallPercent);
}

// Whether there is a reason to win space; choose_victim() says whether there is any to win.
bool Compaction::wants_victim() const {
  return all_before_sequence_ != 0 ||
         table_->availability(Stream::kDemotion) == AppendState::kFull ||
         exceeds(options_.amplification_max_percent - kHeadroomPercent);
}

Segment* Compaction::choose_victim() {
  Segment* best = nullptr;
  double best_score = 0;
  for (uint32_t id = 0; id < table_->id_end(); ++id) {
    Segment& segment = table_->at(id);
    if (segment.state != SegmentState::kSealed || table_->is_pinned(segment)) continue;
    if (segment.is_victim || segment.scan_failures >= kScanFailuresMax) continue;
    const uint64_t share = live_share_percent(segment, *live_);
    const uint64_t share_max =
        all_before_sequence_ != 0 ? kLiveShareMaxPercentOnRequest : kLiveShareMaxPercent;
    if (share > share_max && !segment.is_damaged) continue;
    if (all_before_sequence_ != 0 && segment.last_sequence >= all_before_sequence_) continue;
    if (!has_room_for(segment)) continue;
    const double u = static_cast<double>(share) / 100;
    const auto age = static_cast<double>(*next_sequence_ - segment.last_sequence + 1);
    double score = (1 - u) * age / (1 + u);
    if (segment.is_damaged) score = 1e30;
    if (best == nullptr || score > best_score) {
      best = &segment;
      best_score = score;
    }
  }
  if (best == nullptr) all_before_sequence_ = 0;
  return best;
}

void Compaction::begin(Segment* victim) {
  victim->is_victim = true;
  victims_.push_back(victim->id);
  ScanOptions scan;
  scan.io_class = iouring::IoClass::kCompaction;
  scan.bytes_in_flight_max = options_.bytes_in_flight_max;
  scan.operations_max = 2;
  scan.wanted = live_->share_bits(victim->id);
  reader_ = std::make_unique<SegmentReader>(table_, disk_, victim->id, scan);
}

// On a full disk a victim must fit what is left, or it would never be emptied and freed.
bool Compaction::has_room_for(const Segment& victim) const {
  if (!table_->is_at_limit()) return true;
  const uint64_t per_segment = data_end_max(table_->segment_bytes()) - kSegmentHeaderBytes;
  const uint64_t room = writer_->room_bytes() + table_->free_count() * per_segment;
  const uint64_t padding = table_->segment_bytes() / 64;
  return live_->segment_live(victim.id).bytes + padding <= room;
}

bool Compaction::advance() {
  if (uncopied_) return copy(*uncopied_);
  // The next step() looks again: the loop turns anyway when the read completes.
  const ScanItem item = reader_->next([] {});
  switch (item.kind) {
    case ScanItem::Kind::kRecord:
      return copy(item);
    case ScanItem::Kind::kWait:
      return false;
    case ScanItem::Kind::kCorrupt: {
      // Bits of dropped namespaces stay set, so a damaged one of those looks wanted, too.
      Segment& victim = table_->at(reader_->segment_id());
      const auto bits = live_->share_bits(victim.id);
      if (!bits || !bits->test(item.location.ref.ordinal)) return true;
      ++statistics_.corrupt_records;
      victim.scan_failures = kScanFailuresMax;
      return true;
    }
    case ScanItem::Kind::kError:
      ++statistics_.io_errors;
      paused_until_ns_ = loop_->turn_ns() + kRetryDelayNs;
      ++table_->at(reader_->segment_id()).scan_failures;
      give_up(item.error.detail);
      return false;
    case ScanItem::Kind::kEnd:
      end_walk();
      return true;
  }
  return false;
}

// The record stays where the reader put it until it is asked for the next.
bool Compaction::copy(const ScanItem& read) {
  const ScanItem item = read;
  uncopied_.reset();
  const UnitFields& fields = item.record.fields;
  const RecordRef from = item.location.ref;
  if (!live_->is_live(from.segment, from.ordinal, fields.namespace_id)) return true;
  const AppendState state = writer_->state(from.bytes);
  if (state == AppendState::kFull || state == AppendState::kFailed) {
    // Something else took the room. What was copied stays copied.
    paused_until_ns_ = loop_->turn_ns() + kRetryDelayNs / 10;
    drop_reader();
    return false;
  }
  if (state != AppendState::kReady) {
    uncopied_ = item;
    return false;
  }
  ++copies_in_flight_;
  // The victim is not reused before its last bit is clear, so its id names it until then.
  const uint32_t offset = item.location.offset;
  const uint32_t namespace_id = fields.namespace_id;
  (void)writer_->append_copy(
      item.record, [this, packed = from.pack(), offset, namespace_id](base::Result<Location> to) {
        on_copied(RecordRef::unpack(packed), offset, namespace_id, to);
      });
  return true;
}

void Compaction::drop_reader() {
  uncopied_.reset();
  reader_.reset();
  forget_victims();
}

void Compaction::on_copied(const RecordRef& from, uint32_t from_offset, uint32_t namespace_id,
                           const base::Result<Location>& to) {
  --copies_in_flight_;
  forget_victims();
  if (!to.ok()) {
    ++statistics_.io_errors;
    paused_until_ns_ = loop_->turn_ns() + kRetryDelayNs;
    return;
  }
  if (!live_->is_live(from.segment, from.ordinal, namespace_id)) {
    ++statistics_.outdated_copies;
    return;
  }
  const base::ByteSpan bytes = writer_->find(*to);
  const Segment& segment = table_->at(to->ref.segment);
  const auto copy =
      decode_header(bytes, {table_->store_id(), segment.id, segment.generation, to->offset});
  CHECK(copy.ok() && !copy->view.bytes.empty());
  ++statistics_.relocated_records;
  statistics_.relocated_bytes += to->ref.bytes;
  live_->mark_live(to->ref, namespace_id);
  live_->mark_dead(from, namespace_id);
  const UnitFields& fields = copy->view.fields;
  on_relocated_(Relocation{.unit = {namespace_id, fields.hash64, fields.kind, fields.key},
                           .record = &copy->view,
                           .from = {from, from_offset},
                           .to = *to});
  table_->reclaim(from.segment);
}

void Compaction::end_walk() {
  statistics_.read_bytes += reader_->counts().read_bytes;
  ++statistics_.victims;
  if (table_->at(reader_->segment_id()).scan_failures != 0) {
    give_up("live records that cannot be read intact");
  } else {
    drop_reader();
  }
  // Its space comes back when the last copies are written: do not wait for a full buffer if space
  // is what is missing.
  if (table_->availability(Stream::kDemotion) != AppendState::kReady) writer_->flush();
}

void Compaction::give_up(const char* why) {
  if (log_ != nullptr)
    log_->warning("Cold tier: segment {:08x}.seg cannot be emptied: {}", reader_->segment_id(),
                  why);
  drop_reader();
}

// Once no copy is in flight, what a victim still holds is there to stay, or to be tried again.
void Compaction::forget_victims() {
  if (is_active()) return;
  for (const uint32_t id : victims_) table_->at(id).is_victim = false;
  victims_.clear();
}

}  // namespace logstore

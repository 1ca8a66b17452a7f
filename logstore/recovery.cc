#include "logstore/recovery.h"

#include <utility>

namespace logstore {

IndexRecovery::IndexRecovery(const FrozenView* view, const Options& options, OnEntry on_entry)
    : view_(view), options_(options), on_entry_(std::move(on_entry)) {}

IndexRecovery::Progress IndexRecovery::step(uint32_t records_max) {
  const auto& segments = view_->live().segments();
  for (uint32_t taken = 0; taken < records_max;) {
    if (segment_ == segments.size()) return Progress::kComplete;
    if (!reader_) {
      ScanOptions scan;
      scan.io_class = options_.io_class;
      scan.bytes_in_flight_max = options_.bytes_in_flight_max;
      scan.operations_max = options_.operations_max;
      reader_ = view_->scan(segments[segment_].id, scan);
    }
    const ScanItem item = reader_->next([] {});
    switch (item.kind) {
      case ScanItem::Kind::kRecord:
        take(item);
        ++taken;
        break;
      case ScanItem::Kind::kCorrupt:
        ++lost_;
        ++taken;
        break;
      case ScanItem::Kind::kWait:
        return Progress::kWaiting;
      case ScanItem::Kind::kError:
        error_ = item.error;
        reader_.reset();
        return Progress::kFailed;
      case ScanItem::Kind::kEnd:
        reader_.reset();
        ++segment_;
        break;
    }
  }
  return Progress::kMore;
}

void IndexRecovery::take(const ScanItem& item) {
  const UnitFields& fields = item.record.fields;
  if (view_->live().dropped().contains(fields.namespace_id)) return;
  ++entries_;
  on_entry_({fields.namespace_id, fields.hash64, fields.kind, fields.key},
            {item.location, item.record.plain_bytes(), fields.rdb_type, fields.expire_at_ms});
}

}  // namespace logstore

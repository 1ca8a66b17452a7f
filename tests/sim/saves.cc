#include "tests/sim/saves.h"

#include <fmt/format.h>

#include "engine/snapshot.h"
#include "engine/snapshots.h"
#include "engine/value/codec.h"
#include "persist/rdb_reader.h"

namespace sim {

namespace {

constexpr uint64_t kFileBytesMax = 256 * 1024 * 1024;

std::string decode(const persist::RdbEvent& event) {
  const base::Result<uint64_t> length = engine::decoded_length(event.payload);
  if (!length.ok()) throw Failure{fmt::format("snapshot: bad length of {}", event.name)};
  std::string value(*length, '\0');
  if (!engine::decode_string(event.payload, {reinterpret_cast<std::byte*>(value.data()), *length})
           .ok())
    throw Failure{fmt::format("snapshot: bad payload of {}", event.name)};
  return value;
}

}  // namespace

Model parse_snapshot(std::string_view file, int databases) {
  persist::RdbReader::Options options;
  options.databases = static_cast<uint64_t>(databases);
  persist::RdbReader reader(options);
  reader.feed(base::as_bytes(file));
  Model model(databases);
  ModelValue* value = nullptr;
  while (true) {
    const base::Result<persist::RdbEvent> event = reader.next();
    if (!event.ok()) throw Failure{"snapshot: " + reader.error_text()};
    switch (event->kind) {
      case persist::RdbEvent::kNeedInput:
        reader.end_of_input();
        break;
      case persist::RdbEvent::kKey: {
        ModelDatabase& keys = model.at(static_cast<int>(event->db));
        const auto [at, is_new] = keys.try_emplace(std::string(event->name));
        if (!is_new) throw Failure{fmt::format("snapshot: {} stands in it twice", event->name)};
        value = &at->second;
        value->expiry_ms = event->expire_at_ms.value_or(kNoExpiry);
        if (event->delivery == persist::RdbDelivery::kWhole) value->value = decode(*event);
        break;
      }
      case persist::RdbEvent::kPiece:
        value->value += base::as_text(event->payload);
        break;
      case persist::RdbEvent::kEnd:
        return model;
      default:
        break;
    }
  }
}

std::string compare_snapshot(const Model& file, const Model& frozen, int64_t frozen_ms) {
  for (int i = 0; i < frozen.count(); ++i) {
    for (const auto& [key, value] : file.at(i)) {
      if (value.is_expired(frozen_ms)) continue;
      const auto wanted = frozen.at(i).find(key);
      if (wanted == frozen.at(i).end())
        return fmt::format("database {} has {} = {}, which was not there", i, shortened(key),
                           shortened(value.value));
      if (!(wanted->second == value))
        return fmt::format("database {}: {} is {} (expiry {}), it was {} (expiry {})", i,
                           shortened(key), shortened(value.value), value.expiry_ms,
                           shortened(wanted->second.value), wanted->second.expiry_ms);
    }
    for (const auto& [key, value] : frozen.at(i))
      if (!value.is_expired(frozen_ms) && !file.at(i).contains(key))
        return fmt::format("database {} lacks {}", i, shortened(key));
  }
  return {};
}

Saves::Saves(World* world, Coverage* coverage, int databases)
    : world_(world), coverage_(coverage), databases_(databases) {
  candidates_.push_back({Model(databases), 0});
}

void Saves::observe(const Model& model, bool may_fail) {
  const bool running = world_->engine().snapshots().running();
  if (running) {
    const engine::Snapshot::Progress progress = world_->engine().snapshots().current()->progress();
    if (frozen_.has_value()) {
      coverage_->add(Seen::kPreImages, progress.pre_images - pre_images_);
      coverage_->add(Seen::kSpilledBatches, progress.spilled_batches - spilled_batches_);
    }
    pre_images_ = progress.pre_images;
    spilled_batches_ = progress.spilled_batches;
  }
  if (frozen_.has_value()) {
    excused_ = excused_ || may_fail;
    if (!running) settle(may_fail);
  }
  if (running && !frozen_.has_value()) note_freeze(model);
}

void Saves::note_freeze(const Model& model) {
  frozen_ = Frozen{model, world_->engine().now_ms()};
  excused_ = false;
  coverage_->add(Seen::kDemotingAtFreeze, world_->tier().demotions_in_flight());
}

void Saves::settle(bool may_fail) {
  Frozen frozen = std::move(*frozen_);
  frozen_.reset();
  const engine::SaveStatistics& statistics = world_->engine().snapshots().statistics();
  if (!statistics.last_ok) {
    if (!may_fail && !excused_) throw Failure{"a snapshot failed without a fault"};
    coverage_->add(Seen::kSnapshotsFailed);
    // It may have been renamed into place before its directory failed to become durable.
    candidates_.push_back(std::move(frozen));
    return;
  }
  const std::optional<Model> file = read_file();
  if (!file.has_value()) throw Failure{"a snapshot succeeded without a file"};
  const std::string wrong = compare_snapshot(*file, frozen.model, frozen.at_ms);
  if (!wrong.empty()) throw Failure{"snapshot: " + wrong};
  coverage_->add(Seen::kSnapshots);
  candidates_.clear();
  candidates_.push_back(std::move(frozen));
  may_be_missing_ = false;
}

std::optional<Model> Saves::read_file() {
  const auto text = world_->disk().read_small_file(kSnapshotPath, kFileBytesMax);
  if (!text.ok()) return std::nullopt;
  return parse_snapshot(*text, databases_);
}

Model Saves::survivor() {
  if (frozen_.has_value()) candidates_.push_back(std::move(*frozen_));
  frozen_.reset();
  std::optional<Model> file = read_file();
  if (!file.has_value() && !may_be_missing_) throw Failure{"the durable snapshot is gone"};
  const Model found = file.has_value() ? std::move(*file) : Model(databases_);
  std::string wrong;
  for (const Frozen& candidate : candidates_) {
    wrong = compare_snapshot(found, candidate.model, candidate.at_ms);
    if (!wrong.empty()) continue;
    const int64_t at_ms = candidate.at_ms;
    candidates_ = {Frozen{found, at_ms}};
    may_be_missing_ = !file.has_value();
    return found;
  }
  throw Failure{"after the crash: " + wrong};
}

}  // namespace sim

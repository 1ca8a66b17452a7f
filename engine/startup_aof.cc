#include "engine/startup_aof.h"

#include <functional>
#include <string>
#include <utility>

#include "engine/aof.h"
#include "engine/aof_files.h"
#include "engine/aof_loading.h"
#include "engine/engine.h"

namespace engine {

namespace {

struct Place {
  explicit Place(Engine* engine)
      : disk(engine->environment().disk),
        parent(engine->options().dir),
        name(engine->options().appendfilename),
        files(disk, parent, engine->options().appenddirname) {}

  bool exists(const std::string& path) const { return disk->file_status(path).ok(); }

  iouring::Disk* const disk;
  const std::string parent;
  const std::string name;
  AofFiles files;
};

// Whether the data directory has the single file of Redis 6, which nobody has taken in yet.
bool wants_upgrade(const Place& place, const persist::AofManifest& manifest) {
  const auto old = place.disk->file_status(place.parent + "/" + place.name);
  if (!old.ok() || old->is_directory) return false;
  if (manifest.empty()) return true;
  // An upgrade that was interrupted before the file was moved.
  return manifest.increments().empty() && manifest.base()->name == place.name &&
         !place.exists(place.files.path(place.name));
}

// One step on files: begins it and waits for its end.
base::Status wait_for(Turn* turn, const std::function<void(AofFiles::Done)>& begin) {
  bool done = false;
  base::Status outcome = base::ok_status();
  begin([&done, &outcome](const base::Status& status) {
    outcome = status;
    done = true;
  });
  while (!done) (*turn)();
  return outcome;
}

// Durable at each step: the directory, the manifest that names the file in it, the file there.
bool upgrade(Engine* engine, Place& place, persist::AofManifest* manifest, Turn* turn) {
  manifest->adopt_base(place.name);
  AofFiles& files = place.files;
  base::Status status = wait_for(turn, [&](AofFiles::Done done) { files.make(std::move(done)); });
  if (status.ok())
    status = wait_for(turn, [&](AofFiles::Done done) { files.write(*manifest, std::move(done)); });
  if (status.ok())
    status =
        wait_for(turn, [&](AofFiles::Done done) { files.take_in(place.name, std::move(done)); });
  if (status.ok()) {
    engine->log().notice(
        "Successfully migrated an old-style AOF configuration ({}) into the AOF directory ({}).",
        place.name, engine->options().appenddirname);
  } else {
    engine->log().warning("Error trying to move the old AOF file {} into dir {}: {}", place.name,
                          engine->options().appenddirname, status.error().to_string());
  }
  return status.ok();
}

bool read_manifest(Engine* engine, Place& place, persist::AofManifest* manifest) {
  std::string message;
  base::Result<persist::AofManifest> found = place.files.read_manifest(place.name, &message);
  if (found.ok()) *manifest = std::move(*found);
  if (!found.ok()) engine->log().warning("{}", message);
  return found.ok();
}

bool has_bytes(const Place& place, const persist::AofManifest& manifest) {
  const auto bytes = [&](const persist::AofFile& file) {
    const auto status = place.disk->file_status(place.files.path(file.name));
    // One that is missing is found out by the load.
    return !status.ok() || status->bytes > 0;
  };
  if (manifest.base().has_value() && bytes(*manifest.base())) return true;
  for (const persist::AofFile& file : manifest.increments())
    if (bytes(file)) return true;
  return false;
}

}  // namespace

AofFound load_append_only_files(Engine* engine, Turn* turn) {
  Place place(engine);
  persist::AofManifest manifest(place.name);
  if (!read_manifest(engine, place, &manifest)) return AofFound::kFailed;
  if (wants_upgrade(place, manifest) && !upgrade(engine, place, &manifest, turn))
    return AofFound::kFailed;
  if (!has_bytes(place, manifest)) return AofFound::kNone;
  AofLoading loading(engine, place.files.directory(), manifest);
  bool ended = false;
  bool stopped = false;
  std::string failure;
  engine->set_loading(&loading);
  loading.begin([&ended, &failure](const std::string& text) {
    failure = text;
    ended = true;
  });
  while (!ended) {
    if ((*turn)() || stopped) continue;
    stopped = true;
    loading.cancel();
  }
  // What it holds may still be named by tasks of this turn.
  (*turn)();
  engine->set_loading(nullptr);
  engine->note_load(loading.statistics());
  if (stopped) return AofFound::kStopped;
  if (failure.empty()) return AofFound::kLoaded;
  engine->log().warning("{}", failure);
  return AofFound::kFailed;
}

bool open_append_only_file(Engine* engine, AofFound found, Turn* turn) {
  Aof& aof = engine->aof();
  if (found != AofFound::kLoaded) {
    aof.enable();
    while (aof.state() == Aof::State::kStarting && aof.statistics().failures_in_a_row == 0)
      if (!(*turn)()) return true;
    return aof.state() == Aof::State::kOn;
  }
  Place place(engine);
  persist::AofManifest manifest(place.name);
  if (!read_manifest(engine, place, &manifest)) return false;
  const base::Status opened = wait_for(turn, [&](AofFiles::Done done) {
    aof.resume(manifest, engine->last_load().file_bytes, std::move(done));
  });
  if (!opened.ok())
    engine->log().warning("Can't open the append-only file: {}", opened.error().to_string());
  return opened.ok();
}

}  // namespace engine

#include "engine/aof_files.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/limits.h"

namespace engine {

using iouring::IoClass;

base::Result<persist::AofManifest> AofFiles::read_manifest(const std::string& base_name,
                                                           std::string* message) {
  const persist::AofManifest none(base_name);
  const std::string file = path(none.file_name());
  if (!disk_->file_status(file).ok()) return none;
  const base::Result<std::string> text = disk_->read_small_file(file, persist::kManifestBytesMax);
  if (!text.ok()) {
    *message = "Fatal error: can't open the AOF manifest file " + file +
               " for reading: " + text.error().to_string();
    return text.error();
  }
  return persist::AofManifest::parse(base_name, *text, message);
}

void AofFiles::begin(Done done) {
  CHECK(!busy_);
  busy_ = true;
  done_ = std::move(done);
}

void AofFiles::end(int32_t result, const char* detail) {
  busy_ = false;
  Done done = std::move(done_);
  if (result < 0) return done(base::Error::from_errno(-result, detail));
  done(base::ok_status());
}

void AofFiles::make(Done done) {
  begin(std::move(done));
  const base::Status made = disk_->make_directory(directory_);
  const int32_t failure = made.ok() ? 0 : -std::max(made.error().sys_errno, 1);
  disk_->sync_directory(parent_, [this, failure](int32_t result) {
    end(failure < 0 ? failure : result, "making the directory of the append only files");
  });
}

void AofFiles::open(const std::string& name, bool truncates, Opened done) {
  CHECK(!busy_);
  busy_ = true;
  opened_ = std::move(done);
  disk_->open(path(name), {.write = true, .create = true, .truncate = truncates},
              [this](int32_t slot) {
                if (slot < 0)
                  return opened(base::Error::from_errno(-slot, "opening an append only file"));
                if (text_.empty()) return sync_opened({slot});
                disk_->write({slot}, base::as_bytes(text_), 0, IoClass::kAof,
                             [this, slot](int32_t result) { on_head_written({slot}, result); });
              });
}

void AofFiles::on_head_written(iouring::File file, int32_t result) {
  result >= 0 ? sync_opened(file) : fail_opened(file, result);
}

// What it holds already is durable before more is written.
void AofFiles::sync_opened(iouring::File file) {
  disk_->sync(file, true, IoClass::kAof, [this, file](int32_t result) {
    if (result < 0) return fail_opened(file, result);
    // A manifest that names it must not become durable before the name itself.
    disk_->sync_directory(directory_, [this, file](int32_t synced) {
      synced < 0 ? fail_opened(file, synced) : opened(file);
    });
  });
}

void AofFiles::fail_opened(iouring::File file, int32_t result) {
  disk_->close(file, [this, result](int32_t) {
    opened(base::Error::from_errno(-result, "opening an append only file"));
  });
}

void AofFiles::opened(base::Result<iouring::File> file) {
  busy_ = false;
  text_.clear();
  Opened done = std::move(opened_);
  done(file);
}

void AofFiles::create(const std::string& name, std::string head, Opened done) {
  text_ = std::move(head);
  open(name, true, std::move(done));
}

void AofFiles::reopen(const std::string& name, Opened done) {
  text_.clear();
  open(name, false, std::move(done));
}

// ---- The manifest

void AofFiles::write(const persist::AofManifest& manifest, Done done) {
  begin(std::move(done));
  text_ = manifest.format();
  CHECK_LE(text_.size(), base::kIoBytesMax);
  temporary_path_ = path(manifest.temporary_name());
  target_path_ = path(manifest.file_name());
  disk_->open(temporary_path_, {.write = true, .create = true, .truncate = true},
              [this](int32_t slot) {
                if (slot < 0) return end(slot, "opening the manifest");
                write_text({slot});
              });
}

void AofFiles::write_text(iouring::File file) {
  disk_->write(file, base::as_bytes(text_), 0, IoClass::kAof, [this, file](int32_t result) {
    if (result >= 0) return sync_text(file);
    disk_->close(file, [this, result](int32_t) { end(result, "writing the manifest"); });
  });
}

void AofFiles::sync_text(iouring::File file) {
  disk_->sync(file, false, IoClass::kAof, [this, file](int32_t result) {
    disk_->close(file, [this, result](int32_t) {
      if (result < 0) return end(result, "syncing the manifest");
      rename_manifest();
    });
  });
}

void AofFiles::rename_manifest() {
  disk_->rename(temporary_path_, target_path_, [this](int32_t result) {
    if (result < 0) return end(result, "renaming the manifest");
    disk_->sync_directory(directory_, [this](int32_t synced) {
      text_.clear();
      end(synced, "syncing the directory of the append only files");
    });
  });
}

void AofFiles::take_in(const std::string& name, Done done) {
  begin(std::move(done));
  disk_->rename(parent_ + "/" + name, path(name), [this](int32_t renamed) {
    if (renamed < 0) return end(renamed, "moving an append only file");
    disk_->sync_directory(directory_, [this](int32_t synced) {
      if (synced < 0) return end(synced, "syncing the directory of the append only files");
      disk_->sync_directory(parent_,
                            [this](int32_t result) { end(result, "syncing the data directory"); });
    });
  });
}

// ---- Files that go

void AofFiles::remove(std::vector<std::string> names, base::InlineFunction<void()> done) {
  CHECK(!busy_);
  busy_ = true;
  names_ = std::move(names);
  removed_ = std::move(done);
  remove_next();
}

void AofFiles::remove_next() {
  if (names_.empty()) {
    busy_ = false;
    return std::exchange(removed_, {})();
  }
  const std::string file = path(names_.back());
  names_.pop_back();
  disk_->unlink(file, [this](int32_t) { remove_next(); });
}

void AofFiles::cut_and_close(iouring::File file, uint64_t bytes, Done done) {
  begin(std::move(done));
  disk_->truncate(file, bytes, [this, file](int32_t cut) {
    disk_->sync(file, false, IoClass::kAof, [this, file, cut](int32_t synced) {
      disk_->close(file, [this, result = cut < 0 ? cut : synced](int32_t) {
        end(result, "cutting an append only file");
      });
    });
  });
}

}  // namespace engine

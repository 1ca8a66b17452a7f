// AofFiles: the directory of the append only files: creating, naming and removing them, one thing
// after the other, each durable before the next.
//
// Loop thread only; one operation at a time.

#ifndef BASALT_ENGINE_AOF_FILES_H_
#define BASALT_ENGINE_AOF_FILES_H_

#include <string>
#include <vector>

#include "base/function.h"
#include "base/result.h"
#include "iouring/disk.h"
#include "persist/aof_manifest.h"

namespace engine {

class AofFiles {
 public:
  using Done = base::InlineFunction<void(const base::Status&)>;
  using Opened = base::InlineFunction<void(base::Result<iouring::File>)>;

  // `disk` outlives the files.
  AofFiles(iouring::Disk* disk, std::string parent, std::string name)
      : disk_(disk), parent_(std::move(parent)), directory_(parent_ + "/" + std::move(name)) {}
  AofFiles(const AofFiles&) = delete;
  AofFiles& operator=(const AofFiles&) = delete;

  const std::string& directory() const { return directory_; }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  bool busy() const { return busy_; }

  // The manifest in the directory, or an empty one. What is wrong with it comes with Redis's words.
  // At start.
  base::Result<persist::AofManifest> read_manifest(const std::string& base_name,
                                                   std::string* message);

  // Makes the directory, durably.
  void make(Done done);
  // A file that holds `head`, whatever was there, to be written on; durable with its name.
  void create(const std::string& name, std::string head, Opened done);
  // One that is there already, if it is, with what it holds.
  void reopen(const std::string& name, Opened done);
  // The manifest under its name, durable, or the old one as it was.
  void write(const persist::AofManifest& manifest, Done done);
  // Moves a file of the parent directory into this one, durably.
  void take_in(const std::string& name, Done done);
  // Whether a file can be removed changes nothing: it is named nowhere.
  void remove(std::vector<std::string> names, base::InlineFunction<void()> done);
  // Cuts an open file to what is known to be durable of it, and closes it.
  void cut_and_close(iouring::File file, uint64_t bytes, Done done);

 private:
  void begin(Done done);
  void open(const std::string& name, bool truncates, Opened done);
  void opened(base::Result<iouring::File> file);
  void sync_opened(iouring::File file);
  void fail_opened(iouring::File file, int32_t result);
  void on_head_written(iouring::File file, int32_t result);
  void end(int32_t result, const char* detail);
  void write_text(iouring::File file);
  void sync_text(iouring::File file);
  void rename_manifest();
  void remove_next();

  iouring::Disk* const disk_;
  const std::string parent_;
  const std::string directory_;
  bool busy_ = false;
  std::string text_;  // Being written: the manifest, or a file's head.
  std::string temporary_path_;
  std::string target_path_;
  std::vector<std::string> names_;  // To be removed.
  Done done_;
  Opened opened_;
  base::InlineFunction<void()> removed_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_AOF_FILES_H_

#define BOOST_TEST_MODULE uring_disk
#include "iouring/uring_disk.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>

#include "base/random.h"
#include "iouring/thread_helpers.h"

using namespace iouring;

namespace {

struct DiskFixture {
  base::SystemClock clock;
  std::unique_ptr<UringLoop> loop;
  std::unique_ptr<ThreadHelpers> helpers;
  std::unique_ptr<UringDisk> disk;
  std::string directory;

  explicit DiskFixture(bool only_linux_6_1 = false) {
    UringOptions options;
    options.only_linux_6_1 = only_linux_6_1;
    loop = std::move(UringLoop::create(&clock, options)).value();
    helpers = std::make_unique<ThreadHelpers>(loop.get(), ThreadHelpersOptions{});
    UringDiskOptions small;
    small.arena_bytes = 2 * base::kIoBytesMax;
    disk = std::make_unique<UringDisk>(loop.get(), helpers.get(), small);
    // /var/tmp: a real file system, for O_DIRECT, where /tmp may be a tmpfs.
    char name[] = "/var/tmp/basalt-disk-XXXXXX";
    BOOST_REQUIRE(mkdtemp(name) != nullptr);
    directory = name;
  }
  ~DiskFixture() {
    disk.reset();
    const std::string command = "rm -rf " + directory;
    BOOST_TEST(std::system(command.c_str()) == 0);
  }

  // Runs one operation to its end.
  template <class Start>
  int32_t wait(Start start) {
    int32_t outcome = 0;
    bool over = false;
    start([&](int32_t result) {
      outcome = result;
      over = true;
    });
    BOOST_TEST(!over);
    while (!over) loop->turn(kWaitForever);
    return outcome;
  }
  int32_t open(const std::string& name, const OpenOptions& options) {
    return wait([&](IoCallback done) { disk->open(directory + name, options, std::move(done)); });
  }
  int32_t write(File file, base::ByteSpan bytes, uint64_t offset) {
    return wait([&](IoCallback done) {
      disk->write(file, bytes, offset, IoClass::kDemotion, std::move(done));
    });
  }
  int32_t read(File file, base::MutableByteSpan bytes, uint64_t offset) {
    return wait([&](IoCallback done) {
      disk->read(file, bytes, offset, IoClass::kColdRead, std::move(done));
    });
  }
  int32_t sync(File file) {
    return wait([&](IoCallback done) { disk->sync(file, true, IoClass::kAof, std::move(done)); });
  }
  int32_t close(File file) {
    return wait([&](IoCallback done) { disk->close(file, std::move(done)); });
  }
};

struct OldKernelFixture : DiskFixture {
  OldKernelFixture() : DiskFixture(true) {}
};

OpenOptions create_options() {
  OpenOptions options;
  options.read = options.write = options.create = true;
  return options;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(direct_writes_come_back_from_arena_and_heap, DiskFixture) {
  OpenOptions options = create_options();
  options.direct = true;
  const File file{open("/segment", options)};
  BOOST_REQUIRE(static_cast<bool>(file));
  BOOST_TEST(wait([&](IoCallback done) { disk->allocate(file, 0, 1 << 20, std::move(done)); }) ==
             0);
  base::Random random(1);
  std::vector<base::MutableByteSpan> buffers;
  for (int i = 0; i < 4; ++i) {  // The arena holds two of these.
    buffers.push_back(disk->allocate_buffer(base::kIoBytesMax));
    for (std::byte& byte : buffers.back()) byte = static_cast<std::byte>(random.next());
    BOOST_TEST(write(file, buffers.back(), static_cast<uint64_t>(i) * base::kIoBytesMax) ==
               static_cast<int32_t>(base::kIoBytesMax));
  }
  BOOST_TEST(sync(file) == 0);
  const auto back = disk->allocate_buffer(8192);
  for (size_t i = 0; i < buffers.size(); ++i) {
    BOOST_TEST(read(file, back, i * base::kIoBytesMax + 4096) == 8192);
    BOOST_TEST(std::memcmp(back.data(), buffers[i].data() + 4096, 8192) == 0);
  }
  disk->free_buffer(back);
  for (const auto buffer : buffers) disk->free_buffer(buffer);
  BOOST_TEST(*disk->file_bytes(file) == 1u << 20);
  BOOST_TEST(close(file) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_read_across_the_end_is_short, DiskFixture) {
  const File plain{open("/file", create_options())};
  const std::string text(5000, 'x');
  BOOST_TEST(write(plain, base::as_bytes(text), 0) == 5000);
  std::string into(9000, '\0');
  BOOST_TEST(read(plain, std::as_writable_bytes(std::span(into)), 0) == 5000);
  BOOST_TEST(into.substr(0, 5000) == text);
  BOOST_TEST(read(plain, std::as_writable_bytes(std::span(into)), 5000) == 0);
  BOOST_TEST(close(plain) == 0);
  OpenOptions options;
  options.read = options.direct = true;
  const File direct{open("/file", options)};
  const auto buffer = disk->allocate_buffer(16384);
  BOOST_TEST(read(direct, buffer, 0) == 5000);
  BOOST_TEST(read(direct, buffer.first(4096), 4096) == 904);
  BOOST_TEST(read(direct, buffer, 8192) == 0);
  disk->free_buffer(buffer);
  BOOST_TEST(close(direct) == 0);
}

BOOST_FIXTURE_TEST_CASE(errors_are_negative_errnos, DiskFixture) {
  OpenOptions options;
  options.read = true;
  BOOST_TEST(open("/missing", options) == -ENOENT);
  const File file{open("/file", create_options())};
  OpenOptions exclusive = create_options();
  exclusive.exclusive = true;
  BOOST_TEST(open("/file", exclusive) == -EEXIST);
  const File reader{open("/file", options)};
  BOOST_TEST(write(reader, base::as_bytes("x"), 0) == -EBADF);
  BOOST_TEST(close(reader) == 0);
  BOOST_TEST(close(file) == 0);
  BOOST_TEST(wait([&](IoCallback done) {
               disk->rename(directory + "/missing", directory + "/to", std::move(done));
             }) == -ENOENT);
  BOOST_TEST(wait([&](IoCallback done) {
               disk->unlink(directory + "/missing", std::move(done));
             }) == -ENOENT);
  BOOST_TEST(wait([&](IoCallback done) {
               disk->sync_directory(directory + "/missing", std::move(done));
             }) == -ENOENT);
}

BOOST_FIXTURE_TEST_CASE(a_file_is_renamed_and_unlinked, DiskFixture) {
  const File file{open("/old", create_options())};
  BOOST_TEST(write(file, base::as_bytes("content"), 0) == 7);
  BOOST_TEST(wait([&](IoCallback done) {
               disk->rename(directory + "/old", directory + "/new", std::move(done));
             }) == 0);
  BOOST_TEST(wait([&](IoCallback done) { disk->sync_directory(directory, std::move(done)); }) == 0);
  BOOST_TEST(*disk->read_small_file(directory + "/new", 100) == "content");
  BOOST_TEST(wait([&](IoCallback done) { disk->unlink(directory + "/new", std::move(done)); }) ==
             0);
  BOOST_TEST(disk->list_directory(directory)->empty());
  BOOST_TEST(close(file) == 0);
}

BOOST_FIXTURE_TEST_CASE(appends_go_to_the_end, DiskFixture) {
  OpenOptions options = create_options();
  options.append = true;
  const File file{open("/log", options)};
  BOOST_TEST(write(file, base::as_bytes("one"), 0) == 3);
  BOOST_TEST(write(file, base::as_bytes("two"), 0) == 3);
  BOOST_TEST(*disk->read_small_file(directory + "/log", 100) == "onetwo");
  BOOST_TEST(close(file) == 0);
}

BOOST_FIXTURE_TEST_CASE(truncation_sets_the_length, DiskFixture) {
  const File file{open("/file", create_options())};
  BOOST_TEST(write(file, base::as_bytes("0123456789"), 0) == 10);
  BOOST_TEST(wait([&](IoCallback done) { disk->truncate(file, 4, std::move(done)); }) == 0);
  BOOST_TEST(*disk->read_small_file(directory + "/file", 100) == "0123");
  BOOST_TEST(close(file) == 0);
}

BOOST_FIXTURE_TEST_CASE(truncation_works_without_its_opcode, OldKernelFixture) {
  const File file{open("/file", create_options())};
  BOOST_TEST(wait([&](IoCallback done) { disk->truncate(file, 4097, std::move(done)); }) == 0);
  BOOST_TEST(*disk->file_bytes(file) == 4097u);
  BOOST_TEST(close(file) == 0);
}

BOOST_FIXTURE_TEST_CASE(many_reads_in_flight_each_get_their_bytes, DiskFixture) {
  const File file{open("/file", create_options())};
  std::string all(100 * 4096, '\0');
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i / 4096);
  for (size_t at = 0; at < all.size(); at += 40960)
    BOOST_TEST(write(file, base::as_bytes(std::string_view(all).substr(at, 40960)), at) == 40960);
  std::vector<std::string> into(100, std::string(4096, '\0'));
  size_t finished = 0;
  for (size_t i = 0; i < into.size(); ++i) {
    disk->read(file, std::as_writable_bytes(std::span(into[i])), i * 4096, IoClass::kColdRead,
               [&](int32_t result) {
                 BOOST_TEST(result == 4096);
                 ++finished;
               });
  }
  while (finished < into.size()) loop->turn(kWaitForever);
  for (size_t i = 0; i < into.size(); ++i)
    BOOST_TEST(into[i] == std::string(4096, static_cast<char>(i)));
  BOOST_TEST(close(file) == 0);
}

BOOST_FIXTURE_TEST_CASE(small_files_are_replaced_whole, DiskFixture) {
  const std::string path = directory + "/manifest";
  BOOST_TEST((disk->read_small_file(path, 10).error().code == base::ErrorCode::kNotFound));
  BOOST_TEST(disk->write_small_file(path, "first").ok());
  BOOST_TEST(disk->write_small_file(path, "second").ok());
  BOOST_TEST(*disk->read_small_file(path, 6) == "second");
  BOOST_TEST((disk->read_small_file(path, 5).error().code == base::ErrorCode::kInvalid));
  BOOST_TEST(disk->list_directory(directory)->size() == 1u);
  BOOST_TEST(!disk->write_small_file(directory + "/missing/file", "x").ok());
}

BOOST_FIXTURE_TEST_CASE(directories_are_made_listed_and_removed, DiskFixture) {
  BOOST_TEST(disk->make_directory(directory + "/sub").ok());
  BOOST_TEST(disk->make_directory(directory + "/sub").ok());
  BOOST_TEST(disk->write_small_file(directory + "/file", "x").ok());
  auto entries = *disk->list_directory(directory);
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  BOOST_REQUIRE(entries.size() == 2u);
  BOOST_TEST(entries[0].name == "file");
  BOOST_TEST(!entries[0].is_directory);
  BOOST_TEST(entries[1].is_directory);
  BOOST_TEST(!disk->make_directory(directory + "/file").ok());
  BOOST_TEST(disk->file_status(directory + "/sub")->is_directory);
  BOOST_TEST(disk->file_status(directory + "/file")->bytes == 1u);
  BOOST_TEST(disk->remove_directory(directory + "/sub").ok());
  BOOST_TEST(disk->remove_file(directory + "/file").ok());
  const auto system = disk->file_system_status(directory);
  BOOST_REQUIRE(system.ok());
  BOOST_TEST(system->free_bytes > 0u);
  BOOST_TEST(system->total_bytes >= system->free_bytes);
  BOOST_TEST(disk->list_directory(directory)->empty());
  BOOST_TEST(!disk->file_system_status(directory + "/missing").ok());
}

BOOST_FIXTURE_TEST_CASE(a_lock_has_one_owner_and_names_it, DiskFixture) {
  const std::string path = directory + "/lock";
  int owner = -1;
  BOOST_TEST(disk->lock_file(path, &owner).ok());
  const auto again = disk->lock_file(path, &owner);
  BOOST_REQUIRE(!again.ok());
  BOOST_TEST((again.error().code == base::ErrorCode::kBusy));
  BOOST_TEST(owner == getpid());
  disk.reset();
  disk = std::make_unique<UringDisk>(loop.get(), helpers.get(), UringDiskOptions{});
  BOOST_TEST(disk->lock_file(path, &owner).ok());
}

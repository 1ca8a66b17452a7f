#define BOOST_TEST_MODULE sim_disk
#include "iouring/sim_disk.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <set>
#include <string>

using namespace iouring;

namespace {

struct SimDiskFixture {
  base::SimClock clock;
  SimLoop loop{7, &clock};
  SimDisk disk{&loop};

  SimDiskFixture() { BOOST_REQUIRE(disk.make_directory("/d").ok()); }

  template <class Start>
  int32_t wait(Start start) {
    int32_t outcome = 0;
    bool over = false;
    start([&](int32_t result) {
      outcome = result;
      over = true;
    });
    BOOST_TEST(!over);
    while (!over) loop.turn(kWaitForever);
    return outcome;
  }
  File open(const std::string& path, bool create = true) {
    OpenOptions options;
    options.read = options.write = true;
    options.create = create;
    return File{wait([&](IoCallback done) { disk.open(path, options, std::move(done)); })};
  }
  int32_t write(File file, std::string_view text, uint64_t offset) {
    return wait([&](IoCallback done) {
      disk.write(file, base::as_bytes(text), offset, IoClass::kAof, std::move(done));
    });
  }
  int32_t sync(File file) {
    return wait([&](IoCallback done) { disk.sync(file, true, IoClass::kAof, std::move(done)); });
  }
  int32_t sync_directory() {
    return wait([&](IoCallback done) { disk.sync_directory("/d", std::move(done)); });
  }
  int32_t rename(const std::string& from, const std::string& to) {
    return wait([&](IoCallback done) { disk.rename(from, to, std::move(done)); });
  }
  void crash(uint64_t seed) {
    disk.crash(seed);
    loop.drop_all();
  }
  std::string content(const std::string& path) {
    auto text = disk.read_small_file(path, 1 << 20);
    return text.ok() ? *text : "(none)";
  }
};

// What a fresh disk shows of `path` after `prepare` and a crash, over many seeds.
template <class Prepare>
std::set<std::string> outcomes(const std::string& path, Prepare prepare) {
  std::set<std::string> seen;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SimDiskFixture fixture;
    prepare(fixture);
    fixture.crash(seed);
    seen.insert(fixture.content(path));
  }
  return seen;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_is_written_can_be_read, SimDiskFixture) {
  const File file = open("/d/f");
  BOOST_TEST(write(file, "hello world", 5000) == 11);
  std::string into(20, 'x');
  BOOST_TEST(wait([&](IoCallback done) {
               disk.read(file, std::as_writable_bytes(std::span(into)), 4998, IoClass::kColdRead,
                         std::move(done));
             }) == 13);
  BOOST_TEST(into.substr(0, 13) == std::string("\0\0hello world", 13));
  BOOST_TEST(*disk.file_bytes(file) == 5011u);
  BOOST_TEST(disk.used_bytes() == 5011u);
  BOOST_TEST(disk.list_directory("/d")->at(0).name == "f");
}

BOOST_AUTO_TEST_CASE(synced_data_and_names_survive_every_crash) {
  const auto seen = outcomes("/d/f", [](SimDiskFixture& f) {
    const File file = f.open("/d/f");
    f.write(file, "kept", 0);
    f.sync(file);
    f.sync_directory();
  });
  BOOST_TEST(seen == std::set<std::string>{"kept"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(unsynced_data_is_kept_lost_or_torn_at_sectors) {
  const std::string old_text(8192, 'o'), new_text(8192, 'n');
  const auto seen = outcomes("/d/f", [&](SimDiskFixture& f) {
    const File file = f.open("/d/f");
    f.write(file, old_text, 0);
    f.sync(file);
    f.sync_directory();
    f.write(file, new_text, 0);
  });
  BOOST_TEST(seen.contains(old_text));
  BOOST_TEST(seen.contains(new_text));
  BOOST_TEST(seen.size() > 20u);
  for (const std::string& text : seen) {
    for (size_t at = 0; at < text.size(); at += 512)
      BOOST_REQUIRE(text.substr(at, 512) == std::string(512, text[at]));
  }
}

BOOST_AUTO_TEST_CASE(a_write_in_flight_at_the_crash_may_have_arrived) {
  const std::string text(4096, 'n');
  const auto seen = outcomes("/d/f", [&](SimDiskFixture& f) {
    const File file = f.open("/d/f");
    f.sync_directory();
    f.disk.write(file, base::as_bytes(text), 0, IoClass::kAof, [](int32_t) {});
  });
  BOOST_TEST(seen.contains(""));
  BOOST_TEST(seen.contains(text));
}

BOOST_AUTO_TEST_CASE(a_rename_without_a_directory_sync_may_be_lost) {
  const auto prepare = [](SimDiskFixture& f) {
    for (const char* name : {"/d/old", "/d/new"}) {
      const File file = f.open(name);
      f.write(file, name, 0);
      f.sync(file);
    }
    f.sync_directory();
    f.rename("/d/new", "/d/old");
  };
  const auto unsynced = outcomes("/d/old", prepare);
  BOOST_TEST(unsynced == (std::set<std::string>{"/d/new", "/d/old"}),
             boost::test_tools::per_element());
  const auto synced = outcomes("/d/old", [&](SimDiskFixture& f) {
    prepare(f);
    f.sync_directory();
  });
  BOOST_TEST(synced == std::set<std::string>{"/d/new"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_failed_sync_may_lose_data_that_a_later_sync_seems_to_cover) {
  uint64_t loop_seed = 0;
  const auto seen = outcomes("/d/f", [&](SimDiskFixture& f) {
    f.loop.random() = base::Random(++loop_seed);
    const File file = f.open("/d/f");
    f.sync_directory();
    f.write(file, "data", 0);
    f.disk.fail(SimOperation::kSync, 1, -EIO);
    BOOST_TEST(f.sync(file) == -EIO);
    BOOST_TEST(f.content("/d/f") == "data");
    BOOST_TEST(f.sync(file) == 0);
  });
  BOOST_TEST(seen.contains(""));
  BOOST_TEST(seen.contains("data"));
}

BOOST_FIXTURE_TEST_CASE(the_nth_operation_fails_as_told, SimDiskFixture) {
  const File file = open("/d/f");
  disk.fail(SimOperation::kWrite, 2, -ENOSPC);
  disk.fail(SimOperation::kRead, 1, -EIO);
  BOOST_TEST(write(file, "one", 0) == 3);
  BOOST_TEST(write(file, "two", 0) == -ENOSPC);
  BOOST_TEST(content("/d/f") == "one");
  BOOST_TEST(write(file, "three", 0) == 5);
  std::string into(5, '\0');
  const auto read = [&] {
    return wait([&](IoCallback done) {
      disk.read(file, std::as_writable_bytes(std::span(into)), 0, IoClass::kColdRead,
                std::move(done));
    });
  };
  BOOST_TEST(read() == -EIO);
  BOOST_TEST(read() == 5);
  disk.corrupt("/d/f", 1, 2);
  BOOST_TEST(read() == 5);
  BOOST_TEST(into.substr(0, 1) == "t");
  BOOST_TEST(into.substr(1, 2) != "hr");
  BOOST_TEST(into.substr(3) == "ee");
  BOOST_TEST(disk.count(SimOperation::kWrite) == 3u);
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_refuses_to_grow_a_file, SimDiskFixture) {
  disk.set_capacity(10);
  const File file = open("/d/f");
  BOOST_TEST(write(file, "0123456789", 0) == 10);
  BOOST_TEST(write(file, "x", 10) == -ENOSPC);
  BOOST_TEST(write(file, "x", 9) == 1);
  BOOST_TEST(wait([&](IoCallback done) { disk.allocate(file, 0, 11, std::move(done)); }) ==
             -ENOSPC);
  BOOST_TEST(disk.file_system_status("/d")->free_bytes == 0u);
}

BOOST_FIXTURE_TEST_CASE(direct_transfers_must_be_aligned, SimDiskFixture) {
  OpenOptions options;
  options.read = options.write = options.create = options.direct = true;
  const File file{wait([&](IoCallback done) { disk.open("/d/f", options, std::move(done)); })};
  const auto buffer = disk.allocate_buffer(4096);
  const auto write_at = [&](base::ByteSpan bytes, uint64_t offset) {
    return wait([&](IoCallback done) {
      disk.write(file, bytes, offset, IoClass::kDemotion, std::move(done));
    });
  };
  BOOST_TEST(write_at(buffer, 4096) == 4096);
  BOOST_TEST(write_at(buffer, 512) == -EINVAL);
  BOOST_TEST(write_at(buffer.first(100), 0) == -EINVAL);
  disk.free_buffer(buffer);
}

BOOST_FIXTURE_TEST_CASE(names_follow_the_rules_of_a_file_system, SimDiskFixture) {
  OpenOptions options;
  options.read = true;
  const auto try_open = [&](const std::string& path) {
    return wait([&](IoCallback done) { disk.open(path, options, std::move(done)); });
  };
  BOOST_TEST(try_open("/d/missing") == -ENOENT);
  options.write = options.create = true;
  BOOST_TEST(try_open("/nowhere/f") == -ENOENT);
  BOOST_TEST(try_open("/d") == -EISDIR);
  const File file{try_open("/d/f")};
  options.exclusive = true;
  BOOST_TEST(try_open("/d/f") == -EEXIST);
  BOOST_TEST(wait([&](IoCallback done) { disk.unlink("/d/f", std::move(done)); }) == 0);
  BOOST_TEST(wait([&](IoCallback done) { disk.unlink("/d/f", std::move(done)); }) == -ENOENT);
  BOOST_TEST(write(file, "still open", 0) == 10);
  BOOST_TEST(wait([&](IoCallback done) { disk.close(file, std::move(done)); }) == 0);
  BOOST_TEST(disk.write_small_file("/d/m", "whole").ok());
  crash(1);
  BOOST_TEST(content("/d/m") == "whole");
  int owner = 0;
  BOOST_TEST(disk.lock_file("/d/lock", &owner).ok());
  BOOST_TEST(!disk.lock_file("/d/lock", &owner).ok());
  crash(2);
  BOOST_TEST(disk.lock_file("/d/lock", &owner).ok());
}

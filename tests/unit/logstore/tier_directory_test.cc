#define BOOST_TEST_MODULE logstore_tier_directory
#include "logstore/tier_directory.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/logstore/fixture.h"

namespace logstore {
namespace {

struct Taken {
  base::Status status = base::ok_status();
  int owner_pid = 0;
  std::string foreign;
};

Taken take(Machine& machine) {
  Taken taken;
  taken.status = take_tier_directory(machine.disk, kTier, &taken.owner_pid, &taken.foreign);
  return taken;
}

BOOST_AUTO_TEST_CASE(a_new_directory_gets_a_readme_and_an_empty_segments) {
  Machine machine(1);
  BOOST_REQUIRE(take(machine).status.ok());
  BOOST_TEST(machine.disk.list_directory("/tier/segments")->empty());
  const auto readme = machine.disk.read_small_file("/tier/README.txt", 4096);
  BOOST_REQUIRE(readme.ok());
  BOOST_TEST(readme->find("no backup") != std::string::npos);
  BOOST_TEST(readme->find("BGSAVE") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_left_directory_is_emptied_but_for_its_index) {
  Machine machine(1);
  for (const char* directory : {"/tier", "/tier/segments", "/tier/index"})
    BOOST_REQUIRE(machine.disk.make_directory(directory).ok());
  for (const char* file :
       {"/tier/segments/0000002a.seg", "/tier/README.txt", "/tier/index/CURRENT"})
    BOOST_REQUIRE(machine.disk.write_small_file(file, "old").ok());
  BOOST_REQUIRE(take(machine).status.ok());
  BOOST_TEST(machine.disk.list_directory("/tier/segments")->empty());
  BOOST_TEST(machine.disk.file_status("/tier/index/CURRENT").ok());
}

BOOST_AUTO_TEST_CASE(a_directory_with_a_foreign_file_is_refused_and_left_alone) {
  for (const char* foreign : {"/tier/family.jpg", "/tier/segments/notes.txt",
                              "/tier/segments/0000002A.seg", "/tier/segments/02a.seg"}) {
    Machine machine(1);
    BOOST_REQUIRE(machine.disk.make_directory("/tier").ok());
    BOOST_REQUIRE(machine.disk.make_directory("/tier/segments").ok());
    BOOST_REQUIRE(machine.disk.write_small_file("/tier/segments/00000001.seg", "old").ok());
    BOOST_REQUIRE(machine.disk.write_small_file(foreign, "mine").ok());
    const Taken taken = take(machine);
    BOOST_REQUIRE(!taken.status.ok());
    BOOST_TEST((taken.status.error().code == base::ErrorCode::kInvalid));
    BOOST_TEST(taken.foreign == foreign);
    BOOST_TEST(machine.disk.file_status("/tier/segments/00000001.seg").ok());
    BOOST_TEST(!machine.disk.file_status("/tier/lock").ok());
  }
}

BOOST_AUTO_TEST_CASE(a_directory_in_use_is_refused) {
  Machine machine(1);
  BOOST_REQUIRE(take(machine).status.ok());
  const Taken taken = take(machine);
  BOOST_REQUIRE(!taken.status.ok());
  BOOST_TEST((taken.status.error().code == base::ErrorCode::kBusy));
}

BOOST_AUTO_TEST_CASE(segments_are_named_by_their_id_in_hexadecimal) {
  BOOST_TEST(segment_path("/tier", 42) == "/tier/segments/0000002a.seg");
  BOOST_TEST(index_directory("/tier") == "/tier/index");
}

}  // namespace
}  // namespace logstore

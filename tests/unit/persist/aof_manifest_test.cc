#define BOOST_TEST_MODULE persist_aof_manifest
#include "persist/aof_manifest.h"

#include <boost/test/unit_test.hpp>

namespace persist {
namespace {

const std::string kName = "appendonly.aof";

std::string parse_error(std::string_view text) {
  std::string message;
  const base::Result<AofManifest> manifest = AofManifest::parse(kName, text, &message);
  BOOST_REQUIRE(!manifest.ok());
  return message.substr(message.rfind('\n') + 1);
}

BOOST_AUTO_TEST_CASE(a_manifest_of_redis_is_read_and_written_byte_for_byte) {
  const std::string text =
      "file appendonly.aof.2.base.rdb seq 2 type b\n"
      "file appendonly.aof.1.base.rdb seq 1 type h\n"
      "file appendonly.aof.1.incr.aof seq 1 type h\n"
      "file appendonly.aof.2.incr.aof seq 2 type i\n"
      "file appendonly.aof.3.incr.aof seq 3 type i\n";
  std::string message;
  base::Result<AofManifest> manifest = AofManifest::parse(kName, text, &message);
  BOOST_REQUIRE(manifest.ok());
  BOOST_TEST(manifest->format() == text);
  BOOST_TEST(manifest->base()->name == "appendonly.aof.2.base.rdb");
  BOOST_TEST(manifest->history().size() == 2u);
  BOOST_TEST(manifest->increments().size() == 2u);
  BOOST_TEST(manifest->next_base_name(true) == "appendonly.aof.3.base.rdb");
  BOOST_TEST(manifest->add_increment().name == "appendonly.aof.4.incr.aof");
}

BOOST_AUTO_TEST_CASE(comments_other_keys_case_and_quotes_are_understood) {
  std::string message;
  const base::Result<AofManifest> manifest = AofManifest::parse(
      kName, "# a comment\nFILE \"my file.1.incr.aof\" Seq 1 note x TYPE i\r\n", &message);
  BOOST_REQUIRE(manifest.ok());
  BOOST_TEST(manifest->increments().front().name == "my file.1.incr.aof");
  BOOST_TEST(manifest->format() == "file \"my file.1.incr.aof\" seq 1 type i\n");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said_in_the_words_of_redis) {
  BOOST_TEST(parse_error("") == "Found an empty AOF manifest");
  BOOST_TEST(parse_error("\n") == "Invalid AOF manifest file format");
  BOOST_TEST(parse_error("file a seq 1\n") == "Invalid AOF manifest file format");
  BOOST_TEST(parse_error("file a seq x type b\n") == "Invalid AOF manifest file format");
  BOOST_TEST(parse_error("file a seq 1 type\n") == "Invalid AOF manifest file format");
  BOOST_TEST(parse_error("file \"a seq 1 type b\n") == "Invalid AOF manifest file format");
  BOOST_TEST(parse_error("file a seq 1 type x\n") == "Unknown AOF file type");
  BOOST_TEST(parse_error("file ../a seq 1 type b\n") == "File can't be a path, just a filename");
  BOOST_TEST(parse_error("file a seq 1 type b\nfile b seq 2 type b\n") ==
             "Found duplicate base file information");
  BOOST_TEST(parse_error("file a seq 2 type i\nfile b seq 2 type i\n") ==
             "Found a non-monotonic sequence number");
  BOOST_TEST(parse_error("file a seq 2 type i") == "The AOF manifest file contains too long line");
  BOOST_TEST(parse_error("file " + std::string(2000, 'a') + " seq 2 type i\n") ==
             "The AOF manifest file contains too long line");
}

BOOST_AUTO_TEST_CASE(a_rewrite_makes_history_of_what_it_replaces) {
  AofManifest manifest(kName);
  BOOST_TEST(manifest.empty());
  manifest.add_base(true);
  manifest.add_increment();
  manifest.add_increment();
  manifest.add_base(false);
  manifest.retire_increments(1);
  BOOST_TEST(manifest.format() ==
             "file appendonly.aof.2.base.aof seq 2 type b\n"
             "file appendonly.aof.1.base.rdb seq 1 type h\n"
             "file appendonly.aof.1.incr.aof seq 1 type h\n"
             "file appendonly.aof.2.incr.aof seq 2 type i\n");
  manifest.forget_history();
  BOOST_TEST(manifest.history().empty());
}

BOOST_AUTO_TEST_CASE(the_single_file_of_redis_6_becomes_the_base) {
  AofManifest manifest(kName);
  manifest.adopt_base(kName);
  BOOST_TEST(manifest.format() == "file appendonly.aof seq 1 type b\n");
  BOOST_TEST(manifest.add_increment().name == "appendonly.aof.1.incr.aof");
}

}  // namespace
}  // namespace persist

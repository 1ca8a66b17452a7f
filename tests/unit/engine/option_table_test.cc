#define BOOST_TEST_MODULE option_table
#include "engine/option_table.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/config.h"
#include "engine/option_documents.h"
#include "tests/unit/engine/fake_environment.h"

namespace engine {
namespace {

const std::string kSourceRoot = BASALT_SOURCE_ROOT;

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Compares a file with what the table says, or writes it when BASALT_WRITE_DOCUMENTS is set.
void check_document(const std::string& path, const std::string& text) {
  if (std::getenv("BASALT_WRITE_DOCUMENTS") != nullptr) {
    std::ofstream(kSourceRoot + "/" + path) << text;
    return;
  }
  BOOST_TEST((content_of(kSourceRoot + "/" + path) == text),
             path << " is not what the option table says: run this test with "
                     "BASALT_WRITE_DOCUMENTS=1 and commit it");
}

BOOST_AUTO_TEST_CASE(names_are_unique_and_found_in_any_case) {
  std::set<std::string_view> names;
  for (const Option& option : option_table()) {
    BOOST_TEST(names.insert(option.name).second, option.name);
    BOOST_TEST(find_option(option.name) == &option);
    if (option.alias.empty()) continue;
    BOOST_TEST(names.insert(option.alias).second, option.alias);
    BOOST_TEST(find_option(option.alias) == &option);
  }
  BOOST_TEST(find_option("MaxMemory")->name == "maxmemory");
  BOOST_TEST(find_option("nope") == nullptr);
}

BOOST_AUTO_TEST_CASE(every_option_has_help_and_a_valid_default) {
  for (const Option& option : option_table()) {
    BOOST_TEST(!option.help.empty(), option.name);
    BOOST_TEST(option.help.back() == '.', option.name);
    if (option.name == "dir") continue;
    Options options;
    std::vector<std::string> words = {option_default_text(option)};
    if (option.has(option_flag::kMultiWord)) continue;
    const OptionSetResult result = set_option(option, options, words);
    BOOST_TEST(result.ok, option.name << ": " << result.reason);
    BOOST_TEST(option_text(option, options) == words[0], option.name);
  }
}

BOOST_AUTO_TEST_CASE(sections_begin_at_options) {
  for (const OptionSection& section : option_sections())
    BOOST_TEST(find_option(section.first) != nullptr, section.title);
}

BOOST_AUTO_TEST_CASE(sizes_are_read_as_redis_reads_them) {
  const auto bytes = [](std::string_view text) {
    uint64_t value = 0;
    return parse_bytes(text, &value) ? static_cast<int64_t>(value) : -1;
  };
  BOOST_TEST(bytes("0") == 0);
  BOOST_TEST(bytes("100") == 100);
  BOOST_TEST(bytes("100b") == 100);
  BOOST_TEST(bytes("2k") == 2000);
  BOOST_TEST(bytes("2KB") == 2048);
  BOOST_TEST(bytes("3m") == 3'000'000);
  BOOST_TEST(bytes("3Mb") == 3 * 1024 * 1024);
  BOOST_TEST(bytes("1g") == 1'000'000'000);
  BOOST_TEST(bytes("1gb") == 1 << 30);
  BOOST_TEST(bytes("-1") == -1);
  BOOST_TEST(bytes("1x") == -1);
  BOOST_TEST(bytes("1 mb") == -1);
  BOOST_TEST(format_bytes(1 << 30) == "1gb");
  BOOST_TEST(format_bytes(3 << 20) == "3mb");
  BOOST_TEST(format_bytes(5 << 10) == "5kb");
  BOOST_TEST(format_bytes(1000) == "1000");
  BOOST_TEST(format_bytes(0) == "0");
}

BOOST_AUTO_TEST_CASE(the_documents_say_what_the_table_says) {
  check_document("docs/configuration.md", configuration_document());
  check_document("basalt.conf", sample_configuration());
}

BOOST_AUTO_TEST_CASE(the_sample_configuration_is_valid_and_turns_the_tier_on) {
  FakeEnvironment environment;
  environment.files["/cwd/basalt.conf"] = sample_configuration();
  const auto result = Config::load({.file = "basalt.conf"}, &environment);
  BOOST_REQUIRE_MESSAGE(result.config != nullptr, result.error);
  BOOST_TEST(result.config->options().tier);
  BOOST_TEST(result.config->options().maxmemory_percent == 75);
  BOOST_TEST(result.warnings.empty());
  // Every line that is commented out is valid too.
  std::string all = sample_configuration();
  for (const Option& option : option_table()) {
    const std::string line = "\n# " + std::string(option.name) + " ";
    const size_t at = all.find(line);
    if (at != std::string::npos) all.erase(at + 1, 2);
  }
  environment.directories.insert("/cwd/./");
  environment.files["/cwd/basalt.conf"] = all;
  const auto whole = Config::load({.file = "basalt.conf"}, &environment);
  BOOST_REQUIRE_MESSAGE(whole.config != nullptr, whole.error);
  Options expected;
  for (const Option& option : option_table()) {
    const std::set<std::string_view> kOther = {"maxmemory", "tier", "bind", "dir"};
    if (kOther.contains(option.name)) continue;
    BOOST_TEST(option_text(option, whole.config->options()) == option_text(option, expected),
               option.name);
  }
}

}  // namespace
}  // namespace engine

// Runs a fuzz target over its corpus and mutations of it, without libFuzzer: an ordinary test.
//
//   replay CORPUS-DIRECTORY DICTIONARY MUTATIONS
//
// First every file as it is, then MUTATIONS inputs derived from them by a fixed seed and by the
// dictionary's words (libFuzzer's format, without names). Prints executions and edges. After a
// fault the input is left in the file crash-input.

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "resp/split_arguments.h"
#include "tests/fuzz/edge_counter.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr uint64_t kSeed = 1;
constexpr size_t kInputBytesMax = 128 * 1024;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  CHECK(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> read_corpus(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (entry.is_regular_file()) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus;
  for (const auto& path : paths) corpus.push_back(read_file(path));
  return corpus;
}

std::vector<std::string> read_dictionary(const std::filesystem::path& path) {
  std::vector<std::string> words;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (!line.starts_with('#')) CHECK(resp::split_arguments(line, &words));
  return words;
}

class Mutator {
 public:
  Mutator(std::vector<std::string> corpus, std::vector<std::string> words)
      : corpus_(std::move(corpus)), words_(std::move(words)) {}

  std::string next() {
    std::string input = one_of(corpus_);
    const uint64_t changes = 1 + random_.below(6);
    for (uint64_t i = 0; i < changes && !input.empty(); ++i) change(&input);
    if (input.size() > kInputBytesMax) input.resize(kInputBytesMax);
    return input;
  }

 private:
  const std::string& one_of(const std::vector<std::string>& list) {
    return list[random_.below(list.size())];
  }

  void change(std::string* input) {
    const size_t at = random_.below(input->size());
    const size_t bytes = 1 + random_.below(random_.one_in(8) ? 4096 : 8);
    switch (random_.below(7)) {
      case 0:
        (*input)[at] = static_cast<char>(random_.next());
        break;
      case 1:
        (*input)[at] = static_cast<char>((*input)[at] ^ (1 << random_.below(8)));
        break;
      case 2:
        input->erase(at, bytes);
        break;
      case 3:
        input->insert(at, input->substr(random_.below(input->size()), bytes));
        break;
      case 4:
        input->insert(at, one_of(words_));
        break;
      case 5: {
        const std::string& word = one_of(words_);
        input->replace(at, word.size(), word);
        break;
      }
      case 6: {
        const std::string& other = one_of(corpus_);
        input->replace(at, std::string::npos, other, random_.below(other.size() + 1),
                       std::string::npos);
        break;
      }
    }
  }

  base::Random random_{kSeed};
  const std::vector<std::string> corpus_;
  const std::vector<std::string> words_;
};

const std::string*& running_input() {
  static const std::string* input = nullptr;  // For the signal handler, which gets no argument.
  return input;
}

void save_input(int signal_number) {
  // Not safe in a signal handler, but the process is lost anyway and the input may be saved.
  std::signal(signal_number, SIG_DFL);
  if (running_input() != nullptr) {
    std::ofstream file("crash-input", std::ios::binary);
    file << *running_input();
  }
  std::raise(signal_number);
}

void run(const std::string& input) {
  running_input() = &input;
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  running_input() = nullptr;
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 4) {
    fmt::print(stderr, "usage: {} CORPUS-DIRECTORY DICTIONARY MUTATIONS\n", arguments[0]);
    return 2;
  }
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) std::signal(number, save_input);
  const auto corpus = read_corpus(arguments[1]);
  CHECK(!corpus.empty());
  for (const std::string& input : corpus) run(input);
  const size_t corpus_edges = fuzz::edges_seen();

  Mutator mutator(corpus, read_dictionary(arguments[2]));
  const uint64_t mutations = std::strtoull(arguments[3], nullptr, 10);
  for (uint64_t i = 0; i < mutations; ++i) run(mutator.next());
  fmt::print("{} executions: {} corpus files ({} edges), {} mutations of seed {} ({} edges)\n",
             corpus.size() + mutations, corpus.size(), corpus_edges, mutations, kSeed,
             fuzz::edges_seen());
  return 0;
}

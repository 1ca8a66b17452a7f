// What one parsed command and one reply cost. Each iteration is one pipeline of 16 commands in one
// piece, as a connection receives it; "each" is the time of one command or reply.

#include <benchmark/benchmark.h>
#include <sys/uio.h>

#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "resp/command_parser.h"
#include "resp/reply_writer.h"

namespace {

constexpr int kPipeline = 16;

std::string bulk(std::string_view bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + std::string(bytes) + "\r\n";
}

std::string encoded(const std::vector<std::string>& command) {
  std::string out = "*" + std::to_string(command.size()) + "\r\n";
  for (const std::string& argument : command) out += bulk(argument);
  return out;
}

std::string key(base::Random* random) {
  std::string digits = std::to_string(random->below(1000000));
  return "key:" + std::string(12 - digits.size(), '0') + digits;
}

std::vector<std::string> get(base::Random* random) { return {"GET", key(random)}; }

std::vector<std::string> set(base::Random* random) {
  return {"SET", key(random), std::string(64, 'v')};
}

std::vector<std::string> set_of_any_length(base::Random* random) {
  return {"SET", key(random), std::string(random->below(1200), 'v')};
}

std::vector<std::string> mset10(base::Random* random) {
  const std::string value(64, 'v');
  std::vector<std::string> command = {"MSET"};
  for (int i = 0; i < 10; ++i) {
    command.push_back(key(random));
    command.push_back(value);
  }
  return command;
}

// 50 connections' pipelines, so that neither the branch predictor nor the first cache level knows
// the input by heart.
std::vector<std::string> pipelines(std::vector<std::string> (*command)(base::Random*)) {
  base::Random random(1);
  std::vector<std::string> inputs(50);
  for (std::string& input : inputs)
    for (int i = 0; i < kPipeline; ++i) input += encoded(command(&random));
  return inputs;
}

void report(benchmark::State& state, size_t bytes) {
  state.SetItemsProcessed(state.iterations() * kPipeline);
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
  state.counters["each"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kPipeline,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void parse(benchmark::State& state, std::vector<std::string> (*command)(base::Random*)) {
  const auto inputs = pipelines(command);
  resp::CommandParser parser;
  resp::ArgumentArena arena;
  size_t turn = 0, bytes = 0;
  for (auto _ : state) {
    std::string_view input = inputs[turn++ % inputs.size()];
    bytes += input.size();
    while (!input.empty()) {
      CHECK(parser.parse(input, &arena) == resp::ParseStatus::kCommand);
      benchmark::DoNotOptimize(parser.arguments().data());
      input.remove_prefix(parser.consumed());
    }
    arena.clear();
  }
  report(state, bytes);
}

// Every pipeline comes in two pieces, cut in the middle of a command.
void parse_cut(benchmark::State& state) {
  const auto inputs = pipelines(set);
  resp::CommandParser parser;
  resp::ArgumentArena arena;
  size_t turn = 0, bytes = 0;
  for (auto _ : state) {
    const std::string_view whole = inputs[turn++ % inputs.size()];
    bytes += whole.size();
    size_t begin = 0;
    for (const size_t end : {whole.size() / 2 + 40, whole.size()}) {
      while (parser.parse(whole.substr(begin, end - begin), &arena) ==
             resp::ParseStatus::kCommand) {
        benchmark::DoNotOptimize(parser.arguments().data());
        begin += parser.consumed();
      }
    }
    arena.clear();
  }
  report(state, bytes);
}

// 16 replies, gathered and sent.
template <class Write>
void reply(benchmark::State& state, Write write) {
  resp::BlockPool pool;
  resp::OutputBuffer out(&pool);
  resp::ReplyWriter writer(&out);
  size_t bytes = 0;
  for (auto _ : state) {
    for (int i = 0; i < kPipeline; ++i) write(writer);
    iovec iovecs[8];
    benchmark::DoNotOptimize(out.gather(iovecs));
    bytes += out.in_flight_bytes();
    out.sent();
    CHECK(out.empty());
  }
  report(state, bytes);
}

void reply_ok(benchmark::State& state) {
  reply(state, [](resp::ReplyWriter& writer) { writer.ok(); });
}
void reply_bulk64(benchmark::State& state) {
  const std::string value(64, 'v');
  reply(state, [&](resp::ReplyWriter& writer) {
    benchmark::DoNotOptimize(value.data());
    writer.bulk(value);
  });
}
void reply_integer(benchmark::State& state) {
  reply(state, [](resp::ReplyWriter& writer) { writer.integer(1234567); });
}

BENCHMARK_CAPTURE(parse, get, get);
BENCHMARK_CAPTURE(parse, set, set);
BENCHMARK_CAPTURE(parse, set_of_any_length, set_of_any_length);
BENCHMARK_CAPTURE(parse, mset10, mset10);
BENCHMARK(parse_cut);
BENCHMARK(reply_ok);
BENCHMARK(reply_bulk64);
BENCHMARK(reply_integer);

}  // namespace

BENCHMARK_MAIN();

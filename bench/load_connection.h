// LoadConnection: one client of the load generator.
//
// It writes a batch of `pipeline` requests, verifies their replies as they arrive, and writes the
// next batch when the last one came.

#ifndef BASALT_BENCH_LOAD_CONNECTION_H_
#define BASALT_BENCH_LOAD_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "bench/load_options.h"
#include "bench/load_work.h"

namespace bench {

class LoadConnection {
 public:
  // All three outlive it.
  LoadConnection(const LoadOptions* options, Work* work, const base::Clock* clock);
  ~LoadConnection();
  LoadConnection(const LoadConnection&) = delete;
  LoadConnection& operator=(const LoadConnection&) = delete;

  base::Status connect();
  int descriptor() const { return descriptor_; }

  // Writes the first batch. False when there was no work left.
  bool begin();
  // REQUIRES: the descriptor is readable or writable. False when this connection is done: no work
  // is left, or the connection failed, which the outcome then says.
  bool advance();
  bool wants_to_write() const { return written_ < output_.size(); }

 private:
  struct Expected {
    Operation operation;
    uint32_t first;  // Its keys in keys_.
    uint32_t count;
  };
  enum class Parsed { kWhole, kPart, kBroken };

  void add_request();
  void add_command(std::string_view name, size_t arguments);
  void add_bulk(std::string_view bytes);
  bool write_more();
  bool read_more();
  // Verifies the replies that are whole.
  bool take_replies();
  Parsed take_reply();
  Parsed take_value(const Expected& expected, std::string_view line, size_t* at);
  bool line_at(size_t at, std::string_view* line) const;
  bool bulk_at(size_t at, size_t bytes) const;
  void judge(uint64_t key, std::string_view value);
  void judge_missing();

  const LoadOptions* const options_;
  Work* const work_;
  const base::Clock* const clock_;
  int descriptor_ = -1;
  std::string output_;
  size_t written_ = 0;
  std::string input_;
  size_t parsed_ = 0;
  std::string scratch_;
  std::vector<Expected> expected_;
  size_t answered_ = 0;
  std::vector<uint64_t> keys_;
  uint64_t sent_ns_ = 0;
};

}  // namespace bench

#endif  // BASALT_BENCH_LOAD_CONNECTION_H_

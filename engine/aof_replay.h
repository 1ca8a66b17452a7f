// AofReplay: executes the commands of one append only file, in slices, with bounded memory.
//
// They run through a session and the gate like a client's: the keys of commands further on are read
// while one waits, demotion makes room, and no more of the file is in memory than what is being
// executed. A transaction has no effect before its EXEC has been read.
//
// Loop thread only.

#ifndef BASALT_ENGINE_AOF_REPLAY_H_
#define BASALT_ENGINE_AOF_REPLAY_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/counted_allocator.h"
#include "base/function.h"
#include "engine/gate.h"
#include "engine/large_command.h"
#include "engine/session.h"
#include "persist/aof_reader.h"
#include "persist/file_stream.h"
#include "resp/argument_arena.h"
#include "resp/block_pool.h"
#include "resp/output_buffer.h"

namespace engine {

class Engine;
class AofReplay final : public CommandSource {
 public:
  struct Result {
    std::string failure;      // Why it ended early; empty: it did not.
    bool truncated = false;   // The file ends inside of a command or of a transaction,
    uint64_t good_bytes = 0;  // and up to here it is whole.
  };
  using Done = base::InlineFunction<void(const Result&)>;

  // Executes what stands from `offset` to `end`. `engine` outlives the replay.
  AofReplay(Engine* engine, std::string path, uint64_t offset, uint64_t end);
  ~AofReplay();
  AofReplay(const AofReplay&) = delete;
  AofReplay& operator=(const AofReplay&) = delete;

  // `done` runs once; the replay may then be destroyed from a later turn.
  void begin(Done done);
  // Gives up; `done` follows.
  void cancel();
  // Executes a few commands; true when there is more to do at once.
  bool step();

  uint64_t offset() const { return buffer_offset_ + executed_; }
  uint64_t commands() const { return commands_; }
  // That replied with an error, which a file that a server wrote has not.
  uint64_t errors() const { return errors_; }

  // CommandSource.
  void on_runnable() override { session_.parked = false; }

 private:
  using Words = std::vector<std::string>;

  struct Item {
    size_t end;  // In view().
    CommandWords words;
    Request request;
  };
  enum class Ran : uint8_t { kDone, kWaits, kFailed };

  std::string_view view() const { return {buffer_.data(), buffer_.size()}; }
  // True when there is more to parse.
  bool take_input();
  void append_input(std::string_view bytes);
  void gather();
  void begin_large();
  bool run_batch();
  bool run_large();
  bool run_transaction();
  Ran execute(const Request& request);
  // Whether the command was one of a transaction, which runs later.
  bool take_into_transaction(const Item& item);
  void note_good();
  void end_of_file();
  void fail(std::string text);
  void fail_format();
  void end();

  Engine* const engine_;
  const std::string path_;
  persist::FileStreamReader file_;
  Done done_;
  Result result_;
  uint64_t skip_bytes_;  // Of the file, before the first command.
  uint64_t left_bytes_;  // Behind them.

  std::vector<char, base::CountedAllocator<char, base::MemoryUse::kClients>> buffer_;
  uint64_t buffer_offset_ = 0;  // In the file, of its first byte.
  size_t parsed_ = 0;
  size_t executed_ = 0;
  persist::AofReader reader_;
  resp::ArgumentArena arena_;
  std::vector<Item> batch_;
  // Its value is being received, or it waits to be executed. What is received is not in view().
  std::unique_ptr<LargeCommand> large_;

  bool in_transaction_ = false;
  uint64_t transaction_begin_ = 0;
  std::deque<Words> transaction_;  // Its commands, read and not executed.
  bool runs_transaction_ = false;  // Its EXEC has been read.

  bool waits_ = true;  // For the file.
  bool needs_input_ = true;
  bool at_end_ = false;  // Of the file: there is no more input.
  bool ended_ = false;
  uint64_t commands_ = 0;
  uint64_t errors_ = 0;
  resp::BlockPool blocks_;
  resp::OutputBuffer output_;
  Session session_;
};

}  // namespace engine

#endif  // BASALT_ENGINE_AOF_REPLAY_H_

// Server: the sockets in front of an Engine, and the turns of the loop.
//
// One turn:
//   loop.turn        completions: bytes arrive, sends end, reads of cold keys wake who waits
//   rounds of        gather up to kBatchCommands commands over all connections with input,
//                    prefetch their buckets, then their entries, then execute them in order
//   flush            one send for each connection with replies
//   engine.end_turn  background slices within their budget
//
// A connection's commands run in their order. When one is parked, those behind it in the batch only
// look ahead (their cold keys are read meanwhile) and stay in the query buffer.

#ifndef BASALT_ENGINE_SERVER_H_
#define BASALT_ENGINE_SERVER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/client_memory.h"
#include "engine/connection.h"
#include "engine/engine.h"
#include "engine/listeners.h"
#include "iouring/net.h"
#include "resp/argument_arena.h"
#include "resp/block_pool.h"

namespace engine {

class Server final : public OutputListener {
 public:
  static constexpr size_t kBatchCommands = 64;
  static constexpr size_t kTurnCommands = 4096;
  // Unsent replies that no limit counts, about what Redis's do not count; with more a client that
  // has to authenticate is closed.
  static constexpr uint64_t kFreeOutputBytes = 16 * 1024 + 1024;

  // All outlive the server.
  Server(Engine* engine, iouring::Net* net);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens where the options say. The text of the error is complete for the log.
  base::Status listen(std::string* message) { return listeners_.open(message); }
  // One turn.
  void turn();
  // Closes the listeners and, after their replies, all connections.
  void stop();
  bool stopped() const { return stopping_ && connections_.empty(); }

  // ---- For connections
  iouring::Net& net() { return *net_; }
  resp::BlockPool& blocks() { return blocks_; }
  void enqueue(Connection* connection);
  // At the end of the turn what it has to send is sent.
  void touch(Connection* connection);
  void configure_parser(Connection* connection);
  void count_input(uint64_t bytes) {
    engine_->statistics().input_bytes += bytes;
    ++engine_->statistics().reads;
  }
  // Both count one send; the moment it began goes from the first to the second.
  uint64_t begin_send(uint64_t bytes);
  void end_send(uint64_t bytes, uint64_t begin_ns);
  uint64_t query_buffer_limit() const;
  int64_t now_ms() const { return engine_->now_ms(); }
  // Before the turn gathers commands: what has arrived of the connection's input, all of it in
  // view, may begin with a command whose value is large. The rest is then received into the value
  // at once.
  void look_for_large(Connection* connection);
  // A value that nobody wants any more, freed in slices.
  void condemn(ChunkedString* value) {
    engine_->databases().shared().condemned_chunks.push_back(value);
  }
  ClientMemory& client_memory() { return client_memory_; }
  const OutputGate& output_gate() const { return engine_->output_gate(); }
  // Its flush() is due when more may leave.
  void note_held(Connection* connection);
  void log_closing(const Session& session, const char* why);
  void forget_session(Connection* connection);
  void destroy(Connection* connection);

  // OutputListener.
  void on_output_released() override;
  void on_outcome_unknown() override;

 private:
  struct Item {
    Connection* connection;
    Request request;
    size_t end;  // Of the command in the connection's view.
  };

  void accept(iouring::SocketId socket);
  bool is_protected(iouring::SocketId socket) const;
  void refuse_newcomer(iouring::SocketId socket, std::string_view error);

  void run_rounds();
  void gather();
  // Takes commands of one connection; true when it may have more.
  bool take(Connection* connection);
  void execute_batch();
  void execute(const Item& item);
  void skip(const Item& item);
  // The parser has announced a large bulk: a value that goes to chunks is received there from now
  // on.
  bool begin_large(Connection* connection);
  // A large bulk has not fully arrived: true when parsing may go on.
  bool take_large(Connection* connection);
  // Whether it is a value that goes to chunks.
  bool is_chunked_value(const Connection& connection, const resp::LargeBulk& bulk) const;
  // Takes the command whose value is in chunks.
  void take_large_command(Connection* connection);
  void protocol_error(Connection* connection);
  void settle_round();
  void finish_turn();
  // Closes a client whose unsent replies pass client-output-buffer-limit.
  void limit_output(Connection* connection);
  void close_over_output(Connection* connection, const char* why);
  void close_idle(int64_t now_ms);
  void close_largest();

  Engine* const engine_;
  iouring::Net* const net_;
  Listeners listeners_;
  ClientMemory client_memory_;
  resp::BlockPool blocks_;
  resp::ArgumentArena arena_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> refused_;
  std::deque<Connection*> ready_;      // With input to parse.
  std::vector<Connection*> touched_;   // In this turn.
  std::vector<Connection*> in_round_;  // With items in the batch.
  std::vector<Connection*> held_;      // With output that may not leave yet.
  std::vector<Item> batch_;
  bool more_work_ = false;  // The engine does not want the next turn to wait.
  bool stopping_ = false;
  int64_t last_idle_check_ms_ = 0;
  uint64_t turn_end_ns_ = 0;  // When the last turn ended, which is when the next one begins.
};

}  // namespace engine

#endif  // BASALT_ENGINE_SERVER_H_

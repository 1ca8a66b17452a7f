// Connection: one client's socket, its parser and its buffers. Its Session says who it is.
//
// Bytes arrive in a buffer of the ring (valid for this turn) or, when commands of earlier turns are
// still waiting, behind those in the query buffer. The server takes commands from the front of
// view(), executes them, and tells the connection how far it came; what is left at the end of the
// turn is kept. A parked command keeps its bytes: it is parsed again when it is tried again.
//
// A large value is received straight into its chunks (engine/large_command.h): begin_large() cuts
// what is here of it out of the input, the rest comes by receive_into(), chunk by chunk as there is
// memory for it, and the input goes on behind it.

#ifndef BASALT_ENGINE_CONNECTION_H_
#define BASALT_ENGINE_CONNECTION_H_

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/large_command.h"
#include "engine/query_buffer.h"
#include "engine/session.h"
#include "iouring/net.h"
#include "resp/command_parser.h"
#include "resp/output_buffer.h"

namespace engine {

class Server;

class Connection final : public iouring::SocketHandler, public CommandSource {
 public:
  // A session with more unsent replies than this executes nothing further.
  static constexpr uint64_t kOutputBytesMax = 1024 * 1024;

  Connection(Server* server, iouring::SocketId socket, uint64_t session_id);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Session& session() { return session_; }
  resp::CommandParser& parser() { return parser_; }
  resp::OutputBuffer& output() { return output_; }
  // Received and not executed: the query buffer and a large value.
  uint64_t input_bytes() const { return query_.bytes() + large_bytes_; }

  // May execute now: not parked, blocked, closing, nor behind with its replies.
  bool may_execute() const {
    return !session_.parked && !session_.blocked && !closing_ && !session_.close_after_reply &&
           !session_.close_requested && output_.pending_bytes() <= kOutputBytesMax;
  }

  // What was received and not consumed, from its beginning.
  std::string_view view() const { return query_.empty() ? arrived_ : query_.view(); }
  // Whether anything of what was received is left, in view or not.
  bool has_input() const {
    return !query_.empty() || !arrived_.empty() || (large_ != nullptr && large_->is_complete());
  }
  // More of what was received comes into view; false when there is no more.
  bool pull() { return query_.pull(); }
  // What was received and is not in view.
  uint64_t behind_bytes() const { return query_.behind_bytes(); }
  // `bytes` more come into view at once. REQUIRES: so many are behind.
  void pull_exactly(uint64_t bytes) { query_.pull_exactly(bytes); }
  // How far into view() the commands taken this turn reach, and how far they have run.
  size_t parsed = 0;
  size_t executed = 0;
  // Drops what was executed. Views into it are void.
  void consume();
  // Drops what was parsed and is no command: empty lines. REQUIRES: no command of it is taken.
  void drop_parsed() {
    if (parsed == executed) return;
    executed = parsed;
    consume();
  }
  // Keeps what is left of a buffer of the ring; at the end of the turn.
  void keep_arrived();

  // The command whose value is received apart from the input, or waits for its execution; null when
  // there is none.
  LargeCommand* large() const { return large_.get(); }
  // The value of the command at the beginning of view() goes to a LargeCommand from now on.
  // REQUIRES: the parser announced it just now, and nothing before it is in view.
  void begin_large();
  // Takes what has arrived of the value and receives the rest; true when nothing is missing.
  bool receive_large();
  // The parser has the whole command: its words are copied and its bytes dropped.
  void complete_large();
  // It was executed.
  void end_large();

  // Parsing starts again at `executed`.
  void rewind_parser();

  // Sends what there is, as far as it may leave (output_gate.h), unless a send is in flight.
  void flush();
  // Some of its output may not leave yet.
  bool is_held() const { return !held_.empty(); }
  // Sends what there is, then closes.
  void close_after_flush();
  void close();
  bool closing() const { return closing_; }
  // Receives again after a pause.
  void resume();
  // What it takes of the server's memory.
  uint64_t buffer_bytes() const {
    return query_.block_bytes() + output_.block_bytes() + large_bytes_;
  }
  // Since when its unsent replies have been above the soft limit; 0: they are not.
  int64_t over_soft_limit_ms = 0;
  bool queued = false;   // In the server's list of those with work.
  bool touched = false;  // Took part in this turn.
  bool listed_as_held = false;

  // SocketHandler.
  void on_receive(base::ByteSpan bytes) override;
  void on_receive_end(int error) override;
  void on_receive_into(size_t result) override;
  void on_send_done(int32_t result) override;
  void on_closed() override;
  // All that was received is in view and ends inside a command.
  void on_starved();
  // CommandSource.
  void on_runnable() override;
  void on_output() override;

 private:
  static constexpr size_t kPieces = 8;
  // What the socket's buffer has room for but with a client that does not read.
  static constexpr uint64_t kLazySendBytesMax = 16 * 1024;
  // Whoever sends so much at once may be sending a large value.
  static constexpr size_t kFullBytes = 4096;

  // Output up to a position, which leaves when the effects up to `offset` are safe.
  struct Held {
    uint64_t position;
    uint64_t offset;
  };
  static constexpr size_t kHeldMax = 16;

  void limit_input();
  // Up to where output may leave now.
  uint64_t sendable();
  // Closed, or received nothing further for now, since it sends more than may be held.
  bool receives_nothing() const { return closing_ || paused_; }
  void receive_of_large(std::string_view text);
  void note_large();

  Server* const server_;
  const iouring::SocketId socket_;
  resp::CommandParser parser_;
  QueryBuffer query_;
  resp::OutputBuffer output_;
  std::string_view arrived_;  // In a buffer of the ring, while query_ is empty.
  std::unique_ptr<LargeCommand> large_;
  uint64_t large_bytes_ = 0;  // Received of its value.
  size_t large_offset_ = 0;   // Of the value in the query buffer, where it was cut.
  size_t into_bytes_ = 0;     // Asked of receive_into(); 0: none is in progress.
  std::array<iovec, kPieces> pieces_;
  std::vector<Held> held_;  // In order; the last is the latest.
  uint64_t sendable_ = 0;   // While some is held.
  bool sending_ = false;
  uint64_t send_begin_ns_ = 0;
  bool paused_ = false;
  bool input_ended_ = false;
  bool closing_ = false;
  Session session_;  // Writes to output_.
};

}  // namespace engine

#endif  // BASALT_ENGINE_CONNECTION_H_

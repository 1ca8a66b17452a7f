// ClientMemory: what the buffers of all clients may take, and who has to wait or go for it.
//
//   input beyond kFreeInputBytes       received only while the budget has room; else the client is
//                                      paused, and its peer's window slows it down. A large value
//                                      takes memory chunk by chunk as it comes: what was only
//                                      announced keeps nobody else's memory
//   a bulk of more than a quarter      refused before it is received
//     of maxmemory
//   all buffers above maxmemory-clients    the largest client is closed. With the cold tier on and
//                                          the option at 0 that is half of maxmemory
//   nothing left to demote, and        the largest client is closed: what the paused ones hold is
//     paused clients                   all that could become free
//
// Loop thread only.

#ifndef BASALT_ENGINE_CLIENT_MEMORY_H_
#define BASALT_ENGINE_CLIENT_MEMORY_H_

#include <cstdint>
#include <vector>

namespace engine {

class Connection;
class Engine;

class ClientMemory {
 public:
  // Input of one client that is always received.
  static constexpr uint64_t kFreeInputBytes = 1024 * 1024;

  explicit ClientMemory(Engine* engine) : engine_(engine) {}

  // Whether a client with so much input may send more.
  bool may_receive(uint64_t query_bytes) const;
  // The largest bulk that is received at all.
  uint64_t bulk_bytes_max() const;

  // The connection has stopped receiving until resume() is called for it.
  void add_paused(Connection* connection) { paused_.push_back(connection); }
  void forget(Connection* connection);

  // Of a large value so much more was received, or it is not its connection's any more.
  void add_large(uint64_t bytes) { large_bytes_ += bytes; }
  void remove_large(uint64_t bytes) { large_bytes_ -= bytes; }

  // Once a turn: lets paused clients go on as far as there is room.
  void resume_paused();
  // The buffers of all clients are above their limit, or nothing else can be freed.
  // Those that are being closed still hold `closing_bytes`.
  bool over_limit(uint64_t closing_bytes) const;
  void note_closed(uint64_t now_ns) { closed_ns_ = now_ns; }

 private:
  uint64_t bytes_max() const;

  Engine* const engine_;
  std::vector<Connection*> paused_;
  uint64_t large_bytes_ = 0;  // In chunks, not in buffers.
  uint64_t closed_ns_ = 0;    // The last one that was closed for its memory.
};

}  // namespace engine

#endif  // BASALT_ENGINE_CLIENT_MEMORY_H_

// Client: one simulated session with a pipeline of commands, whose replies are compared with the
// model.

#ifndef BASALT_TESTS_SIM_CLIENT_H_
#define BASALT_TESTS_SIM_CLIENT_H_

#include <deque>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "engine/session.h"
#include "resp/block_pool.h"
#include "resp/output_buffer.h"
#include "tests/sim/model.h"

namespace sim {

class Client final : public engine::CommandSource {
 public:
  // Called right after a command has replied, before any other runs.
  using OnReply = std::function<void(Client& client, const Words& words, std::string_view reply)>;

  // `engine` outlives the client.
  Client(engine::Engine* engine, int database, OnReply on_reply);
  // Leaves, whatever waits.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void add(Words words) { pipeline_.push_back({std::move(words), {}}); }
  size_t waiting() const { return pipeline_.size(); }
  bool may_execute() const { return !session_.parked && !session_.blocked && !pipeline_.empty(); }
  const engine::Session& session() const { return session_; }
  // Of the command that replies.
  int command_database() const { return command_database_; }
  const Words& next_words() const { return pipeline_.front().words; }
  // For a command that replies later: the keys that were there at some moment since it began.
  void add_to_view(const ModelDatabase& database) {
    for (const auto& [key, value] : database) view_.insert(key);
  }
  const std::set<std::string>& view() const { return view_; }

  // A batch as the server has it: take() prepares up to `commands_max`, then run() executes them
  // in order, looking ahead behind one that is parked. Returns how many are done.
  void take(size_t commands_max);
  void prefetch();
  size_t run();

  // CommandSource.
  void on_runnable() override;

 private:
  struct Planned {
    Words words;
    std::vector<std::string_view> views;
  };

  void collect_reply();

  engine::Engine* const engine_;
  const OnReply on_reply_;
  resp::BlockPool blocks_;
  resp::OutputBuffer output_;
  engine::Session session_;
  std::deque<Planned> pipeline_;
  std::vector<engine::Request> batch_;
  int command_database_ = 0;
  std::set<std::string> view_;
  bool executing_ = false;
};

}  // namespace sim

#endif  // BASALT_TESTS_SIM_CLIENT_H_

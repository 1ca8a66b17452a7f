#include "tests/sim/client.h"

#include "tests/sim/world.h"

namespace sim {

Client::Client(engine::Engine* engine, int database, OnReply on_reply)
    : engine_(engine),
      on_reply_(std::move(on_reply)),
      output_(&blocks_),
      session_(engine->next_session_id(), this, &output_) {
  session_.database = database;
  engine->add_session(&session_);
}

Client::~Client() { engine_->remove_session(&session_); }

void Client::on_runnable() {
  // Its rule: never inside Engine::execute.
  if (executing_) throw Failure{"on_runnable() inside execute()"};
  session_.parked = false;
  if (!output_.empty()) collect_reply();
}

void Client::take(size_t commands_max) {
  batch_.clear();
  for (size_t i = 0; i < std::min(commands_max, pipeline_.size()); ++i) {
    Planned& planned = pipeline_[i];
    planned.views.assign(planned.words.begin(), planned.words.end());
    batch_.push_back(engine_->prepare(session_, planned.views));
  }
}

void Client::prefetch() {
  for (const engine::Request& request : batch_) engine_->prefetch_entries(session_, request);
}

size_t Client::run() {
  size_t done = 0;
  uint64_t ahead = 0;
  for (const engine::Request& request : batch_) {
    if (session_.parked) {
      engine_->look_ahead(&session_, request, ++ahead);
      continue;
    }
    if (session_.blocked) break;
    command_database_ = session_.database;
    executing_ = true;
    const engine::Outcome outcome = engine_->execute(&session_, request);
    executing_ = false;
    if (outcome == engine::Outcome::kDone) {
      collect_reply();
      ++done;
    } else if (!output_.empty() && session_.transaction == nullptr) {
      throw Failure{"a command replied and waits: " + pipeline_.front().words[0]};
    }
  }
  batch_.clear();
  return done;
}

void Client::collect_reply() {
  const std::string reply = output_.pending_copy();
  output_.clear();
  // The batch's requests name the words: they stay until here.
  const Planned planned = std::move(pipeline_.front());
  pipeline_.pop_front();
  on_reply_(*this, planned.words, reply);
  view_.clear();
}

}  // namespace sim

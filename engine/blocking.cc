#include "engine/blocking.h"

#include <algorithm>

#include "engine/engine.h"
#include "engine/transaction.h"

namespace engine {

// A session's command while it waits.
struct Waiter {
  Session* session;
  Transaction words;  // The one command.
  int database;
  std::vector<std::pair<uint64_t, std::string>> keys;  // It waits for, each once.
  int64_t deadline_ms;
  Blocking::Answer answer;  // At the deadline.
};

Blocking::Blocking(Engine* engine) : engine_(engine) {}

Blocking::~Blocking() = default;

// ---- For handlers

bool Blocking::may_wait(const CommandContext& context) {
  const Transaction* const transaction = context.session().transaction.get();
  return (transaction == nullptr || !transaction->executing) && !context.session().replays;
}

void Blocking::wait(const CommandContext& context, const Wait& how) {
  if (running_ != nullptr) {
    CHECK(running_->session == &context.session());
    waits_again_ = true;
    return;
  }
  Session* const session = &context.session();
  auto waiter = std::make_unique<Waiter>();
  waiter->session = session;
  waiter->database = session->database;
  waiter->deadline_ms = how.deadline_ms;
  waiter->answer = how.answer;
  Request request = context.request();
  if (!how.words.empty()) request.words = how.words;
  waiter->words.add(request);
  for (const size_t i : how.key_words) {
    const Key key = context.key(i);
    const std::pair<uint64_t, std::string> mine(key.hash, key.text);
    if (std::find(waiter->keys.begin(), waiter->keys.end(), mine) == waiter->keys.end())
      waiter->keys.push_back(mine);
  }
  enter_lines(waiter.get());
  if (how.deadline_ms != 0) deadlines_.emplace(how.deadline_ms, waiter.get());
  waiters_.emplace(session, std::move(waiter));
  session->waits_for_keys = true;
  engine_->block(session);
  engine_->refresh_key_events();
}

bool Blocking::looks_at(const CommandContext& context, const Key& key) const {
  return !runs_again(context) || key.text == running_key_->text;
}

bool Blocking::runs_again(const CommandContext& context) const {
  return running_ != nullptr && running_->session == &context.session();
}

// ---- Lines

Blocking::Line* Blocking::find_line(int database, const Key& key) {
  const auto [first, last] = lines_.equal_range(key.hash);
  for (auto at = first; at != last; ++at)
    if (at->second.place.database == database && at->second.place.key == key.text)
      return &at->second;
  return nullptr;
}

void Blocking::enter_lines(Waiter* waiter) {
  for (const auto& [hash, text] : waiter->keys) {
    Line* line = find_line(waiter->database, {text, hash});
    if (line == nullptr)
      line = &lines_.emplace(hash, Line{{waiter->database, text}, {}, false})->second;
    line->waiters.push_back(waiter);
  }
}

void Blocking::leave_lines(Waiter* waiter) {
  for (const auto& [hash, text] : waiter->keys) {
    const auto [first, last] = lines_.equal_range(hash);
    for (auto at = first; at != last; ++at) {
      Line& line = at->second;
      if (line.place.database != waiter->database || line.place.key != text) continue;
      line.waiters.remove(waiter);
      if (line.waiters.empty()) lines_.erase(at);
      break;
    }
  }
}

void Blocking::make_ready(Line* line) {
  if (line->ready) return;
  line->ready = true;
  ready_.emplace_back(engine_->databases().at(line->place.database).hash_of(line->place.key),
                      line->place);
}

void Blocking::note_change(int database, const Key& key) {
  if (lines_.empty()) return;
  if (Line* const line = find_line(database, key)) make_ready(line);
}

void Blocking::note_database(int database) {
  for (auto& [hash, line] : lines_)
    if (line.place.database == database) make_ready(&line);
}

// ---- Serving

void Blocking::serve() {
  if (serving_) return;
  serving_ = true;
  // What is served may change other keys that somebody waits for: they come at the end.
  std::deque<std::pair<uint64_t, Place>> parked;
  while (!ready_.empty()) {
    const auto [hash, place] = ready_.front();
    ready_.pop_front();
    if (Line* const line = find_line(place.database, {place.key, hash})) line->ready = false;
    if (serve_line(hash, place)) continue;
    if (Line* const line = find_line(place.database, {place.key, hash})) line->ready = true;
    parked.emplace_back(hash, place);
  }
  ready_ = std::move(parked);
  serving_ = false;
}

bool Blocking::serve_line(uint64_t hash, const Place& place) {
  const Key key{place.key, hash};
  Line* line = find_line(place.database, key);
  if (line == nullptr) return true;
  const std::vector<Waiter*> in_line(line->waiters.begin(), line->waiters.end());
  for (Waiter* const waiter : in_line) {
    switch (attempt(waiter, key)) {
      case Attempt::kParked:
        return false;
      case Attempt::kServed:
        break;
      case Attempt::kNothing:
        // Nothing is left; else it may be of a type that somebody behind waits for.
        if (!engine_->databases().at(place.database).exists(key)) return true;
    }
  }
  return true;
}

Blocking::Attempt Blocking::attempt(Waiter* waiter, const Key& key) {
  Session* const session = waiter->session;
  waiter->words.find_keys(engine_->databases(), waiter->database);
  Request request = waiter->words.request(0);
  request.keys = waiter->words.keys();
  Keyspace& keyspace = engine_->databases().at(waiter->database);
  std::string error;
  const Admission admission = engine_->gate().admit(session, keyspace, request, &error);
  session->parked = admission == Admission::kParked;
  if (session->parked) {
    engine_->gate().clear_notes(keyspace, request);
    return Attempt::kParked;
  }
  if (admission == Admission::kReady) {
    running_ = waiter;
    running_key_ = &key;
    waits_again_ = false;
    engine_->run_again(session, keyspace, request);
    running_ = nullptr;
  } else {
    engine_->reply_error(session, error);
    waits_again_ = false;
  }
  engine_->gate().clear_notes(keyspace, request);
  engine_->gate().finish(session);
  if (waits_again_) return Attempt::kNothing;
  release(waiter);
  return Attempt::kServed;
}

// It has its reply.
void Blocking::release(Waiter* waiter) {
  Session* const session = waiter->session;
  forget(session);
  session->blocked = false;
  session->parked = false;
  session->source->on_output();
  session->source->on_runnable();
}

void Blocking::give_up(Waiter* waiter) {
  resp::ReplyWriter& reply = waiter->session->reply;
  waiter->answer == Answer::kZero ? reply.integer(0) : reply.null_array();
  release(waiter);
}

void Blocking::turn() {
  const int64_t now_ms = engine_->now_ms();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_ms)
    give_up(deadlines_.begin()->second);
  if (!ready_.empty()) serve();
}

int64_t Blocking::next_deadline_ms() const {
  return deadlines_.empty() ? INT64_MAX : deadlines_.begin()->first;
}

bool Blocking::unblock(Session* session, bool with_error) {
  const auto at = waiters_.find(session);
  if (at == waiters_.end()) return false;
  if (with_error) {
    engine_->reply_error(session, "-UNBLOCKED client unblocked via CLIENT UNBLOCK");
    release(at->second.get());
  } else {
    give_up(at->second.get());
  }
  return true;
}

void Blocking::forget(Session* session) {
  const auto at = waiters_.find(session);
  if (at == waiters_.end()) return;
  Waiter* const waiter = at->second.get();
  leave_lines(waiter);
  const auto [first, last] = deadlines_.equal_range(waiter->deadline_ms);
  for (auto deadline = first; deadline != last; ++deadline) {
    if (deadline->second != waiter) continue;
    deadlines_.erase(deadline);
    break;
  }
  waiters_.erase(at);
  session->waits_for_keys = false;
  engine_->refresh_key_events();
}

}  // namespace engine

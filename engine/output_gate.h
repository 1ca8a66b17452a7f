// OutputGate: what clients are told leaves when the effects that it has seen are as safe as the
// append only file promises.
//
// A connection notes, whenever it has something to send, how far the effect stream reached then,
// and sends it when safe() has come there. Loop thread only.

#ifndef BASALT_ENGINE_OUTPUT_GATE_H_
#define BASALT_ENGINE_OUTPUT_GATE_H_

#include <cstdint>

namespace engine {

class OutputListener {
 public:
  // More may leave.
  virtual void on_output_released() = 0;
  // What is held now will perhaps never be safe: whoever waits for it must be told nothing.
  virtual void on_outcome_unknown() = 0;

 protected:
  ~OutputListener() = default;
};

class OutputGate {
 public:
  // Of the effect stream: its end, and up to where it is safe.
  uint64_t end() const { return end_; }
  uint64_t safe() const { return safe_; }
  bool holds() const { return safe_ < end_; }

  void set_listener(OutputListener* listener) { listener_ = listener; }
  void set_end(uint64_t end) { end_ = end; }
  void release(uint64_t safe) {
    if (safe <= safe_) return;
    safe_ = safe;
    if (listener_ != nullptr) listener_->on_output_released();
  }
  // After this everything that was held is given up.
  void give_up() {
    if (listener_ != nullptr && holds()) listener_->on_outcome_unknown();
    safe_ = end_;
  }

 private:
  uint64_t end_ = 0;
  uint64_t safe_ = 0;
  OutputListener* listener_ = nullptr;
};

}  // namespace engine

#endif  // BASALT_ENGINE_OUTPUT_GATE_H_

// DigestSink: a snapshot whose bytes are read again and summed instead of written, which is how
// DEBUG DIGEST sees the data of one moment, cold and hot, while commands go on.
//
// Reading and summing run on the stream helper, like what makes the bytes. Loop thread otherwise.

#ifndef BASALT_ENGINE_DIGEST_SINK_H_
#define BASALT_ENGINE_DIGEST_SINK_H_

#include <memory>
#include <vector>

#include "engine/digest.h"
#include "iouring/helpers.h"
#include "persist/rdb_reader.h"
#include "persist/stream_sink.h"

namespace engine {

class DigestSink final : public persist::StreamSink {
 public:
  // `helpers` outlives the sink. The digest is in `*digest` once finish() has succeeded.
  DigestSink(iouring::Helpers* helpers, uint64_t databases, std::shared_ptr<DataDigest> digest);
  ~DigestSink() override;
  DigestSink(const DigestSink&) = delete;
  DigestSink& operator=(const DigestSink&) = delete;

  size_t buffers_free() const override { return free_.size(); }
  base::MutableByteSpan acquire() override;
  void release(base::MutableByteSpan buffer) override;
  void submit(base::MutableByteSpan buffer, size_t bytes) override;
  void set_on_room(base::InlineFunction<void()> on_room) override { on_room_ = std::move(on_room); }
  void finish(persist::StreamCallback done) override;
  void abort(base::InlineFunction<void()> done) override;
  const base::Status& status() const override { return status_; }
  void set_limits(const persist::StreamLimits&) override {}
  const persist::StreamStatistics& statistics() const override { return statistics_; }

 private:
  // A batch of the stream fills at most two and the end of a third.
  static constexpr size_t kBuffers = 6;

  // On the helper.
  void consume(base::ByteSpan bytes);
  void take(const persist::RdbEvent& event);
  void add_whole(base::ByteSpan payload);
  void add_aggregate(base::ByteSpan payload);

  void on_consumed(base::MutableByteSpan buffer);
  void end_if_idle();

  iouring::Helpers* const helpers_;
  const std::shared_ptr<DataDigest> digest_;
  persist::RdbReader reader_;
  std::vector<base::MutableByteSpan> free_;
  base::InlineFunction<void()> on_room_;
  persist::StreamStatistics statistics_;
  base::Status status_ = base::ok_status();
  size_t running_ = 0;
  persist::StreamCallback finished_;
  base::InlineFunction<void()> aborted_;
  // The helper's.
  base::Status failure_ = base::ok_status();
  std::vector<std::byte> scratch_;
  std::vector<std::byte> gathered_;  // The payload of an aggregate that comes in pieces.
  uint8_t rdb_type_ = 0;
  ValueDigest value_;
  uint64_t database_ = 0;
  bool has_expiry_ = false;
};

}  // namespace engine

#endif  // BASALT_ENGINE_DIGEST_SINK_H_

#include "persist/aof_reader.h"

namespace persist {

AofReader::AofReader() { rewind(); }

void AofReader::rewind() {
  parser_ = resp::CommandParser();
  in_command_ = false;
}

AofReader::Status AofReader::next(std::string_view input, resp::ArgumentArena* arena) {
  consumed_ = 0;
  inside_ = false;
  while (!in_command_) {
    const std::string_view rest = input.substr(consumed_);
    if (rest.empty()) return need(false);
    if (rest[0] == '#') {
      const size_t end = rest.substr(0, kAnnotationBytesMax).find('\n');
      if (end == std::string_view::npos)
        return rest.size() < kAnnotationBytesMax ? need(true) : Status::kError;
      consumed_ += end + 1;
      continue;
    }
    if (rest[0] != '*') return Status::kError;
    if (rest.size() == 1) return need(true);
    // The parser of a connection skips empty commands; here they are damage.
    if (rest[1] < '1' || rest[1] > '9') return Status::kError;
    in_command_ = true;
  }
  const resp::ParseStatus status = parser_.parse(input.substr(consumed_), arena);
  inside_ = true;
  switch (status) {
    case resp::ParseStatus::kCommand:
      consumed_ += parser_.consumed();
      inside_ = in_command_ = false;
      return Status::kCommand;
    case resp::ParseStatus::kIncomplete:
      return Status::kNeedInput;
    case resp::ParseStatus::kLargeBulk:
      return Status::kLargeBulk;
    case resp::ParseStatus::kError:
      break;
  }
  return Status::kError;
}

}  // namespace persist

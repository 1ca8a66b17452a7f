// The annotation in front of a batch of commands in an append only file: how long the batch is, its
// CRC64, and how many bytes before the annotation were not durable yet when it was made.
//
//   #CRC:<crc>,<bytes>,<pending>\r\n     each 16 hexadecimal digits
//
// Redis, and redis-check-aof, skip it as they skip every line that begins with '#'. A batch is what
// one turn of the server appended: at a loss of power it is there or not. So a batch that fails its
// check is the unfinished end of the file, unless something later says that it was durable once.

#ifndef BASALT_PERSIST_AOF_CHECKSUM_H_
#define BASALT_PERSIST_AOF_CHECKSUM_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace persist {

struct AofBatchHeader {
  uint64_t crc = 0;
  uint64_t bytes = 0;
  uint64_t pending_bytes = 0;
};

inline constexpr std::string_view kAofBatchPrefix = "#CRC:";
inline constexpr size_t kAofBatchHeaderBytes = 5 + 3 * 16 + 2 + 2;

// Writes kAofBatchHeaderBytes.
void format_aof_batch(const AofBatchHeader& header, char* to);
// Of a line with its end; nothing when it is something else.
std::optional<AofBatchHeader> parse_aof_batch(std::string_view line);

}  // namespace persist

#endif  // BASALT_PERSIST_AOF_CHECKSUM_H_

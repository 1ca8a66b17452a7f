// Strings as arrays of bits. Bit 0 is the highest bit of the first byte.

#ifndef BASALT_ENGINE_COMMANDS_BIT_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_BIT_COMMANDS_H_

#include <cstdint>

#include "engine/command.h"
#include "engine/key_events.h"

namespace engine {

// Of SETBIT and BITFIELD.
inline constexpr KeyEvent kSetbitEvent = {notify_event::kString, "setbit"};

// bit_commands.cc
void bitcount_command(CommandContext& context);
void bitpos_command(CommandContext& context);
void getbit_command(CommandContext& context);
void setbit_command(CommandContext& context);

// bitop_command.cc
void bitop_command(CommandContext& context);

// bitfield_command.cc
void bitfield_command(CommandContext& context);
void bitfield_ro_command(CommandContext& context);

// Parses word `i` as the place of a bit in a string of at most proto-max-bulk-len; with
// `field_bits` > 0 also "#n", the place of the n-th field of so many bits. Replies with Redis's
// error when it is none.
bool bit_offset_word(const CommandContext& context, size_t i, uint32_t field_bits,
                     uint64_t* offset);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_BIT_COMMANDS_H_

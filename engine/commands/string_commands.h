// Commands on strings.
//
// Values of at most base::kInlineValueBytesMax are inline in their entries, longer ones are
// ChunkedStrings: they are replied without a copy and changed chunk by chunk.

#ifndef BASALT_ENGINE_COMMANDS_STRING_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_STRING_COMMANDS_H_

#include "engine/command.h"

namespace engine {

// string_commands.cc: whole values.
void get_command(CommandContext& context);
void getdel_command(CommandContext& context);
void getex_command(CommandContext& context);
void getset_command(CommandContext& context);
void mget_command(CommandContext& context);
void mset_command(CommandContext& context);
void msetnx_command(CommandContext& context);
void psetex_command(CommandContext& context);
void set_command(CommandContext& context);
void setex_command(CommandContext& context);
void setnx_command(CommandContext& context);

// string_part_commands.cc: parts of values.
void append_command(CommandContext& context);
void getrange_command(CommandContext& context);
void setrange_command(CommandContext& context);
void strlen_command(CommandContext& context);

// string_number_commands.cc: values that are numbers.
void decr_command(CommandContext& context);
void decrby_command(CommandContext& context);
void incr_command(CommandContext& context);
void incrby_command(CommandContext& context);
void incrbyfloat_command(CommandContext& context);

// lcs_command.cc
void lcs_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_STRING_COMMANDS_H_

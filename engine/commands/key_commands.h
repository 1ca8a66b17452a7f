// Commands on keys of any type, and on databases as wholes.
//
// Existence, type and time to live of a cold key are answered by the key index; DEL and UNLINK of
// one need nothing else. What copies, moves or changes a key has its value in memory first.

#ifndef BASALT_ENGINE_COMMANDS_KEY_COMMANDS_H_
#define BASALT_ENGINE_COMMANDS_KEY_COMMANDS_H_

#include "engine/command.h"

namespace engine {

class Entry;

// key_commands.cc
void copy_command(CommandContext& context);
void dbsize_command(CommandContext& context);
void del_command(CommandContext& context);  // UNLINK too: large values are always freed later.
void exists_command(CommandContext& context);
void move_command(CommandContext& context);
void rename_command(CommandContext& context);
void renamenx_command(CommandContext& context);
void swapdb_command(CommandContext& context);
void touch_command(CommandContext& context);
void type_command(CommandContext& context);

// expiry_commands.cc
void expire_command(CommandContext& context);
void expireat_command(CommandContext& context);
// Gives an existing key this expiry, or deletes it when that is past already; tells the effects.
void expire_at(const CommandContext& context, const Key& key, int64_t when_ms);
void expiretime_command(CommandContext& context);
void persist_command(CommandContext& context);
void pexpire_command(CommandContext& context);
void pexpireat_command(CommandContext& context);
void pexpiretime_command(CommandContext& context);
void pttl_command(CommandContext& context);
void ttl_command(CommandContext& context);

// object_commands.cc
void object_encoding_command(CommandContext& context);
void object_freq_command(CommandContext& context);
void object_help_command(CommandContext& context);
void object_idletime_command(CommandContext& context);
void object_refcount_command(CommandContext& context);

// As OBJECT ENCODING names it. REQUIRES: a string.
std::string_view value_encoding(const Entry& entry);

// sort_command.cc
void sort_command(CommandContext& context);
void sort_ro_command(CommandContext& context);

// dump_commands.cc
void dump_command(CommandContext& context);
void restore_command(CommandContext& context);

}  // namespace engine

#endif  // BASALT_ENGINE_COMMANDS_KEY_COMMANDS_H_
